import type { Lag, Source, Work } from '../types.ts'
import type { TailContext } from './context.ts'
import type { Followed } from './follow.ts'
import { Notice } from './notice.ts'
import { directoryOf } from './paths.ts'
import { Scan, type ScanOptions } from './scan.ts'

export type { SourceEvent, TailContext } from './context.ts'

/** Hints come with every line that is written; to look this often is as good as at once. */
const MIN_GAP_MS = 5

export interface TailOptions extends ScanOptions {
  /** Files or globs. */
  paths: readonly string[]
  /** Where to begin with files that are there when their path is followed for the first time; later ones are read whole. */
  start: 'end' | 'beginning'
  /** False: by polling alone. */
  watch?: boolean
}

/**
 * Follows files as they grow, are rotated, truncated and replaced. Polling (`poll_interval`) finds everything; file
 * system notifications only make it sooner. Looking goes on while the consumer is busy, so that files are held open
 * before rotation removes them, and `lag` is true.
 *
 * - The lines of one path keep their order over rotations, also those that happened while nothing ran.
 * - A range is yielded only after the identity of its file is on disk (or could not be written).
 * - Nothing is skipped but by `start` and by what others remove; the latter is logged and told as `lost`.
 * - Descriptors stay open until the ranges on them are committed, or `close` is called.
 */
export function tail(options: TailOptions, context: TailContext): Source {
  return new Tail(options, context)
}

class Tail implements Source {
  readonly #directories: ReadonlySet<string>
  readonly #context: TailContext
  readonly #scan: Scan
  readonly #notice: Notice | undefined
  readonly #owners = new Map<Work, Followed>()
  #lookedAt = Number.NEGATIVE_INFINITY
  #hinted = false
  /** A name came or went; at first, all names did. */
  #renamed = true
  #soon: NodeJS.Timeout | undefined
  /** Looks since the consumer last found nothing. */
  #looks = 0
  #wake: (() => void) | undefined

  constructor(options: TailOptions, context: TailContext) {
    this.#directories = new Set(options.paths.map(directoryOf))
    this.#context = context
    this.#scan = new Scan(options, context, () => this.#lookAnew())
    this.#notice =
      options.watch === false ? undefined : new Notice((renamed) => this.#hint(renamed), context.log)
  }

  async *work(signal: AbortSignal): AsyncGenerator<Work, void, void> {
    const poll = setInterval(() => this.#lookAnew(), this.#context.poll_interval)
    const wake = () => {
      this.#scan.halt()
      this.#wake?.()
    }
    signal.addEventListener('abort', wake)
    this.#lookAnew()
    try {
      while (!signal.aborted) {
        const work = this.#next()
        const { unpacking } = this.#scan
        if (this.#scan.takeUnsaved()) await this.#context.checkpoints.flush()
        if (signal.aborted) return
        if (work) yield work
        else if (!this.#context.once) await this.#news()
        else if (unpacking) await unpacking
        else return
      }
    } finally {
      clearInterval(poll)
      clearTimeout(this.#soon)
      this.#notice?.close()
      signal.removeEventListener('abort', wake)
    }
  }

  commit(work: Work): void {
    const followed = this.#owners.get(work)
    this.#owners.delete(work)
    if (work.kind === 'range' && followed?.commit(work)) this.#context.checkpoints.put(followed.state)
  }

  lag(): Lag {
    const { files, waiting } = this.#scan
    const now = performance.now()
    const since = Math.min(now, ...files.flatMap(({ pendingSince }) => pendingSince ?? []))
    const bytes = files.reduce((sum, { pending }) => sum + pending, waiting)
    return { bytes, seconds: (now - since) / 1000 }
  }

  async close(): Promise<void> {
    this.#scan.close()
  }

  #next(): Work | undefined {
    let piece = this.#scan.next()
    // A finite source ends only after a look that found nothing, and nothing moving.
    for (let last = this.#context.once; last && !piece; last = this.#hinted) {
      this.#lookAnew()
      piece = this.#scan.next()
    }
    if (piece) this.#owners.set(piece.range, piece.followed)
    return piece?.range
  }

  /** Resolves once there was a look since the last call, or on abort. */
  async #news(): Promise<void> {
    if (this.#looks === 0) {
      const looked = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      if (this.#hinted) this.#hint(false)
      await looked
      this.#wake = undefined
    }
    this.#looks = 0
  }

  /** While the consumer is busy a hint is only noted: there is enough to hand out. */
  #hint(renamed: boolean): void {
    this.#hinted = true
    this.#renamed ||= renamed
    if (!this.#wake || this.#soon) return
    const wait = Math.max(0, this.#lookedAt + MIN_GAP_MS - performance.now())
    this.#soon = setTimeout(() => {
      this.#soon = undefined
      this.#look()
    }, wait)
  }

  #lookAnew(): void {
    this.#renamed = true
    this.#look()
  }

  #look(): void {
    const renamed = this.#renamed
    this.#renamed = false
    this.#lookedAt = performance.now()
    if (renamed) this.#notice?.follow(this.#directories)
    this.#hinted = !this.#scan.look(renamed)
    if (this.#hinted) this.#renamed = true
    this.#looks += 1
    this.#wake?.()
  }
}
