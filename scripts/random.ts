/** Whole numbers below 2^32 that look drawn by chance and are the same for the same seed (mulberry32). */
export function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

/** The same from 0 up to, and not including, 1. */
export function uniform(seed: number): () => number {
  const next = mulberry32(seed)
  return () => next() / 2 ** 32
}
