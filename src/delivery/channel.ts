import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import Pool from 'undici/lib/dispatcher/pool.js'
import pkg from '../../package.json' with { type: 'json' }
import type { DeliveryOptions } from '../config/options.ts'
import { connector } from './connect.ts'
import { Credentials } from './credentials.ts'
import type { Log } from './log.ts'
import { targetOf } from './target.ts'

/** Certificates and the password file are looked at so often, and before each probe. */
const REFRESH_MS = 30_000

/** A connection is replaced after this, so that a changed DNS address is noticed even when nothing breaks. */
const MAX_CONNECTION_AGE_MS = 600_000

/** Margin below the server's own `Keep-Alive: timeout`. */
const KEEP_ALIVE_MARGIN_MS = 1000

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
}

/** The connections to the receiver, and what every request on them has in common. */
export class Channel {
  readonly target: URL
  readonly #options: DeliveryOptions
  readonly #log: Log
  readonly #onRoom: () => void
  readonly #path: string
  readonly #credentials: Credentials
  readonly #closing = new AbortController()
  readonly #timer: NodeJS.Timeout
  readonly #retired = new Set<Pool>()
  /** Open connections, of retired pools too. */
  readonly #sockets = new Set<Duplex>()
  #pool: Pool
  #plain: string[]
  #packed: string[]

  /** `onRoom` is called when the pool, once full, takes requests again. Throws a `ConfigError`. */
  constructor(options: DeliveryOptions, log: Log, onRoom: () => void) {
    this.#options = options
    this.#log = log
    this.#onRoom = onRoom
    this.target = targetOf(options)
    this.#path = this.target.pathname + this.target.search
    this.#credentials = new Credentials(options, this.target)
    this.#plain = this.#headers()
    this.#packed = [...this.#plain, 'content-encoding', 'gzip']
    this.#pool = this.#open()
    this.#timer = setInterval(() => this.renew(), REFRESH_MS).unref()
  }

  /** Nothing that was posted is still to be written by us. Of HTTP/2 nobody can tell. */
  get isFlushed(): boolean {
    if (this.#allowsH2) return false
    for (const { writableLength } of this.#sockets) if (writableLength > 0) return false
    return true
  }

  /** Posts `body`, which must stay as it is until `handler` was told the end. False when the pool is full with it. */
  post(body: Uint8Array, packed: boolean, handler: Dispatcher.DispatchHandler): boolean {
    const headers = packed ? this.#packed : this.#plain
    return this.#pool.dispatch({ path: this.#path, method: 'POST', headers, body }, handler)
  }

  /** The answer to a request that changes nothing: its status and what the receiver says of itself. */
  ask(method: 'OPTIONS', signal: AbortSignal): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    let answer: Answer = { status: 0, headers: {} }
    this.#pool.dispatch(
      { path: this.#path, method, headers: this.#plain },
      {
        onRequestStart: (controller) => {
          if (signal.aborted) controller.abort(signal.reason)
          else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true })
        },
        onResponseStart: (_, status, headers) => {
          answer = { status, headers }
        },
        onResponseData: () => {},
        onResponseEnd: () => resolve(answer),
        onResponseError: (_, error) => reject(error),
      },
    )
    return promise
  }

  /** Looks for new certificates or a new password; they mean new connections, old requests end on the old ones. */
  renew(): void {
    if (!this.#credentials.refresh(this.#log)) return
    const old = this.#pool
    this.#plain = this.#headers()
    this.#packed = [...this.#plain, 'content-encoding', 'gzip']
    this.#pool = this.#open()
    this.#retired.add(old)
    old.close(() => this.#retired.delete(old))
    this.#onRoom()
  }

  /** Breaks off what is out. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#closing.abort(new Error('closed'))
    await Promise.all([this.#pool, ...this.#retired].map((pool) => pool.destroy()))
  }

  get #allowsH2(): boolean {
    return this.target.protocol === 'https:' && this.#options.http2 === 'auto'
  }

  #headers(): string[] {
    const { authorization } = this.#credentials
    const json = 'application/json'
    return [
      ...['content-type', json, 'accept', json, 'user-agent', `idmefv2-stream/${pkg.version}`],
      ...(authorization === undefined ? [] : ['authorization', authorization]),
    ]
  }

  /** undici's own timeouts are off: they watch for silence only, and a receiver that trickles is never silent. */
  #open(): Pool {
    const connect = connector(this.target, this.#options, this.#credentials, this.#closing.signal)
    const pool = new Pool(this.target.origin, {
      connect: (options, callback) =>
        connect(options, (...connected) => {
          const [, socket] = connected
          if (socket) this.#sockets.add(socket.once('close', () => this.#sockets.delete(socket)))
          callback(...connected)
        }),
      connections: this.#options.connections,
      pipelining: 1,
      allowH2: this.#allowsH2,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeoutThreshold: KEEP_ALIVE_MARGIN_MS,
      clientTtl: MAX_CONNECTION_AGE_MS,
    })
    return pool.on('drain', () => {
      if (pool === this.#pool) this.#onRoom()
    })
  }
}
