/**
 * `CONNECT`, `CONNECT_TIMEOUT`: no connection. `PIN_MISMATCH`: the certificate is none of the pinned ones. `PROXY`: the proxy refused
 * the tunnel, with `status`. `RESPONSE_TIMEOUT`: no whole answer in time. `STATUS`: an answer, with `status`, that is no success;
 * `REDIRECT`: one that points elsewhere. `TOO_LARGE`: an answer over its bound. `MALFORMED`: one that is no JSON, or not what it should be.
 */
export type RequestErrorCode =
  | 'CONNECT'
  | 'CONNECT_TIMEOUT'
  | 'PIN_MISMATCH'
  | 'PROXY'
  | 'RESPONSE_TIMEOUT'
  | 'CLOSED'
  | 'STATUS'
  | 'REDIRECT'
  | 'TOO_LARGE'
  | 'MALFORMED'

interface Circumstances {
  status?: number
  cause?: unknown
  retryAfter?: string | undefined
  answer?: string
}

/** A request that did not get what was asked for. `cause` is the error of the socket, where there was one. */
export class RequestError extends Error {
  readonly code: RequestErrorCode
  readonly status: number
  /** The header, where the answer had one. */
  readonly retryAfter: string | undefined
  /** The head of the answer: what the server says, which may hold anything. Not for logs. */
  readonly #answer: string
  override name = 'RequestError'
  constructor(code: RequestErrorCode, message: string, circumstances: Circumstances = {}) {
    super(message, { cause: circumstances.cause })
    this.code = code
    this.status = circumstances.status ?? 0
    this.retryAfter = circumstances.retryAfter
    this.#answer = circumstances.answer ?? ''
  }

  /** A method's value and no field: an error that is logged as it is does not show it. */
  get answer(): string {
    return this.#answer
  }
}
