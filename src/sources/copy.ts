import type { Lag, Source, Work } from '../types.ts'
import type { TailContext } from './context.ts'
import type { Copy } from './push.ts'
import { Spooled } from './spool.ts'

/** A spool that another source fills: what was taken once and goes to several destinations, each at its own pace. */
export class Copied implements Source {
  readonly #spooled: Spooled
  readonly #once: boolean

  /** `origin` names where the records come from in dead letters. */
  constructor(origin: string, context: TailContext) {
    this.#spooled = new Spooled(origin, context)
    this.#once = context.once
  }

  get store(): Copy {
    return this.#spooled
  }

  async *work(signal: AbortSignal): AsyncGenerator<Work, void, void> {
    if (signal.aborted) return
    const stop = () => void this.#spooled.end()
    signal.addEventListener('abort', stop)
    if (this.#once) stop()
    try {
      yield* this.#spooled.pieces()
    } finally {
      signal.removeEventListener('abort', stop)
      this.#spooled.finish()
    }
  }

  commit(work: Work): void {
    this.#spooled.commit(work)
  }

  lag(): Lag {
    return this.#spooled.lag()
  }

  close(): Promise<void> {
    return this.#spooled.close()
  }
}
