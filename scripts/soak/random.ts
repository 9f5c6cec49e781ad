export const between = (random: () => number, low: number, high: number): number =>
  low + random() * (high - low)

/** One of the words, each as likely as its weight says. */
export function choose<T extends string>(random: () => number, weights: Readonly<Record<T, number>>): T {
  // Object.entries widens the keys to string; they are those of the weights.
  const entries = Object.entries(weights) as [T, number][]
  let left = random() * entries.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [word, weight] of entries) {
    left -= weight
    if (left < 0) return word
  }
  throw new Error('nothing to choose from')
}
