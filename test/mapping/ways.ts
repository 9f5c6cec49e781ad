import { JSONPath } from 'jsonpath-plus'
import { profile, type Version } from '../../src/idmefv2/profiles.ts'
import { generateAccessors } from '../../src/mapping/accessor.ts'
import { type Convert, closures, type Find } from '../../src/mapping/closures.ts'
import { Converter, FILTERED, FULL } from '../../src/mapping/compile.ts'
import { Ids } from '../../src/mapping/ids.ts'
import type { Path, Segment, Step } from '../../src/mapping/path.ts'
import { readMapping } from '../../src/mapping/read.ts'
import type { Context, Rules } from '../../src/mapping/rules.ts'

/** What became of a record, as text: the message, or the reason why there is none. */
export type Outcome = string

export interface Ways {
  /** Scanner and emitter on the bytes. */
  bytes(line: Buffer): Outcome
  /** The others on the parsed event. */
  accessors(line: Buffer): Outcome
  closures(line: Buffer): Outcome
  oracle(line: Buffer): Outcome
}

/** Every way there is from a record to a message, whose IDs rest on its bytes. */
export function ways(rules: Rules, version: Version, context: Context): Ways {
  const program = readMapping(rules, profile(version), context)
  const converter = new Converter(program, true, JSON.parse)
  return {
    bytes: (line) => converted(converter, line),
    accessors: outcomeOf(generateAccessors(program)),
    closures: outcomeOf(closures(program)),
    oracle: outcomeOf(closures(program, findByJsonPathPlus)),
  }
}

const ids = new Ids()
const out = Buffer.alloc(1 << 20)
/** A converter has to stay inside its record: what follows it looks like part of one. */
const NEIGHBOUR = Buffer.from('\n"}]},"type":"alert","a":"NEIGHBOUR","b":{"a":"NEIGHBOUR"}}\n')

/** The outcome for one record, which stands between others as in a file. */
export function converted(converter: Converter, line: Buffer): Outcome {
  const bytes = Buffer.concat([NEIGHBOUR, line, NEIGHBOUR])
  const start = NEIGHBOUR.length
  ids.ofContent(line)
  const end = converter.convert(bytes, start, start + line.length, ids, out, 0)
  if (end === FILTERED) return 'filtered'
  if (end === FULL) throw new Error('the buffer is too small')
  if (end >= 0) return out.toString('utf8', 0, end)
  const { reason, detail } = converter
  return reason === 'missing_required' ? `${reason}: ${detail}` : reason
}

function outcomeOf(convert: Convert): (line: Buffer) => Outcome {
  return (line) => {
    const event = JSON.parse(line.toString())
    ids.ofContent(line)
    try {
      const conversion = convert(event, ids)
      if (conversion.kind === 'filtered') return 'filtered'
      if (conversion.kind === 'message') return JSON.stringify(conversion.message)
      return `missing_required: the record has nothing usable for ${conversion.field}`
    } catch {
      return 'converter_failed'
    }
  }
}

/**
 * jsonpath-plus where it means the same as the language. It differs, and is not asked, in:
 * - names and indices of a string: `$.a.length` and `$.a[0]` of a text; the language knows properties of objects and
 *   items of lists only;
 * - filters: it compares as JavaScript does (`'1' == 1`, an empty text is not there) and fails on `null`; the language
 *   follows RFC 9535;
 * - a member called `*`, which a wildcard behind another wildcard takes for what is meant;
 * - names with its own operators in them (`^`, `]`, `,`, `;`, a backslash …), which it takes apart however they are
 *   quoted; a backtick keeps it from that for `*`, `$`, `~`, `@x` and the like only, and is dropped or not as the event goes.
 */
const findByJsonPathPlus: Find = (event, { prefix, rest }: Path) => {
  let value = event
  for (const segment of prefix) {
    if (typeof value !== 'object' || value === null) return undefined
    value = query(value, textOfKey(segment))[0]
  }
  if (rest === undefined) return value
  let values = [value]
  for (const step of rest) values = values.flatMap((one) => taken(one, step))
  return values.length === 0 ? undefined : values
}

function taken(value: unknown, step: Step): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  if (step.kind === 'filter') return query(value, filterText(step))
  if (step.kind === 'pattern') return query(value, step.pattern)
  return step.keys.flatMap((key) => query(value, textOfKey(key)))
}

export function query(json: object, path: string): unknown[] {
  const evaluation = path.includes('?') ? 'safe' : false
  // With `wrap` the result is always a list.
  return JSONPath({
    path: `$${path}`,
    json,
    wrap: true,
    eval: evaluation,
    ignoreEvalErrors: true,
  }) as unknown[]
}

function textOfKey(key: Segment): string {
  return typeof key === 'number' ? `[${key}]` : `['\`${key}']`
}

/** Filters are compared in their own test; here the language stands for itself. */
function filterText({ test: { path, compare } }: Extract<Step, { kind: 'filter' }>): string {
  const place = `@${path.map((key) => `[${JSON.stringify(key)}]`).join('')}`
  if (compare === undefined) return `[?(${place} !== undefined)]`
  const operator = { '==': '===', '!=': '!==' }[compare.operator as string] ?? compare.operator
  const literal = JSON.stringify(compare.literal)
  return operator.length === 3
    ? `[?(${place} ${operator} ${literal})]`
    : `[?(typeof ${place} === typeof ${literal} && ${place} ${operator} ${literal})]`
}
