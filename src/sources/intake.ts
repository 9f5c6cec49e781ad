import type { Lag, Source, Work } from '../types.ts'
import type { TailContext } from './context.ts'

/** Records that wait are handed out together up to this size: enough to keep a worker busy. */
const MAX_PIECE_BYTES = 256 * 1024

/** What is taken in and not delivered, at most; one record more may come on top. */
const MAX_HELD_BYTES = 8 * 1024 ** 2

interface Batch {
  records: string
  at: number
}

/**
 * Where records of streams wait to be pulled. They cannot be read again, so little is taken in: `put` resolves only
 * when there is room, counting what waits and what is not committed, and who waits for it reads no further.
 */
export class Intake implements Pick<Source, 'commit' | 'lag'> {
  readonly #origin: string
  readonly #waiting: Batch[] = []
  /** Sizes and ages; the buffers themselves are given away. */
  readonly #out = new Map<Work, { bytes: number; at: number }>()
  #held = 0
  #limited = true
  #ended = false
  #blocked: (() => void)[] = []
  #wake: (() => void) | undefined

  /** `origin` names the stream in dead letters. */
  constructor(origin: string) {
    this.#origin = origin
  }

  /** Takes whole records (Latin-1 text) at once; resolves when more may come. */
  async put(records: string): Promise<void> {
    this.#waiting.push({ records, at: performance.now() })
    this.#held += records.length
    this.#wake?.()
    while (this.#limited && this.#held > MAX_HELD_BYTES) {
      await new Promise<void>((resolve) => this.#blocked.push(resolve))
    }
  }

  /** Nothing more is read: who waits to put what was read already need not wait for room. */
  finish(): void {
    this.#limited = false
    this.#unblock()
  }

  /** Nothing more will be put: what waits is handed out, then `pieces` ends. */
  end(): void {
    this.finish()
    this.#ended = true
    this.#wake?.()
  }

  async *pieces(): AsyncGenerator<Work, void, void> {
    for (;;) {
      const piece = this.#piece()
      if (piece) yield piece
      else if (this.#ended) return
      else await this.#arrival()
    }
  }

  commit(work: Work): void {
    this.#held -= this.#out.get(work)?.bytes ?? 0
    this.#out.delete(work)
    this.#unblock()
  }

  lag(): Lag {
    const now = performance.now()
    const [oldest = this.#waiting[0]] = this.#out.values()
    return { bytes: this.#held, seconds: oldest ? (now - oldest.at) / 1000 : 0 }
  }

  #piece(): Work | undefined {
    const [first] = this.#waiting
    if (!first) return undefined
    let count = 0
    let size = 0
    for (const { records } of this.#waiting) {
      if (count > 0 && size + records.length > MAX_PIECE_BYTES) break
      size += records.length
      count += 1
    }
    // Its own memory, not a part of Buffer's pool: it is transferred to the worker.
    const bytes = Buffer.allocUnsafeSlow(size)
    let at = 0
    for (const { records } of this.#waiting.splice(0, count)) at += bytes.write(records, at, 'latin1')
    const work: Work = { kind: 'bytes', bytes, origin: this.#origin }
    this.#out.set(work, { bytes: size, at: first.at })
    return work
  }

  async #arrival(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = undefined
  }

  #unblock(): void {
    if (this.#limited && this.#held > MAX_HELD_BYTES) return
    for (const resolve of this.#blocked.splice(0)) resolve()
  }
}

/** Tells what a closed stream source had taken and not delivered. */
export function tellAbandoned(intake: Intake, origin: string, { log, onEvent }: TailContext): void {
  const { bytes } = intake.lag()
  if (bytes === 0) return
  log.error({ origin, bytes }, 'bytes taken from a stream were not delivered, and cannot be read again')
  onEvent?.({ kind: 'abandoned', origin, bytes })
}
