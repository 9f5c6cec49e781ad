/** A thread that waits longer than this on one timer asks again (setTimeout takes no more than 2³¹ − 1). */
const MAX_WAIT_MS = 3_600_000

/**
 * Wakes the waiters of every thread that shares one 32-bit word. The word counts the rings, so that a waiter who
 * remembers the count it saw cannot sleep through one.
 *
 * `Atomics.waitAsync` cannot be taken back and keeps no thread alive: each thread has at most one pending per bell,
 * shared by its waiters, and the timers of the waiters are what keeps the thread there.
 */
export class Bell {
  readonly #words: Int32Array
  readonly #index: number
  readonly #waiters = new Set<() => void>()
  #listening = false

  constructor(words: Int32Array, index: number) {
    this.#words = words
    this.#index = index
  }

  get rings(): number {
    return Atomics.load(this.#words, this.#index)
  }

  ring(): void {
    Atomics.add(this.#words, this.#index, 1)
    Atomics.notify(this.#words, this.#index)
  }

  /** Resolves when the bell has rung since `rings` was read, after `ms`, or when `signal` aborts: whichever is first. */
  wait(rings: number, ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.rings !== rings) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        this.#waiters.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, Math.min(Math.max(ms, 1), MAX_WAIT_MS))
      signal.addEventListener('abort', wake, { once: true })
      this.#waiters.add(wake)
      this.#listen(rings)
    })
  }

  #listen(rings: number): void {
    if (this.#listening) return
    const rung = Atomics.waitAsync(this.#words, this.#index, rings)
    if (!rung.async) {
      this.#wakeAll()
      return
    }
    this.#listening = true
    void rung.value.then(() => {
      this.#listening = false
      this.#wakeAll()
    })
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiters]) wake()
  }
}
