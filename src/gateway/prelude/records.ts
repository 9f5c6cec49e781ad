import { readSync } from 'node:fs'
import type { Message } from '../../idmefv1/record.ts'
import type { Work } from '../../types.ts'
import type { Done } from '../../worker/messages.ts'

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

export interface Batch {
  messages: readonly Message[]
  /** Records that are no messages. */
  broken: readonly string[]
  /** What it amounts to when all of it is delivered. */
  done: Done
}

/** The messages of a piece, which were read and checked when they were taken. */
export function batchOf(work: Work): Batch {
  const records = recordsOf(work).map((record) => ({ record, message: messageIn(record) }))
  const messages = records.flatMap(({ message }) => message ?? [])
  const broken = records.flatMap(({ record, message }) => (message ? [] : record))
  const [count, bytes] = [messages.length, work.kind === 'range' ? work.end - work.start : work.bytes.length]
  const rejected = broken.length > 0 ? { invalid_json: broken.length } : {}
  const done = {
    bytes,
    records: records.length,
    filtered: 0,
    converted: count,
    delivered: count,
    repaired: 0,
    rejected,
  }
  return { messages, broken, done }
}

function messageIn(record: string): Message | undefined {
  try {
    const message = JSON.parse(record)
    return message?.idmef === 'alert' || message?.idmef === 'heartbeat' ? message : undefined
  } catch {
    return undefined // kept by whoever asks
  }
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
