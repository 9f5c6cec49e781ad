import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { vi } from 'vitest'
import { tail } from '../../src/sources/tail.ts'
import { Checkpoints, decode, type Step } from '../../src/state/checkpoint.ts'
import type { Source, Work } from '../../src/types.ts'
import { silent } from '../sources/consumer.ts'
import { type Record, recordsOf } from '../sources/reader.ts'

/** Virtual; far more than a history takes, so that what really passes plays no part. */
export const POLL_MS = 1000
const PATIENCE = { quietMs: 3 * POLL_MS, lingerMs: 6 * POLL_MS, idleMs: 10 * POLL_MS }
/** Pieces out at a time, as the pipeline has it. */
const MAX_OUT = 5

/** It can be waited for while it writes. */
class Ledger extends Checkpoints {
  #flushing = new Set<Promise<boolean>>()

  override flush(): Promise<boolean> {
    const flushing = super.flush().finally(() => this.#flushing.delete(flushing))
    this.#flushing.add(flushing)
    return flushing
  }

  async idle(): Promise<void> {
    while (this.#flushing.size > 0) await Promise.all(this.#flushing)
  }
}

/**
 * The real `tail` with the real `Checkpoints`, on virtual time and without notifications: it looks when told to. What
 * it hands out is read, that is received, at once; it is committed when told to.
 */
export class Reader {
  readonly state: string
  /** Everything received, in order. */
  readonly records: Record[] = []
  readonly #source: Source
  readonly #ledger: Ledger
  readonly #stopping = new AbortController()
  readonly #pieces: AsyncIterator<Work>
  #pending: Promise<IteratorResult<Work>> | undefined
  readonly #out: Work[] = []
  #onStep: ((step: Step) => void) | undefined

  constructor(path: string, state: string) {
    mkdirSync(state, { recursive: true })
    this.state = state
    this.#ledger = new Ledger({
      path: join(state, 'checkpoint'),
      intervalMs: POLL_MS,
      log: silent,
      onStep: (step) => this.#onStep?.(step),
    })
    this.#source = tail(
      { paths: [path], start: 'beginning', watch: false, patience: PATIENCE },
      {
        connector: 'suricata',
        checkpoints: this.#ledger,
        workers: 2,
        range_min: 100,
        range_max: 400,
        max_line: 1024 ** 2,
        poll_interval: POLL_MS,
        once: false,
        fromStart: false,
        log: silent,
      },
    )
    this.#pieces = this.#source.work(this.#stopping.signal)[Symbol.asyncIterator]()
  }

  /** The first look is the start itself. */
  async start(): Promise<void> {
    await this.#pull()
  }

  /** As many looks as fit into the time; after each, what there is room for is pulled. */
  async tick(looks: number): Promise<void> {
    for (let look = 0; look < looks; look++) {
      vi.advanceTimersByTime(POLL_MS)
      await this.#pull()
    }
  }

  async commit(pieces: number): Promise<void> {
    for (const work of this.#out.splice(0, pieces)) this.#source.commit(work)
    await this.#pull()
  }

  /** SIGTERM: what is out is finished. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    const last = await this.#pending
    if (last && !last.done) this.#receive(last.value)
    for (const work of this.#out.splice(0)) this.#source.commit(work)
    await this.#close()
  }

  /** kill -9, now or after a step of a write: copies what is on disk at that instant to `image`. */
  async crash(step: Step | 'now', image: string): Promise<void> {
    const keep = () => cpSync(this.state, image, { recursive: true })
    if (step === 'now') keep()
    else {
      await this.#ledger.idle()
      this.#onStep = (reached) => {
        if (reached === step) keep()
      }
      this.#ledger.schedule()
      await this.#ledger.flush()
    }
    this.#onStep = undefined
    // The instance itself has to be let go of; what it writes then nobody reads.
    this.#stopping.abort()
    await this.#pending
    await this.#close()
  }

  /** As `for await` does when it is left: a source that was not told so goes on looking. */
  async #close(): Promise<void> {
    await this.#pieces.return?.()
    await this.#source.close()
    await this.#ledger.close()
  }

  async #pull(): Promise<void> {
    while (this.#out.length < MAX_OUT) {
      this.#pending ??= this.#pieces.next()
      const result = await Promise.race([this.#pending, this.#quiet()])
      if (!result) return
      this.#pending = undefined
      if (result.done) return
      this.#receive(result.value)
    }
    await this.#quiet()
  }

  #receive(work: Work): void {
    this.records.push(...recordsOf(work))
    this.#out.push(work)
  }

  /** Resolves when the source can only be waiting for the next look. */
  async #quiet(): Promise<undefined> {
    for (let turn = 0; turn < 3; turn++) {
      await this.#ledger.idle()
      await setImmediate()
    }
    return undefined
  }
}

/** Offsets by file, as a state directory has them. */
export function durable(state: string): Map<string, number> {
  for (const name of ['checkpoint', 'checkpoint.prev']) {
    try {
      const { files } = decode(readFileSync(join(state, name), 'utf8'))
      return new Map(files.map(({ file, offset }) => [file, offset]))
    } catch {
      // Not there, or not whole: the generation before counts then.
    }
  }
  return new Map()
}
