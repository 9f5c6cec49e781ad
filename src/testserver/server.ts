import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Version } from '../idmefv2/profiles.ts'
import { type Answer, hangUp, send, sendAndLeave } from '../receiver/answer.ts'
import { type Body, isTooLong, readBody } from '../receiver/body.ts'
import { type Account, Doorkeeper } from '../receiver/doorkeeper.ts'
import { pathOf } from '../receiver/head.ts'
import { listen, PATIENCE } from '../receiver/listen.ts'
import { connectionsOf, createListener, type Tls } from '../receiver/listener.ts'
import { roomFor } from '../receiver/room.ts'
import { type Accepted, type Refused, readMessages } from './messages.ts'
import { refuse } from './negotiate.ts'
import { PAGE_HEADERS, renderPage } from './page.ts'
import { sendAsPython } from './python.ts'
import { Recent } from './recent.ts'
import { openStore } from './store.ts'
import { type Stats, Tally } from './tally.ts'

export interface TestserverOptions {
  host?: string
  /** 0 picks a free one. */
  port?: number
  /** The only path that takes messages; without it every path does. */
  path?: string
  /** Share of the requests, 0 to 1, that are answered 503 and not looked into. */
  failRate?: number
  /** Sent with such a 503. */
  retryAfterSeconds?: number
  /** Pause before each answer to a POST. */
  delayMs?: number
  /** Take requests and never answer. */
  stall?: boolean
  /** Answer with the statuses of the Python test server: 200, 500 for an invalid message, 501 for another method. */
  pythonCompat?: boolean
  /** Largest body, before and after decompression. */
  maxBodyBytes?: number
  /** File that every accepted message is appended to before it is acknowledged, one a line. */
  store?: string
  tls?: Tls
  /** Who may send and look; without it, everyone who can reach the port. */
  account?: Account
  /** Times after which a client that does not finish its headers, or its request, is turned away. */
  headersTimeoutMs?: number
  requestTimeoutMs?: number
  /** Called for every accepted message before it is acknowledged; a promise holds the acknowledgement back. */
  onMessage?: (message: Record<string, unknown>, meta: Meta) => void | Promise<void>
  /** Called for every POST that is refused for what it is (400 to 499), before it is answered. */
  onRefusal?: (answer: Answer) => void
  log?: Logger
  /** Decides which requests fail; for tests that must know. */
  random?: () => number
}

export interface Meta {
  version: Version
  /** The ID was seen before. */
  duplicate: boolean
  path: string
  headers: IncomingHttpHeaders
}

export interface Testserver {
  /** Without a path: `http://127.0.0.1:9999`. */
  url: string
  port: number
  stats(): Stats
  /** Cuts what is open and frees the port. */
  close(): Promise<void>
}

/**
 * The receiving side of the transport draft (draft-poirotte-idmefv2-https-transport-05, §4.3): takes messages by POST,
 * holds each against the schema of its version, and acknowledges with 204 what it stored. It also takes JSON arrays and
 * gzip, and shows the last messages on a page at `/`. Rejects with `ListenError` when it cannot listen.
 */
export async function startTestserver(options: TestserverOptions = {}): Promise<Testserver> {
  const { host = '127.0.0.1', port = 9999, tls, log } = options
  const store = options.store === undefined ? undefined : await openStore(options.store)
  const { tally, handle } = createReceiver(options, store?.append)
  const server = createListener(onRequest, tls, options)
  const connections = connectionsOf(server)

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    handle(request, response).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) return // the client left; there is nobody to tell
      log?.error({ err: error }, 'request failed')
      send(response, { status: 500, error: 'the message could not be stored' })
    })
  }

  try {
    const bound = await listen(server, { host, port, scheme: tls ? 'https' : 'http' })
    return { ...bound, stats: () => tally.stats(), close }
  } catch (error) {
    await store?.close()
    throw error
  }

  async function close(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve))
    connections.cut()
    await closed
    await store?.close()
  }
}

function createReceiver(options: TestserverOptions, store: ((lines: string) => Promise<void>) | undefined) {
  const {
    host = '127.0.0.1',
    maxBodyBytes = 10 * 1024 ** 2,
    random = Math.random,
    pythonCompat,
    log,
  } = options
  const doorkeeper =
    options.account && new Doorkeeper({ realm: 'IDMEFv2 test server', account: options.account })
  const tally = new Tally()
  const recent = new Recent()
  const limits = {
    maxBytes: maxBodyBytes,
    maxMs: options.requestTimeoutMs ?? PATIENCE.requestTimeout,
    room: roomFor(maxBodyBytes),
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', headers } = request
    const path = pathOf(request.url ?? '/')
    const barred = doorkeeper?.bar(headers.authorization, request.socket.remoteAddress)
    if (barred) {
      if (headers.expect !== undefined) hangUp(request, response)
      tally.answered(barred.status)
      refusal(method, barred)
      return send(response, barred)
    }
    const refused = pythonCompat
      ? onlyPost(method)
      : refuse({ method, path, headers }, { path: options.path, host })
    if (refused) {
      if (headers.expect !== undefined) hangUp(request, response) // a body that was not asked for may follow or not
      refusal(method, refused)
      return answer(response, refused)
    }
    if (method !== 'POST') return showPage(request, response)
    if (headers.expect !== undefined && !isTooLong(request, maxBodyBytes)) response.writeContinue()
    const body = await readBody(request, limits)
    tally.requests += 1
    tally.bytes += body.received
    if (options.stall) return body.release()
    const judged = await judge(body.content, { path, headers }).finally(body.release)
    refusal(method, judged)
    if (options.delayMs) await pause(options.delayMs)
    if (request.readableEnded) return answer(response, judged)
    tally.answered(judged.status)
    sendAndLeave(request, response, judged)
  }

  function refusal(method: string, answer: Answer): void {
    if (method === 'POST' && answer.status >= 400 && answer.status < 500) options.onRefusal?.(answer)
  }

  async function judge(content: Body['content'], from: Pick<Meta, 'path' | 'headers'>): Promise<Answer> {
    if (options.failRate && random() < options.failRate) return overloaded(options.retryAfterSeconds)
    if (content === 'too large') return { status: 413, error: `a body may have ${maxBodyBytes} bytes` }
    if (content === 'too slow') return { status: 408, error: 'the body took too long' }
    if (content === 'no room')
      return {
        status: 429,
        headers: { 'retry-after': '1' },
        error: 'too much is being sent at the same time',
      }
    const read = typeof content === 'string' ? NOT_GZIP : readMessages(content)
    if ('messages' in read) return accept(read, from)
    tally.invalid += read.count
    recent.refuse(read)
    log?.warn({ ...read.faults[0], faults: read.faults.length }, read.error)
    return { status: 400, error: read.error, faults: read.faults }
  }

  async function accept({ text, messages }: Accepted, from: Pick<Meta, 'path' | 'headers'>): Promise<Answer> {
    await store?.(messages.map(({ message }) => `${JSON.stringify(message)}\n`).join(''))
    recent.accept(text)
    for (const { message, version } of messages) {
      const duplicate = tally.accept(message.ID)
      const held = options.onMessage?.(message, { version, duplicate, ...from })
      if (held) await held
    }
    return { status: 204 }
  }

  function showPage(request: IncomingMessage, response: ServerResponse): void {
    const live = request.url?.endsWith('?live') ?? false
    const html = renderPage({ stats: tally.stats(), ...recent.view(), live })
    tally.answered(200)
    response.writeHead(200, { ...PAGE_HEADERS, 'content-length': Buffer.byteLength(html) }).end(html)
  }

  function answer(response: ServerResponse, answer: Answer): void {
    tally.answered(answer.status)
    if (pythonCompat) sendAsPython(response, answer)
    else send(response, answer)
  }

  return { tally, handle }
}

const NOT_GZIP: Refused = {
  error: 'the body is not gzip',
  faults: [{ pointer: '', reason: 'is not gzip' }],
  count: 1,
}

const onlyPost = (method: string): Answer | undefined => (method === 'POST' ? undefined : { status: 501 })

function overloaded(retryAfterSeconds: number | undefined): Answer {
  const headers: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
  return { status: 503, headers, error: 'overloaded, on purpose' }
}

/** Does not keep the process alive. */
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms).unref())
