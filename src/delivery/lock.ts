import { Bell } from './bell.ts'
import { monotonicMs } from './clock.ts'
import { Lease } from './lease.ts'

/** A holder that has not renewed for so long is gone with its thread. */
const LEASE_MS = 10_000
const RENEW_MS = 2_000

const BELL = 0
const LEASE = 1

/** A mutex for all threads. Its holder may be asynchronous; when the holder's thread dies, others go on after 10 s. */
export class Lock {
  readonly #bell: Bell
  readonly #lease: Lease

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(16)
  }

  constructor(shared: SharedArrayBuffer) {
    this.#bell = new Bell(new Int32Array(shared), BELL)
    this.#lease = new Lease(new BigInt64Array(shared), LEASE)
  }

  /** Runs `work` while no other thread or task runs under this lock. Rejects as `work` does, or with the signal's reason. */
  async hold<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    let held = await this.#take(signal)
    const renewal = setInterval(() => {
      held = this.#lease.renew(held, monotonicMs(), LEASE_MS) ?? held
    }, RENEW_MS)
    try {
      return await work()
    } finally {
      clearInterval(renewal)
      this.#lease.release(held)
      this.#bell.ring()
    }
  }

  async #take(signal: AbortSignal) {
    for (;;) {
      signal.throwIfAborted()
      const rings = this.#bell.rings
      const token = this.#lease.take(monotonicMs(), LEASE_MS)
      if (token !== undefined) return token
      await this.#bell.wait(rings, this.#lease.endMs - monotonicMs(), signal)
    }
  }
}
