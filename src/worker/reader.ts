import { readSync } from 'node:fs'
import { allocate } from './memory.ts'

/** Whole lines in one buffer: `bytes[from, to)`, the last byte before `to` is a newline. Valid until the next block. */
export interface Block {
  bytes: Buffer
  from: number
  to: number
  /** Position in the file of `bytes[0]`, so that a line at `i` stands at `origin + i`. */
  origin: number
}

/** A line over the limit: where it stands, how long it is without its newline, and its beginning. */
export interface LongLine {
  offset: number
  length: number
  head: Buffer
}

const NEWLINE = 10
/** Smaller reads cost calls; larger ones leave the cache before they are looked at (1 MiB: 6 % slower). */
const READ_BYTES = 512 * 1024
const BLANK = 32
/** Enough to find the end of most lines: these bytes are read again by whoever owns the line. */
const FIRST_BYTES = 8 * 1024
/** What is kept of a line over the limit. */
const HEAD_BYTES = 64 * 1024

/**
 * Reads the lines that start in a range of a file, by position, into a buffer it reuses: one instance serves one
 * range at a time. The buffer grows to the longest line seen, and not beyond `maxLine` and one read.
 */
export class LineReader {
  #buffer = allocate(READ_BYTES + 1)
  readonly #maxLine: number

  constructor(maxLine: number) {
    this.#maxLine = maxLine
  }

  /**
   * Lines that start in `[start, end)`; the last one is read to its newline, or to the end of the file. `whole`: one starts
   * at `start`, whatever stands before it.
   */
  *lines(fd: number, start: number, end: number, whole = false): Generator<Block | { tooLong: LongLine }> {
    let position = whole ? start : this.#firstLineStart(fd, start, end)
    while (position < end) {
      const filled = this.#fill(fd, position, end)
      if (filled === 0) return
      const to = this.#ownedEnd(filled, end - position)
      if (to > 0) {
        yield* divided({ bytes: this.#buffer, from: 0, to, origin: position }, this.#maxLine)
        position += to
        continue
      }
      const tooLong = this.#skipLong(fd, position)
      yield { tooLong }
      position = tooLong.offset + tooLong.length + 1
    }
  }

  /** All of `[start, end)` as one line. */
  *document(fd: number, start: number, end: number): Generator<Block | { tooLong: LongLine }> {
    const size = end - start
    const wanted = Math.min(size, this.#maxLine)
    this.#reserve(wanted + 1)
    let length = 0
    while (length < wanted) {
      const count = readSync(fd, this.#buffer, length, wanted - length, start + length)
      if (count === 0) break
      length += count
    }
    const bytes = this.#buffer
    if (size > this.#maxLine) {
      yield {
        tooLong: {
          offset: start,
          length: size,
          head: Buffer.from(bytes.subarray(0, Math.min(HEAD_BYTES, length))),
        },
      }
    } else if (length > 0) {
      onOneLine(bytes.subarray(0, length))
      bytes[length] = NEWLINE
      yield { bytes, from: 0, to: length + 1, origin: start }
    }
  }

  /** A line that began before `start` belongs to the range before. */
  #firstLineStart(fd: number, start: number, end: number): number {
    if (start === 0) return 0
    let position = start - 1
    let want = FIRST_BYTES
    while (position < end) {
      const length = readSync(fd, this.#buffer, 0, Math.min(want, end - position), position)
      if (length === 0) return end
      want = READ_BYTES
      const newline = this.#buffer.subarray(0, length).indexOf(NEWLINE)
      if (newline >= 0) return position + newline + 1
      position += length
    }
    return end
  }

  /**
   * Fills the buffer from `position` with at least one whole line, if one is no longer than the limit; returns the
   * bytes in it. At the end of the file a newline is added to a last line that has none.
   */
  #fill(fd: number, position: number, end: number): number {
    let filled = 0
    let want = Math.min(READ_BYTES, end - position)
    for (;;) {
      this.#reserve(filled + want + 1)
      const length = readSync(fd, this.#buffer, filled, want, position + filled)
      if (length === 0) {
        if (filled > 0 && this.#buffer[filled - 1] !== NEWLINE) this.#buffer[filled++] = NEWLINE
        return filled
      }
      const hasLine = this.#buffer.subarray(filled, filled + length).includes(NEWLINE)
      filled += length
      if (hasLine || filled > this.#maxLine) return filled
      want = Math.max(READ_BYTES / 16, Math.min(filled, this.#maxLine + 1 - filled))
    }
  }

  #reserve(size: number): void {
    if (size <= this.#buffer.length) return
    const larger = allocate(Math.min(2 * size, Math.max(size, this.#maxLine + READ_BYTES)))
    this.#buffer.copy(larger)
    this.#buffer = larger
  }

  /** The end of the last whole line in the buffer that starts before `limit`; 0 when there is none. */
  #ownedEnd(filled: number, limit: number): number {
    const last = this.#buffer.lastIndexOf(NEWLINE, filled - 1)
    if (last < 0) return 0
    if (last < limit) return last + 1
    // The newline that ends the last owned line is the first at or after the end of the range.
    return this.#buffer.indexOf(NEWLINE, limit - 1) + 1
  }

  #skipLong(fd: number, offset: number): LongLine {
    const head = Buffer.from(this.#buffer.subarray(0, Math.min(HEAD_BYTES, this.#maxLine)))
    let position = offset
    for (;;) {
      const length = readSync(fd, this.#buffer, 0, READ_BYTES, position)
      if (length === 0) return { offset, length: position - offset, head }
      const newline = this.#buffer.subarray(0, length).indexOf(NEWLINE)
      if (newline >= 0) return { offset, length: position + newline - offset, head }
      position += length
    }
  }
}

/** In place: in JSON a line end between two tokens is a blank, and inside a text there is none. */
export function onOneLine(document: Buffer): Buffer {
  for (let at = document.indexOf(NEWLINE); at >= 0; at = document.indexOf(NEWLINE, at)) document[at] = BLANK
  return document
}

/** The lines of bytes that were handed over whole; a last line without newline is one. Blocks share one buffer. */
export function* blocksOf(bytes: Buffer, maxLine: number): Generator<Block | { tooLong: LongLine }> {
  const whole = bytes.at(-1) === NEWLINE ? bytes : Buffer.concat([bytes, Buffer.of(NEWLINE)])
  yield* divided({ bytes: whole, from: 0, to: whole.length, origin: 0 }, maxLine)
}

/** A block around its lines over the limit, and these by themselves, all in order. */
function* divided(
  { bytes, from, to, origin }: Block,
  maxLine: number,
): Generator<Block | { tooLong: LongLine }> {
  let start = from
  let at = from
  // What is no longer than the limit holds no line that is: of most blocks not one line need be looked at.
  while (to - start > maxLine && at < to) {
    const newline = bytes.indexOf(NEWLINE, at)
    if (newline - at > maxLine) {
      if (at > start) yield { bytes, from: start, to: at, origin }
      const head = Buffer.from(bytes.subarray(at, at + Math.min(HEAD_BYTES, maxLine)))
      yield { tooLong: { offset: origin + at, length: newline - at, head } }
      start = newline + 1
    }
    at = newline + 1
  }
  if (start < to) yield { bytes, from: start, to, origin }
}
