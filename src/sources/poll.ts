import { setTimeout as sleep } from 'node:timers/promises'
import type { Access } from '../client/access.ts'
import { type Ask, Client } from '../client/client.ts'
import { RequestError } from '../client/error.ts'
import { nextPauseMs, retryAfterMs } from '../client/retry.ts'
import { shown } from '../client/target.ts'
import { Edges } from '../state/edges.ts'
import { Past, pastIn, textOf } from '../state/past.ts'
import { type Json, type Lag, POLL_FAULTS, type Source, type Work } from '../types.ts'
import type { TailContext } from './context.ts'
import { Spooled } from './spool.ts'
import { type Trouble, troubleOf } from './trouble.ts'

export type { Access } from '../client/access.ts'
export type { Ask, Question, Reply } from '../client/client.ts'
export { RequestError } from '../client/error.ts'
export { LookError } from './trouble.ts'

/** One step of a look: what was found, and what of the tool is then seen. */
export interface Page {
  /** Each becomes one line of JSON, which the worker converts. None is fine. */
  records: readonly unknown[]
  /** For the next look, together with all before it: JSON, bounded by the probe (4 MiB at most), with nothing secret in it. */
  past: Json
}

/**
 * A probe's part: looks once at its tool, from where `past` ended. Undefined means that nothing of this tool was ever seen.
 *
 * After each page its records are made durable, then its `past`; only then is the next one asked for, so whoever has many pages gives
 * each as soon as it has it. A crash between the two gives the page's records again: what names a record for the tool itself goes
 * into its ID (`identity` of the rules). What is thrown ends the look, and is told, counted and followed by a pause; the next look goes on
 * from the last page that was given. `ask` throws a `RequestError`; for what a tool refuses with 200, throw a `LookError`. `signal` aborts
 * when we stop; `ask` heeds it already.
 *
 * With `start = now` the records of the first look (`past` undefined) are not sent, and its pages count when it has come to its end.
 * A probe whose tool has a long history may give one page without records instead, with a `past` that says where the end is.
 */
export type Look = (past: Json | undefined, ask: Ask, signal: AbortSignal) => AsyncIterable<Page>

export interface PollOptions {
  access: Access
  /** From the beginning of one look to that of the next, unless it takes longer. They never overlap. */
  intervalMs: number
  /** Of each request, connecting included. */
  timeoutMs: number
  /** The longest pause after looks that failed; the shortest is the interval. `Retry-After` is kept to, up to this. */
  maxPauseMs: number
  /** Of each answer. */
  maxAnswerBytes: number
  /** What of a tool that was never looked at is sent: what comes from now on, or all there is. */
  start: 'now' | 'all'
}

/**
 * Asks a tool again and again. What it gave lies in the spool before it counts as seen, and is delivered from there; a spool that is full
 * makes the looks wait. With `once` there is one look, and what lies in the spool then is handed out. On abort nothing more is asked, and
 * what was taken is handed out or stays in the spool if it is much.
 *
 * Throws a `ConfigError` when the access cannot be used, a `StateError` when what was seen was written by a later version.
 */
export function poll(look: Look, options: PollOptions, context: TailContext): Source {
  return new Poll(look, options, context)
}

/** Records are spooled in pieces of about this size, so that many do not need much room at a time. */
const PIECE_BYTES = 1024 ** 2

class Poll implements Source {
  readonly #look: Look
  readonly #options: PollOptions
  readonly #context: TailContext
  readonly #client: Client
  readonly #origin: string
  readonly #past: Past
  readonly #spooled: Spooled
  readonly #edges: Edges
  readonly #closing = new AbortController()
  #running: Promise<void> = Promise.resolve()
  /** When the last look began that came to its end, or the first of all. */
  #seenMs = performance.now()
  #pauseMs = 0

  constructor(look: Look, options: PollOptions, context: TailContext) {
    const { access, timeoutMs, maxAnswerBytes } = options
    const { connector, ledger, checkpoints, log } = context
    this.#look = look
    this.#options = options
    this.#context = context
    this.#client = new Client(access, { timeoutMs, maxAnswerBytes, log })
    this.#origin = shown(this.#client.target)
    const folder = ledger?.directory ?? checkpoints.directory
    this.#past = new Past(pastIn(folder, connector), this.#client.target.hostname, log)
    this.#spooled = new Spooled(this.#origin, context)
    this.#edges = new Edges(log)
  }

  async *work(signal: AbortSignal): AsyncGenerator<Work, void, void> {
    if (signal.aborted) return
    const stopping = AbortSignal.any([signal, this.#closing.signal])
    // Who waits for room in the spool waits no longer.
    const lift = () => this.#spooled.finish()
    stopping.addEventListener('abort', lift, { once: true })
    this.#running = this.#run(stopping)
    try {
      yield* this.#spooled.pieces()
    } finally {
      this.#closing.abort()
      stopping.removeEventListener('abort', lift)
      await this.#running
    }
  }

  commit(work: Work): void {
    this.#spooled.commit(work)
  }

  /** As old as what lies in the spool, or as the last time that the tool could be seen if that is in trouble. */
  lag(): Lag {
    const lag = this.#spooled.lag()
    if (this.#pauseMs === 0) return lag
    return { ...lag, seconds: Math.max(lag.seconds, (performance.now() - this.#seenMs) / 1000) }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#spooled.finish()
    await this.#client.close()
    // A look that waits for the disk is told now.
    await this.#spooled.close()
    await this.#running
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { once, log } = this.#context
    log.info({ url: this.#origin, once }, 'asking for records')
    while (!signal.aborted) {
      const pauseMs = await this.#turn(signal)
      if (once) break
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    }
    await this.#spooled.end()
  }

  /** One look; gives the pause before the next one. */
  async #turn(signal: AbortSignal): Promise<number> {
    const { intervalMs } = this.#options
    const startMs = performance.now()
    try {
      this.#client.renew()
      await this.#see(signal)
    } catch (error) {
      if (signal.aborted) return 0
      const trouble = troubleOf(error)
      this.#tell(trouble, error)
      return this.#pauseAfter(error)
    }
    for (const fault of POLL_FAULTS) this.#edges.end(fault)
    this.#context.onEvent?.({ kind: 'polled', origin: this.#origin })
    this.#seenMs = startMs
    this.#pauseMs = 0
    return Math.max(0, startMs + intervalMs - performance.now())
  }

  async #see(signal: AbortSignal): Promise<void> {
    const { start } = this.#options
    const past = this.#past.value
    const isSkipped = past === undefined && start === 'now' && !this.#context.fromStart
    let seen: string | undefined
    for await (const page of this.#look(
      past,
      (question = {}) => this.#client.ask(question, signal),
      signal,
    )) {
      // Before anything of the page is taken: what cannot be counted as seen would come again and again.
      seen = textOf(page.past)
      if (isSkipped) continue
      await this.#spool(page.records)
      await this.#past.keep(seen)
    }
    if (isSkipped && seen !== undefined) await this.#past.keep(seen)
  }

  /** Resolves when they are durable. */
  async #spool(records: readonly unknown[]): Promise<void> {
    let lines: string[] = []
    let length = 0
    for (const [i, record] of records.entries()) {
      const line = `${JSON.stringify(record) ?? 'null'}\n`
      lines.push(line)
      length += line.length
      if (length < PIECE_BYTES && i < records.length - 1) continue
      await this.#spooled.accept(Buffer.from(lines.join('')))
      lines = []
      length = 0
    }
  }

  #tell({ fault, text }: Trouble, error: unknown): void {
    const isOurs = fault === 'unauthorised' || fault === 'untrusted'
    const level = isOurs || this.#context.once ? 'error' : 'warn'
    this.#edges.begin(fault, `nothing can be asked for: ${text}`, { url: this.#origin }, level)
    // Without its message, which may quote what was answered.
    if (fault === 'failed' && error instanceof Error)
      this.#context.log.debug({ stack: error.stack?.split('\n    at ').slice(1) }, 'look failed')
    this.#context.onEvent?.({ kind: 'polled', origin: this.#origin, fault })
  }

  #pauseAfter(error: unknown): number {
    const { intervalMs, maxPauseMs } = this.#options
    this.#pauseMs = nextPauseMs(this.#pauseMs, intervalMs, maxPauseMs, Math.random())
    const header = error instanceof RequestError ? error.retryAfter : undefined
    return Math.max(this.#pauseMs, retryAfterMs(header, Date.now(), maxPauseMs) ?? 0)
  }
}
