import {
  type Meta,
  startTestserver,
  type Testserver,
  type TestserverOptions,
} from '../../src/testserver/server.ts'
import { onTestFinished } from './ending.ts'
import { numberOf, range } from './events.ts'
import { until } from './wait.ts'

export type Message = Record<string, unknown>

/** What became of the alerts that were written. */
export interface Account {
  lost: number[]
  /** Received more than once. */
  twice: number[]
  /** Received more than once, and not with the same ID: a receiver could not tell. */
  changed: number[]
  /** Received, and not among those asked for. */
  foreign: number[]
  /** Messages that were refused because they are not valid. */
  invalid: number
}

export const EXACT: Account = { lost: [], twice: [], changed: [], foreign: [], invalid: 0 }

/**
 * The receiver that validates, in this process, and what it received by the number of the alert. It can go down and
 * come back on the same port.
 */
export class Oracle {
  readonly messages: Message[] = []
  readonly metas: Meta[] = []
  /** When each message came, ms since 1970. */
  readonly arrivedAt: number[] = []
  readonly #ids = new Map<number, string[]>()
  readonly #options: TestserverOptions
  #server: Testserver | undefined
  #invalid = 0
  #requests = 0
  #port: number

  private constructor(options: TestserverOptions) {
    this.#options = options
    this.#port = options.port ?? 0
  }

  /** Closed with the test. */
  static async start(options: TestserverOptions = {}): Promise<Oracle> {
    const oracle = new Oracle(options)
    await oracle.up()
    onTestFinished(() => oracle.down())
    return oracle
  }

  get url(): string {
    return `${this.#options.tls ? 'https' : 'http'}://127.0.0.1:${this.#port}/`
  }

  get numbers(): ReadonlySet<number> {
    return new Set(this.#ids.keys())
  }

  /** With what is to be otherwise than at the start. */
  async up(changes: TestserverOptions = {}): Promise<void> {
    const onMessage = (message: Message, meta: Meta) => this.#take(message, meta)
    this.#server = await startTestserver({ ...this.#options, ...changes, port: this.#port, onMessage })
    this.#port = this.#server.port
  }

  async down(): Promise<void> {
    this.#invalid += this.#server?.stats().invalid ?? 0
    this.#requests = this.requests
    const server = this.#server
    this.#server = undefined
    await server?.close()
  }

  get requests(): number {
    return this.#requests + (this.#server?.stats().requests ?? 0)
  }

  /** How often an alert was received. */
  times(number: number): number {
    return this.#ids.get(number)?.length ?? 0
  }

  messageOf(number: number): Message | undefined {
    return this.messages.find((message) => numberOf(message) === number)
  }

  account(wanted: readonly number[]): Account {
    const all = new Set(wanted)
    const repeated = [...this.#ids].filter(([, ids]) => ids.length > 1)
    return {
      lost: wanted.filter((number) => !this.#ids.has(number)),
      twice: repeated.map(([number]) => number).sort((a, b) => a - b),
      changed: repeated.filter(([, ids]) => new Set(ids).size > 1).map(([number]) => number),
      foreign: [...this.#ids.keys()].filter((number) => !all.has(number)),
      invalid: this.#invalid + (this.#server?.stats().invalid ?? 0),
    }
  }

  /** Waits for the alerts `from` to `to` (not included). */
  async arrival(from: number, to: number): Promise<void> {
    const wanted = range(from, to)
    await until(
      `alerts ${from} to ${to}`,
      () => wanted.every((number) => this.#ids.has(number)),
      () => `missing: ${wanted.filter((number) => !this.#ids.has(number)).slice(0, 20)}`,
    )
  }

  #take(message: Message, meta: Meta): void {
    const number = numberOf(message) ?? -1
    this.messages.push(message)
    this.metas.push(meta)
    this.arrivedAt.push(Date.now())
    this.#ids.set(number, [...(this.#ids.get(number) ?? []), String(message.ID)])
  }
}
