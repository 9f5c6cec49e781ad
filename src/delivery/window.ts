/**
 * How many requests may be in flight: additive increase, multiplicative decrease, as TCP does. It grows by one per
 * window of successes, but only while the window is the limit, and halves when the receiver is overloaded, once per
 * round trip: of the requests that were out together, only the first setback counts.
 */
export class Window {
  readonly #most: number
  #size: number
  #cuts = 0

  constructor(start: number, most: number) {
    this.#most = most
    this.#size = Math.min(start, most)
  }

  get limit(): number {
    return Math.floor(this.#size)
  }

  /** To be kept with a request when it starts, and given to `shrink` when it meets an overloaded receiver. */
  get generation(): number {
    return this.#cuts
  }

  grow(inFlight: number): void {
    if (inFlight >= this.limit) this.#size = Math.min(this.#most, this.#size + 1 / this.#size)
  }

  shrink(generation: number): void {
    if (generation !== this.#cuts) return
    this.#cuts += 1
    this.#size = Math.max(1, this.#size / 2)
  }
}
