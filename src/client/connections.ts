import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import Pool from 'undici/lib/dispatcher/pool.js'
import pkg from '../../package.json' with { type: 'json' }
import type { Access } from './access.ts'
import { connector } from './connect.ts'
import { Credentials } from './credentials.ts'
import type { Log } from './log.ts'
import { targetOf } from './target.ts'

/** What we say we are (RFC 9110, 10.1.5). */
export const USER_AGENT = `idmefv2-stream/${pkg.version}`

/** Certificates and files of passwords are looked at so often, and whenever `renew` is called. */
const REFRESH_MS = 30_000

/** A connection is replaced after this, so that a changed DNS address is noticed even when nothing breaks. */
const MAX_CONNECTION_AGE_MS = 600_000

/** Margin below the server's own `Keep-Alive: timeout`. */
const KEEP_ALIVE_MARGIN_MS = 1000

export interface ConnectionsOptions {
  /** Most at a time. */
  connections: number
  log: Log
  /** Called when the pool, once full, takes requests again. */
  onRoom?: () => void
  /** Called when other credentials are in force, before anything is sent with them. */
  onRenewed?: () => void
}

/** Keep-alive connections to one server, by the access that was configured, and with the credentials of now. */
export class Connections {
  readonly target: URL
  readonly #access: Access
  readonly #options: ConnectionsOptions
  readonly #credentials: Credentials
  readonly #closing = new AbortController()
  readonly #timer: NodeJS.Timeout
  readonly #retired = new Set<Pool>()
  /** Open ones, of retired pools too. */
  readonly #sockets = new Set<Duplex>()
  #pool: Pool

  /** Throws a `ConfigError` when the access, or the files it names, cannot be used. */
  constructor(access: Access, options: ConnectionsOptions) {
    this.#access = access
    this.#options = options
    this.target = targetOf(access)
    this.#credentials = new Credentials(access, this.target)
    this.#pool = this.#open()
    this.#timer = setInterval(() => this.renew(), REFRESH_MS).unref()
  }

  /** The header, where there is something to show. */
  get authorization(): string | undefined {
    return this.#credentials.authorization
  }

  /** Nothing that was sent is still to be written by us. Of HTTP/2 nobody can tell. */
  get isFlushed(): boolean {
    if (this.#allowsH2) return false
    for (const { writableLength } of this.#sockets) if (writableLength > 0) return false
    return true
  }

  /** The body must stay as it is until `handler` was told the end. False when the pool is full with it. */
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#pool.dispatch(options, handler)
  }

  /** Looks for new certificates or a new password; they mean new connections, old requests end on the old ones. */
  renew(): void {
    if (!this.#credentials.refresh(this.#options.log)) return
    const old = this.#pool
    this.#options.onRenewed?.()
    this.#pool = this.#open()
    this.#retired.add(old)
    old.close(() => this.#retired.delete(old))
    this.#options.onRoom?.()
  }

  /** Breaks off what is out. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#closing.abort(new Error('closed'))
    await Promise.all([this.#pool, ...this.#retired].map((pool) => pool.destroy()))
  }

  get #allowsH2(): boolean {
    return this.target.protocol === 'https:' && this.#access.http2 === 'auto'
  }

  /** undici's own timeouts are off: they watch for silence only, and a server that trickles is never silent. */
  #open(): Pool {
    const connect = connector(this.target, this.#access, this.#credentials, this.#closing.signal)
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
      if (pool === this.#pool) this.#options.onRoom?.()
    })
  }
}
