import type { RejectReason } from '../types.ts'

/**
 * What an answer means for the messages of its request.
 * - `delivered`: acknowledged; any 2xx is (IDMEFv2 transport draft, section 4.3).
 * - `retry`: not now; the same bytes may well be taken later.
 * - `doubtful`: 500. Either the receiver is ill or this message makes it stumble (the Python test server answers
 *   500 to an invalid message); only what happens to other messages tells.
 * - `reject`: never; the message is at fault.
 * - `pause`: the configuration is at fault (credentials, path, proxy, a moved receiver), so every message would
 *   meet the same answer and none may be given up for it.
 */
export type Outcome = 'delivered' | 'retry' | 'reject' | 'pause' | 'doubtful'

const NOT_NOW = new Set([408, 425, 429])
const MISCONFIGURED = new Set([401, 403, 404, 405, 407, 421])

/** Redirects are never followed: alerts go where the operator said, and nowhere else. */
export function classify(status: number): Outcome {
  if (status >= 200 && status < 300) return 'delivered'
  if (status >= 300 && status < 400) return 'pause'
  if (MISCONFIGURED.has(status)) return 'pause'
  if (status === 500) return 'doubtful'
  if (status >= 500 || status < 200 || NOT_NOW.has(status)) return 'retry'
  return 'reject'
}

/** An answer that says the receiver has too much to do: fewer requests at once, please. */
export const overloaded = (status: number): boolean => status === 429 || status === 503

export const refusalReason = (status: number): RejectReason => (status === 413 ? 'too_large' : 'refused')
