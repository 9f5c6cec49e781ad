import { REQUEST_SECONDS_BUCKETS, type Tally } from './messages.ts'

/** Counts durations of one worker into the buckets of the histogram that main keeps. */
export class Durations {
  #buckets = REQUEST_SECONDS_BUCKETS.map(() => 0)
  #sum = 0
  #count = 0

  add(seconds: number): void {
    const bucket = REQUEST_SECONDS_BUCKETS.findIndex((bound) => seconds <= bound)
    if (bucket >= 0) this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1
    this.#sum += seconds
    this.#count++
  }

  /** What came together since the last call; nothing when nothing did. */
  take(): Tally | undefined {
    if (this.#count === 0) return undefined
    const tally = { buckets: this.#buckets, sum: this.#sum, count: this.#count }
    this.#buckets = REQUEST_SECONDS_BUCKETS.map(() => 0)
    this.#sum = 0
    this.#count = 0
    return tally
  }
}
