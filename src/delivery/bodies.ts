/** Of one worker: its batches wait for the receiver one beside another, and each is about one body. */
const KEPT = 8

/**
 * Rooms for the bodies of arrays, used again: a fresh half MiB for each makes V8 collect all its garbage every few
 * dozen requests. A receiver may answer before it has read a request, so a body that was answered waits until
 * `isFlushed` says that no connection has anything left to write; what waits is bounded, and the rest is garbage.
 */
export class Bodies {
  readonly #bytes: number
  readonly #isFlushed: () => boolean
  readonly #free: ArrayBufferLike[] = []
  readonly #answered: ArrayBufferLike[] = []

  /** `bytes`: of one room; larger bodies are not kept. */
  constructor(bytes: number, isFlushed: () => boolean) {
    this.#bytes = bytes
    this.#isFlushed = isFlushed
  }

  take(length: number): Buffer {
    if (length > this.#bytes) return Buffer.allocUnsafeSlow(length)
    if (this.#free.length === 0 && this.#answered.length > 0 && this.#isFlushed())
      this.#free.push(...this.#answered.splice(0))
    const room = this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bytes).buffer
    return Buffer.from(room, 0, length)
  }

  /** For a body that `take` gave and whose request was answered. */
  give({ buffer }: Uint8Array): void {
    if (buffer.byteLength === this.#bytes && this.#free.length + this.#answered.length < KEPT)
      this.#answered.push(buffer)
  }
}
