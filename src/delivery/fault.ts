import { RequestError } from '../client/error.ts'
import { codeOf, explain, isAboutTls } from '../client/words.ts'
import { type Outcome, overloaded } from './outcome.ts'

/** What went wrong with a request, and what it means for the whole destination. */
export interface Fault {
  /** `pause`: nothing will pass until somebody mends something; `retry`: it may pass by itself. */
  outcome: 'retry' | 'pause'
  status: number
  /** In words, with what to do. */
  text: string
  /** Certain to meet every other request too. */
  general: boolean
  /** The connection broke before an answer: it may just have been an idle one that the server was closing. */
  lost: boolean
  /** A sign of too many requests at once. */
  overload: boolean
}

const LOST = /^(ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET|UND_ERR_INFO|ERR_HTTP2_\w+)$/

/** The fault behind an error of a request that got no answer. */
export function faultOf(error: unknown): Fault {
  const code = codeOf(error)
  const inner = error instanceof RequestError && error.cause !== undefined ? codeOf(error.cause) : code
  const proxyStatus = error instanceof RequestError ? error.status : 0
  const connecting = error instanceof RequestError && code !== 'RESPONSE_TIMEOUT'
  const misconfigured = isAboutTls(inner) || code === 'PIN_MISMATCH' || [401, 403, 407].includes(proxyStatus)
  return {
    outcome: misconfigured ? 'pause' : 'retry',
    status: proxyStatus,
    text: proxyStatus ? explainProxy(proxyStatus) : explain(inner, error),
    general: connecting || misconfigured,
    lost: !connecting && LOST.test(code),
    overload: code === 'RESPONSE_TIMEOUT',
  }
}

/** The fault behind an answer that is neither an acknowledgement nor about the message itself. */
export function faultOfStatus(status: number, outcome: Outcome): Fault {
  const pause = outcome === 'pause'
  return {
    outcome: pause ? 'pause' : 'retry',
    status,
    text: explainStatus(status),
    general: pause || status === 429,
    lost: false,
    overload: overloaded(status),
  }
}

const STATUS_WORDS: Record<number, string> = {
  401: 'the receiver wants other credentials (401): check login and password',
  403: 'the receiver forbids it (403): check login, password and the client certificate',
  404: 'the receiver knows no such path (404): check url',
  405: 'the receiver takes no messages at this path (405): check url',
  407: 'the proxy wants credentials (407): check proxy_login and proxy_password',
  408: 'the receiver waited too long for the request (408)',
  421: 'the receiver does not go by this name (421): check the host in url',
  429: 'the receiver has too many requests (429)',
  500: 'the receiver failed (500)',
  503: 'the receiver is overloaded or in maintenance (503)',
}

export function explainStatus(status: number): string {
  if (status >= 300 && status < 400) {
    return `the receiver redirects elsewhere (${status}), and redirects are not followed: put the new address in url`
  }
  return STATUS_WORDS[status] ?? `the receiver answered ${status}`
}

const explainProxy = (status: number): string =>
  status === 407
    ? explainStatus(407)
    : `the proxy refused the tunnel (${status}): check proxy and what it lets through`
