/** Room for the bodies of all requests together, in the largest that one may have; never less than so many bytes. */
const BODIES = 4
const MIN_BYTES = 64 * 1024 ** 2

/** The room of a receiver that takes bodies up to `maxBodyBytes`. */
export function roomFor(maxBodyBytes: number): Room {
  return new Room(Math.max(MIN_BYTES, BODIES * maxBodyBytes))
}

/** What one request holds of the room. */
export interface Hold {
  /** Counts bytes that are now in memory for this request. */
  add(bytes: number): void
  /** The request can no longer be asked to leave: its body is whole. */
  settle(): void
  release(): void
}

/**
 * The bytes of bodies that may be in memory at a time, of all requests together; without it, a thousand connections could
 * each fill the largest body. When they exceed `maxBytes`, the unfinished request that holds most has to leave, so that few
 * large or slow ones never keep many small ones out.
 */
export class Room {
  readonly #maxBytes: number
  readonly #unfinished = new Map<Hold, { bytes: number; leave: () => void }>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  enter(leave: () => void): Hold {
    const entry = { bytes: 0, leave }
    const hold: Hold = {
      add: (bytes) => {
        entry.bytes += bytes
        this.#bytes += bytes
        if (this.#bytes > this.#maxBytes) this.#expel()
      },
      settle: () => void this.#unfinished.delete(hold),
      release: () => {
        this.#unfinished.delete(hold)
        this.#bytes -= entry.bytes
        entry.bytes = 0
      },
    }
    this.#unfinished.set(hold, entry)
    return hold
  }

  /** Every unfinished request has to leave. */
  clear(): void {
    for (const [hold, { leave }] of [...this.#unfinished]) {
      hold.release()
      leave()
    }
  }

  #expel(): void {
    const [first, ...others] = this.#unfinished
    if (first === undefined) return
    const [hold, { leave }] = others.reduce((most, one) => (one[1].bytes > most[1].bytes ? one : most), first)
    hold.release()
    leave()
  }
}
