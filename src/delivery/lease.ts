/** Who holds a lease; never zero. */
export type Token = bigint

/** Low bits of a token tell apart those that end in the same millisecond. */
const SERIALS = 1n << 16n

/**
 * Something that one owner across all threads may have at a time, until it gives it back or its time is over: an
 * owner whose thread died takes nothing with it. One 64-bit word holds when the lease ends and which one it is, so
 * that taking it is a single exchange:
 *
 *     | end, ms on the monotonic clock (48 bits; 0: free) | serial (16 bits) |
 */
export class Lease {
  readonly #words: BigInt64Array
  readonly #index: number

  constructor(words: BigInt64Array, index: number) {
    this.#words = words
    this.#index = index
  }

  /** When the present lease ends; 0 when it is free. */
  get endMs(): number {
    return Number(Atomics.load(this.#words, this.#index) / SERIALS)
  }

  take(nowMs: number, forMs: number): Token | undefined {
    const present = Atomics.load(this.#words, this.#index)
    if (Number(present / SERIALS) > nowMs) return undefined
    return this.#swap(present, token(nowMs + forMs, (present % SERIALS) + 1n))
  }

  /** A lease for longer, in exchange for one still held; undefined when it was lost. */
  renew(held: Token, nowMs: number, forMs: number): Token | undefined {
    return this.#swap(held, token(nowMs + forMs, (held % SERIALS) + 1n))
  }

  holds(held: Token): boolean {
    return Atomics.load(this.#words, this.#index) === held
  }

  /** False when it was lost before. */
  release(held: Token): boolean {
    return this.#swap(held, held % SERIALS) !== undefined
  }

  #swap(from: bigint, to: bigint): bigint | undefined {
    return Atomics.compareExchange(this.#words, this.#index, from, to) === from ? to : undefined
  }
}

const token = (endMs: number, serial: bigint): Token =>
  BigInt(Math.ceil(endMs)) * SERIALS + (serial % SERIALS)
