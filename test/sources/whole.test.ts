import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parserOf } from '../../src/mapping/parser.ts'
import { loadSimdjson } from '../../src/simdjson.ts'
import { checkBy, isJson } from '../../src/sources/whole.ts'

const record =
  '{"timestamp":"2026-01-01","list":[1,-2.5e3,true,null],"text":"é\\u00e9\\n","nested":{"a":{"b":[]}}}'

/** What JSON is, and an addon may take for none; and the other way round. */
const ODD = [
  '',
  ' ',
  '{}',
  ' [1] ',
  '{"a":1}{"b":2}',
  '[1,]',
  '"\\ud800"',
  '1e400',
  '123456789012345678901234567890',
  '01',
  '-',
  '"\u0001"',
  '\ufeff{}',
  '"\u00ff"',
  '{"a":NaN}',
  `${'['.repeat(2000)}${']'.repeat(2000)}`,
]

test('a document is whole when all of it is JSON', () => {
  const check = checkBy('json')
  expect(check(record)).toBe(true)
  for (let end = 0; end < record.length; end++) expect(check(record.slice(0, end))).toBe(false)
})

describe.skipIf(!isBuilt())('simdjson, where it was built', () => {
  test.each(ODD)('says of %j what JSON.parse says', (text) => {
    expect(checkBy('simdjson')(text)).toBe(isJson(text))
  })

  test('says what JSON.parse says of documents that were cut and damaged', () => {
    const check = checkBy('simdjson')
    const piece = fc.constantFrom(
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '0',
      '-',
      'e',
      '\n',
      '\u0080',
      'null',
    )
    const place = fc.nat(record.length)
    fc.assert(
      fc.property(place, place, piece, (from, to, put) => {
        const damaged = record.slice(0, from) + put + record.slice(to)
        expect(check(damaged)).toBe(isJson(damaged))
      }),
      { numRuns: 2000 },
    )
  })

  test('parses as JSON.parse does', () => {
    expect(parserOf('simdjson')(record)).toEqual(JSON.parse(record))
  })
})

function isBuilt(): boolean {
  try {
    loadSimdjson()
    return true
  } catch {
    return false
  }
}
