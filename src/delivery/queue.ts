import type { Messages } from '../types.ts'
import { type Batch, type Desk, Exchange } from './exchange.ts'

/** What is to be sent: the untried messages of each batch, and requests that have to be tried again. */
export class Queue {
  readonly #desk: Desk
  readonly #endOf: (messages: Messages, from: number) => number
  readonly #batches = new Set<Batch>()
  #again: Exchange[] = []
  readonly #resting = new Map<Exchange, NodeJS.Timeout>()

  /** `endOf` says where a request that starts with message `from` ends. */
  constructor(desk: Desk, endOf: (messages: Messages, from: number) => number) {
    this.#desk = desk
    this.#endOf = endOf
  }

  get batches(): ReadonlySet<Batch> {
    return this.#batches
  }

  get waiting(): boolean {
    return this.#again.length > 0 || this.#untried() !== undefined
  }

  add(batch: Batch): void {
    this.#batches.add(batch)
  }

  /** Those to be tried again come first, or a stream of new batches would keep theirs from ending. */
  next(mark: number): Exchange | undefined {
    return this.#again.shift() ?? this.#fresh(mark)
  }

  /** A probe is rather an untried message: one that failed before might be what the receiver stumbles over. */
  nextProbe(mark: number): Exchange | undefined {
    return this.#fresh(mark) ?? this.#again.shift()
  }

  retryFirst(...exchanges: Exchange[]): void {
    this.#again.unshift(...exchanges)
  }

  retryLast(exchange: Exchange): void {
    this.#again.push(exchange)
  }

  /** To be tried again after `ms`; `wake` is called then. */
  rest(exchange: Exchange, ms: number, wake: () => void): void {
    const timer = setTimeout(() => {
      this.#resting.delete(exchange)
      this.#again.push(exchange)
      wake()
    }, ms)
    this.#resting.set(exchange, timer)
  }

  /** Forgets a batch and all its requests that wait here. */
  drop(batch: Batch): void {
    this.#batches.delete(batch)
    this.#again = this.#again.filter((exchange) => exchange.batch !== batch)
    for (const [exchange, timer] of this.#resting) {
      if (exchange.batch !== batch) continue
      clearTimeout(timer)
      this.#resting.delete(exchange)
    }
  }

  #fresh(mark: number): Exchange | undefined {
    const batch = this.#untried()
    if (batch === undefined) return undefined
    const from = batch.next
    batch.next = this.#endOf(batch.messages, from)
    return new Exchange(this.#desk, batch, from, batch.next, mark)
  }

  #untried(): Batch | undefined {
    for (const batch of this.#batches) if (batch.next < batch.messages.ends.length) return batch
    return undefined
  }
}
