import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, hangUp, send, sendAndLeave } from '../receiver/answer.ts'
import { type Body, isTooLong, type Limits, readBody } from '../receiver/body.ts'
import { type Account, Doorkeeper } from '../receiver/doorkeeper.ts'
import { mediaType, pathOf } from '../receiver/head.ts'
import { authority, listen, PATIENCE } from '../receiver/listen.ts'
import { connectionsOf, createListener, type Patience, type Tls } from '../receiver/listener.ts'
import { roomFor } from '../receiver/room.ts'
import { listenAt } from '../receiver/unix.ts'
import { Edges, reason } from '../state/edges.ts'
import type { Lag, Source, Unfold, Work } from '../types.ts'
import type { TailContext } from './context.ts'
import { cutJson, cutLines, type Malformed } from './cut.ts'
import {
  BUSY,
  DAMAGED,
  type Denied,
  denialOf,
  FROM_A_PAGE,
  malformed,
  SPOOL_FULL,
  STOPPING,
  TOO_SLOW,
  tooLarge,
} from './denial.ts'
import { Spooled } from './spool.ts'
import { unfoldJson, unfoldLines } from './unfold.ts'

/** What is taken, and how it becomes records. */
export interface Form {
  /** Media types, in UTF-8. */
  types: readonly string[]
  /** Which charsets can be read besides, where not UTF-8 alone is. */
  charsets?: (charset: string) => boolean
  /**
   * Whole lines, one record each, of a body of one of these types; the body is its own from then on. No line at all is fine. The charset
   * is that of the Content-Type, if it says one.
   */
  records(body: Buffer, type: string, charset?: string): Buffer | Malformed | Denied
  /** What is said of a body that was taken; 204 unless said otherwise. */
  taken?: Answer
  /** The status when there is no room now; 429 unless said otherwise. */
  full?: number
  /**
   * The same lines with what they lack, asked for elsewhere before they are taken. The request waits for it, so it must be bounded in
   * time; and it does not throw: what cannot be completed is taken as it is.
   */
  complete?(lines: Buffer, signal: AbortSignal): Promise<Buffer>
}

/** One object, an array of them, or one a line. */
export const JSON_FORM: Form = {
  types: ['application/json', 'application/x-ndjson', 'application/ndjson', 'text/plain'],
  records: (body, type) => (type === 'application/json' ? cutJson(body) : cutLines(body)),
}

/** The same, from a tool that sends envelopes. */
export const unfolding = (unfold: Unfold): Form => ({
  types: JSON_FORM.types,
  records(body, type) {
    if (type === 'application/json') return unfoldJson(body, unfold)
    const lines = cutLines(body)
    return Buffer.isBuffer(lines) ? unfoldLines(lines, unfold) : lines
  },
})

/** Where lines are kept until they are delivered, beside the spool of the source itself. */
export type Copy = Pick<Spooled, 'tryAccept' | 'hasRoomFor'>

export interface PushOptions {
  /** Port 0 takes any. */
  address: { host: string; port: number } | { socket: string }
  /** The only one that takes records; all do where it is left out. */
  path?: string
  /** Who may send: whoever knows one of these, or has a certificate that `tls.ca` signed. Without any of them, everyone who can reach the address. */
  account?: Account | undefined
  token?: string | undefined
  tls?: Tls | undefined
  /** Before and after decompression. */
  maxBodyBytes: number
  patience?: Patience
  form?: Form
  /** Others that have to have a body too before it is taken; asked for when one is at hand. */
  copies?: () => readonly Copy[]
}

/**
 * Takes records by HTTP. 204 says that all of a body are on the disk, in the spool: from then on they are ours. With any other answer,
 * or none, nothing of it was taken and whoever sent it has to come again; only when our answer was lost on its way were they taken, and
 * come twice.
 *
 * An address that cannot be listened on is tried again at each `poll_interval`. With `once` nothing is taken: what lies in the
 * spool is handed out. On abort what was taken is handed out, or stays in the spool if it is much.
 */
export function httpPush(options: PushOptions, context: TailContext): Source {
  return new HttpPush(options, context)
}

class HttpPush implements Source {
  readonly #options: PushOptions
  readonly #context: TailContext
  readonly #form: Form
  readonly #origin: string
  readonly #spooled: Spooled
  readonly #edges: Edges
  readonly #doorkeeper: Doorkeeper | undefined
  readonly #limits: Limits
  readonly #server: Server
  readonly #connections: { cut(): void }
  /** Of requests that are not answered yet. */
  readonly #answers = new Set<Promise<unknown>>()
  readonly #stopping = new AbortController()
  /** Why the address cannot be listened on. */
  #deaf: string | undefined

  constructor(options: PushOptions, context: TailContext) {
    const { address, path = '/', tls, account, token, maxBodyBytes } = options
    const { patience = {}, form = JSON_FORM } = options
    const maxMs = patience.requestTimeoutMs ?? PATIENCE.requestTimeout
    this.#options = options
    this.#context = context
    this.#form = form
    this.#origin = `${tls ? 'https' : 'http'}://${'socket' in address ? `unix:${address.socket}` : authority(address.host, address.port)}${path}`
    this.#spooled = new Spooled(this.#origin, context)
    this.#edges = new Edges(context.log)
    if (account || token !== undefined)
      this.#doorkeeper = new Doorkeeper({ realm: 'idmefv2-stream', account, token })
    this.#limits = { maxBytes: maxBodyBytes, maxMs, room: roomFor(maxBodyBytes) }
    this.#server = createListener((request, response) => this.#accept(request, response), tls, patience)
    this.#server.on('error', (error) => context.log.debug({ reason: reason(error) }, 'listener failed'))
    this.#connections = connectionsOf(this.#server)
  }

  async *work(signal: AbortSignal): AsyncGenerator<Work, void, void> {
    if (signal.aborted) return
    const stop = () => void this.#stop()
    signal.addEventListener('abort', stop)
    if (this.#context.once) stop()
    else void this.#listen()
    try {
      yield* this.#spooled.pieces()
    } finally {
      signal.removeEventListener('abort', stop)
      this.#refuseAll()
    }
  }

  commit(work: Work): void {
    this.#spooled.commit(work)
  }

  lag(): Lag {
    return this.#spooled.lag()
  }

  notReady(): string | undefined {
    return this.#deaf
  }

  async close(): Promise<void> {
    this.#refuseAll()
    // Who waits for the disk is told now.
    await this.#spooled.close()
    await this.#hangUp()
  }

  async #listen(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted && !this.#server.listening) {
      try {
        const url = await this.#open()
        this.#deaf = undefined
        this.#edges.end('listen')
        this.#context.log.info({ url }, 'taking records')
      } catch (error) {
        this.#deaf = error instanceof Error ? error.message : String(error)
        this.#edges.begin('listen', 'no records can be taken', { reason: this.#deaf }, 'error')
        await sleep(this.#context.poll_interval, undefined, { signal }).catch(() => undefined)
      }
    }
    if (signal.aborted) this.#server.close()
  }

  /** Gives the URL to reach it by. */
  async #open(): Promise<string> {
    const { address, path = '/', tls } = this.#options
    if ('socket' in address) {
      await listenAt(this.#server, address.socket)
      return this.#origin
    }
    const { url } = await listen(this.#server, { ...address, scheme: tls ? 'https' : 'http' })
    return url + path
  }

  #accept(request: IncomingMessage, response: ServerResponse): void {
    const answered = new Promise<void>((resolve) => response.once('close', resolve))
    this.#answers.add(answered)
    void answered.then(() => this.#answers.delete(answered))
    this.#handle(request, response).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) return // the client left; there is nobody to tell
      this.#context.log.error({ err: error }, 'request failed')
      send(response, { status: 500, error: 'the records could not be taken' })
    })
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const ruledOut = this.#ruleOut(request)
    if (ruledOut) return this.#deny(request, response, ruledOut)
    if (request.headers.expect !== undefined) response.writeContinue()
    const body = await readBody(request, this.#limits)
    const { type = '', charset } = mediaType(request.headers['content-type']) ?? {}
    const denied = await this.#take(body, type, charset)
    if (this.#stopping.signal.aborted) hangUp(request, response)
    if (denied) this.#deny(request, response, denied)
    else send(response, this.#form.taken ?? { status: 204 })
  }

  /** What can be said before the body is read. */
  #ruleOut(request: IncomingMessage): Denied | undefined {
    const { method = '', headers } = request
    const head = { method, path: pathOf(request.url ?? '/'), headers }
    if (this.#stopping.signal.aborted) return STOPPING
    if (headers.origin !== undefined) return FROM_A_PAGE
    const barred = this.#doorkeeper?.bar(headers.authorization, request.socket.remoteAddress)
    if (barred) return { ...barred, reason: 'unauthorised' }
    const denied = denialOf(head, { path: this.#options.path, ...this.#form })
    if (denied) return denied
    if (isTooLong(request, this.#limits.maxBytes)) return tooLarge(this.#limits.maxBytes)
    // Compressed bodies need more, and are told when they are here.
    return this.#hasRoomFor(Number(headers['content-length'] ?? 1)) ? undefined : this.#full(SPOOL_FULL)
  }

  /** Gives why it was not taken, or nothing when all of it is on the disk. */
  async #take({ content, release }: Body, type: string, charset?: string): Promise<Denied | undefined> {
    let spooling: Promise<unknown> | Denied | undefined
    try {
      const records = this.#read(content, type, charset)
      if (!Buffer.isBuffer(records)) return records
      const completed = this.#form.complete?.(records, this.#stopping.signal)
      spooling = this.#spool(completed ? await completed : records)
    } finally {
      // From here on the spool holds it, within its own bound.
      release()
    }
    if (!(spooling instanceof Promise)) return spooling
    return spooling.then(
      () => undefined,
      () => STOPPING,
    )
  }

  #read(content: Body['content'], type: string, charset?: string): Buffer | Denied {
    if (this.#stopping.signal.aborted) return STOPPING
    if (content === 'too large') return tooLarge(this.#limits.maxBytes)
    if (content === 'too slow') return TOO_SLOW
    if (content === 'no room') return this.#full(BUSY)
    if (content === 'damaged') return DAMAGED
    const records = this.#form.records(content, type, charset)
    if (Buffer.isBuffer(records)) return records
    return 'status' in records ? records : malformed(records)
  }

  #spool(records: Buffer): Promise<unknown> | Denied | undefined {
    if (this.#stopping.signal.aborted) return STOPPING
    if (records.length === 0) return undefined
    const stores = this.#stores()
    if (!stores.every((store) => store.hasRoomFor(records.length))) return this.#full(SPOOL_FULL)
    const bodies = stores.map((_, i) => (i === 0 ? records : Buffer.from(records)))
    const spooling = stores.map((store, i) => store.tryAccept(bodies[i] ?? records))
    if (!spooling.includes(undefined)) return Promise.all(spooling)
    // Whoever took it has it twice when the sender comes again.
    void Promise.allSettled(spooling)
    return this.#full(BUSY)
  }

  #stores(): readonly [Copy, ...Copy[]] {
    return [this.#spooled, ...(this.#options.copies?.() ?? [])]
  }

  #hasRoomFor(bytes: number): boolean {
    return this.#stores().every((store) => store.hasRoomFor(bytes))
  }

  #full(denied: Denied): Denied {
    return { ...denied, status: this.#form.full ?? denied.status }
  }

  #deny(request: IncomingMessage, response: ServerResponse, denied: Denied): void {
    const { headers, socket } = request
    const { reason, status, error } = denied
    this.#context.onEvent?.({ kind: 'refused', origin: this.#origin, reason })
    // The first of each kind; all are counted, and whoever sends decides how many there are.
    const fields = { address: socket.remoteAddress, status }
    this.#edges.begin(reason, `a request was refused: ${error}`, fields)
    const mayNotFollow = headers.expect !== undefined && !request.complete
    if (mayNotFollow || this.#stopping.signal.aborted) hangUp(request, response)
    // It is paused where the reading was given up. What is short can be read to its end, and the connection used again.
    const isShort = !isTooLong(request, this.#limits.maxBytes) && !('transfer-encoding' in headers)
    if (request.readableEnded || (isShort && !request.isPaused())) send(response, denied)
    else sendAndLeave(request, response, denied)
  }

  /** Takes nothing more; what was taken is handed out, if it is not too much. */
  async #stop(): Promise<void> {
    this.#refuseAll()
    await Promise.all([this.#hangUp(), this.#spooled.end()])
  }

  #refuseAll(): void {
    this.#stopping.abort()
    this.#server.close()
    this.#limits.room.clear()
    this.#spooled.finish()
  }

  /** Closes all connections, each when what was asked on it is answered. */
  async #hangUp(): Promise<void> {
    await Promise.all(this.#answers)
    this.#connections.cut()
  }
}
