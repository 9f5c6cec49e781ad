import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normalise } from '../../src/idmefv2/normalise.ts'
import type { Kind } from '../../src/idmefv2/profiles.ts'
import { textComparer } from '../../src/mapping/comparer.ts'
import { skipValue } from '../../src/mapping/lexer.ts'
import { Memo } from '../../src/mapping/memo.ts'
import { textOf } from '../../src/mapping/truth.ts'
import {
  put,
  type Writer,
  writeInteger,
  writeIp,
  writePort,
  writeString,
  writeTimestamp,
} from '../../src/mapping/writers.ts'
import { anyStyle, anyValue, written } from './events.ts'
import { PATIENT, runs } from './runs.ts'

const two = (max: number) => fc.integer({ min: 0, max }).map((number) => String(number).padStart(2, '0'))
const anyTimestamp = fc
  .tuple(
    fc.constantFrom('2026', '2024', '0000', '9999', '202'),
    two(13),
    two(32),
    fc.constantFrom('T', 'T', 'T', ' ', 't'),
    two(24),
    two(60),
    two(61),
    fc.constantFrom('', '.1', '.123456', '.123456789', '.1234567890', ',5', '.', '.1x'),
    fc.constantFrom('+0000', '-0000', '+0200', '-0930', '+2400', '+0060', 'Z', '+02:00', '+02', '', ' 0200'),
  )
  .map(
    ([year, month, day, t, hour, minute, second, fraction, zone]) =>
      `${year}-${month}-${day}${t}${hour}:${minute}:${second}${fraction}${zone}`,
  )
const octet = fc.oneof(two(299), fc.integer({ min: 0, max: 260 }).map(String))
const anyQuad = fc.array(octet, { minLength: 3, maxLength: 5 }).map((octets) => octets.join('.'))
const anyInteger = fc.oneof(
  fc.integer({ min: -5, max: 70_000 }),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const anyCandidate = fc.oneof(anyValue, anyTimestamp, anyQuad, anyInteger)

/** The text at a place inside other bytes, as it lies in a record. */
function placed(text: string): { bytes: Buffer; start: number; end: number } {
  const bytes = Buffer.from(`{"k":${text},"x":"y"}\n`)
  return { bytes, start: 5, end: 5 + Buffer.byteLength(text) }
}

describe('a writer', () => {
  const WRITERS: [Kind, Writer][] = [
    ['string', writeString],
    ['ip', writeIp],
    ['timestamp', writeTimestamp],
    ['port', writePort],
    ['integer', writeInteger],
    ['size', writeInteger],
  ]

  test.each(WRITERS)(
    'of %s writes what the general way gives, or leaves it to that',
    PATIENT,
    (kind, write) => {
      fc.assert(
        fc.property(anyCandidate, anyStyle, (value, style) => {
          const text = written(value, style)
          const { bytes, start, end } = placed(text)
          const out = Buffer.alloc(1024)
          const position = write(bytes, start, end, out, 3)
          if (position < 0) return
          const expected = normalise({ kind, list: false }, JSON.parse(text))
          expect(out.toString('utf8', 3, position), text).toBe(
            expected === undefined ? '' : JSON.stringify(expected),
          )
        }),
        runs(3000),
      )
    },
  )

  test.each(WRITERS)('of %s comes to the same place where there is no room', (kind, write) => {
    const text =
      { string: '"some text"', ip: '"192.0.2.1"', timestamp: '"2026-04-26T10:00:00.1+0000"' }[
        kind as string
      ] ?? '443'
    const { bytes, start, end } = placed(text)
    const ample = write(bytes, start, end, Buffer.alloc(100), 10)
    expect(ample).toBeGreaterThan(10)
    expect(write(bytes, start, end, Buffer.alloc(11), 10)).toBe(ample)
  })

  test('takes what tools write without decoding it', () => {
    const direct = (write: Writer, text: string) => {
      const out = Buffer.alloc(100)
      const { bytes, start, end } = placed(text)
      return out.toString('utf8', 0, write(bytes, start, end, out, 0))
    }
    expect(direct(writeString, '"ET SCAN é"')).toBe('"ET SCAN é"')
    expect(direct(writeIp, '"192.0.2.255"')).toBe('"192.0.2.255"')
    expect(direct(writePort, '65535')).toBe('65535')
    expect(direct(writePort, '0')).toBe('')
    expect(direct(writeInteger, '123456789012345')).toBe('123456789012345')
    expect(direct(writeTimestamp, '"2026-04-26T10:00:00.123456+0200"')).toBe(
      '"2026-04-26T10:00:00.123456+02:00"',
    )
    expect(direct(writeTimestamp, '"2026-04-26T10:00:00.123456+0000"')).toBe('"2026-04-26T10:00:00.123456Z"')
  })
})

describe('put', () => {
  test.each([5, 40, 41, 100])('copies a constant of %i bytes, and does nothing beyond the end', (length) => {
    const constant = Buffer.alloc(length, 'x')
    const out = Buffer.alloc(200, '.')
    expect(put(constant, out, 7)).toBe(7 + length)
    expect(out.toString()).toBe(`.......${'x'.repeat(length)}`.padEnd(200, '.'))
    expect(put(constant, Buffer.alloc(8), 7)).toBe(7 + length)
  })
})

describe('a comparison with texts', () => {
  const anyText = fc.oneof(
    fc.constantFrom(
      'x',
      'alert',
      '',
      '1',
      '1.5',
      '-7',
      '1e+21',
      'true',
      'null',
      '{}',
      '[]',
      '{"a":1}',
      '\\n',
      '\n',
      'é',
      '"',
      'a"',
      'Infinity',
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
    anyInteger.map(String),
  )

  test('holds for the values that have one of them as their text', PATIENT, () => {
    fc.assert(
      fc.property(
        fc.array(anyText, { maxLength: 4 }),
        fc.oneof(anyText, anyCandidate),
        anyStyle,
        (texts, value, style) => {
          const text = written(value, style)
          const { bytes, start, end } = placed(text)
          const expected = textOf(JSON.parse(text))
          expect(textComparer(texts)(bytes, start, end), text).toBe(
            expected !== undefined && texts.includes(expected),
          )
        },
      ),
      runs(3000),
    )
  })

  test.each([
    ['1.5', '1.5', true],
    ['-1', '-1', true],
    ['1.0', '1', true],
    ['1.0', '1.0', false],
    ['1e2', '100', true],
    ['true', 'true', true],
    ['null', 'null', false],
    ['{}', '{}', false],
    ['"\\n"', '\\n', false],
    ['"\\n"', '\n', true],
    ['"\\u0061"', 'a', true],
    ['"\ufffd"', '\ud800', false],
    ['1e999', 'Infinity', true],
    ['12345678901234567890', '12345678901234567000', true],
  ])('of the value %s with the text %j is %j', (value, text, expected) => {
    const { bytes, start, end } = placed(value)
    expect(textComparer([text])(bytes, start, end)).toBe(expected)
  })
})

describe('passing over a value', () => {
  test('ends where the value ends', PATIENT, () => {
    fc.assert(
      fc.property(anyValue, anyStyle, (value, style) => {
        const { bytes, start, end } = placed(written(value, style))
        expect(skipValue(bytes, start, bytes.length - 1)).toBe(end)
      }),
      runs(1000),
    )
  })

  test('that was cut short finds no end, and never looks into the next record', PATIENT, () => {
    fc.assert(
      fc.property(anyValue, anyStyle, fc.nat(), (value, style, cut) => {
        const whole = Buffer.from(written(value, style))
        const part = whole.subarray(0, cut % whole.length)
        const bytes = Buffer.concat([part, Buffer.from('\n"]}]}"]}]}')])
        const end = skipValue(bytes, 0, part.length)
        expect(end).toBeLessThanOrEqual(part.length)
      }),
      runs(1000),
    )
  })

  test.each(['01', '1.', '.5', '1e', '1e+', '-', '+1', 'tru', 'nulL', 'fAlse', 'falsy', 'NaN', "'a'", ''])(
    'refuses %s',
    (text) => {
      expect(skipValue(Buffer.from(`${text}\n`), 0, text.length)).not.toBe(text.length || 0.5)
    },
  )
})

describe('what is remembered', () => {
  /** A memo of one slot or more, whose result says what it was made from. */
  function remembering(slots: readonly number[]) {
    let renders = 0
    let values: readonly (string | undefined)[] = []
    const memo = new Memo(slots, () => {
      renders++
      const bytes = Buffer.from(JSON.stringify(slots.map((slot) => values[slot] ?? null)))
      return { bytes, isProven: true }
    })
    const out = Buffer.alloc(8192)
    return {
      renders: () => renders,
      ask(...given: readonly (string | undefined)[]): string {
        values = given
        const bytes = Buffer.from(given.map((value) => value ?? '').join('|'))
        const spans = new Int32Array(2 * given.length)
        let at = 0
        for (const [slot, value] of given.entries()) {
          const length = Buffer.byteLength(value ?? '')
          if (value !== undefined) spans.set([at, at + length], 2 * slot)
          at += length + 1
        }
        return out.toString('utf8', 0, memo.write(bytes, spans, out, 0))
      },
    }
  }
  const asMade = (...values: (string | undefined)[]) => JSON.stringify(values.map((value) => value ?? null))

  test('is made once for the same bytes', () => {
    const { ask, renders } = remembering([0])
    for (const _ of [1, 2, 3]) expect(ask('x')).toBe(asMade('x'))
    expect(renders()).toBe(1)
  })

  test('is never the result of other bytes, however they are divided among the slots', () => {
    const { ask } = remembering([0, 1])
    const parts = [undefined, 'a', 'b', 'ab', 'ba', 'aab', 'bb', '1', '11', '111']
    for (const _ of [1, 2]) for (const a of parts) for (const b of parts) expect(ask(a, b)).toBe(asMade(a, b))
  })

  test('is never the result of bytes with the same hash', () => {
    const { ask } = remembering([0])
    const pairs = collisions(200_000)
    expect(pairs.length).toBeGreaterThan(0)
    for (const [a, b] of pairs) for (const value of [a, b, a, a, b]) expect(ask(value)).toBe(asMade(value))
  })

  test('is bounded: old results make room for new ones', () => {
    const { ask, renders } = remembering([0])
    for (const _ of [1, 2]) for (let i = 0; i < 5000; i++) expect(ask(`"${i}"`)).toBe(asMade(`"${i}"`))
    expect(renders()).toBeGreaterThanOrEqual(2 * 5000 - 1024)
  })

  test('is not a result of long bytes', () => {
    const { ask, renders } = remembering([0])
    const long = 'x'.repeat(2000)
    for (const _ of [1, 2]) expect(ask(long)).toBe(asMade(long))
    expect(renders()).toBe(2)
  })

  /** Texts of the same length and the same hash: FNV-1a over a newline and the bytes, as the memo has it. */
  function collisions(tries: number): [string, string][] {
    const seen = new Map<number, string>()
    const pairs: [string, string][] = []
    for (let i = 0; i < tries; i++) {
      const text = `"${String(i * 7919).padStart(12, '0')}"`
      let hash = Math.imul(0x811c9dc5 ^ 0x0a, 0x01000193)
      for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
      const other = seen.get(hash)
      if (other !== undefined) pairs.push([other, text])
      seen.set(hash, text)
    }
    return pairs
  }
})
