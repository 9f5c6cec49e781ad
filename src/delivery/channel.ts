import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { Connections, USER_AGENT } from '../client/connections.ts'
import type { Log } from '../client/log.ts'
import type { DeliveryOptions } from '../config/options.ts'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
}

/** The connections to the receiver, and what every request on them has in common. */
export class Channel {
  readonly #connections: Connections
  readonly #path: string
  #plain: string[]
  #packed: string[]

  /** `onRoom` is called when the pool, once full, takes requests again. Throws a `ConfigError`. */
  constructor(options: DeliveryOptions, log: Log, onRoom: () => void) {
    const { connections } = options
    this.#connections = new Connections(options, {
      connections,
      log,
      onRoom,
      onRenewed: () => {
        this.#plain = this.#headers()
        this.#packed = packed(this.#plain)
      },
    })
    const { pathname, search } = this.target
    this.#path = pathname + search
    this.#plain = this.#headers()
    this.#packed = packed(this.#plain)
  }

  get target(): URL {
    return this.#connections.target
  }

  get isFlushed(): boolean {
    return this.#connections.isFlushed
  }

  /** Posts `body`, which must stay as it is until `handler` was told the end. False when the pool is full with it. */
  post(body: Uint8Array, packed: boolean, handler: Dispatcher.DispatchHandler): boolean {
    const headers = packed ? this.#packed : this.#plain
    return this.#connections.dispatch({ path: this.#path, method: 'POST', headers, body }, handler)
  }

  /** The answer to a request that changes nothing: its status and what the receiver says of itself. */
  ask(method: 'OPTIONS', signal: AbortSignal): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    let answer: Answer = { status: 0, headers: {} }
    this.#connections.dispatch(
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

  /** Looks for new certificates or a new password. */
  renew(): void {
    this.#connections.renew()
  }

  /** Breaks off what is out. */
  close(): Promise<void> {
    return this.#connections.close()
  }

  #headers(): string[] {
    const { authorization } = this.#connections
    const json = 'application/json'
    return [
      ...['content-type', json, 'accept', json, 'user-agent', USER_AGENT],
      ...(authorization === undefined ? [] : ['authorization', authorization]),
    ]
  }
}

const packed = (headers: readonly string[]): string[] => [...headers, 'content-encoding', 'gzip']
