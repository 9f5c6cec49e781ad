import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { RequestError } from '../client/error.ts'
import { type Log, SILENT } from '../client/log.ts'
import { nextPauseMs, retryAfterMs } from '../client/retry.ts'
import { shown } from '../client/target.ts'
import type { DeliveryOptions } from '../config/options.ts'
import type { Destination, Messages, Refusal } from '../types.ts'
import { Bodies } from './bodies.ts'
import { array, arrayEnd, single } from './body.ts'
import { Channel } from './channel.ts'
import { Batch, type Desk, type Exchange } from './exchange.ts'
import { type Fault, faultOf, faultOfStatus } from './fault.ts'
import { type Gate, OPEN_PASS, type Pass } from './gate.ts'
import type { Hooks } from './log.ts'
import { classify, refusalReason } from './outcome.ts'
import { Queue } from './queue.ts'
import { Window } from './window.ts'

const compress = promisify(gzip)

/** Setbacks in a row that close the gate, where one alone might be the fault of its message or its connection. */
const MAX_STRIKES = 3

/**
 * Posts messages to `options.url`: one a request (`each`) or as JSON arrays (`array`). `send` may be called again
 * before it has settled; the requests of all batches share one window, and nothing waits but those batches. A
 * message that alone meets errors waits alone; what every message would meet closes `gate` for all workers.
 * Throws a `ConfigError` when the options or the files they name cannot be used.
 */
export function httpDestination(options: DeliveryOptions, gate: Gate, hooks: Hooks = {}): Destination {
  return new HttpDestination(options, gate, hooks)
}

class HttpDestination implements Destination, Desk {
  readonly #options: DeliveryOptions
  readonly #gate: Gate
  readonly #log: Log
  readonly #onRequest: Hooks['onRequest']
  readonly #channel: Channel
  readonly #window: Window
  readonly #queue: Queue
  readonly #bodies: Bodies
  /** Requests with the pool, those that went out in the order they did. */
  readonly #out = new Set<Exchange>()
  #gzip: boolean
  #poolFull = false
  #pumping = false
  #gateWait: AbortController | undefined
  #overdue: NodeJS.Timeout | undefined

  constructor(options: DeliveryOptions, gate: Gate, { log = SILENT, onRequest }: Hooks) {
    this.#options = options
    this.#gate = gate
    this.#log = log
    this.#onRequest = onRequest
    this.#window = new Window(options.connections, options.max_in_flight)
    const { delivery, batch_messages, batch_bytes } = options
    this.#gzip = delivery === 'array' && options.gzip
    this.#queue = new Queue(this, (messages, from) =>
      delivery === 'array' ? arrayEnd(messages, from, batch_messages, batch_bytes) : from + 1,
    )
    this.#bodies = new Bodies(batch_bytes, () => this.#channel.isFlushed)
    this.#channel = new Channel(options, log, () => {
      this.#poolFull = false
      this.#pump()
    })
  }

  send(messages: Messages, signal: AbortSignal): Promise<readonly Refusal[]> {
    if (signal.aborted) return Promise.reject(signal.reason)
    if (messages.ends.length === 0) return Promise.resolve([])
    const { promise, ...settle } = Promise.withResolvers<readonly Refusal[]>()
    const batch = new Batch(messages, settle)
    const abort = () => this.#drop(batch, signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    this.#queue.add(batch)
    this.#pump()
    return promise.finally(() => signal.removeEventListener('abort', abort))
  }

  async close(): Promise<void> {
    const closed = new RequestError('CLOSED', 'the destination was closed')
    for (const batch of this.#queue.batches) this.#drop(batch, closed)
    clearTimeout(this.#overdue)
    await this.#channel.close()
  }

  /** Sends while there is something to send, room for it, and the gate lets it pass. */
  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    try {
      while (this.#hasRoom() && this.#queue.waiting && this.#startNext());
    } finally {
      this.#pumping = false
    }
  }

  /** A full pool would queue the request; with nothing out there would be nobody to say that it has room again. */
  #hasRoom(): boolean {
    return this.#out.size === 0 || (!this.#poolFull && this.#out.size < this.#window.limit)
  }

  /** False when the gate is closed; it will pump again. */
  #startNext(): boolean {
    const pass = this.#gate.admit(this.#options.connect_timeout + this.#options.response_timeout)
    if (pass === undefined) {
      this.#awaitGate()
      return false
    }
    const mark = this.#gate.mark()
    const exchange = pass === OPEN_PASS ? this.#queue.next(mark) : this.#queue.nextProbe(mark)
    if (exchange !== undefined) this.#start(exchange, pass)
    return true
  }

  #awaitGate(): void {
    if (this.#gateWait !== undefined) return
    const wait = new AbortController()
    this.#gateWait = wait
    void this.#gate.wait(wait.signal).then(() => {
      if (this.#gateWait === wait) this.#gateWait = undefined
      this.#pump()
    })
  }

  #start(exchange: Exchange, pass: Pass): void {
    if (pass !== OPEN_PASS) this.#channel.renew()
    exchange.prepare(pass, this.#window.generation, this.#gzip)
    this.#out.add(exchange)
    this.#gate.began()
    const { messages } = exchange.batch
    if (this.#options.delivery === 'each') this.#post(exchange, single(messages, exchange.from))
    else {
      exchange.body = array(messages, exchange.from, exchange.to, (length) => this.#bodies.take(length))
      if (exchange.packed) this.#pack(exchange, exchange.body)
      else this.#post(exchange, exchange.body)
    }
  }

  #pack(exchange: Exchange, body: Uint8Array): void {
    compress(body, { level: 1 }).then(
      (packed) => this.#post(exchange, packed),
      (error: Error) => exchange.fail(error),
    )
  }

  #post(exchange: Exchange, body: Uint8Array): void {
    if (exchange.over) return
    if (!this.#channel.post(body, exchange.packed, exchange)) this.#poolFull = true
  }

  started(exchange: Exchange): void {
    // Requests may have waited for their connection; the set keeps the order of going out.
    this.#out.delete(exchange)
    this.#out.add(exchange)
    this.#overdue ??= setTimeout(() => this.#breakOffOverdue(), this.#options.response_timeout).unref()
  }

  /** One timer for all requests, as they all have the same time. */
  #breakOffOverdue(): void {
    this.#overdue = undefined
    const timeoutMs = this.#options.response_timeout
    const latest = performance.now() - timeoutMs
    const overdue: Exchange[] = []
    for (const exchange of this.#out) {
      if (exchange.startedMs === undefined) continue
      if (exchange.startedMs > latest) {
        const restMs = Math.ceil(exchange.startedMs - latest)
        this.#overdue = setTimeout(() => this.#breakOffOverdue(), restMs).unref()
        break
      }
      overdue.push(exchange)
    }
    for (const exchange of overdue) {
      exchange.fail(new RequestError('RESPONSE_TIMEOUT', `no whole answer within ${timeoutMs} ms`))
    }
  }

  answered(exchange: Exchange): void {
    const inFlight = this.#out.size
    this.#end(exchange)
    if (exchange.body !== undefined) this.#bodies.give(exchange.body)
    this.#onRequest?.((performance.now() - (exchange.startedMs ?? 0)) / 1000)
    exchange.attempts += 1
    const outcome = classify(exchange.status)
    if (outcome === 'doubtful') exchange.doubts += 1
    if (outcome === 'delivered') {
      this.#window.grow(inFlight)
      this.#gate.delivered(exchange.size)
      this.#opened(exchange.pass)
      this.#conclude(exchange.batch, exchange.size)
    } else if (outcome === 'reject') {
      this.#opened(exchange.pass)
      this.#reject(exchange)
    } else if (outcome === 'doubtful' && this.#isPoison(exchange)) {
      this.#gate.giveBack(exchange.pass)
      this.#reject(exchange)
    } else {
      this.#retry(exchange, faultOfStatus(exchange.status, outcome))
    }
    this.#pump()
  }

  failed(exchange: Exchange, error: Error): void {
    this.#end(exchange)
    this.#poolFull = false
    const fault = faultOf(error)
    if (fault.lost && !exchange.heard && !exchange.freeRetryUsed) {
      // Most likely an idle connection that the server was just closing. undici does not tell whether it was one;
      // the worst case is one POST more of the same message.
      exchange.freeRetryUsed = true
      this.#gate.giveBack(exchange.pass)
      this.#queue.retryFirst(exchange)
    } else {
      exchange.attempts += 1
      this.#retry(exchange, fault)
    }
    this.#pump()
  }

  #end(exchange: Exchange): void {
    this.#out.delete(exchange)
    this.#gate.ended()
  }

  /** Others passed since its first attempt, so the receiver works: it is this message that it cannot take. */
  #isPoison(exchange: Exchange): boolean {
    return exchange.doubts >= this.#options.retry_attempts && this.#gate.mark() !== exchange.mark
  }

  #reject(exchange: Exchange): void {
    const { batch, from, status, attempts, answer } = exchange
    if (status === 415 && exchange.packed) {
      if (this.#gzip) this.#log.warn(this.#fields(), 'the receiver takes no gzip (415): sending uncompressed')
      this.#gzip = false
      this.#queue.retryFirst(exchange)
    } else if (exchange.size > 1) {
      // Each half is tried by itself, so that only those messages are refused that are at fault.
      this.#queue.retryFirst(...exchange.halves())
    } else {
      batch.refusals.push({ index: from, reason: refusalReason(status), status, answer, attempts })
      this.#conclude(batch, 1)
    }
  }

  /** One that fails alone waits alone; what any other would meet as well makes all wait. */
  #retry(exchange: Exchange, fault: Fault): void {
    this.#gate.retried()
    if (fault.overload) this.#window.shrink(exchange.generation)
    const { retry_min, retry_max, probe_interval } = this.#options
    const askedMs = retryAfterMs(exchange.retryAfter, Date.now(), retry_max)
    if (!fault.general && askedMs === undefined && exchange.pass === OPEN_PASS && this.#isAlone(exchange)) {
      this.#rest(exchange)
      return
    }
    const paused = fault.outcome === 'pause'
    const changed = this.#gate.close(
      {
        state: paused ? 'paused' : 'down',
        status: fault.status,
        cause: fault.text,
        pauseMs: (previousMs) =>
          paused
            ? probe_interval
            : Math.max(askedMs ?? 0, nextPauseMs(previousMs, retry_min, retry_max, Math.random())),
      },
      exchange.pass,
    )
    if (changed) this.#tell(fault)
    else if (askedMs !== undefined) this.#gate.postpone(askedMs)
    this.#queue.retryLast(exchange)
  }

  #isAlone(exchange: Exchange): boolean {
    const othersPass = exchange.status === 500 && this.#gate.mark() !== exchange.mark
    return othersPass || this.#gate.strike() < MAX_STRIKES
  }

  #rest(exchange: Exchange): void {
    const { retry_min, retry_max } = this.#options
    exchange.pauseMs = nextPauseMs(exchange.pauseMs, retry_min, retry_max, Math.random())
    this.#queue.rest(exchange, exchange.pauseMs, () => this.#pump())
  }

  #opened(pass: Pass): void {
    const closedMs = this.#gate.answered(pass)
    if (closedMs === undefined) return
    const seconds = Math.round(closedMs / 100) / 10
    this.#log.info({ ...this.#fields(), seconds }, `the receiver answers again, after ${seconds} s`)
  }

  #tell({ outcome, status, text }: Fault): void {
    const fields = status === 0 ? this.#fields() : { ...this.#fields(), status }
    if (outcome === 'pause') this.#log.error(fields, `delivery is paused, nothing is lost: ${text}`)
    else this.#log.warn(fields, `delivery waits, nothing is lost: ${text}`)
  }

  #fields() {
    return { url: shown(this.#channel.target) }
  }

  #conclude(batch: Batch, messages: number): void {
    batch.pending -= messages
    if (batch.pending > 0) return
    this.#queue.drop(batch)
    batch.resolve()
  }

  /** Forgets a batch: its requests are broken off, nothing of it will be sent any more. */
  #drop(batch: Batch, reason: unknown): void {
    this.#queue.drop(batch)
    for (const exchange of this.#out) {
      if (exchange.batch === batch) this.#cancel(exchange)
    }
    if (this.#queue.batches.size === 0) this.#gateWait?.abort()
    batch.reject(reason)
    this.#pump()
  }

  #cancel(exchange: Exchange): void {
    this.#end(exchange)
    this.#poolFull = false
    exchange.cancel()
    this.#gate.giveBack(exchange.pass)
  }
}
