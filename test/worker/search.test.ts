import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { profile } from '../../src/idmefv2/profiles.ts'
import { compile } from '../../src/mapping/compile.ts'
import { type Needle, needleOf } from '../../src/mapping/needle.ts'
import { readMapping } from '../../src/mapping/read.ts'
import type { Mapping } from '../../src/mapping/rules.ts'
import { Search } from '../../src/worker/search.ts'
import { anyEvent, anyStyle, written } from '../mapping/events.ts'
import { anySetting, CONTEXT } from '../mapping/mappings.ts'
import { PATIENT, runs } from '../mapping/runs.ts'
import { converted } from '../mapping/ways.ts'

const MAPPING = { CreateTime: '2026-04-26T10:00:00Z', Analyzer: { Name: 'x' } }

function needleFor(filter: Mapping): string[] | undefined {
  const program = readMapping({ filter, mapping: MAPPING }, profile('2.D.V08'), { values: {}, options: {} })
  return needleOf(program.filter)?.texts.map(String)
}

describe('the needle of a filter', () => {
  test.each<[Mapping, string[] | undefined]>([
    [{ $equals: ['$.event_type', 'alert'] }, ['alert"']],
    [{ $in: ['$.a', ['alert', 'drop']] }, ['alert"', 'drop"']],
    [{ $all: [{ $equals: ['$.a', 'x'] }, { $equals: ['$.b', 'longer'] }] }, ['longer"']],
    [{ $all: [{ $all: [{ $equals: ['$.a', 'x'] }] }, { $exists: '$.b' }] }, ['x"']],
    [{ $equals: ['$.a.b[0]', 'x'] }, ['x"']],
    [{ $any: [{ $equals: ['$.a', 'x'] }, { $equals: ['$.b', 'y'] }] }, undefined],
    [{ $not: { $equals: ['$.a', 'x'] } }, undefined],
    [{ $equals: ['$.a', 5] }, undefined],
    [{ $equals: ['$.a', '-5'] }, undefined],
    [{ $equals: ['$.a', true] }, undefined],
    [{ $equals: ['$.a', 'Infinity'] }, undefined],
    [{ $equals: ['$.a', ''] }, undefined],
    [{ $equals: ['$.a', 'été'] }, undefined],
    [{ $equals: ['$.a', 'a/b'] }, undefined],
    [{ $equals: ['$.a', 'a"b'] }, undefined],
    [{ $equals: ['$.a', 'a\\b'] }, undefined],
    [{ $in: ['$.a', ['a', 'b', 'c', 'd', 'e']] }, undefined],
    [true, undefined],
  ])('%j is %j', (filter, expected) => {
    expect(needleFor(filter)).toEqual(expected)
  })

  test('is in every record that passes, or an escape that could hide it is', PATIENT, () => {
    fc.assert(
      fc.property(
        anySetting(false),
        fc.array(fc.tuple(anyEvent, anyStyle), { maxLength: 8 }),
        ({ version, rules }, records) => {
          const converter = compile(rules, profile(version), CONTEXT, { code: 'closures' })
          for (const [event, style] of records) {
            const line = written(event, style)
            if (converted(converter, Buffer.from(line)) === 'filtered') continue
            const search = new Search(converter.needle)
            const bytes = Buffer.from(`${line}\n`)
            search.start(bytes, 0, bytes.length)
            expect(search.after(0), line).toBeLessThan(bytes.length)
          }
        },
      ),
      runs(150),
    )
  })
})

describe('a search', () => {
  const needle: Needle = { texts: [Buffer.from('alert"'), Buffer.from('drop"')] }
  const placesIn = (text: string, from = 0, to = Buffer.byteLength(text)) => {
    const search = new Search(needle)
    search.start(Buffer.from(text), from, to)
    const places: number[] = []
    for (let at = search.after(from); at < to; at = search.after(at + 1)) places.push(at)
    return places
  }

  test('finds every place of every text, in order', () => {
    expect(placesIn('drop" alert" xdrop"drop" "alert')).toEqual([0, 6, 14, 19])
  })

  test('finds the escapes that could hide a character of it', () => {
    expect(placesIn(String.raw`"\u0061lert" \u0000 \u001f \u007f \u00e9 \u0070`)).toEqual([1, 27, 41])
  })

  test('stays between its bounds', () => {
    expect(placesIn('alert" alert" alert"', 1, 14)).toEqual([7])
  })

  test('without a needle finds every place', () => {
    const search = new Search(undefined)
    search.start(Buffer.from('abc'), 0, 3)
    expect([0, 1, 2].map((at) => search.after(at))).toEqual([0, 1, 2])
  })
})
