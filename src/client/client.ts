import type { Dispatcher } from 'undici'
import type { Access } from './access.ts'
import { Connections, USER_AGENT } from './connections.ts'
import { RequestError } from './error.ts'
import type { Log } from './log.ts'

/** Of an answer that is no success so much is kept, to tell one trouble from another. */
const KEPT_BYTES = 1024

export interface Question {
  /** GET without a body, POST with one, unless said otherwise. */
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the configured URL, without it that URL itself. What comes from elsewhere must be percent-encoded. */
  path?: string
  /** Added to the query of the configured URL. */
  query?: Readonly<Record<string, string | number | boolean | undefined>>
  /** Besides those that every request has. `authorization` replaces the configured one, `''` leaves it out. */
  headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  body?: unknown
}

export interface Reply {
  status: number
  /** Names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>
  /** The JSON of the answer. Undefined when it had no body. */
  body: unknown
}

/**
 * Asks one question; gives the answer when it is whole, 2xx, and JSON.
 *
 * @throws RequestError otherwise: by its code. Its message names neither the question nor the answer nor anything secret.
 */
export type Ask = (question?: Question) => Promise<Reply>

export interface ClientOptions {
  /** From the question to its whole answer, connecting included. */
  timeoutMs: number
  /** Of an answer. */
  maxAnswerBytes: number
  log: Log
}

/** One question at a time to one server, JSON in and out, bounded in time and size. Redirects are not followed. */
export class Client {
  readonly #connections: Connections
  readonly #options: ClientOptions

  /** Throws a `ConfigError` when the access, or the files it names, cannot be used. */
  constructor(access: Access, options: ClientOptions) {
    this.#options = options
    this.#connections = new Connections(access, { connections: 1, log: options.log })
  }

  get target(): URL {
    return this.#connections.target
  }

  /** As `Ask` says; rejects with the reason of `signal` when that aborts. */
  async ask(question: Question, signal: AbortSignal): Promise<Reply> {
    const { timeoutMs } = this.#options
    const timeout = AbortSignal.timeout(timeoutMs)
    try {
      const { status, headers, body } = await this.#exchange(question, AbortSignal.any([signal, timeout]))
      return { status, headers, body: parsed(body) }
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (timeout.aborted)
        throw new RequestError('RESPONSE_TIMEOUT', `no whole answer within ${timeoutMs} ms`)
      throw error
    }
  }

  /** Looks for new certificates or a new password. */
  renew(): void {
    this.#connections.renew()
  }

  /** Breaks off what is out. */
  close(): Promise<void> {
    return this.#connections.close()
  }

  #exchange(question: Question, signal: AbortSignal): Promise<Exchange> {
    signal.throwIfAborted()
    const exchange = new Exchange(this.#options.maxAnswerBytes, signal)
    this.#connections.dispatch(this.#request(question), exchange)
    return exchange.ended
  }

  #request({ method, path, query, headers, body }: Question): Dispatcher.DispatchOptions {
    const url = below(this.target, path)
    for (const [name, value] of Object.entries(query ?? {}))
      if (value !== undefined) url.searchParams.append(name, String(value))
    const { authorization = '' } = this.#connections
    const all: Record<string, string> = {
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': USER_AGENT,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      authorization,
      ...headers,
    }
    if (all.authorization === '') delete all.authorization
    return {
      path: url.pathname + url.search,
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: all,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }
  }
}

/** `path` may name what it likes: only path and query of what comes out are used, on the connections to `target`. */
function below(target: URL, path: string | undefined): URL {
  const url = new URL(target)
  if (path === undefined) return url
  const [plain = '', search] = path.split('?', 2)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${plain.replace(/^\/+/, '')}`
  if (search !== undefined)
    for (const [name, value] of new URLSearchParams(search)) url.searchParams.append(name, value)
  return url
}

/** One request on its way, and its answer so far. */
class Exchange implements Dispatcher.DispatchHandler {
  status = 0
  headers: Reply['headers'] = {}
  body = Buffer.alloc(0)
  readonly ended: Promise<this>
  readonly #maxBytes: number
  readonly #signal: AbortSignal
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #resolve: (self: this) => void
  #reject: (error: unknown) => void
  #abort = () => {}

  constructor(maxBytes: number, signal: AbortSignal) {
    const { promise, resolve, reject } = Promise.withResolvers<this>()
    this.#maxBytes = maxBytes
    this.#signal = signal
    this.#resolve = resolve
    this.#reject = reject
    this.ended = promise.finally(() => signal.removeEventListener('abort', this.#abort))
    // While it waits for its connection there is nothing to abort, and nobody must wait with it.
    this.#abort = () => this.#reject(signal.reason)
    signal.addEventListener('abort', this.#abort, { once: true })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#signal.aborted) controller.abort(this.#signal.reason)
    else this.#signal.addEventListener('abort', () => controller.abort(this.#signal.reason), { once: true })
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.status = status
    this.headers = headers
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length
    const isSuccess = this.status >= 200 && this.status < 300
    if (this.#bytes > (isSuccess ? this.#maxBytes : KEPT_BYTES)) {
      if (isSuccess)
        this.#reject(new RequestError('TOO_LARGE', `the answer has more than ${this.#maxBytes} bytes`))
      else this.#conclude([...this.#chunks, Buffer.from(chunk)])
      controller.abort(new Error('answer too long'))
    } else this.#chunks.push(Buffer.from(chunk))
  }

  onResponseEnd(): void {
    this.#conclude(this.#chunks)
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error)
  }

  #conclude(chunks: readonly Buffer[]): void {
    const { status, headers } = this
    this.body = Buffer.concat(chunks)
    if (status >= 200 && status < 300) {
      this.#resolve(this)
      return
    }
    const isRedirect = status >= 300 && status < 400 && headers.location !== undefined
    const [retryAfter] = [headers['retry-after']].flat()
    const answer = this.body.toString('utf8', 0, KEPT_BYTES)
    const code = isRedirect ? 'REDIRECT' : 'STATUS'
    this.#reject(new RequestError(code, `the server answered ${status}`, { status, retryAfter, answer }))
  }
}

/** Not the parser's own message: it shows what it could not read. */
function parsed(body: Buffer): unknown {
  if (body.length === 0) return undefined
  try {
    return JSON.parse(body.toString())
  } catch {
    throw new RequestError('MALFORMED', 'the answer is no JSON', {
      answer: body.toString('utf8', 0, KEPT_BYTES),
    })
  }
}
