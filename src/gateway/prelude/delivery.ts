import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Delivery } from '../../connectors/connector.ts'
import type { Message } from '../../idmefv1/record.ts'
import type { Log } from '../../state/edges.ts'
import type { Work } from '../../types.ts'
import type { Done } from '../../worker/messages.ts'
import type { Letters } from '../letters.ts'
import { gatewayAnalyzer, HEARTBEAT_SECONDS, heartbeat, relayed } from './analyzer.ts'
import { encode } from './encode.ts'
import { framed, priorityOf, TAG } from './frames.ts'
import type { Line } from './line.ts'
import { Link } from './link.ts'
import type { Address, Profile } from './profile.ts'
import { batchOf } from './records.ts'

/**
 * The protocol has no acknowledgement. What was written is taken for delivered when the connection outlives it by this: a
 * manager that ends has then read it, or we are told before, and send it again.
 */
const SETTLE_MS = 1000

export interface PreludeOptions {
  profile: Profile
  addresses: readonly Address[]
  /** Closed with this. */
  letters: Pick<Letters, 'bury' | 'close'>
  log: Log
}

/** Sends spooled messages to a Prelude manager. */
export class PreludeDelivery implements Delivery {
  /** Each is out for as long as it settles. */
  readonly maxOut = 64
  readonly #options: PreludeOptions
  readonly #analyzer: ReturnType<typeof gatewayAnalyzer>
  readonly #link: Link
  readonly #stopped = new AbortController()
  readonly #pulse: NodeJS.Timeout
  /** One piece is read and written at a time, so that messages keep their order. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: PreludeOptions) {
    const { profile, addresses, log } = options
    this.#options = options
    this.#analyzer = gatewayAnalyzer(profile.analyzerid, profile.name)
    this.#link = new Link({ profile, addresses, log, greet: (line) => this.#beat(line, 'starting') })
    this.#pulse = setInterval(() => void this.#sendPulse(), HEARTBEAT_SECONDS * 1000)
    // A manager knows of us before there is anything to tell.
    this.#link.line().catch(() => undefined) // closed before it opened
  }

  /** Resolves when every message of the piece was sent over a connection that lived on; rejects when this is closed. */
  async run(work: Work): Promise<Done> {
    for (;;) {
      const { done, line } = await this.#inTurn(() => this.#send(work))
      if (await this.#settled(line)) return done
    }
  }

  notReady(): string | undefined {
    const { trouble } = this.#link
    return trouble === undefined ? undefined : `the Prelude manager is not connected: ${trouble}`
  }

  async close(): Promise<void> {
    if (this.#stopped.signal.aborted) return
    this.#stopped.abort()
    clearInterval(this.#pulse)
    const line = await this.#link.current
    // The connection may end first, and then nobody is there to be told.
    if (line) await this.#beat(line, 'exiting').catch(() => undefined)
    this.#link.close()
    await this.#options.letters.close()
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const acted = this.#turn.then(() => {
      this.#stopped.signal.throwIfAborted()
      return act()
    })
    this.#turn = acted.catch(() => undefined)
    return acted
  }

  /** Until all of it went out over one line. */
  async #send(work: Work): Promise<{ done: Done; line: Line }> {
    const { signal } = this.#stopped
    const { messages, broken, done } = batchOf(work)
    const frames = messages.flatMap((message) => this.#frames(message))
    await this.#options.letters.bury(broken, this.#options.profile.name, signal)
    for (;;) {
      const line = await this.#link.line()
      try {
        await line.write(frames)
        return { done, line }
      } catch (error) {
        signal.throwIfAborted()
        await line.closed
        this.#options.log.debug({ err: error }, 'a piece is sent again')
      }
    }
  }

  #frames(message: Message): readonly Buffer[] {
    const { taken } = message
    const content = encode(relayed(message, this.#analyzer))
    return framed(TAG.idmef, priorityOf(message), content, typeof taken === 'number' ? taken : Date.now())
  }

  /** False when the line ended too soon. */
  async #settled({ closed }: Line): Promise<boolean> {
    const { signal } = this.#stopped
    const waiting = new AbortController()
    const calm = sleep(SETTLE_MS, true, { signal: AbortSignal.any([signal, waiting.signal]) })
    try {
      return await Promise.race([closed.then(() => false), calm])
    } finally {
      waiting.abort()
      calm.catch(() => undefined) // nobody waits for it any longer
    }
  }

  async #sendPulse(): Promise<void> {
    const line = await this.#link.current
    // Where it breaks, the next line begins with a heartbeat of its own.
    if (line) await this.#beat(line, 'running').catch(() => undefined)
  }

  #beat(line: Line, status: Parameters<typeof heartbeat>[1]): Promise<void> {
    const message = heartbeat(this.#analyzer, status, randomUUID())
    return line.write(this.#frames(message))
  }
}
