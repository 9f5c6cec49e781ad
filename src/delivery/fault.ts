import { type Outcome, overloaded } from './outcome.ts'

/** `PIN_MISMATCH`: the certificate is none of the pinned ones. `PROXY`: the proxy refused the tunnel, with `status`. */
export type DeliveryErrorCode =
  | 'CONNECT'
  | 'CONNECT_TIMEOUT'
  | 'PIN_MISMATCH'
  | 'PROXY'
  | 'RESPONSE_TIMEOUT'
  | 'CLOSED'

/** A request that got no answer. `cause` is the error of the socket, where there was one. */
export class DeliveryError extends Error {
  readonly code: DeliveryErrorCode
  readonly status: number
  override name = 'DeliveryError'
  constructor(code: DeliveryErrorCode, message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.status = options.status ?? 0
  }
}

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
const TLS =
  /^(ERR_SSL_\w+|ERR_TLS_\w+|CERT_\w+|UNABLE_TO_\w+|SELF_SIGNED_\w+|DEPTH_ZERO_\w+|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH_EXCEEDED)$/

/** The fault behind an error of a request that got no answer. */
export function faultOf(error: unknown): Fault {
  const code = codeOf(error)
  const inner = error instanceof DeliveryError && error.cause !== undefined ? codeOf(error.cause) : code
  const proxyStatus = error instanceof DeliveryError ? error.status : 0
  const connecting = error instanceof DeliveryError && code !== 'RESPONSE_TIMEOUT'
  const misconfigured = TLS.test(inner) || code === 'PIN_MISMATCH' || [401, 403, 407].includes(proxyStatus)
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

const ERROR_WORDS: Record<string, string> = {
  ECONNREFUSED: 'connection refused: nothing listens there, or a firewall says no',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ENOTFOUND: 'the name does not resolve: check the host in url, and DNS',
  EAI_AGAIN: 'the name server does not answer',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  UND_ERR_SOCKET: 'the connection was closed before an answer',
  CERT_HAS_EXPIRED: 'the server certificate has expired: have it renewed',
  CERT_NOT_YET_VALID: 'the server certificate is not valid yet: check both clocks',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'the server certificate is self-signed: name it in ca, or pin it with pin_sha256',
  SELF_SIGNED_CERT_IN_CHAIN:
    'the server certificate comes from an unknown authority: name that authority in ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the server certificate comes from an unknown authority: name that authority in ca',
  UNABLE_TO_GET_ISSUER_CERT:
    'an intermediate certificate is missing: the server should send it, or add it to ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'the server certificate comes from an unknown authority: name that authority in ca',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the server certificate is for another name: use one of its names in url',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION:
    'the server offers no TLS as new as asked: upgrade it, or lower tls_min_version',
  ERR_SSL_UNSUPPORTED_PROTOCOL:
    'the server offers no TLS as new as asked: upgrade it, or lower tls_min_version',
  ERR_SSL_WRONG_VERSION_NUMBER: 'no TLS spoken there: is it http:// rather than https://?',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'no TLS spoken there: is it http:// rather than https://?',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'the server wants a client certificate: set cert and key',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA:
    'the server does not know the authority of our client certificate: check cert',
  CONNECT_TIMEOUT: 'no connection in time: is a firewall in between?',
  RESPONSE_TIMEOUT: 'no whole answer in time',
}

/** Words for an error code of the network, of TLS or of the client; else the error's own message. */
export function explain(code: string, error?: unknown): string {
  const known = ERROR_WORDS[code]
  if (known !== undefined) return `${known} (${code})`
  if (code.startsWith('HPE_')) return `the answer is not HTTP (${code})`
  const message = error instanceof Error ? error.message : String(error ?? '')
  return message === '' || message === code ? code : `${message} (${code})`
}

export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'UNKNOWN'
  const code = 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'UNKNOWN'
}
