import type { Condition } from './ir.ts'
import { demands } from './slots.ts'

/**
 * A necessary condition on the raw bytes: a record that passes the filter holds one of `texts` (the end of a quoted
 * value), or an escape that could hide it (`\u00` before 2 to 7: an ASCII character written as an escape).
 */
export interface Needle {
  texts: readonly Buffer[]
}

/** More texts than this cost more to search for than they save. */
const MAX_TEXTS = 4

/**
 * Derives the needle from what the filter demands, choosing the demand with the longest texts. The opening quote is
 * left out: a short needle that begins with a quote makes the search stop at every string (measured 2.4 times slower).
 * Numbers and texts that JSON may write in several ways are no help; then there is none and every record is parsed.
 */
export function needleOf(filter: Condition): Needle | undefined {
  const candidates = demands(filter)
    .filter(({ texts }) => texts.length > 0 && texts.length <= MAX_TEXTS && texts.every(isPlainWord))
    .sort((a, b) => shortest(b.texts) - shortest(a.texts))
  const [best] = candidates
  return best && { texts: best.texts.map((text) => Buffer.from(`${text}"`)) }
}

/** Printable ASCII without `"`, `\` and `/`, which have escapes of their own, and not the text of a number or boolean. (`1e999` is Infinity.) */
function isPlainWord(text: string): boolean {
  return /^[ !#-.0-[\]-~]+$/.test(text) && !/^(?:-?\d.*|-?Infinity|true|false)$/.test(text)
}

function shortest(texts: readonly string[]): number {
  return Math.min(...texts.map((text) => text.length))
}
