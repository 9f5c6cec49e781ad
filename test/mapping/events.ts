import fc from 'fast-check'
import { mulberry32 } from '../../scripts/random.ts'
import type { Json } from '../../src/types.ts'

// Events of no tool in particular: few keys, so that paths meet them, and values that fields can use now and then.

export type Event = { [key: string]: Json }

const PLAIN_KEYS = ['a', 'b', 'c', 'list', 'type']
export const ODD_KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'length',
  '0',
  '1',
  '',
  ' ',
  'a.b',
  '*',
  '@x',
  'é',
  '名前',
  "it's",
  '~',
]
/** jsonpath-plus cannot be asked for these, however they are quoted: its own syntax takes them apart. */
export const UNSPEAKABLE_KEYS = [
  '`',
  '^',
  '[0]',
  'a]',
  'back\\slash',
  ',',
  ';',
  '#0',
  '@foo(1)',
  '"q"',
  'tab\t',
  '%@%',
]

export const anyKey: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...PLAIN_KEYS) },
  { weight: 3, arbitrary: fc.constantFrom(...ODD_KEYS) },
)

const anyString: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    'x',
    'alert',
    'dns',
    '1',
    '443',
    '-7',
    '1.5',
    'true',
    'null',
    '',
    'TCP',
    'http/1.1',
    'IPv6-ICMP',
  ),
  fc.constantFrom(
    '192.0.2.1',
    '192.0.2.256',
    '01.2.3.4',
    '2001:DB8::0001',
    'fe80::1%eth0',
    '::ffff:192.0.2.1',
  ),
  fc.constantFrom(
    '2026-04-26T10:00:00.123456+0200',
    '2026-02-29T10:00:00.1+0000',
    '2026-12-31 23:59:60Z',
    '2026-04-26T10:00:00.123456789-0930',
  ),
  fc.constantFrom(
    'Medium',
    'NET.NIDS',
    'Recon.Scanning',
    'https://example.org/a b',
    'someone@example.org',
    '48.85, 2.35',
  ),
  fc.constantFrom(
    '0b6e4a55-4c1d-8f3e-9a3b-5f2d7c9e1a00',
    'sha-256:9F86D081',
    'text/plain',
    'FR PAR',
    'aGVsbG8=',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom('a', 'é', '名', '\u2028', '\0', '\n', '\x7f', '\x85', '"', '\\', '/', '\ud800'),
    maxLength: 8,
  }),
  fc.string({ minLength: 45, maxLength: 60 }),
)

const anyNumber: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -2, max: 70_000 }),
  fc.constantFrom(0, -0, 1, 80, 65_535, 65_536, 1e15, 2 ** 53, 2 ** 63, 1.5, 1e-7, 1e21, -1, 1_767_225_600.5),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

const { value } = fc.letrec<{ value: Json; object: Event }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 5, arbitrary: anyString },
    { weight: 3, arbitrary: anyNumber },
    { weight: 2, arbitrary: fc.constantFrom(null, true, false) },
    { weight: 2, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
    { weight: 3, arbitrary: tie('object') },
  ),
  object: objectOf(tie('value')),
}))

export const anyValue: fc.Arbitrary<Json> = value

function objectOf(member: fc.Arbitrary<Json>): fc.Arbitrary<Event> {
  const entries = fc.uniqueArray(fc.tuple(anyKey, member), { maxLength: 5, selector: ([key]) => key })
  return entries.map((all) => Object.fromEntries(all))
}

/** An event: often one that a filter for alerts lets pass, with a time and a name. */
export const anyEvent: fc.Arbitrary<Event> = fc
  .tuple(
    objectOf(value),
    fc.constantFrom({}, { type: 'alert' }, { type: 'alert' }, { type: 'alert' }, { type: 'dns' }),
    fc.constantFrom({}, { time: '2026-04-26T10:00:00.123456+0200' }, { time: '2026-04-26T10:00:00Z' }),
    fc.constantFrom({}, { name: 'Probe' }),
  )
  .map(([odd, type, time, name]) => ({ ...odd, ...type, ...time, ...name }))

/** Ways of a writer: how it puts blanks, in what order the keys stand, what it escapes, how it writes numbers. */
export interface Style {
  seed: number
  blanks: boolean
  shuffled: boolean
  escaped: boolean
  numbers: boolean
  /** Some keys come twice; the second one counts. */
  repeated: boolean
}

export const anyStyle: fc.Arbitrary<Style> = fc.record({
  seed: fc.integer(),
  blanks: fc.boolean(),
  shuffled: fc.boolean(),
  escaped: fc.boolean(),
  numbers: fc.boolean(),
  repeated: fc.constantFrom(false, false, false, true),
})

/** JSON text of an event in a style; one line. */
export function written(value: Json, style: Style): string {
  return new Scribe(style).value(value)
}

class Scribe {
  readonly #style: Style
  readonly #next: () => number

  constructor(style: Style) {
    this.#style = style
    this.#next = mulberry32(style.seed)
  }

  value(value: Json): string {
    if (typeof value === 'string') return this.#text(value)
    if (typeof value === 'number') return this.#number(value)
    if (typeof value !== 'object' || value === null) return String(value)
    if (Array.isArray(value))
      return this.#joined(
        '[',
        value.map((item) => this.value(item)),
        ']',
      )
    const entries = Object.entries(value).flatMap(([key, member]) => this.#member(key, member))
    return this.#joined('{', this.#style.shuffled ? this.#shuffle(entries) : entries, '}')
  }

  #member(key: string, member: Json): string[] {
    const text = this.#below(8) === 0 ? this.#text(key) : JSON.stringify(key) // escaped keys go another way
    const name = `${text}${this.#blank()}:${this.#blank()}`
    const twice = this.#style.repeated && this.#below(6) === 0
    return twice ? [`${name}0`, name + this.value(member)] : [name + this.value(member)]
  }

  #joined(open: string, parts: readonly string[], close: string): string {
    const comma = () => `${this.#blank()},${this.#blank()}`
    const inner = parts.reduce((text, part) => (text === '' ? part : text + comma() + part), '')
    return open + this.#blank() + inner + this.#blank() + close
  }

  #blank(): string {
    return this.#style.blanks ? ([' ', '\t', '\r', '  '][this.#below(12)] ?? '') : ''
  }

  #text(text: string): string {
    if (!this.#style.escaped) return JSON.stringify(text)
    return `"${Array.from({ length: text.length }, (_, i) => this.#unit(text, i)).join('')}"`
  }

  /** One UTF-16 unit; halves of pairs are escaped both or not at all by JSON.stringify, here always. */
  #unit(text: string, i: number): string {
    const unit = text.charAt(i)
    if (unit === '/' && this.#below(2) === 0) return '\\/'
    const plain = JSON.stringify(unit).slice(1, -1)
    const half = unit >= '\ud800' && unit <= '\udfff'
    if (!half && this.#below(4) !== 0) return plain
    const hex = unit.charCodeAt(0).toString(16).padStart(4, '0')
    return `\\u${this.#below(2) === 0 ? hex : hex.toUpperCase()}`
  }

  #number(value: number): string {
    const text = JSON.stringify(value)
    if (!this.#style.numbers || !/^[1-9]\d*$/.test(text)) return Object.is(value, -0) ? '-0' : text
    return [text, `${text}.0`, `${text}e0`, `${text}E+0`, `${text}0e-1`][this.#below(5)] ?? text
  }

  #shuffle(entries: string[]): string[] {
    return entries
      .map((entry) => [this.#below(1 << 20), entry] as const)
      .sort(([a], [b]) => a - b)
      .map(([, entry]) => entry)
  }

  /** A number below `limit`, from a generator of its own, so that a style means the same every time. */
  #below(limit: number): number {
    return this.#next() % limit
  }
}
