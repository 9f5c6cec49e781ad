import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CHECK_BYTES, checksOf, examine } from '../../src/state/checks.ts'

const lines = Array.from({ length: 20 }, (_, n) => `{"n":${n},"text":"${'x'.repeat(n * 7)}"}\n`)
const bytes = Buffer.from(lines.join(''))
const checks = checksOf(bytes, 0)
const starts = lines.map((_, i) => lines.slice(0, i).join('').length)
const startOf = (i: number) => starts[i] ?? bytes.length

function flipped(buffer: Buffer, at: number, bit: number): Buffer {
  const copy = Buffer.from(buffer)
  copy[at] = (copy[at] ?? 0) ^ (1 << bit)
  return copy
}

const whole = [{ start: 0, end: bytes.length }]

describe('a segment that is held against its checks', () => {
  test('is sound as it was written, in one piece or several', () => {
    expect(examine(bytes, checks, 0)).toEqual({ sound: whole, damaged: [], unended: [], missing: 0, torn: 0 })
    const cut = startOf(7)
    const pieces = Buffer.concat([checksOf(bytes.subarray(0, cut), 0), checksOf(bytes.subarray(cut), cut)])
    expect(pieces).toEqual(checks)
  })

  test('loses the line that a bit was flipped in, its newline included, and no other one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: bytes.length - 1 }),
        fc.integer({ min: 0, max: 7 }),
        (at, bit) => {
          const hit = starts.findLastIndex((start) => start <= at)
          const { sound, damaged, unended, missing, torn } = examine(flipped(bytes, at, bit), checks, 0)
          expect(damaged).toEqual([{ start: startOf(hit), end: startOf(hit + 1) }])
          expect(sound).toEqual(
            [
              { start: 0, end: startOf(hit) },
              { start: startOf(hit + 1), end: bytes.length },
            ].filter(({ start, end }) => end > start),
          )
          const isNewline = at === startOf(hit + 1) - 1 && hit < lines.length - 1
          expect(unended).toEqual(isNewline ? [startOf(hit + 1)] : [])
          expect(missing + torn).toBe(0)
        },
      ),
    )
  })

  test('loses nothing by damage of the checks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: checks.length - 1 }),
        fc.integer({ min: 0, max: 7 }),
        (at, bit) => {
          expect(examine(bytes, flipped(checks, at, bit), 0)).toMatchObject({ sound: whole, damaged: [] })
        },
      ),
    )
    for (let length = 0; length < checks.length; length += CHECK_BYTES) {
      expect(examine(bytes, checks.subarray(0, length), 0)).toMatchObject({ sound: whole, damaged: [] })
    }
    expect(examine(bytes, Buffer.alloc(checks.length), 0)).toMatchObject({ sound: whole, damaged: [] })
  })

  test('cut at any byte it keeps its whole lines', () => {
    for (let length = 0; length < bytes.length; length++) {
      const last = starts.filter((start) => start <= length).length - 1
      const { sound, missing, damaged } = examine(bytes.subarray(0, length), checks, 0)
      expect(sound).toEqual(startOf(last) > 0 ? [{ start: 0, end: startOf(last) }] : [])
      expect(missing).toBe(bytes.length - length)
      expect(damaged).toEqual(length > startOf(last) ? [{ start: startOf(last), end: length }] : [])
    }
  })

  test('of lines that have no check yet, leaves out the one that was cut short', () => {
    const torn = Buffer.concat([bytes, Buffer.from('{"whole":1}\n{"half":')])
    const { sound, ...rest } = examine(torn, checks, 0)
    expect(sound).toEqual([{ start: 0, end: bytes.length + 12 }])
    expect(rest).toEqual({ damaged: [], unended: [], missing: 0, torn: 8 })
  })

  test('speaks only of what is not delivered yet', () => {
    const from = startOf(5)
    expect(examine(flipped(bytes, 3, 1), checks, from)).toEqual({
      sound: [{ start: from, end: bytes.length }],
      damaged: [],
      unended: [],
      missing: 0,
      torn: 0,
    })
    // A line that began before belongs to what was delivered.
    expect(examine(bytes, checks, from + 3).sound).toEqual([{ start: startOf(6), end: bytes.length }])
    expect(examine(bytes, Buffer.alloc(0), from + 3).sound).toEqual([{ start: from + 3, end: bytes.length }])
    expect(examine(bytes, checks, bytes.length).sound).toEqual([])
  })

  test('of any bytes at all gives spans in order and within', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ maxLength: 120 }), (a, b) => {
        const { sound, damaged } = examine(Buffer.from(a), Buffer.from(b), 0)
        const all = [...sound, ...damaged].sort((x, y) => x.start - y.start)
        let last = 0
        for (const { start, end } of all) {
          expect(start).toBeGreaterThanOrEqual(last)
          expect(end).toBeGreaterThan(start)
          last = end
        }
        expect(last).toBeLessThanOrEqual(a.length)
      }),
    )
  })
})
