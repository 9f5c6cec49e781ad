import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/**
 * What the proxy does to a connection that has sent something. Changed at any time with `fault`; each request meets
 * what was asked for when it began.
 * - `pass`: nothing.
 * - `silent`: takes requests, passes nothing on, never answers.
 * - `trickle`: passes requests on, gives the answer a byte at a time, one every `TRICKLE_MS`.
 * - `cut`: passes requests on and closes the connection instead of answering: the answer is lost, the message is not.
 * - `reset`: the same with RST.
 * - `answer-reset`: answers, and sends RST after it.
 * - `half-close`: passes requests on and sends FIN before the answer, which never comes, while still reading.
 */
export type Fault = 'pass' | 'silent' | 'trickle' | 'cut' | 'reset' | 'answer-reset' | 'half-close'

/** A second a byte would be the classic; no client here has that much patience. */
const TRICKLE_MS = 100

/** A TCP proxy between the program and the receiver that does what networks and dying receivers do. Ends with the test. */
export class FaultProxy {
  fault: Fault = 'pass'
  /** Where new connections go. */
  target: number
  /** Answers are held back so long. */
  delayMs = 0
  /** A connection that was quiet for so long is closed, without any sign before. */
  idleMs: number | undefined
  connections = 0
  /** Requests that met a fault, as far as chunks of bytes tell. */
  struck = 0
  readonly #open = new Set<Socket>()
  #server: Server | undefined
  readonly #host: string
  #port: number

  private constructor(target: number, host: string, port: number) {
    this.target = target
    this.#host = host
    this.#port = port
  }

  static async to(url: string, { host = '127.0.0.1', port = 0 } = {}): Promise<FaultProxy> {
    const proxy = new FaultProxy(Number(new URL(url).port), host, port)
    await proxy.listen()
    onTestFinished(() => proxy.refuse())
    return proxy
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return `http://${this.#host}:${this.#port}/`
  }

  /** On the same port as before. */
  async listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket))
    server.listen(this.#port, this.#host)
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port // it listens on TCP
    this.#server = server
  }

  /** Connections are cut, and further ones refused. */
  async refuse(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const closed = once(server, 'close')
    server.close()
    this.hangUp()
    await closed
  }

  /** Resets what is open. */
  hangUp(): void {
    for (const socket of this.#open) socket.resetAndDestroy()
  }

  #serve(client: Socket): void {
    this.connections++
    const upstream = connect(this.target, '127.0.0.1')
    for (const socket of [client, upstream]) {
      this.#open.add(socket)
      socket.on('error', () => socket.destroy()) // what we do to others is done to us as well
      socket.on('close', () => this.#open.delete(socket))
    }
    client.on('close', () => upstream.destroy())
    client.on('end', () => upstream.end())
    upstream.on('close', () => client.end())
    let fault: Fault = 'pass'
    let idle: NodeJS.Timeout | undefined
    const watch = () => {
      clearTimeout(idle)
      if (this.idleMs !== undefined) idle = setTimeout(() => client.destroy(), this.idleMs)
    }
    client.on('data', (chunk) => {
      clearTimeout(idle)
      fault = this.fault
      if (fault !== 'pass') this.struck++
      if (fault === 'half-close') client.end()
      if (fault !== 'silent') upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      if (this.delayMs > 0) setTimeout(answer, this.delayMs, client, chunk, fault)
      else answer(client, chunk, fault)
      watch()
    })
  }
}

function answer(client: Socket, chunk: Buffer, fault: Fault): void {
  if (fault === 'pass') client.write(chunk)
  if (fault === 'cut') client.destroy()
  if (fault === 'reset') client.resetAndDestroy()
  if (fault === 'answer-reset') client.write(chunk, () => client.resetAndDestroy())
  if (fault === 'trickle') trickle(client, chunk)
}

function trickle(client: Socket, chunk: Buffer): void {
  let sent = 0
  const timer = setInterval(() => {
    if (sent < chunk.length && !client.destroyed) client.write(chunk.subarray(sent, ++sent))
    else clearInterval(timer)
  }, TRICKLE_MS)
}
