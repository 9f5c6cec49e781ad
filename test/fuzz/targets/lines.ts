import assert from 'node:assert/strict'
import { ftruncateSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { type Block, blocksOf, LineReader, type LongLine } from '../../../src/worker/reader.ts'
import { scratch } from '../scratch.ts'
import { oneOf, random, type Target } from '../target.ts'

const NEWLINE = 10
/** More than two reads, and lines enough for many blocks. */
const MAX_BYTES = 2.5 * 1024 ** 2
const MAX_TIMES = 8_000
/** Shorter than most lines, than some, than few, and than none but those beyond one read. */
const READERS = [3, 20, 1000, 2 ** 21].map((maxLine) => ({ maxLine, reader: new LineReader(maxLine) }))

interface Line {
  offset: number
  length: number
  /** Its beginning, of one that is too long. */
  head?: string
}

/** `500*text` stands for five hundred times the text: what is read in several pieces must be large. */
export function content(input: Buffer): Buffer {
  const [, count, text = ''] = /^(\d{1,7})\*([\s\S]*)$/.exec(input.toString('latin1')) ?? []
  if (count === undefined || text === '') return input
  const most = text.includes('\n') ? MAX_TIMES : Number.POSITIVE_INFINITY
  return Buffer.from(text.repeat(Math.min(Number(count), Math.ceil(MAX_BYTES / text.length), most)), 'latin1')
}

/** All limits for what is short; one, drawn from the bytes, where every one would take long. */
export function limitsFor<T>(bytes: Buffer, limits: readonly T[]): readonly T[] {
  return bytes.length < 64 * 1024 ? limits : [oneOf(limits, random(crc32(bytes)))]
}

/** Where a file is cut into ranges, drawn from its bytes. */
export function cutsIn(bytes: Buffer): number[] {
  const draw = random(crc32(bytes))
  const cuts = Array.from({ length: draw(6) }, () => draw(bytes.length + 1))
  return [...new Set([0, ...cuts, bytes.length])].sort((a, b) => a - b)
}

export function linesIn(bytes: Buffer): { offset: number; length: number }[] {
  const lines: { offset: number; length: number }[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, offset)
    const end = newline < 0 ? bytes.length : newline
    lines.push({ offset, length: end - offset })
    offset = end + 1
  }
  return lines
}

function expected(bytes: Buffer, maxLine: number): Line[] {
  return linesIn(bytes).map(({ offset, length }) => {
    if (length <= maxLine) return { offset, length }
    const head = bytes.toString('latin1', offset, offset + Math.min(maxLine, 64 * 1024))
    return { offset, length, head }
  })
}

/** The lines of what a reader gave; each of them is compared with the bytes that are there. */
function taken(found: Iterable<Block | { tooLong: LongLine }>, bytes: Buffer): Line[] {
  const lines: Line[] = []
  for (const each of found) {
    if ('tooLong' in each) {
      const { offset, length, head } = each.tooLong
      lines.push({ offset, length, head: head.toString('latin1') })
      continue
    }
    const { from, to, origin } = each
    const block = each.bytes.subarray(from, to)
    assert.equal(block.at(-1), NEWLINE, 'a block without a newline at its end')
    const inFile = bytes.subarray(origin + from, origin + to)
    assert.ok(block.subarray(0, inFile.length).equals(inFile), 'other bytes than those in the file')
    assert.ok(block.length - inFile.length <= 1, 'more bytes than there are')
    for (const { offset, length } of linesIn(block)) lines.push({ offset: origin + from + offset, length })
  }
  return lines
}

function compare(found: readonly Line[], wanted: readonly Line[], of: string): void {
  for (const [index, line] of wanted.entries()) {
    const other = found[index]
    // deepEqual takes seconds for so many.
    if (other?.offset === line.offset && other.length === line.length && other.head === line.head) continue
    assert.deepEqual(other, line, `${of}: line ${index}`)
  }
  assert.equal(found.length, wanted.length, `${of}: how many`)
}

const fd = openSync(join(scratch(), 'file'), 'w+')

export const target: Target = {
  tokens: ['\n', '\n\n', '\r\n', '\0', '{"a":1}\n', '70000*', '1048577*', '\ufeff'],
  seeds: () => [],
  check(input) {
    const bytes = content(input)
    ftruncateSync(fd, 0)
    writeSync(fd, bytes, 0, bytes.length, 0)
    const cuts = cutsIn(bytes)
    for (const { maxLine, reader } of limitsFor(bytes, READERS)) {
      const wanted = expected(bytes, maxLine)
      const found = cuts
        .slice(1)
        .flatMap((end, index) => taken(reader.lines(fd, cuts[index] ?? 0, end), bytes))
      compare(found, wanted, 'lines of the file')
      if (bytes.length > 0)
        assert.deepEqual(taken(blocksOf(bytes, maxLine), bytes), wanted, 'lines of the bytes')
    }
  },
}
