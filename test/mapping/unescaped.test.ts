import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { unescaped } from '../../src/mapping/unescaped.ts'

const KEYS = ['ET', 'ED', 'MN', 'EDP']
const read = (text: string) => unescaped(text, KEYS)
const line = (ED: string, MN: string) => `{"ET":"12:00","ED":"${ED}","MN":"${MN}","EDP":"/e/1"}`

describe('a line that nothing was escaped in', () => {
  test('that is JSON is read as JSON, whatever its keys', () => {
    expect(read('{"a":"x\\ty","b":[1]}')).toEqual({ a: 'x\ty', b: [1] })
    expect(read(line('a\\tb', 'c'))).toMatchObject({ ED: 'a\tb' })
  })

  test.each([
    ['a control character', 'C:\temp', 'Gate'],
    ['a backslash that begins no escape', 'Zone C:\\data', 'back\\slash'],
    ['a backslash before the quote', 'Zone C:\\', 'Gate'],
    ['quotes', 'Zone "B"', 'Quai "Nord"'],
    ['an odd quote', 'one " only', 'odd" quote'],
    ['what looks like JSON', '{"a":"b"}', '","'],
    ['quotes and a tab', 'a"\tb', '\\'],
  ])('%s stands for itself', (_, ED, MN) => {
    expect(read(line(ED, MN))).toEqual({ ET: '12:00', ED, MN, EDP: '/e/1' })
  })

  test('is read whatever blanks stand between the texts, and without those it does not have', () => {
    expect(read('{ "ET": "12:00", "MN" :"a"b" }')).toEqual({ ET: '12:00', MN: 'a"b' })
  })

  test('that can be read in two ways is not read', () => {
    expect(() => read(line('x","MN":"y\\z', 'c'))).toThrow(SyntaxError)
  })

  test('is not read where a text stands in another place', () => {
    expect(() => read('{"ET":"12:00","MN":"a","ED":"b"c","EDP":"d"}')).toThrow(SyntaxError)
  })

  test('and breaks off is read as far as it goes', () => {
    expect(read('{"ET":"12:00","ED":"Motion: a","MN":"back\\slash')).toEqual({
      ET: '12:00',
      ED: 'Motion: a',
      MN: 'back\\slash',
      torn: 'MN',
    })
    for (const part of ['{"ET":"12:', 'ew","EDP":"/e/1"}', '', '{', 'x'])
      expect(() => read(part)).toThrow(SyntaxError)
  })

  test('whose beginning was another line is refused as such', () => {
    expect(() => read('ew","EDP":"/e/1"}')).toThrow('the rest of a record')
  })

  test('gives back every text that holds no separator', () => {
    const texts = fc.string({ unit: 'binary' }).filter((text) => !/"\s*,\s*"/.test(`"${text}"`))
    fc.assert(
      fc.property(texts, texts, (ED, MN) => {
        const text = line(ED, MN)
        let expected: unknown = { ET: '12:00', ED, MN, EDP: '/e/1' }
        try {
          expected = JSON.parse(text)
        } catch {
          // Then it is read as it stands, unless it is JSON but for its control characters.
          fc.pre(!/[\\]/.test(ED + MN))
        }
        expect(read(text)).toEqual(expected)
      }),
    )
  })
})
