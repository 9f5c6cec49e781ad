import { setTimeout as sleep } from 'node:timers/promises'
import { PEERS } from '../peers/list.ts'
import type { Delivery, Peer } from '../peers/peer.ts'
import { Mailbox } from './mailbox.ts'
import { type Passage, passage, SETTLE_MS } from './passage.ts'
import { cpuSeconds, peakBytes } from './proc.ts'
import { seconds } from './program.ts'

/** Several times what the slowest needs on a busy machine; after it one has stopped, and will never deliver. */
const LIMIT_MS = 180_000

/** The peers that are installed, in turns on the same file. One that fails takes part no longer, and is told. */
export class Rivals {
  readonly #delivery: Delivery
  readonly #passages: Map<Peer, Passage[]>
  readonly failures: string[] = []

  constructor(delivery: Delivery) {
    const able = PEERS.filter((peer) => peer.version !== undefined && peer.deliveries.includes(delivery))
    this.#delivery = delivery
    this.#passages = new Map(able.map((peer) => [peer, []]))
  }

  /** Those that take part, with all their rounds. */
  get passages(): ReadonlyMap<Peer, readonly Passage[]> {
    return this.#passages
  }

  /** One round; gives the passages of it. */
  async pass(file: string, alerts: number): Promise<Passage[]> {
    const round: Passage[] = []
    for (const [peer, passages] of this.#passages) {
      try {
        const seen = await run(peer, this.#delivery, file, alerts)
        passages.push(seen)
        round.push(seen)
      } catch (error) {
        this.#passages.delete(peer)
        this.failures.push(`${peer.name} failed: ${error instanceof Error ? error.message : error}`)
      }
    }
    return round
  }
}

/** Timed from the start of its process: what it does before it reads are milliseconds. */
async function run(peer: Peer, delivery: Delivery, file: string, alerts: number): Promise<Passage> {
  const mailbox = await Mailbox.open()
  const due = mailbox.receive(alerts, peer.expecting)
  const begin = seconds()
  const running = peer.start({ url: mailbox.url, file, delivery })
  try {
    const receipt = await Promise.race([due, running.failed, tooLate()])
    await sleep(SETTLE_MS)
    const own = (cpuSeconds(running.pid) / alerts) * 1e6
    return passage(receipt, alerts, begin, own, peakBytes(running.pid))
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}; it said: ${running.lastWords()}`)
  } finally {
    due.catch(() => undefined)
    await running.close()
    await mailbox.close()
  }
}

async function tooLate(): Promise<never> {
  await sleep(LIMIT_MS, undefined, { ref: false })
  throw new Error(`not all alerts came in ${LIMIT_MS / 1000} s`)
}
