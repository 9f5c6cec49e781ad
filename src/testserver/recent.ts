import type { Refused } from './messages.ts'

// What the page shows. Bodies are kept as text and read again for it, which is cheaper than to hold on to every
// parsed message of a fast sender.

const MAX_BODIES = 100
const MAX_CHARS = 16 * 1024 ** 2 // what the page may cost in memory, whatever is sent
const MAX_MESSAGES = 100
const MAX_REFUSALS = 20
const MAX_REASON_CHARS = 300

export interface Received {
  time: number
  message: Record<string, unknown>
}

/** A body that was refused, the first thing wrong with it, and how many more there are. */
export interface Refusal {
  time: number
  error: string
  pointer: string
  reason: string
  more: number
}

/** The last bodies: at most a hundred, of 16 MiB together; one that is larger alone is not kept. */
export class Recent {
  readonly #bodies: { time: number; text: string }[] = []
  readonly #refusals: Refusal[] = []
  #chars = 0

  accept(text: string): void {
    this.#bodies.push({ time: Date.now(), text })
    this.#chars += text.length
    while (this.#bodies.length > MAX_BODIES || this.#chars > MAX_CHARS) {
      this.#chars -= this.#bodies.shift()?.text.length ?? 0
    }
  }

  refuse({ error, faults: [first, ...others] }: Refused): void {
    const { pointer = '', reason = '' } = first ?? {}
    const clip = (text: string) => text.slice(0, MAX_REASON_CHARS)
    this.#refusals.unshift({
      time: Date.now(),
      error,
      pointer: clip(pointer),
      reason: clip(reason),
      more: others.length,
    })
    this.#refusals.splice(MAX_REFUSALS)
  }

  /** Newest first. */
  view(): { received: readonly Received[]; refusals: readonly Refusal[] } {
    const received: Received[] = []
    for (const { time, text } of this.#bodies.toReversed()) {
      const room = MAX_MESSAGES - received.length
      if (room === 0) break
      // Only bodies found valid are kept: one message, or an array of them.
      const messages = [JSON.parse(text) as Received['message'] | Received['message'][]].flat()
      received.push(
        ...messages
          .slice(-room)
          .toReversed()
          .map((message) => ({ time, message })),
      )
    }
    return { received, refusals: this.#refusals }
  }
}
