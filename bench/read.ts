import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import split2 from 'split2'
import { LineReader } from '../src/worker/reader.ts'
import { measure } from './measure.ts'
import type { Question } from './question.ts'

const NEWLINE = 10
const READ_BYTES = 1024 * 1024
const MAX_LINE = 16 * 1024 * 1024

const buffer = Buffer.allocUnsafeSlow(READ_BYTES)

const read: Question = {
  asks: 'How fast do bytes and lines come out of a file?',
  async *answer({ input, pace }) {
    const path = input(0.02)
    const bytes = statSync(path).size
    const items = withFile(path, (fd) => countLines(fd))
    const count = { items, bytes }
    yield await measure(
      'read a file (in the page cache), 2 % alerts',
      'lines',
      [
        { name: 'readSync 1 MiB and count newlines', ...count, run: () => withFile(path, countLines) },
        { name: 'readSync 1 MiB, nothing else', ...count, run: () => withFile(path, readAll) },
        {
          name: 'LineReader (ours): blocks of whole lines',
          ...count,
          run: () => withFile(path, (fd) => readBlocks(fd, bytes)),
        },
        {
          name: 'createReadStream 64 KiB, nothing else',
          ...count,
          run: () => drain(createReadStream(path)),
          async: true,
        },
        {
          name: 'node:readline',
          ...count,
          run: () => drain(createInterface({ input: createReadStream(path), crlfDelay: Infinity })),
          async: true,
        },
        {
          name: 'split2',
          ...count,
          run: () => drain(createReadStream(path).pipe(split2())),
          async: true,
        },
      ],
      pace,
    )
  },
}

export default read

function withFile<T>(path: string, use: (fd: number) => T): T {
  const fd = openSync(path, 'r')
  try {
    return use(fd)
  } finally {
    closeSync(fd)
  }
}

function readAll(fd: number): void {
  for (let position = 0, length = -1; length !== 0; position += length)
    length = readSync(fd, buffer, 0, READ_BYTES, position)
}

export function countLines(fd: number): number {
  let lines = 0
  for (let position = 0, length = -1; length !== 0; position += length) {
    length = readSync(fd, buffer, 0, READ_BYTES, position)
    const filled = buffer.subarray(0, length)
    for (let at = filled.indexOf(NEWLINE); at >= 0; at = filled.indexOf(NEWLINE, at + 1)) lines++
  }
  return lines
}

function readBlocks(fd: number, size: number): number {
  let seen = 0
  for (const found of new LineReader(MAX_LINE).lines(fd, 0, size)) if ('bytes' in found) seen += found.to
  return seen
}

async function drain(lines: AsyncIterable<unknown>): Promise<number> {
  let seen = 0
  for await (const _ of lines) seen++
  return seen
}
