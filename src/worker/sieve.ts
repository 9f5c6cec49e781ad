import { isUtf8 } from 'node:buffer'
import type { Needle } from '../mapping/needle.ts'
import { sweepOf } from './memory.ts'
import { Search } from './search.ts'
import { BLOCK, NOT_ASCII, NOTE_WORDS, NOTES, PASSED, STOPPED, type Sweep } from './sweep.ts'

const NEWLINE = 0x0a
const OPEN = 0x7b
const CLOSE = 0x7d

/** Stops at the lines of a block that may match or are not plainly an object, in order. The others are only counted. */
export interface Sieve {
  /** The line at hand; a newline stands at `end`. */
  readonly start: number
  readonly end: number
  /** It holds what a record that passes the filter has to hold. */
  readonly isCandidate: boolean
  /** It is valid UTF-8, which was seen without looking at it alone. */
  readonly isUtf8: boolean
  /** Lines that were passed over. */
  readonly passed: number
  /** Moves on to the next line; false when there is none. */
  next(): boolean
}

/** A sieve for `bytes[from, to)`: whole lines, the last byte is a newline. */
export function sieveFor(needle: Needle | undefined, bytes: Buffer, from: number, to: number): Sieve {
  const sweep = needle && sweepOf(needle, bytes)
  return sweep ? new SweepSieve(sweep, bytes, from, to) : new SearchSieve(needle, bytes, from, to)
}

/** By one pass of WebAssembly over all of it. */
class SweepSieve implements Sieve {
  start = 0
  end = 0
  isCandidate = false
  isUtf8 = false
  passed = 0
  readonly #sweep: Sweep
  readonly #bytes: Buffer
  /** What lies below the block: `sweep.ts` has a drawing. */
  readonly #words: Int32Array
  /** From the address of a byte to its index in the buffer. */
  readonly #origin: number
  readonly #to: number
  #from: number
  #note = 0
  #lastNote = 0

  constructor(sweep: Sweep, bytes: Buffer, from: number, to: number) {
    this.#sweep = sweep
    this.#bytes = bytes
    this.#words = new Int32Array(bytes.buffer, 0, BLOCK / Int32Array.BYTES_PER_ELEMENT)
    this.#origin = bytes.byteOffset
    this.#from = from
    this.#to = to
  }

  next(): boolean {
    while (this.#note === this.#lastNote) {
      if (this.#from >= this.#to) return false
      this.#pass()
    }
    const words = this.#words
    this.start = (words[this.#note] as number) - this.#origin // a note is whole
    this.end = (words[this.#note + 1] as number) - this.#origin
    this.isCandidate = words[this.#note + 2] !== 0
    this.#note += NOTE_WORDS
    return true
  }

  #pass(): void {
    this.#lastNote = this.#sweep(this.#origin + this.#from, this.#origin + this.#to)
    this.#note = NOTES
    const stopped = (this.#words[STOPPED] as number) - this.#origin // words are never absent
    this.passed += this.#words[PASSED] as number
    this.isUtf8 = this.#words[NOT_ASCII] === 0 || isUtf8(this.#bytes.subarray(this.#from, stopped))
    this.#from = stopped
  }
}

/** By searching for the needle and for each newline. */
class SearchSieve implements Sieve {
  start: number
  end = 0
  isCandidate = false
  isUtf8: boolean
  passed = 0
  readonly #search: Search
  readonly #bytes: Buffer
  readonly #to: number
  #next: number
  /** The first place, from the next line on, that a record which may match must hold. */
  #hit: number

  constructor(needle: Needle | undefined, bytes: Buffer, from: number, to: number) {
    this.#bytes = bytes
    this.#to = to
    this.#next = from
    this.start = from
    this.#search = new Search(needle)
    this.#search.start(bytes, from, to)
    this.#hit = this.#search.after(from)
    // One fast look at the whole block spares a look at every record.
    this.isUtf8 = isUtf8(bytes.subarray(from, to))
  }

  next(): boolean {
    while (this.#next < this.#to) {
      this.start = this.#next
      this.end = this.#bytes.indexOf(NEWLINE, this.start)
      this.#next = this.end + 1
      this.isCandidate = this.#hit < this.end
      if (this.isCandidate) this.#hit = this.#search.after(this.#next)
      else if (this.#bytes[this.start] === OPEN && this.#bytes[this.end - 1] === CLOSE) {
        this.passed++
        continue
      }
      return true
    }
    return false
  }
}
