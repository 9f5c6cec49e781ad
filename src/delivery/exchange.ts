import type { Dispatcher } from 'undici'
import type { Messages, Refusal } from '../types.ts'
import { OPEN_PASS, type Pass } from './gate.ts'

/** So much of an answer is kept, for the dead-letter file. */
const KEPT_BYTES = 1024
/** An answer that refuses is read so far to spare the connection; a longer one is cut off. */
const MAX_ANSWER_BYTES = 64 * 1024

/** Messages handed in by one call of `send`, until each is delivered or refused. */
export class Batch {
  readonly messages: Messages
  readonly refusals: Refusal[] = []
  /** First message that was not tried yet. */
  next = 0
  /** Messages neither delivered nor refused. */
  pending: number
  readonly #settle: Settle

  constructor(messages: Messages, settle: Settle) {
    this.messages = messages
    this.pending = messages.ends.length
    this.#settle = settle
  }

  resolve(): void {
    this.#settle.resolve(this.refusals.sort((one, other) => one.index - other.index))
  }

  reject(reason: unknown): void {
    this.#settle.reject(reason)
  }
}

export interface Settle {
  resolve(refusals: readonly Refusal[]): void
  reject(reason: unknown): void
}

/** Who is told of the fate of an exchange: of each attempt, one of `answered` and `failed`, once. */
export interface Desk {
  started(exchange: Exchange): void
  answered(exchange: Exchange): void
  failed(exchange: Exchange, error: Error): void
}

/**
 * Messages `[from, to)` of a batch as one request, through all its attempts. It is undici's handler for each of
 * them, which spares a promise and a few objects a message.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #desk: Desk
  readonly batch: Batch
  readonly from: number
  readonly to: number
  /** Reading of `Gate.mark` before the first attempt. */
  readonly mark: number
  attempts = 0
  /** Attempts answered 500. */
  doubts = 0
  pauseMs = 0
  freeRetryUsed = false

  /** Of the present attempt: */
  pass: Pass = OPEN_PASS
  generation = 0
  packed = false
  /** What was posted, where its buffer is to be used again. */
  body: Uint8Array | undefined
  /** Undefined until it goes out: it may have to wait for a connection. */
  startedMs: number | undefined
  status = 0
  retryAfter: string | undefined
  #controller: Dispatcher.DispatchController | undefined
  #heard = false
  #over = true
  #chunks: Buffer[] | undefined
  #answerBytes = 0

  constructor(desk: Desk, batch: Batch, from: number, to: number, mark: number) {
    this.#desk = desk
    this.batch = batch
    this.from = from
    this.to = to
    this.mark = mark
  }

  /** Before each attempt. */
  prepare(pass: Pass, generation: number, packed: boolean): void {
    this.pass = pass
    this.generation = generation
    this.packed = packed
    this.body = undefined
    this.startedMs = undefined
    this.status = 0
    this.retryAfter = undefined
    this.#controller = undefined
    this.#heard = false
    this.#over = false
    this.#chunks = undefined
    this.#answerBytes = 0
  }

  /** Two requests instead of this one, each with one attempt left: the whole had all the others. */
  halves(): [Exchange, Exchange] {
    const { batch, from, to, mark } = this
    const middle = (from + to) >> 1
    const halves: [Exchange, Exchange] = [
      new Exchange(this.#desk, batch, from, middle, mark),
      new Exchange(this.#desk, batch, middle, to, mark),
    ]
    for (const half of halves) {
      half.attempts = this.attempts - 1
      half.doubts = Math.max(0, this.doubts - 1)
    }
    return halves
  }

  get size(): number {
    return this.to - this.from
  }

  get over(): boolean {
    return this.#over
  }

  /** Whether any byte of an answer came. */
  get heard(): boolean {
    return this.#heard
  }

  /** The head of the answer as text. */
  get answer(): string {
    return this.#chunks === undefined ? '' : Buffer.concat(this.#chunks).toString('utf8', 0, KEPT_BYTES)
  }

  /** Breaks the attempt off without telling the desk; a request that waits for its connection will not go out. */
  cancel(): void {
    this.#over = true
    this.#controller?.abort(new Error('no longer wanted'))
  }

  /** Breaks the attempt off and tells the desk why. */
  fail(error: Error): void {
    if (this.#over) return
    // Over before the abort, which comes back as an error, and told last: the next attempt may start at once.
    this.#over = true
    this.#controller?.abort(error)
    this.#desk.failed(this, error)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#over) {
      controller.abort(new Error('no longer wanted'))
      return
    }
    this.startedMs = performance.now()
    this.#desk.started(this)
  }

  onResponseStarted(): void {
    this.#heard = true
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.status = status
    const retryAfter = headers['retry-after']
    this.retryAfter = typeof retryAfter === 'string' ? retryAfter : retryAfter?.[0]
  }

  /** The body of an acknowledgement is of no interest, but it is read to its end: the connection is used again. */
  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.status < 300 || this.#over) return
    if (this.#answerBytes < KEPT_BYTES) {
      this.#chunks ??= []
      this.#chunks.push(Buffer.from(chunk.subarray(0, KEPT_BYTES - this.#answerBytes)))
    }
    this.#answerBytes += chunk.length
    if (this.#answerBytes <= MAX_ANSWER_BYTES) return
    this.#over = true
    controller.abort(new Error('answer too long'))
    this.#desk.answered(this)
  }

  onResponseEnd(): void {
    if (this.#over) return
    this.#over = true
    this.#desk.answered(this)
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.#over) return
    this.#over = true
    this.#desk.failed(this, error)
  }
}
