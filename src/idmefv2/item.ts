import { PATTERNS } from './patterns.ts'
import type { Kind, Scalar } from './profiles.ts'

const NUMBERS: ReadonlySet<Kind> = new Set(['integer', 'port', 'size', 'number', 'confidence'])
const FORMS: ReadonlyMap<string, RegExp> = new Map(
  Object.entries(PATTERNS).map(([kind, pattern]) => [kind, new RegExp(pattern, 'u')]),
)

/**
 * Whether the schema takes one item in a field: what `schemaOf` says of the field alone, said by itself because it is
 * asked for each new value. Content may also be an object to the schema; what is no text is left to the schema.
 */
export function isItem({ kind, values }: Scalar, item: unknown): boolean {
  if (NUMBERS.has(kind)) return isNumber(kind, item)
  if (typeof item !== 'string') return false
  return values ? values.has(item) : (FORMS.get(kind)?.test(item) ?? true)
}

function isNumber(kind: Kind, item: unknown): boolean {
  if (typeof item !== 'number') return false
  if (kind === 'confidence') return item >= 0 && item <= 1
  return kind === 'number' ? Number.isFinite(item) : Number.isInteger(item)
}
