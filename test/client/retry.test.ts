import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextPauseMs, retryAfterMs } from '../../src/client/retry.ts'

describe('nextPauseMs', () => {
  test('the first pause is the shortest', () => {
    expect(nextPauseMs(0, 200, 30_000, 0.99)).toBe(200)
  })

  test('a later one is drawn up to three times the one before', () => {
    expect(nextPauseMs(1000, 200, 30_000, 0)).toBe(200)
    expect(nextPauseMs(1000, 200, 30_000, 0.5)).toBe(1600)
  })

  test('it stays between the shortest and the longest', () => {
    const ms = fc.integer({ min: 1, max: 100_000 })
    fc.assert(
      fc.property(
        ms,
        ms,
        ms,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (previous, a, b, random) => {
          const [min, max] = a < b ? [a, b] : [b, a]
          const pause = nextPauseMs(previous, min, max, random)
          expect(pause).toBeGreaterThanOrEqual(min)
          expect(pause).toBeLessThanOrEqual(max)
        },
      ),
    )
  })
})

describe('retryAfterMs', () => {
  const now = Date.UTC(1994, 10, 6, 8, 49, 0)

  test.each([
    ['120', 30_000],
    ['7', 7000],
    [' 7 ', 7000],
    ['0', 0],
    ['99999999999999999999999', 30_000],
    ['Sun, 06 Nov 1994 08:49:10 GMT', 10_000],
    ['Sunday, 06-Nov-94 08:49:10 GMT', 10_000],
    ['Sun Nov  6 08:49:10 1994', 10_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 30_000],
  ])('"%s" is honoured, up to the cap', (header, expected) => {
    expect(retryAfterMs(header, now, 30_000)).toBe(expected)
  })

  test.each([
    undefined,
    '',
    '-5',
    '1.5',
    '1e3',
    '0x10',
    'soon',
    'tomorrow 10:00',
    'Sun, 06 Nov 1994 08:48:00 GMT',
    'Sun, 99 Nov 1994 08:49:10 GMT',
    `Sun, 06 Nov 1994 ${'0'.repeat(100)} GMT`,
  ])('%j is ignored', (header) => {
    expect(retryAfterMs(header, now, 30_000)).toBeUndefined()
  })

  test('whatever the header says, the answer is undefined or between 0 and the cap', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
        ),
        (header) => {
          const ms = retryAfterMs(header, now, 30_000) ?? 0
          expect(ms).toBeGreaterThanOrEqual(0)
          expect(ms).toBeLessThanOrEqual(30_000)
        },
      ),
    )
  })
})
