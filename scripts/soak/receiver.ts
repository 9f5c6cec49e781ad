import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { validator } from '../../src/idmefv2/validate.ts'
import { numberOf } from '../../test/e2e/events.ts'

/**
 * What a share (0 to 1) of the requests meets, all others being taken. `status`: it is not stored; `forget`: it is stored
 * and the connection closed instead of an answer; `stall`: it is stored and never answered; `slow`: answered late.
 */
export type Mood =
  | { kind: 'well' }
  | { kind: 'status'; status: number; share: number; retryAfter?: string }
  | { kind: 'forget' | 'stall'; share: number }
  | { kind: 'slow'; delayMs: number }

const WELL: Mood = { kind: 'well' }

const check = validator('2.D.V08')

/** Counts the numbered alerts it gets, in eight bytes each: a run can be long. */
export class Receiver {
  mood: Mood = WELL
  received = 0
  /** Received again, with the ID of the first time. */
  repeated = 0
  /** Received again under another ID: nobody could tell. */
  readonly changed: number[] = []
  readonly invalid: string[] = []
  /** All alerts below it were received. */
  contiguous = 0
  readonly #random: () => number
  #ids = new BigUint64Array(1 << 16)
  #server: Server | undefined
  #port = 0

  constructor(random: () => number) {
    this.#random = random
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`
  }

  async up(): Promise<void> {
    if (this.#server) return
    const server = createServer((request, response) => {
      // A client that is killed leaves in the middle; it will come again.
      this.#serve(request, response).catch(() => response.destroy())
    })
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port // it listens on TCP
    this.#server = server
  }

  async down(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  recover(): void {
    this.mood = WELL
  }

  missing(count: number): number[] {
    const missing: number[] = []
    for (let number = this.contiguous; number < count; number++) {
      if (!this.#ids[number]) missing.push(number)
    }
    return missing
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    const mood = this.mood
    const struck = 'share' in mood && this.#random() < mood.share
    if (struck && mood.kind === 'status') {
      const headers = mood.retryAfter === undefined ? {} : { 'retry-after': mood.retryAfter }
      response.writeHead(mood.status, headers).end()
      return
    }
    this.#take(body)
    if (struck && mood.kind === 'stall') return
    if (struck && mood.kind === 'forget') response.destroy()
    else if (mood.kind === 'slow') setTimeout(() => response.writeHead(204).end(), mood.delayMs)
    else response.writeHead(204).end()
  }

  #take(body: string): void {
    const message: Record<string, unknown> = JSON.parse(body)
    const number = numberOf(message)
    const [fault] = check(message)
    if (number === undefined || fault) {
      this.invalid.push(`${fault?.pointer} ${fault?.reason}: ${body.slice(0, 500)}`)
      return
    }
    const id = fold(String(message.ID))
    const known = this.#at(number)
    if (known === 0n) {
      this.received++
      this.#ids[number] = id
    } else if (known === id) this.repeated++
    else this.changed.push(number)
    while (this.#at(this.contiguous) !== 0n) this.contiguous++
  }

  #at(number: number): bigint {
    if (number >= this.#ids.length) {
      const larger = new BigUint64Array(2 * Math.max(this.#ids.length, number))
      larger.set(this.#ids)
      this.#ids = larger
    }
    return this.#ids[number] ?? 0n
  }
}

/** A UUID in 64 bits, never 0. */
function fold(id: string): bigint {
  const digits = id.replaceAll('-', '')
  return BigInt.asUintN(64, BigInt(`0x${digits.slice(0, 16)}`) * 31n + BigInt(`0x${digits.slice(16)}`)) || 1n
}
