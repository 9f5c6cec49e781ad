/**
 * The pause after `previousMs` (0 before the first): decorrelated jitter, drawn between `minMs` and three times the
 * previous pause, never above `maxMs`. `random` is in [0, 1). Clients that failed together do not come back together.
 */
export function nextPauseMs(previousMs: number, minMs: number, maxMs: number, random: number): number {
  const upper = Math.max(minMs, previousMs * 3)
  return Math.min(Math.max(minMs, maxMs), Math.round(minMs + random * (upper - minMs)))
}

const SECONDS = /^\d+$/
// A year that begins with a zero is none of ours: Date.parse takes 0026 for 2026.
const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} [1-9]\d{3} \d{2}:\d{2}:\d{2} GMT$/
const RFC850_DATE = /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/
const ASCTIME_DATE = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} [1-9]\d{3}$/

/** No date in a header is longer; the rest of the world's `Date.parse` habits stay outside. */
const MAX_LENGTH = 64

/**
 * Milliseconds to wait according to `Retry-After` (RFC 9110, 10.2.3: seconds or one of the three HTTP dates), at most
 * `capMs`. Undefined when there is no such header, it makes no sense, or the date has passed.
 */
export function retryAfterMs(header: string | undefined, nowMs: number, capMs: number): number | undefined {
  const value = header?.trim() ?? ''
  if (value.length > MAX_LENGTH) return undefined
  if (SECONDS.test(value)) return Math.min(Number(value) * 1000, capMs)
  const waitMs = dateMs(value) - nowMs
  return waitMs > 0 ? Math.min(waitMs, capMs) : undefined
}

function dateMs(value: string): number {
  if (IMF_FIXDATE.test(value) || RFC850_DATE.test(value)) return Date.parse(value)
  // asctime names no zone and means GMT; Date.parse would take it for local time.
  return ASCTIME_DATE.test(value) ? Date.parse(`${value} GMT`) : Number.NaN
}
