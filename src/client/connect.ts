import type { X509Certificate } from 'node:crypto'
import net, { type Socket } from 'node:net'
import tls, { type TLSSocket } from 'node:tls'
import type { buildConnector } from 'undici'
import type { Access } from './access.ts'
import { basic, type Credentials } from './credentials.ts'
import { RequestError } from './error.ts'
import { type Place, placeOf } from './target.ts'

/**
 * Opens the connections of undici's pool: straight or through the proxy, and with TLS already checked when the pool
 * gets them, so that no request ever leaves on a connection that was not. `closing` breaks off what is under way.
 */
export function connector(
  target: URL,
  options: Access,
  credentials: Credentials,
  closing: AbortSignal,
): buildConnector.connector {
  const open = async (): Promise<Socket> => {
    const signal = AbortSignal.any([closing, AbortSignal.timeout(options.connect_timeout)])
    try {
      const socket = await reach(target, options, signal)
      return target.protocol === 'https:'
        ? await secure(socket, target, options, credentials, signal)
        : socket
    } catch (error) {
      throw connectError(error, options.connect_timeout)
    }
  }
  return (_, callback) => {
    open().then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    )
  }
}

/** A TCP connection to the target, or through the tunnel of the proxy. */
export function reach(target: URL, options: Access, signal: AbortSignal): Promise<Socket> {
  const place = placeOf(target)
  return options.proxy === undefined
    ? dial(place, signal)
    : tunnel(new URL(options.proxy), options, place, signal)
}

export function dial(place: Place, signal: AbortSignal): Promise<Socket> {
  const socket = net.connect({ ...place, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 })
  return established(socket, 'connect', signal)
}

/**
 * TLS over `socket`, checked. With pinned fingerprints and no `ca`, the pins alone are the trust: the chain and the
 * name are not looked at, the fingerprint is, before the socket is handed on. With both, both must hold.
 *
 * The name is checked as node does it. That accepts wildcards, and a common name where a certificate has no DNS name,
 * which the transport draft (section 4.5.4) forbids; certificates in use have them, and `pin_sha256` is stricter.
 */
export async function secure(
  socket: Socket,
  target: URL,
  options: Access,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const secured = await handshake(socket, target, options, credentials, mustVerify(options), signal)
  const mismatch = pinMismatch(secured, options)
  if (mismatch === undefined) return secured
  secured.destroy()
  throw mismatch
}

export const mustVerify = (options: Access): boolean =>
  options.verify !== false && (options.pin_sha256.length === 0 || hasCa(options))

const hasCa = ({ ca, verify }: Access): boolean => ca !== undefined || typeof verify === 'string'

/** The handshake alone. With `rejectUnauthorized` false nothing about the server is known yet: send nothing. */
export function handshake(
  socket: Socket,
  target: URL,
  options: Access,
  { context }: Credentials,
  rejectUnauthorized: boolean,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const { host } = placeOf(target)
  const secured = tls.connect({
    socket,
    host,
    // RFC 6066: an address is no server name.
    ...(net.isIP(host) === 0 ? { servername: host } : {}),
    ...(context === undefined ? {} : { secureContext: context }),
    rejectUnauthorized,
    ALPNProtocols: options.http2 === 'auto' ? ['h2', 'http/1.1'] : ['http/1.1'],
  })
  return established(secured, 'secureConnect', signal)
}

/** The error when the server's certificate is none of the pinned ones; undefined when it is, or none is pinned. */
export function pinMismatch(socket: TLSSocket, options: Access): RequestError | undefined {
  if (options.pin_sha256.length === 0) return undefined
  const certificate: X509Certificate | undefined = socket.getPeerX509Certificate()
  const actual = certificate === undefined ? 'none' : certificate.fingerprint256
  if (options.pin_sha256.some((pin) => plain(pin) === plain(actual))) return undefined
  return new RequestError(
    'PIN_MISMATCH',
    `the server certificate is not a pinned one; its SHA-256 is ${actual}`,
  )
}

const plain = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase()

/** A CONNECT tunnel (RFC 9110, 9.3.6). Not undici's ProxyAgent: that tells the status of a refusal only in words. */
function tunnel(
  proxy: URL,
  { proxy_login, proxy_password }: Access,
  { host, port }: Place,
  signal: AbortSignal,
): Promise<Socket> {
  const authorization = proxy_login && { 'proxy-authorization': basic(proxy_login, proxy_password?.reveal()) }
  const authority = net.isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
  // Not imported above: see metrics/server.ts.
  const protocol = proxy.protocol === 'https:' ? 'node:https' : 'node:http'
  const request = process.getBuiltinModule(protocol).request({
    ...placeOf(proxy),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...(authorization || {}) },
    agent: false,
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says: our password is in this request.
    rejectUnauthorized: true,
    signal,
  })
  return new Promise((resolve, reject) => {
    request.once('connect', ({ statusCode = 0 }, socket: Socket, head) => {
      // From here on the socket is ours: an error must find a listener until the pool has put its own.
      socket.on('error', reject)
      if (statusCode >= 200 && statusCode < 300) {
        if (head.length > 0) socket.unshift(head)
        resolve(socket.setNoDelay(true))
        return
      }
      socket.destroy()
      reject(new RequestError('PROXY', `the proxy answered ${statusCode}`, { status: statusCode }))
    })
    request.once('response', ({ statusCode = 0 }) => {
      request.destroy()
      reject(new RequestError('PROXY', `the proxy answered ${statusCode}`, { status: statusCode }))
    })
    request.on('error', (error) => reject(signal.aborted ? signal.reason : error))
    request.end()
  })
}

function established<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const abort = () => socket.destroy(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    socket.once(event, () => {
      signal.removeEventListener('abort', abort)
      resolve(socket)
    })
    // Also later on: a TLS alert after the handshake (no client certificate, say) comes as an error of a socket that
    // stays open, and the end of the connection would then be taken for the reason.
    socket.on('error', (error) => {
      reject(error)
      socket.destroy(error)
    })
    socket.once('close', () => {
      signal.removeEventListener('abort', abort)
      reject(new Error('closed while connecting'))
    })
    if (signal.aborted) abort()
  })
}

/** Without one of undici's own codes, which would make its client try to connect for ever. */
function connectError(error: unknown, timeoutMs: number): RequestError {
  if (error instanceof RequestError) return error
  const name = error instanceof Error ? error.name : ''
  if (name === 'TimeoutError')
    return new RequestError('CONNECT_TIMEOUT', `no connection within ${timeoutMs} ms`)
  return new RequestError('CONNECT', error instanceof Error ? error.message : 'no connection', {
    cause: error,
  })
}
