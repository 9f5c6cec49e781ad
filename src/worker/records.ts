import { isUtf8 } from 'node:buffer'
import { type Converter, FILTERED, FULL, REJECTED } from '../mapping/compile.ts'
import type { Ids } from '../mapping/ids.ts'
import type { Place } from '../mapping/rules.ts'
import type { Batch } from './batch.ts'
import type { Identify } from './identify.ts'
import type { Block } from './reader.ts'
import { type Sieve, sieveFor } from './sieve.ts'

const OPEN = 0x7b
const CLOSE = 0x7d
const BLANKS = new Set([0x20, 0x09, 0x0d, 0x00])

/** What became of the records so far; added to, never reset. */
export interface Counts {
  records: number
  filtered: number
  converted: number
  repaired: number
}

/** A record that cannot become a message: its position in the file, and its line in the block. */
export interface Fault {
  offset: number
  start: number
  end: number
  reason: Converter['reason']
  detail: string
}

/**
 * Looks at a finished message; what it returns is why the message must not leave. `isProven`: the message differs from
 * valid ones only in ways that are valid.
 */
export type Check = (bytes: Buffer, from: number, to: number, isProven: boolean) => string | undefined

/**
 * Takes the records of a block one after another, as far as the batch has room. Lines that cannot match are passed
 * over by a search on the bytes; the rest is converted into the batch.
 */
export class Records {
  readonly #converter: Converter
  readonly #ids: Ids
  readonly #counts: Counts
  readonly #reject: (fault: Fault) => void
  readonly #check: Check | undefined
  #identify: Identify = () => {}
  #place: Place = {}
  #block: Block = { bytes: Buffer.alloc(0), from: 0, to: 0, origin: 0 }
  #sieve: Sieve = sieveFor(undefined, this.#block.bytes, 0, 0)
  /** There is a line at hand: `bytes[start, end)` of the block. */
  #hasLine = false
  #start = 0
  #end = 0

  constructor(converter: Converter, ids: Ids, counts: Counts, reject: (fault: Fault) => void, check?: Check) {
    this.#converter = converter
    this.#check = check
    this.#ids = ids
    this.#counts = counts
    this.#reject = reject
  }

  /** Begins with a block; its bytes must stay until `fill` has returned true. */
  begin(block: Block, identify: Identify, place: Place = {}): void {
    this.#block = block
    this.#identify = identify
    this.#place = place
    this.#sieve = sieveFor(this.#converter.needle, block.bytes, block.from, block.to)
    this.#next()
  }

  /** True when the block is used up, false when the batch is full: call again with another one. */
  fill(batch: Batch): boolean {
    // Work of several files takes turns with one converter.
    this.#converter.place = this.#place
    while (this.#hasLine) {
      if (!this.#take(batch, this.#sieve.isCandidate)) return false
      this.#next()
    }
    return true
  }

  #next(): void {
    const { passed } = this.#sieve
    this.#hasLine = this.#sieve.next()
    this.#start = this.#sieve.start
    this.#end = this.#sieve.end
    const more = this.#sieve.passed - passed
    this.#counts.records += more
    this.#counts.filtered += more
  }

  #dismiss(): void {
    this.#counts.records++
    this.#counts.filtered++
  }

  /** The line at hand: a record that may match, or one that is not plainly an object. False when the batch is full. */
  #take(batch: Batch, isCandidate: boolean): boolean {
    const { bytes } = this.#block
    const from = bytes[this.#start] === OPEN ? this.#start : this.#objectStart()
    if (from === this.#end) return true
    if (!isCandidate && bytes[from] === OPEN && bytes[this.#lastByte()] === CLOSE) {
      this.#dismiss()
      return true
    }
    if (this.#sieve.isUtf8 || isUtf8(bytes.subarray(from, this.#end)))
      return this.#convert(batch, bytes, from, this.#end)
    // Bytes that are not UTF-8 must not cost the alert: they are replaced by U+FFFD, and that is counted.
    const repaired = Buffer.from(`${bytes.toString('utf8', from, this.#end)}\n`)
    return this.#convert(batch, repaired, 0, repaired.length - 1)
  }

  /**
   * Where the object begins in a line that begins with something else: blanks, text before the brace (Suricata's
   * `prefix`), a byte order mark, NULs that copytruncate leaves. The end of the line when there is nothing in it.
   */
  #objectStart(): number {
    const { bytes } = this.#block
    let from = this.#start
    while (from < this.#end && BLANKS.has(bytes[from] ?? 0)) from++
    if (this.#converter.isText) return from
    const brace = bytes.subarray(from, this.#end).indexOf(OPEN)
    return brace < 0 ? from : from + brace
  }

  /** The last byte of the line that is no blank: lines of some writers end in a carriage return. */
  #lastByte(): number {
    let last = this.#end - 1
    while (last > this.#start && BLANKS.has(this.#block.bytes[last] ?? 0)) last--
    return last
  }

  /** Converts the line at hand, whose object is `bytes[from, to)`, into the batch; false when that is full. */
  #convert(batch: Batch, bytes: Buffer, from: number, to: number): boolean {
    if (batch.isFull) return false
    const offset = this.#block.origin + this.#start
    this.#identify(this.#ids, this.#block.bytes, this.#start, this.#end, offset)
    let result = this.#converter.convert(bytes, from, to, this.#ids, batch.bytes, batch.position)
    while (result === FULL) {
      if (!batch.isEmpty) return false
      batch.enlarge()
      result = this.#converter.convert(bytes, from, to, this.#ids, batch.bytes, batch.position)
    }
    if (result === FILTERED) {
      this.#dismiss()
      return true
    }
    this.#counts.records++
    const fault = this.#faultOf(result, batch)
    if (fault !== undefined) {
      this.#reject({ offset, start: this.#start, end: this.#end, ...fault })
      return true
    }
    this.#counts.converted++
    if (bytes !== this.#block.bytes) this.#counts.repaired++
    batch.add(result, offset, this.#end - this.#start)
    return true
  }

  #faultOf(result: number, batch: Batch): Pick<Fault, 'reason' | 'detail'> | undefined {
    const { reason, detail } = this.#converter
    if (result === REJECTED) return { reason, detail }
    if (this.#check === undefined) return undefined
    const { isProven } = this.#converter
    const invalid = this.#check(batch.bytes, batch.position, result, isProven)
    if (invalid !== undefined) return { reason: 'invalid_message', detail: invalid }
    if (!isProven) this.#converter.accept()
    return undefined
  }
}
