import type { Config } from '../config/read.ts'
import { openDestination } from '../delivery/destination.ts'
import { Gate } from '../delivery/gate.ts'
import { Lock } from '../delivery/lock.ts'
import { EXIT } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Destination } from '../types.ts'
import type { Round } from './round.ts'

/** How often within its time a receiver that acknowledges nothing is looked at. */
const LOOKS = 20

/**
 * Delivers rounds of dead letters, one after another, until a signal or the patience ends it: a receiver that is down
 * must not keep an operator, or a timer's job, for ever. A second signal ends the process at once.
 */
export class Dispatch {
  /** Why nothing more is delivered, in words. */
  obstacle: string | undefined
  readonly #destination: Destination
  readonly #gate: Gate
  readonly #waitMs: number
  readonly #stop = new AbortController()
  readonly #onSignal = (signal: NodeJS.Signals) => this.#interrupted(signal)

  /** @throws {ConfigError} as `openDestination` does */
  constructor(options: Config['idmefv2'], waitMs: number, log: Log) {
    const gate = Gate.allocate(1)
    this.#gate = new Gate(gate)
    this.#waitMs = waitMs
    this.#destination = openDestination(options, { gate, lock: Lock.allocate(), workerIndex: 0 }, { log })
    process.on('SIGINT', this.#onSignal).on('SIGTERM', this.#onSignal)
  }

  /** Resolves when every verdict of the round is final. */
  async deliver(round: Round): Promise<void> {
    const begunMs = Date.now()
    const watch = setInterval(() => {
      const lastMs = Math.max(begunMs, this.#gate.snapshot().lastSuccessMs)
      if (Date.now() - lastMs >= this.#waitMs) this.#end('the receiver acknowledged nothing for too long')
    }, this.#waitMs / LOOKS)
    try {
      const failure = await round.deliver(this.#destination, this.#stop.signal)
      if (failure !== undefined) this.#end(failure instanceof Error ? failure.message : String(failure))
    } finally {
      clearInterval(watch)
    }
  }

  async close(): Promise<void> {
    process.off('SIGINT', this.#onSignal).off('SIGTERM', this.#onSignal)
    await this.#destination.close()
  }

  #interrupted(signal: NodeJS.Signals): void {
    if (this.#stop.signal.aborted) process.exit(EXIT.temporary)
    this.#end(signal)
  }

  #end(obstacle: string): void {
    this.obstacle ??= obstacle
    this.#stop.abort()
  }
}
