import type { Messages } from '../types.ts'

/** Bytes of messages that go to the destination together; also what a recycled buffer holds. */
export const BATCH_BYTES = 512 * 1024
/** More messages than this in one batch would make its bookkeeping larger than its bytes are worth. */
const BATCH_MESSAGES = 2000

/** Messages being gathered, with where the record of each one stands. */
export class Batch implements Messages {
  bytes: Buffer
  readonly ends: number[] = []
  /** Position in the file (or in the buffer that was handed over) and length of each record. */
  readonly offsets: number[] = []
  readonly lengths: number[] = []

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  get position(): number {
    return this.ends.at(-1) ?? 0
  }

  get isEmpty(): boolean {
    return this.ends.length === 0
  }

  get isFull(): boolean {
    return this.ends.length >= BATCH_MESSAGES
  }

  add(end: number, offset: number, length: number): void {
    this.ends.push(end)
    this.offsets.push(offset)
    this.lengths.push(length)
  }

  /** For one message that is larger than a whole batch: this batch becomes as large as it takes. */
  enlarge(): void {
    this.bytes = Buffer.allocUnsafeSlow(4 * this.bytes.length)
  }
}

/**
 * Buffers for batches, shared by the tasks of one worker. `take` waits while all are out, so the memory of messages
 * that wait for the receiver is bounded by `count` times BATCH_BYTES.
 */
export class Buffers {
  readonly #free: Buffer[] = []
  #made = 0
  readonly #count: number
  readonly #waiting: ((bytes: Buffer) => void)[] = []

  constructor(count: number) {
    this.#count = count
  }

  take(): Buffer | Promise<Buffer> {
    const free = this.#free.pop()
    if (free !== undefined) return free
    if (this.#made < this.#count) {
      this.#made++
      return Buffer.allocUnsafeSlow(BATCH_BYTES)
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  give(bytes: Buffer): void {
    // An enlarged one is not kept: it would hold its memory for ever.
    const kept = bytes.length === BATCH_BYTES ? bytes : Buffer.allocUnsafeSlow(BATCH_BYTES)
    const next = this.#waiting.shift()
    if (next !== undefined) next(kept)
    else this.#free.push(kept)
  }
}
