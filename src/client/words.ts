const TLS =
  /^(ERR_SSL_\w+|ERR_TLS_\w+|CERT_\w+|UNABLE_TO_\w+|SELF_SIGNED_\w+|DEPTH_ZERO_\w+|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH_EXCEEDED)$/

/** Whether an error code says that one side cannot trust the other, or cannot speak with it. */
export const isAboutTls = (code: string): boolean => TLS.test(code)

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
