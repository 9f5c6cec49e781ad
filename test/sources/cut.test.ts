import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutJson, cutLines } from '../../src/sources/cut.ts'

const cut = (by: typeof cutJson, text: string) => {
  const lines = by(Buffer.from(text))
  return Buffer.isBuffer(lines) ? lines.toString() : lines
}

describe('JSON', () => {
  test.each([
    ['an object', '{"a":1}', '{"a":1}\n'],
    ['one with a newline behind it', '{"a":1}\n', '{"a":1}\n'],
    ['several, one a line', '{"a":1}\n{"b":2}\r\n', '{"a":1}\n{"b":2}\n'],
    ['several without anything between', '{"a":1}{"b":2}{}', '{"a":1}\n{"b":2}\n{}\n'],
    ['an array', '[{"a":[1,{"x":"]}"}]},{"b":"\\"},{"}]', '{"a":[1,{"x":"]}"}]}\n{"b":"\\"},{"}\n'],
    ['an array of whatever', ' [1 , "a,]" ,null,[2,3]\t] ', '1\n"a,]"\nnull\n[2,3]\n'],
    ['several arrays', '[{"a":1}]\n[{"b":2}]', '{"a":1}\n{"b":2}\n'],
    ['an empty array', ' [ ] ', ''],
    ['what is printed over several lines', '[\n  {\n "a": 1\n }\n]\n', '{  "a": 1  }\n'],
    ['what is behind a byte order mark', '\ufeff{"a":1}', '{"a":1}\n'],
    ['a record that is broken inside, whole', '[{"a":},{"b":2}]', '{"a":}\n{"b":2}\n'],
  ])('%s', (_, text, lines) => {
    expect(cut(cutJson, text)).toBe(lines)
  })

  test.each([
    ['', 0, 'the body is empty'],
    [' \r\n\t', 4, 'the body is empty'],
    ['x', 0, 'expected { or ['],
    ['{"a":1} 17', 8, 'expected { or ['],
    ['{"a":1},{"b":2}', 7, 'expected { or ['],
    ['[1,]', 3, 'expected a value'],
    ['[1,', 3, 'expected a value'],
    ['[1 2]', 3, 'expected , or ]'],
    ['[{"a":1}', 0, 'the array has no end'],
    ['[{"a":1},{"b', 9, 'the value has no end'],
    ['{"a":{"b":1}', 0, 'the value has no end'],
    ['{"a":"x\\"}', 0, 'the value has no end'],
    ['{"a":"x\\', 0, 'the value has no end'],
  ])('%j is refused at byte %i: %s', (text, at, what) => {
    expect(cut(cutJson, text)).toEqual({ at, what })
  })

  test('whatever values are put together, each comes out as it was, or without its line ends', () => {
    const values = fc.array(fc.jsonValue(), { maxLength: 20 })
    fc.assert(
      fc.property(values, fc.constantFrom(0, 1, 3), (all, indent) => {
        const texts = all.map((value) => `${JSON.stringify(value)}\n`)
        const lines = cut(cutJson, JSON.stringify(all, null, indent))
        if (indent === 0) expect(lines).toBe(texts.join(''))
        expect(
          String(lines)
            .split('\n')
            .slice(0, -1)
            .map((line) => `${JSON.stringify(JSON.parse(line))}\n`),
        ).toEqual(texts)
      }),
    )
  })

  test('the most records that bytes can hold have room', () => {
    expect(cut(cutJson, '{}'.repeat(50_000))).toBe('{}\n'.repeat(50_000))
    expect(cut(cutJson, `[${'1,'.repeat(50_000)}1]`)).toBe('1\n'.repeat(50_001))
  })

  test('a hundred thousand levels are a record like another', () => {
    const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    expect(cut(cutJson, deep)).toBe(`${deep}\n`)
  })
})

describe('lines', () => {
  test.each([
    ['are taken as they are, broken ones too', '{"a":1}\n{"b":\n\n{"c":3}\r\n', undefined],
    ['get a newline at the end', '{"a":1}\n{"b":2}', '{"a":1}\n{"b":2}\n'],
    ['may begin with a broken one', '"x"}\n{"b":2}\n', undefined],
    ['that begin with a torn one are not mistaken for one object', '{"a":"b\n{"b":2}\n', undefined],
    ['are not what an array is', '[{"a":1},\n{"b":2}]\n', '{"a":1}\n{"b":2}\n'],
    ['are not what one object over several lines is', '{\n "a": 1\n}\n', '{  "a": 1 }\n'],
  ])('%s', (_, text, lines = text) => {
    expect(cut(cutLines, text)).toBe(lines)
  })

  test.each([
    ['', 0, 'the body is empty'],
    ['\n\n', 2, 'the body is empty'],
    ['hello\nworld\n', 0, 'no line begins with {'],
    ['{"a":1', 0, 'the value has no end'],
  ])('%j is refused at byte %i: %s', (text, at, what) => {
    expect(cut(cutLines, text)).toEqual({ at, what })
  })
})
