import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import type { Log } from '../../src/client/log.ts'
import { idmefv2 } from '../../src/config/options.ts'
import type { Messages } from '../../src/types.ts'

export interface Received {
  body: Buffer
  text: string
  headers: IncomingMessage['headers']
  method: string
  path: string
  httpVersion: string
  port: number
}

export type Reply = (request: Received, response: ServerResponse) => void

/** A receiver on loopback that keeps what it got; `reply` may be replaced while it runs. */
export class Receiver {
  readonly received: Received[] = []
  reply: Reply = (_, response) => {
    response.writeHead(204).end()
  }
  readonly server: Server
  readonly #wanted = new Set<() => void>()

  constructor(
    create: (listener: http.RequestListener) => Server = (listener) => http.createServer(listener),
  ) {
    this.server = create((request, response) => {
      void this.#take(request, response)
    })
  }

  get port(): number {
    // An address object: the server listens on TCP.
    return (this.server.address() as AddressInfo).port
  }

  get texts(): string[] {
    return this.received.map(({ text }) => text)
  }

  async listen(port = 0): Promise<this> {
    this.server.listen(port, '127.0.0.1')
    await once(this.server, 'listening')
    return this
  }

  /** Resolves when `condition` holds after a request came. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return
        this.#wanted.delete(look)
        resolve()
      }
      this.#wanted.add(look)
      look()
    })
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close')
    this.server.close()
    if (this.server instanceof http.Server) this.server.closeAllConnections()
    await closed
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk)
    } catch {
      return // The client went away: nothing was received.
    }
    const body = Buffer.concat(chunks)
    const { headers, httpVersion } = request
    const received = {
      body,
      text: body.toString(),
      headers,
      method: request.method ?? '',
      path: request.url ?? '',
      httpVersion,
      port: request.socket.remotePort ?? 0,
    }
    this.received.push(received)
    this.reply(received, response)
    for (const look of [...this.#wanted]) look()
  }
}

/** Options as an operator would write them, with pauses short enough for a test. */
export function optionsFor(url: string, more: Record<string, string> = {}) {
  return idmefv2.parse({
    url,
    retry_min: '5ms',
    retry_max: '40ms',
    probe_interval: '20ms',
    connect_timeout: '2s',
    response_timeout: '5s',
    ...more,
  })
}

/** A buffer that holds no more than the messages, with another one before them to catch wrong offsets. */
export function messagesOf(texts: readonly string[]): Messages {
  const bytes = Buffer.from(`before${texts.join('')}`).subarray('before'.length)
  let end = 0
  const ends = texts.map((text) => (end += Buffer.byteLength(text)))
  return { bytes, ends }
}

export const numbered = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `{"ID":${from + index}}`)

export interface Line {
  level: 'info' | 'warn' | 'error'
  fields: Record<string, unknown>
  text: string
}

export function memoryLog(): Log & { lines: Line[] } {
  const lines: Line[] = []
  const write = (level: Line['level']) => (fields: object, text: string) =>
    void lines.push({ level, fields: { ...fields }, text })
  return { lines, info: write('info'), warn: write('warn'), error: write('error') }
}

export const never: AbortSignal = new AbortController().signal
