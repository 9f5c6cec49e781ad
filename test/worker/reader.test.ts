import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Block, blocksOf, LineReader, type LongLine } from '../../src/worker/reader.ts'
import { PATIENT, runs } from '../mapping/runs.ts'
import { fileOf } from './files.ts'

type Found = Block | { tooLong: LongLine }

/** A line as it was found: its offset and bytes, or its length where it was over the limit. */
type Line = { offset: number; text: string } | { offset: number; length: number; head: string }

function linesIn(found: Iterable<Found>): Line[] {
  const lines: Line[] = []
  for (const one of found) {
    if ('tooLong' in one) {
      const { offset, length, head } = one.tooLong
      lines.push({ offset, length, head: head.toString('latin1') })
      continue
    }
    expect(one.bytes[one.to - 1]).toBe(0x0a)
    for (let at = one.from; at < one.to; ) {
      const end = one.bytes.indexOf(0x0a, at)
      lines.push({ offset: one.origin + at, text: one.bytes.toString('latin1', at, end) })
      at = end + 1
    }
  }
  return lines
}

/** What a reader should find, by the plainest way there is. */
function expected(content: string, maxLine: number): Line[] {
  const lines: Line[] = []
  let offset = 0
  const texts = content.split('\n')
  if (texts.at(-1) === '') texts.pop()
  for (const text of texts) {
    lines.push(
      text.length > maxLine
        ? { offset, length: text.length, head: text.slice(0, Math.min(65536, maxLine)) }
        : { offset, text },
    )
    offset += text.length + 1
  }
  return lines
}

function readIn(ranges: number, fd: number, size: number, reader: LineReader): Line[] {
  const lines: Line[] = []
  for (let start = 0; start < size; start += ranges)
    lines.push(...linesIn(reader.lines(fd, start, Math.min(start + ranges, size))))
  return lines
}

describe('ranges of any size', () => {
  test.each([
    ['lines of all lengths', Array.from({ length: 12 }, (_, i) => 'x'.repeat(i)).join('\n')],
    ['a newline at the end', 'one\ntwo\nthree\n'],
    ['no newline at the end', 'one\ntwo\nthree'],
    ['blank lines', '\n\none\n\n\ntwo\n\n'],
    ['nothing but newlines', '\n\n\n'],
    ['one line', 'one'],
    ['CRLF', 'one\r\n\r\ntwo\r\nthree'],
    ['bytes that are no text', 'é\xff\x00\n\xfe\n\x00\n'],
    ['lines over the limit', `short\n${'a'.repeat(21)}\n${'b'.repeat(20)}\n${'c'.repeat(50)}\nend\n`],
    ['a line over the limit at the end', `one\n${'a'.repeat(30)}`],
    ['nothing but a line over the limit', 'a'.repeat(40)],
  ])('give each line exactly once and in order: %s', (_, content) => {
    const { fd } = fileOf(Buffer.from(content, 'latin1'))
    const reader = new LineReader(20)
    for (let size = 1; size <= content.length + 1; size++)
      expect(readIn(size, fd, content.length, reader), `ranges of ${size}`).toEqual(expected(content, 20))
  })

  test('give each line exactly once and in order, whatever the file', PATIENT, () => {
    const anyLine = fc.string({ unit: fc.constantFrom('a', '\r', '\0', '{', '\xff'), maxLength: 40 })
    const anyFile = fc
      .tuple(fc.array(anyLine, { maxLength: 8 }), fc.boolean())
      .map(([lines, ended]) => lines.join('\n') + (ended ? '\n' : ''))
    const reader = new LineReader(30)
    fc.assert(
      fc.property(anyFile, fc.integer({ min: 1, max: 60 }), (content, size) => {
        const { fd } = fileOf(Buffer.from(content, 'latin1'))
        expect(readIn(size, fd, content.length, reader)).toEqual(expected(content, 30))
      }),
      runs(150),
    )
  })

  test('give each line once where lines are longer than a read', PATIENT, () => {
    const lines = [100, 1_048_575, 1_048_576, 3_000_000, 5, 2_000_001, 70_000].map((length, i) =>
      String(i).repeat(length),
    )
    const content = lines.join('\n')
    const { fd } = fileOf(content)
    const limit = 2_000_000
    const wanted = expected(content, limit)
    for (const size of [65_536, 1_000_003, 1_048_576, 4_194_304, content.length]) {
      const found = readIn(size, fd, content.length, new LineReader(limit))
      expect(
        found.map(({ offset }) => offset),
        `ranges of ${size}`,
      ).toEqual(wanted.map(({ offset }) => offset))
      // Comparing the texts by a matcher would print megabytes.
      expect(found.every((line, i) => JSON.stringify(line) === JSON.stringify(wanted[i]))).toBe(true)
    }
  })
})

describe('a line over the limit', () => {
  test('is told with its length and its beginning, and the lines around it are read', () => {
    const content = `{"a":1}\n${'x'.repeat(200_000)}\n{"b":2}\n`
    const { fd } = fileOf(content)
    const [first, long, last] = linesIn(new LineReader(100_000).lines(fd, 0, content.length))
    expect(first).toEqual({ offset: 0, text: '{"a":1}' })
    expect(long).toEqual({ offset: 8, length: 200_000, head: 'x'.repeat(65_536) })
    expect(last).toEqual({ offset: 200_009, text: '{"b":2}' })
  })

  test('may be as long as the limit exactly', () => {
    const content = `${'x'.repeat(1024)}\n${'y'.repeat(1025)}\n`
    const { fd } = fileOf(content)
    expect(linesIn(new LineReader(1024).lines(fd, 0, content.length))).toMatchObject([
      { offset: 0, text: 'x'.repeat(1024) },
      { length: 1025 },
    ])
  })
})

describe('a range', () => {
  test('beyond the end of a file that became shorter gives what is there', () => {
    const { fd } = fileOf('one\ntwo\n')
    expect(linesIn(new LineReader(100).lines(fd, 4, 100))).toEqual([{ offset: 4, text: 'two' }])
    expect(linesIn(new LineReader(100).lines(fd, 50, 100))).toEqual([])
  })

  test('that lies inside one line has none', () => {
    const { fd } = fileOf(`${'x'.repeat(100)}\n`)
    expect(linesIn(new LineReader(1000).lines(fd, 10, 50))).toEqual([])
  })
})

describe('bytes that were handed over', () => {
  test('give the same lines as a file', PATIENT, () => {
    const anyContent = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r'), minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(anyContent, fc.integer({ min: 1, max: 30 }), (content, limit) => {
        expect(linesIn(blocksOf(Buffer.from(content), limit))).toEqual(expected(content, limit))
      }),
      runs(500),
    )
  })
})
