import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { faultOf } from '../config/files.ts'
import { common } from '../config/options.ts'
import { UsageError } from '../errors.ts'
import type { Place, Rules } from '../mapping/rules.ts'
import { cutLines } from '../sources/cut.ts'
import { unfoldJson, unfoldLines } from '../sources/unfold.ts'
import { type Block, blocksOf, LineReader, type LongLine } from '../worker/reader.ts'

// What a tool emits: lines, or one document of JSON that is an envelope, a list, or one record over several lines.

const MAX_LINE = common.workers.parse({}).max_line
/** A document is held in memory, and a text of Node.js is no longer than twice this. */
const MAX_DOCUMENT = 256 * 1024 ** 2

/** `isCut`: these are the records of something; offsets in the block are not offsets in what was read. */
export type Found = (Block | { tooLong: LongLine } | { damaged: string }) & { isCut?: boolean }

/** How a probe's records are found. */
export type Reading = Pick<Rules, 'unfold' | 'translate' | 'cut'>

export interface Input {
  place: Place
  /** When a document among the blocks was written, ms since 1970. */
  changed: number
  blocks: AsyncIterable<Found>
}

/** The records of a file, or of a stream where it is `-`. @throws {UsageError} when the file cannot be opened. */
export function openInput(file: string, stdin: Readable, reading: Reading): Input {
  // A pipe has no time of its own: what it brings is told now.
  if (file === '-') return { place: {}, changed: Date.now(), blocks: streamed(stdin, reading) }
  const fd = openFile(file)
  const { mtimeMs, size } = fstatSync(fd)
  return { place: { path: resolve(file) }, changed: mtimeMs, blocks: filed(fd, size, reading) }
}

function openFile(file: string): number {
  try {
    return openSync(file, 'r')
  } catch (error) {
    throw new UsageError(`${file}: ${faultOf(error)}`)
  }
}

async function* filed(fd: number, size: number, reading: Reading): AsyncGenerator<Found> {
  try {
    if (reading.cut) return yield* cutBy(reading.cut, readAt(fd, Math.min(size, MAX_DOCUMENT)))
    const isDocument = size <= MAX_DOCUMENT && mayBeDocument(readAt(fd, Math.min(size, MAX_LINE)))
    const cut = isDocument ? cutDocument(readAt(fd, size), reading) : undefined
    yield* cut
      ? cutBlocks(cut)
      : unfolded(new LineReader(MAX_LINE).lines(fd, 0, Number.MAX_SAFE_INTEGER), reading)
  } finally {
    closeSync(fd)
  }
}

function readAt(fd: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  let length = 0
  for (let read = -1; read !== 0 && length < size; length += read)
    read = readSync(fd, bytes, length, size - length, length)
  return bytes.subarray(0, length)
}

async function* streamed(stream: AsyncIterable<Buffer>, reading: Reading): AsyncGenerator<Found> {
  const chunks = stream[Symbol.asyncIterator]()
  if (reading.cut)
    return yield* cutBy(reading.cut, await gather(chunks, (_, length) => length > MAX_DOCUMENT))
  const head = await gather(chunks, (chunk, length) => chunk.includes('\n') || length > MAX_LINE)
  if (!mayBeDocument(head)) return yield* unfolded(lined(head, chunks), reading)
  const rest = await gather(chunks, (_, length) => length > MAX_DOCUMENT)
  const all = Buffer.concat([head, rest])
  const cut = all.length > MAX_DOCUMENT ? undefined : cutDocument(all, reading)
  yield* cut ? cutBlocks(cut) : unfolded(lined(all, chunks), reading)
}

function* cutBy(cut: NonNullable<Reading['cut']>, document: Buffer): Generator<Found> {
  let records: readonly unknown[]
  try {
    records = cut(document)
  } catch (error) {
    yield { damaged: error instanceof Error ? error.message : String(error), isCut: true }
    return
  }
  yield* cutBlocks(Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join('')))
}

type Chunks = AsyncIterator<Buffer>

/** Chunks until there are enough of them, by the last one and the length of all. */
async function gather(chunks: Chunks, isEnough: (chunk: Buffer, length: number) => boolean): Promise<Buffer> {
  const taken: Buffer[] = []
  let length = 0
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    taken.push(next.value)
    length += next.value.length
    if (isEnough(next.value, length)) break
  }
  return Buffer.concat(taken)
}

/** It begins as JSON does, and its first line is not by itself one of the objects that are records. */
function mayBeDocument(head: Buffer): boolean {
  const [first = ''] = head.toString('latin1').replace(BYTE_ORDER_MARK, '').trimStart().split('\n', 1)
  if (!/^[{[]/.test(first)) return false
  const value = parse(first)
  return value === undefined || Array.isArray(value)
}

/** The records of all of it, one a line; nothing when it is no JSON. */
function cutDocument(all: Buffer, { unfold, translate }: Reading): Buffer | undefined {
  const records = unfold && unfoldJson(all, unfold)
  if (Buffer.isBuffer(records)) return records
  // Text may begin with a bracket too.
  if (translate && parse(all.toString('latin1').replace(BYTE_ORDER_MARK, '')) === undefined) return undefined
  const lines = cutLines(all)
  if (!Buffer.isBuffer(lines)) return undefined
  return unfold ? unfoldLines(lines, unfold) : lines
}

/** As one reads UTF-8 byte by byte. */
const BYTE_ORDER_MARK = /^\u00ef\u00bb\u00bf/

/** Bytes beyond ASCII stand only inside texts, where any will do. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // It is for the caller to say what else it may be.
    return undefined
  }
}

function* cutBlocks(lines: Buffer): Generator<Found> {
  if (lines.length > 0) for (const found of blocksOf(lines, MAX_LINE)) yield { ...found, isCut: true }
}

/** Envelopes may stand in lines, too. */
async function* unfolded(
  blocks: Iterable<Found> | AsyncIterable<Found>,
  { unfold }: Reading,
): AsyncGenerator<Found> {
  for await (const found of blocks) {
    if (unfold === undefined || !('bytes' in found)) yield found
    else yield* cutBlocks(unfoldLines(found.bytes.subarray(found.from, found.to), unfold))
  }
}

/** Whole lines as they come; a record waits for its end. `origin` is where the block stands in the stream. */
async function* lined(head: Buffer, chunks: Chunks): AsyncGenerator<Found> {
  let kept: Buffer[] = []
  let position = 0
  for (let chunk = head; ; ) {
    const last = chunk.lastIndexOf('\n')
    if (last >= 0) {
      const whole = Buffer.concat([...kept, chunk.subarray(0, last + 1)])
      yield* shifted(whole, position)
      position += whole.length
      kept = []
    }
    kept.push(chunk.subarray(last + 1))
    const next = await chunks.next()
    if (next.done) break
    chunk = next.value
  }
  yield* shifted(Buffer.concat(kept), position)
}

function* shifted(bytes: Buffer, position: number): Generator<Found> {
  if (bytes.length === 0) return
  for (const found of blocksOf(bytes, MAX_LINE)) {
    if ('tooLong' in found) yield { tooLong: { ...found.tooLong, offset: found.tooLong.offset + position } }
    else yield { ...found, origin: position }
  }
}
