import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { listenAt } from '../receiver/unix.ts'
import { Edges, reason } from '../state/edges.ts'
import type { Lag, Source, Work } from '../types.ts'
import type { TailContext } from './context.ts'
import { chunks, streamRecords } from './records.ts'
import { Spooled } from './spool.ts'

/** Each may hold one unfinished line of `max_line` bytes. A Suricata needs one. */
const MAX_CONNECTIONS = 32

/**
 * Listens on a Unix stream socket and takes lines from those who connect (Suricata's `filetype: unix_stream`). Lines
 * of one connection keep their order and are never mixed with those of another.
 *
 * The stream has no acknowledgement. What was read from it is written to the spool at once, and is safe from the next
 * sync on, some milliseconds later; what is in the kernel's buffers when this process dies is lost, and nobody knows
 * how much it was. At an orderly stop all that can be read is spooled first. When the spool is full no more is read.
 *
 * A socket file that nobody answers on is replaced; anything else at that path is left alone, and tried again at each
 * `poll_interval`. On abort nothing more is read; what was taken is handed out, or stays in the spool if it is much.
 */
export function unixStream(options: { path: string }, context: TailContext): Source {
  return new UnixStream(options.path, context)
}

class UnixStream implements Source {
  readonly #path: string
  readonly #context: TailContext
  readonly #spooled: Spooled
  readonly #edges: Edges
  readonly #connections = new Map<Socket, Promise<void>>()
  readonly #server: Server
  readonly #stopping = new AbortController()
  /** Why the socket cannot be opened. */
  #deaf: string | undefined

  constructor(path: string, context: TailContext) {
    this.#path = path
    this.#context = context
    this.#spooled = new Spooled(path, context)
    this.#edges = new Edges(context.log)
    this.#server = createServer((socket) => this.#accept(socket))
    this.#server.maxConnections = MAX_CONNECTIONS
    this.#server.on('error', (error) => context.log.debug({ path, reason: reason(error) }, 'socket failed'))
    this.#server.on('drop', () =>
      this.#edges.begin('drop', 'too many connections, some were refused', { path }),
    )
  }

  async *work(signal: AbortSignal): AsyncGenerator<Work, void, void> {
    if (signal.aborted) return
    const stop = () => void this.#stop()
    signal.addEventListener('abort', stop)
    void this.#listen()
    try {
      yield* this.#spooled.pieces()
    } finally {
      signal.removeEventListener('abort', stop)
      await this.#hangUp()
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
    await this.#hangUp()
    await this.#spooled.close()
  }

  async #listen(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted && !this.#server.listening) {
      try {
        await listenAt(this.#server, this.#path)
        this.#context.log.info({ path: this.#path }, 'taking records')
        this.#deaf = undefined
        this.#edges.end(this.#path)
      } catch (error) {
        this.#deaf = `${this.#path} cannot be opened: ${reason(error)}`
        const fields = { path: this.#path, reason: reason(error) }
        this.#edges.begin(this.#path, 'socket cannot be opened', fields, 'error')
        await sleep(this.#context.poll_interval, undefined, { signal }).catch(() => undefined)
      }
    }
    if (signal.aborted) this.#server.close()
  }

  #accept(socket: Socket): void {
    const reading = this.#read(socket).finally(() => {
      this.#connections.delete(socket)
      if (this.#context.once && this.#connections.size === 0) void this.#stop()
    })
    this.#connections.set(socket, reading)
  }

  async #read(socket: Socket): Promise<void> {
    const { max_line, log, onEvent } = this.#context
    const origin = this.#path
    try {
      await streamRecords(
        chunks(socket, this.#stopping.signal),
        max_line,
        (records) => this.#spooled.put(records),
        (bytes) => onEvent?.({ kind: 'over_long', origin, bytes }),
      )
    } catch (error) {
      log.debug({ path: origin, reason: reason(error) }, 'connection broke off')
    } finally {
      socket.destroy()
    }
  }

  /** Takes nothing more; what was taken is handed out, if it is not too much. */
  async #stop(): Promise<void> {
    await this.#hangUp()
    await this.#spooled.end()
  }

  /** Closes the socket, which removes its file, and spools what was read from the connections. */
  async #hangUp(): Promise<void> {
    this.#stopping.abort()
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#spooled.finish()
    await Promise.all([closed, ...this.#connections.values()])
  }
}
