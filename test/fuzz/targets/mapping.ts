import assert from 'node:assert/strict'
import fc from 'fast-check'
import { VERSIONS, type Version } from '../../../src/idmefv2/profiles.ts'
import { validator } from '../../../src/idmefv2/validate.ts'
import { applyDocument } from '../../../src/mapping/file.ts'
import { MappingError } from '../../../src/mapping/read.ts'
import type { Rules } from '../../../src/mapping/rules.ts'
import { anyEvent } from '../../mapping/events.ts'
import { HOSTILE, hostileRules } from '../../mapping/hostile.ts'
import { anySetting, CONTEXT } from '../../mapping/mappings.ts'
import { type Ways, ways } from '../../mapping/ways.ts'
import { mutateJson } from '../mutate.ts'
import type { Target } from '../target.ts'

const SAMPLES = 40
const SEED = 20260426
const MAX_EVENTS = 4

const settings = fc.sample(anySetting(false), { numRuns: SAMPLES, seed: SEED })
const events = fc.sample(anyEvent, { numRuns: SAMPLES, seed: SEED }).map((event) => JSON.stringify(event))
const BASE: Rules = {
  filter: true,
  mapping: { CreateTime: '2026-04-26T10:00:00Z', Analyzer: { Name: 'x', IP: '192.0.2.1' }, Note: '$.a' },
  functions: settings[0]?.rules.functions ?? {},
}
const PIECES = [
  '"$"',
  '"$.a"',
  '"$..a"',
  '"$.list[*]"',
  '"x"',
  '"alert"',
  '""',
  'null',
  'true',
  '0',
  '1.5',
  '-1',
  '[]',
  '{}',
  '{"$first":["$.a","$.b"]}',
  '{"$text":["$.a","-","$.b"]}',
  '{"$if":[{"$exists":"$.a"},"$.b"]}',
  '{"$literal":"$x"}',
  '{"$lookup":["$.a",{"x":"y"},"z"]}',
  '{"$id":"x"}',
  '{"$version":{"V04":"a","V07-V08":"b"}}',
  '{"$context":"location"}',
  '{"$option":"words"}',
  '{"$thing":["$.a","$.b","$.c"]}',
  '{"$picky":"$.a"}',
  '{"$split":["$.a","."]}',
]

const OWN_NAMES = Reflect.ownKeys(Object.prototype).length

/** An input is a mapping file on its first line, for the version that the line's length chooses, and events. */
export const target: Target = {
  tokens: [
    '"$',
    '"$.',
    '{"$',
    '":',
    '",',
    '[',
    ']',
    '{',
    '}',
    '$first',
    '$text',
    '$if',
    '$lookup',
    '$version',
    '$literal',
    '$extends":true,"',
    '$filter',
    'V04',
    '__proto__',
    '\\u2028',
    '\n',
  ],
  seeds: () => [
    ...settings.map(({ rules }, index) => document(rules, events.slice(index, index + 3))),
    ...HOSTILE.slice(0, 12).map((text) => document(hostileRules(text), events.slice(0, 2))),
  ],
  mutate(input, draw) {
    const lines = input.toString().split('\n')
    const index = draw(lines.length + 3) % lines.length
    lines[index] = mutateJson(lines[index] ?? '', PIECES, draw)
    return Buffer.from(lines.join('\n'))
  },
  check(input) {
    const [text = '', ...rest] = input.toString().split('\n')
    const version = VERSIONS[text.length % VERSIONS.length] ?? '2.D.V08'
    const all = compiled(text, version)
    if (all === undefined) return
    for (const line of rest.slice(0, MAX_EVENTS)) checkEvent(all, line, version)
    assert.ok(!('pwned' in globalThis) && Reflect.ownKeys(Object.prototype).length === OWN_NAMES, 'executed')
  },
}

function document({ filter, mapping }: Rules, lines: readonly string[]): Buffer {
  const fields = typeof mapping === 'object' && mapping !== null ? mapping : {}
  return Buffer.from([JSON.stringify({ $filter: filter, ...fields }), ...lines].join('\n'))
}

function compiled(text: string, version: Version): Ways | undefined {
  try {
    return ways(applyDocument(BASE, text), version, CONTEXT)
  } catch (error) {
    if (!(error instanceof MappingError)) throw error
    assert.ok(error.faults.length > 0, 'refused without a reason')
    return undefined
  }
}

function checkEvent(all: Ways, text: string, version: Version): void {
  const event = parsed(text)
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return
  // Written anew: no key comes twice.
  const line = Buffer.from(JSON.stringify(event))
  const outcome = all.bytes(line)
  assert.equal(all.accessors(line), outcome, 'accessors')
  assert.equal(all.closures(line), outcome, 'closures')
  assert.notEqual(outcome, 'invalid_json', 'a good event is taken for a bad one')
  if (outcome.startsWith('{')) assert.deepEqual(validator(version)(JSON.parse(outcome)), [], 'not valid')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // no event, and nothing to hold a mapping to
  }
}
