import type { Mailbox } from './mailbox.ts'
import { spread } from './target.ts'

/** What was seen of one file on its way, or of several. */
export interface Passage {
  /** From the file's appearance, or from the start of the process, to the last answer. */
  wall: number
  /** Messages a second from the first one to the last. */
  rate: number
  /** CPU microseconds a message, the receiver's apart. */
  own: number
  receiver: number
  peakBytes: number
}

/** So long after the last answer the counts of CPU time are read: the kernel counts in steps. */
export const SETTLE_MS = 200

export function passage(
  { first, last, cpuSeconds: receiver }: Awaited<ReturnType<Mailbox['receive']>>,
  alerts: number,
  begin: number,
  own: number,
  highest: number,
): Passage {
  const rate = alerts / (last - first)
  return { wall: last - begin, rate, own, receiver: (receiver / alerts) * 1e6, peakBytes: highest }
}

export function costs(passages: readonly Passage[]): string[] {
  const own = passages.map((each) => each.own)
  const receivers = passages.map(({ receiver }) => receiver)
  return [`CPU µs an alert: ${spread(own, 1)}, and the receiver's ${spread(receivers, 1)}`]
}

export function rates(name: string, passages: readonly Passage[]): string[] {
  const rate = passages.map((each) => each.rate)
  return [`${name}: ${spread(rate, 0)} alerts a second`, ...costs(passages)]
}
