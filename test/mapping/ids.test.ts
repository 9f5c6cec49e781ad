import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PATTERNS } from '../../src/idmefv2/patterns.ts'
import { Ids, nameUuid } from '../../src/mapping/ids.ts'
import { PATIENT, runs } from './runs.ts'

const OFFICIAL = new RegExp(PATTERNS.uuid)
const VERSION_8 = /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
const VERSION_5 = /^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
const ids = new Ids()

function idAt(high: number, low: number, offset: number, index = 0): string {
  ids.at(high, low, offset)
  return ids.text(index)
}

describe('an ID by position', () => {
  const anyHalf = fc.oneof(
    fc.integer({ min: 0, max: 0xffffffff }),
    fc.constantFrom(0, 1, 0x80000000, 0xffffffff),
  )
  const anyOffset = fc.oneof(
    fc.nat(),
    fc.integer({ min: 0, max: 2 ** 50 - 1 }),
    fc.constantFrom(0, 0x3ffff, 0x40000, 2 ** 32, 2 ** 50 - 1),
  )
  const anyPlace = fc.tuple(anyHalf, anyHalf, anyOffset, fc.integer({ min: 0, max: 255 }))

  test('is a UUID of version 8 in the form the schemas ask for', PATIENT, () => {
    fc.assert(
      fc.property(anyPlace, (place) => {
        expect(idAt(...place)).toMatch(OFFICIAL)
        expect(idAt(...place)).toMatch(VERSION_8)
      }),
      runs(1000),
    )
  })

  test('is the same for the same place', PATIENT, () => {
    fc.assert(
      fc.property(anyPlace, (place) => {
        const other = new Ids()
        other.random()
        other.at(place[0], place[1], place[2])
        expect(other.text(place[3])).toBe(idAt(...place))
      }),
      runs(300),
    )
  })

  test('differs for any two places that differ in one bit or in all', PATIENT, () => {
    fc.assert(
      fc.property(anyPlace, anyPlace, (a, b) => {
        fc.pre(a.join() !== b.join())
        expect(idAt(...a)).not.toBe(idAt(...b))
      }),
      runs(3000),
    )
  })

  test('is never given twice over many files, offsets and parts', () => {
    const files = [0, 1, 2, 0x80000000, 0xffffffff]
    const offsets = Array.from({ length: 500 }, (_, i) => [i, i * 0x40000, 2 ** 50 - 1 - i * 997]).flat()
    const seen = new Set<string>()
    let count = 0
    for (const high of files)
      for (const low of files)
        for (const offset of new Set(offsets))
          for (const index of [0, 1, 2, 255]) {
            seen.add(idAt(high, low, offset, index))
            count++
          }
    expect(seen.size).toBe(count)
  })

  // Concerto matches PredID against the parts of an ID between the hyphens. A part of 12 free bits has 4096 values:
  // ten thousand alerts meet each two or three times, and by chance none much more often.
  test.each([
    ['one file, line after line', (i: number) => idAt(0x1234abcd, 0x5678, i * 731)],
    ['one file, byte after byte', (i: number) => idAt(0, 0, i)],
    ['many files, at their beginning', (i: number) => idAt(0, i, 0)],
    ['the parts of few messages', (i: number) => idAt(7, 7, 1000 * (i >> 8), i & 255)],
  ])('shares no group of digits by construction: %s', (_, make) => {
    const groups = Array.from({ length: 10_000 }, (_, i) => make(i).split('-'))
    for (const at of [0, 1, 2, 3, 4]) {
      const counts = new Map<string | undefined, number>()
      for (const group of groups) counts.set(group[at], (counts.get(group[at]) ?? 0) + 1)
      expect(Math.max(...counts.values()), `group ${at}`).toBeLessThan([5, 10, 20, 15, 3][at] ?? 0)
    }
  })

  test('is written where it is wanted, and nowhere beyond the end of the buffer', () => {
    ids.at(1, 2, 3)
    const out = Buffer.alloc(40, '.')
    expect(ids.write(out, 2, 0)).toBe(38)
    expect(out.toString()).toBe(`..${ids.text(0)}..`)
    const small = Buffer.alloc(10, '.')
    expect(ids.write(small, 8, 0)).toBe(44)
    expect(small.toString()).toBe(`........${ids.text(0).slice(0, 2)}`)
  })
})

describe('an ID by content', () => {
  const idOf = (text: string) => {
    ids.ofContent(Buffer.from(text))
    return ids.text(0)
  }

  test('is the same for the same bytes, and another one for others', () => {
    expect(idOf('{"a":1}')).toBe(idOf('{"a":1}'))
    expect(idOf('{"a":1}')).not.toBe(idOf('{"a":2}'))
    expect(idOf('{"a":1}')).toMatch(VERSION_8)
  })

  test('differs from part to part of the message', () => {
    ids.ofContent(Buffer.from('x'))
    expect(new Set(Array.from({ length: 256 }, (_, index) => ids.text(index))).size).toBe(256)
  })
})

test('an ID by chance is another one each time', () => {
  const made = Array.from({ length: 100 }, () => {
    ids.random()
    return ids.text(0)
  })
  expect(new Set(made).size).toBe(100)
  for (const id of made) expect(id).toMatch(VERSION_8)
})

test('a UUID by name is of version 5 and rests on the parts alone', () => {
  expect(nameUuid(['suricata', 'host'])).toMatch(VERSION_5)
  expect(nameUuid(['suricata', 'host'])).toBe(nameUuid(['suricata', 'host']))
  expect(nameUuid(['suricata', 'host'])).not.toBe(nameUuid(['suricatahost']))
  expect(nameUuid(['a', ''])).not.toBe(nameUuid(['', 'a']))
})
