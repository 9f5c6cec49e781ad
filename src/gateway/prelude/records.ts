import { readSync } from 'node:fs'
import type { Work } from '../../types.ts'

const NEWLINE = 10
/** How much further the end of the last record is looked for at a time. */
const MORE_BYTES = 64 * 1024

/** The records of a piece as text: of a range those that begin in it, the last one whole wherever it ends. */
export function recordsOf(work: Work): readonly string[] {
  const bytes = work.kind === 'bytes' ? Buffer.from(work.bytes) : owned(work)
  return bytes
    .toString()
    .split('\n')
    .filter((line) => line !== '')
}

function owned({ fd, start, end, whole }: Extract<Work, { kind: 'range' }>): Buffer {
  // Where a record ends just before the range, one begins with it.
  const before = start > 0 && !whole ? 1 : 0
  let bytes = read(fd, start - before, end - start + before)
  const from = before === 0 ? 0 : bytes.indexOf(NEWLINE) + 1
  if (before === 1 && (from === 0 || from >= bytes.length)) return Buffer.alloc(0)
  while (bytes.length > 0 && bytes.at(-1) !== NEWLINE) {
    const more = read(fd, start - before + bytes.length, MORE_BYTES)
    if (more.length === 0) break
    const newline = more.indexOf(NEWLINE)
    bytes = Buffer.concat([bytes, newline < 0 ? more : more.subarray(0, newline + 1)])
  }
  return bytes.subarray(from)
}

function read(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let filled = 0
  for (let count = -1; count !== 0 && filled < length; filled += count)
    count = readSync(fd, bytes, filled, length - filled, position + filled)
  return bytes.subarray(0, filled)
}
