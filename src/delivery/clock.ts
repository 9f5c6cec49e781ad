/** Each thread counts from its own start. */
const ORIGIN_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now()

/**
 * Whole milliseconds on a clock that all threads share and nobody sets: what waits by it waits no longer when the wall
 * clock jumps.
 */
export const monotonicMs = (): number => Math.floor(ORIGIN_MS + performance.now())

/** What the wall clock showed at a moment of the monotonic one, by what it shows now; ms since 1970. */
export const wallMs = (momentMs: number): number => Date.now() - (monotonicMs() - momentMs)
