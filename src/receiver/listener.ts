import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { MAX_HEADERS, PATIENCE } from './listen.ts'

/** PEM texts. With `ca`, a client certificate that it signed is required. */
export interface Tls {
  key: string
  cert: string
  ca?: string
  /** What the transport draft wants, unless it is said otherwise: 1.3. */
  minVersion?: 'TLSv1.2' | 'TLSv1.3'
}

export interface Patience {
  headersTimeoutMs?: number
  requestTimeoutMs?: number
}

const MAX_CONNECTIONS = 1024
const HANDSHAKE_TIMEOUT_MS = 10_000

/** Requests at a time on a connection of HTTP/2, where Node sets no limit; RFC 9113 §6.5.2 advises no less than 100. */
const MAX_STREAMS = 256

/**
 * HTTP/1.1, or with `tls` HTTP/1.1 and HTTP/2 by ALPN, as the transport draft wants them (§4.3, §4.5).
 * Requests over either reach the same listener.
 */
export function createListener(listener: RequestListener, tls: Tls | undefined, patience: Patience): Server {
  const { headersTimeoutMs: headersTimeout = PATIENCE.headersTimeout } = patience
  const { requestTimeoutMs: requestTimeout = PATIENCE.requestTimeout } = patience
  const connectionsCheckingInterval = Math.min(PATIENCE.connectionsCheckingInterval, headersTimeout / 2)
  const limits = { ...PATIENCE, headersTimeout, requestTimeout, connectionsCheckingInterval }
  const server = tls ? createTlsListener(tls, limits) : createServer(limits)
  // No limit of requests a socket: Node answers 503 to those pipelined beyond it, which would look like a failure.
  server.maxConnections = MAX_CONNECTIONS
  server.maxHeadersCount = MAX_HEADERS
  // With a listener of its own, 100 Continue is sent only when the body is wanted.
  server.on('request', listener).on('checkContinue', listener)
  return server
}

type Limits = Required<Pick<ServerOptions, 'headersTimeout'>>

function createTlsListener({ key, cert, ca, minVersion = 'TLSv1.3' }: Tls, limits: Limits): Server {
  const server: Http2SecureServer = createSecureServer({
    ...limits,
    key,
    cert,
    ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }),
    minVersion,
    allowHTTP1: true,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    maxSessionMemory: 16,
    settings: { maxConcurrentStreams: MAX_STREAMS },
  })
  server.on('session', (session) => hurry(session, limits))
  // Its requests and responses have the methods of HTTP/1's (the compatibility API), and so has the server itself.
  return Object.assign(server as unknown as Server, limits)
}

/** What HTTP/1 has from Node and HTTP/2 has not: an end to connections on which nothing is asked, however busy they look. */
function hurry(session: ServerHttp2Session, { headersTimeout }: Limits): void {
  let open = 0
  const wait = () => setTimeout(() => session.destroy(), headersTimeout)
  let idle = wait()
  session.once('close', () => clearTimeout(idle))
  session.on('stream', (stream) => {
    open += 1
    clearTimeout(idle)
    stream.once('close', () => {
      open -= 1
      if (open === 0 && !session.destroyed) idle = wait()
    })
  })
}

/** Keeps the open connections of a server, so that they can be cut. */
export function connectionsOf(server: Server): { cut(): void } {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return {
    cut() {
      for (const socket of sockets) socket.destroy()
    },
  }
}
