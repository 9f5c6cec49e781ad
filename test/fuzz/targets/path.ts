import assert from 'node:assert/strict'
import { profile } from '../../../src/idmefv2/profiles.ts'
import { compile } from '../../../src/mapping/compile.ts'
import { type Path, PathError, parsePath } from '../../../src/mapping/path.ts'
import { matches, readSegments } from '../../../src/mapping/select.ts'
import { HOSTILE } from '../../mapping/hostile.ts'
import { ways } from '../../mapping/ways.ts'
import type { Target } from '../target.ts'

/** Small events with what a path could stumble over. */
const EVENTS = [
  '{"a":{"b":[1,{"c":"x","d":null}],"a":"y"},"list":[[],{},"text",7],"type":"alert"}',
  '{"__proto__":{"a":"own"},"constructor":{"name":"own"},"length":3,"0":"zero","a":[{"a":1},{"a":"1"}]}',
  '{"":"empty","a b":"blank","a.b":"dot","*":"star","\'":"quote","\\"":"double","\\\\":"back","é":"accent"}',
  '{"a":[[[[["deep"]]]]],"b":{"b":{"b":{"b":{"a":"deep"}}}}}',
].map((text) => ({
  line: Buffer.from(text),
  event: JSON.parse(text) as unknown,
  values: valuesIn(JSON.parse(text)),
}))

const CONTEXT = { values: {}, options: {} }
const OWN_NAMES = Reflect.ownKeys(Object.prototype).length

export const target: Target = {
  tokens: [
    '$',
    '$.',
    '..',
    '[*]',
    '.*',
    '[0]',
    '[-1:]',
    '[::2]',
    "['a']",
    '["b"]',
    '[?(@.a == 1)]',
    "[?(@.c == 'x')]",
    '[?@.a]',
    "\\'",
    ' && ',
    '()',
    '@',
    '^',
    '~',
    '`',
    'length',
    '__proto__',
    'constructor',
    ...HOSTILE.slice(0, 8),
  ],
  seeds: () =>
    HOSTILE.map((text) => Buffer.from(`$['${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}']`)),
  check(input) {
    const text = input.toString()
    const parsed = pathIn(text)
    if (parsed === undefined) return
    assert.equal(parsed.text, text, 'another text')
    for (const { event, values } of EVENTS) {
      const value = readSegments(event, parsed.prefix)
      const found = parsed.rest === undefined ? [value] : (matches(value, parsed.rest) ?? [])
      for (const one of found)
        assert.ok(one === undefined || values.has(JSON.stringify(one)), 'found, and not in the event')
    }
    checkWays(text)
    assert.ok(!('pwned' in globalThis) && Reflect.ownKeys(Object.prototype).length === OWN_NAMES, 'executed')
  },
}

function pathIn(text: string): Path | undefined {
  try {
    return parsePath(text)
  } catch (error) {
    if (!(error instanceof PathError)) throw error
    return undefined
  }
}

/** The path as a value, as text, and as what decides. */
function checkWays(text: string): void {
  const rules = {
    filter: { $not: { $equals: [text, 'nothing has it'] } },
    mapping: {
      CreateTime: '2026-04-26T10:00:00Z',
      Analyzer: { Name: 'x' },
      AltNames: [text],
      Note: { $text: ['<', text, '>'] },
      Description: { $if: [{ $exists: text }, 'there', 'not there'] },
    },
  }
  const { bytes, accessors, closures } = ways(rules, '2.D.V08', CONTEXT)
  const whole = compile(rules, profile('2.D.V08'), CONTEXT)
  assert.ok(whole.needle === undefined, 'a filter that lets all pass has nothing to search for')
  for (const { line } of EVENTS) {
    const outcome = bytes(line)
    assert.equal(accessors(line), outcome, 'accessors')
    assert.equal(closures(line), outcome, 'closures')
    assert.ok(outcome.startsWith('{'), outcome)
  }
}

/** All values of an event, as JSON; the lengths of its lists too, which a path can name. */
function valuesIn(value: unknown, found = new Set<string>()): Set<string> {
  found.add(JSON.stringify(value))
  if (Array.isArray(value)) found.add(String(value.length))
  if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) valuesIn(inner, found)
  return found
}
