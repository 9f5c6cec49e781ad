import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Needle } from '../../src/mapping/needle.ts'
import { allocate, sweepOf } from '../../src/worker/memory.ts'
import { sieveFor } from '../../src/worker/sieve.ts'

const needle = (...texts: string[]): Needle => ({ texts: texts.map((text) => Buffer.from(text)) })
const ALERT = needle('alert"')

/** What a sieve stops at in `content`, which stands between other lines. */
function sifted(content: Buffer, wanted: Needle | undefined, bytes: Buffer, from: number) {
  bytes.fill('"event_type":"alert"\n\\u0061', 0, from)
  content.copy(bytes, from)
  bytes.fill('alert"\n', from + content.length)
  const sieve = sieveFor(wanted, bytes, from, from + content.length)
  const stops: unknown[] = []
  while (sieve.next()) {
    const { start, end, isCandidate, isUtf8 } = sieve
    stops.push({ start: start - from, end: end - from, isCandidate, isUtf8 })
  }
  return { stops, passed: sieve.passed }
}

/** By the pass in WebAssembly, and by searching. */
function bothWays(content: string | Buffer, wanted: Needle | null = ALERT, from = 0) {
  const lines = Buffer.from(content)
  const size = from + lines.length + 100
  const swept = allocate(size)
  if (wanted) expect(sweepOf(wanted, swept)).toBeDefined()
  const [one, other] = [swept, Buffer.alloc(size)].map((bytes) =>
    sifted(lines, wanted ?? undefined, bytes, from),
  )
  return { one, other }
}

const parts = [
  '{',
  '}',
  '{}',
  '{"a":"alert"}',
  'alert"',
  'aler',
  'lr',
  '\\u0061',
  '\\u0019',
  '\\u008',
  '\n',
  '\n',
]
const anyText = fc
  .array(fc.oneof(fc.constantFrom(...parts, '\r', ' ', 'x'.repeat(31), 'é', '\u0000'), fc.string()), {
    maxLength: 60,
  })
  .map((texts) => `${texts.join('')}\n`)

describe('a sieve', () => {
  test('stops at the same lines with WebAssembly and without', () => {
    fc.assert(
      fc.property(
        anyText,
        fc.constantFrom(ALERT, needle('a'), needle('"'), needle('lr', '}"', 'alert"', 'x"'), needle('aa"')),
        fc.nat(70),
        (text, wanted, from) => {
          const { one, other } = bothWays(text, wanted, from)
          expect(one).toEqual(other)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('passes over lines that are plainly objects and cannot match', () => {
    const { one } = bothWays('{"a":1}\n{"b":"alert"}\n\n{}\nplain\n{"c":"\\u0061lert"}\n{}\r\n')
    expect(one?.stops).toEqual([
      { start: 8, end: 21, isCandidate: true, isUtf8: true },
      { start: 22, end: 22, isCandidate: false, isUtf8: true },
      { start: 26, end: 31, isCandidate: false, isUtf8: true },
      { start: 32, end: 50, isCandidate: true, isUtf8: true },
      { start: 51, end: 54, isCandidate: false, isUtf8: true },
    ])
    expect(one?.passed).toBe(2)
  })

  test('says what is valid UTF-8 and what is not', () => {
    const line = (text: string) => Buffer.from(`{"a":"${text}alert"}\n`, 'latin1')
    for (const [text, isUtf8] of [
      ['caf\xc3\xa9', true],
      ['caf\xe9', false],
    ] as const) {
      const { one, other } = bothWays(Buffer.concat([line(''), line(text)]))
      expect(one).toEqual(other)
      expect(one?.stops).toMatchObject([{ isUtf8 }, { isUtf8 }])
    }
  })

  test('takes more lines than can be noted at once', () => {
    const text = '{"a":"alert"}\n{}\n'.repeat(20_000)
    const { one, other } = bothWays(text)
    expect(one?.stops).toHaveLength(20_000)
    expect(one).toEqual(other)
    expect(one?.passed).toBe(20_000)
  })

  test('without a needle stops at every line', () => {
    const { one, other } = bothWays('{}\n{}\n', null)
    expect(one).toEqual(other)
    expect(one?.stops).toHaveLength(2)
  })
})
