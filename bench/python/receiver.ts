import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { numberOf } from './alerts.ts'

const LOOK_MS = 20
/** Longer than any pause between two alerts, so that no client meets a connection that is just being closed. */
const KEEP_ALIVE_MS = 120_000

/** Takes every message, answers 204 and remembers which alerts it was made from. */
export class Receiver {
  /** By the number of the alert, when its message came first. */
  readonly arrivals = new Map<number, number>()
  messages: string[] = []
  #server: Server | undefined
  #port = 0
  #lastMs = 0

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`
  }

  /** Listens; after `down`, where it listened before. */
  async up(): Promise<void> {
    const server = createServer(async (request, response) => {
      this.#take(await text(request).catch(() => undefined))
      response.writeHead(204).end()
    })
    server.keepAliveTimeout = KEEP_ALIVE_MS
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port // it listens on TCP
    this.#server = server
  }

  /** Refuses connections, and ends those there are. */
  async down(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }

  forget(): void {
    this.arrivals.clear()
    this.messages = []
  }

  count(first: number, count: number): number {
    return Array.from({ length: count }, (_, i) => first + i).filter((n) => this.arrivals.has(n)).length
  }

  async has(number: number, withinMs: number): Promise<boolean> {
    const end = performance.now() + withinMs
    while (!this.arrivals.has(number) && performance.now() < end) await sleep(LOOK_MS)
    return this.arrivals.has(number)
  }

  /** Resolves with how many of the alerts came, when all did or nothing came for `quietMs`. */
  async settled(first: number, count: number, quietMs: number): Promise<number> {
    const since = performance.now()
    while (performance.now() - Math.max(since, this.#lastMs) < quietMs) {
      if (this.count(first, count) === count) return count
      await sleep(LOOK_MS)
    }
    return this.count(first, count)
  }

  #take(message: string | undefined): void {
    if (message === undefined) return
    this.messages.push(message)
    this.#lastMs = performance.now()
    const number = numberOf(message)
    if (number !== undefined && !this.arrivals.has(number)) this.arrivals.set(number, this.#lastMs)
  }
}
