/**
 * The candidate that `word` is most likely a slip of: the same but for case, the same last part after a dot (`NIDS` →
 * `NET.NIDS`), or a few keystrokes away. For messages only; not fast.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3))
  let best: string | undefined
  let least = limit + 1
  for (const candidate of candidates) {
    if (candidate.toLowerCase().endsWith(`.${word.toLowerCase()}`)) return candidate
    // The difference in length is a lower bound, which also keeps a very long word from being compared.
    if (Math.abs(candidate.length - word.length) >= least) continue
    const keystrokes = distance(word.toLowerCase(), candidate.toLowerCase())
    if (keystrokes < least) [best, least] = [candidate, keystrokes]
  }
  return best
}

/** Edit distance with neighbours swapped counting as one (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1]
      const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current[column] = Math.min(
        cost(previous, column) + 1,
        cost(current, column - 1) + 1,
        cost(previous, column - 1) + (isSame ? 0 : 1),
        isSwap ? cost(before, column - 2) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    before = previous
    previous = current
  }
  return cost(previous, b.length)
}

const cost = (row: readonly number[], column: number) => row[column] ?? Number.POSITIVE_INFINITY
