import { readSync } from 'node:fs'
import type { Work } from '../../src/types.ts'

export interface Record {
  text: string
  /** Identity of the file and offset of the line: what the ID of its alert is made from. */
  id: string
  path: string
}

/** The lines that start in a range, as a worker reads them: on past its end, to the newline or the end of the file. */
export function recordsOf(work: Work): Record[] {
  if (work.kind === 'bytes') {
    return split(Buffer.from(work.bytes)).map(({ text }) => ({ text, id: work.origin, path: work.origin }))
  }
  const { fd, start, end, file, path, whole } = work
  const before = whole ? start : Math.max(0, start - 1)
  let bytes = read(fd, before, end - before)
  for (let next = read(fd, end, 65_536); next.length > 0 && bytes.at(-1) !== 10; ) {
    const newline = next.indexOf(10)
    bytes = Buffer.concat([bytes, newline < 0 ? next : next.subarray(0, newline + 1)])
    next = newline < 0 ? read(fd, before + bytes.length, 65_536) : Buffer.alloc(0)
  }
  return split(bytes)
    .slice(before === start ? 0 : 1)
    .map(({ text, at }) => ({ text, id: `${file}:${before + at}`, path }))
}

function read(fd: number, start: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  return buffer.subarray(0, readSync(fd, buffer, 0, length, start))
}

function split(bytes: Buffer): { text: string; at: number }[] {
  const lines: { text: string; at: number }[] = []
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(10, at)
    const end = newline < 0 ? bytes.length : newline
    lines.push({ text: bytes.toString('latin1', at, end), at })
    at = end + 1
  }
  return lines
}
