import { JSONPath } from 'jsonpath-plus'
import type { FilterTest, Operator, Segment, Step } from './path.ts'

// Finds values in an event that was parsed. Names of a mapping are looked up here, among own properties; of
// jsonpath-plus only what stands for many values is used, with patterns that hold no text of the mapping.

/** The value at a simple path, by own properties only: `__proto__` and inherited names find nothing. */
export function readSegments(event: unknown, segments: readonly Segment[]): unknown {
  let value = event
  for (const segment of segments) value = own(value, segment)
  return value
}

/** A property of an object, or an item (or `length`) of a list; nothing for all else. */
export function own(value: unknown, key: Segment): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return (value as Record<Segment, unknown>)[key] // an own property, checked above
}

/** All matches of the `rest` of a path below one value, in document order; nothing when there is none. */
export function matches(value: unknown, rest: readonly Step[]): unknown[] | undefined {
  let values = [value]
  for (const step of rest) values = values.flatMap((one) => taken(one, step))
  return values.length === 0 ? undefined : values
}

function taken(value: unknown, step: Step): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  switch (step.kind) {
    case 'keys':
      return step.keys.filter((key) => Object.hasOwn(value, key)).map((key) => own(value, key))
    case 'filter':
      return Object.values(value).filter((child) => passes(child, step.test))
    case 'pattern':
      // With `wrap` the result is always a list.
      return JSONPath({ path: `$${step.pattern}`, json: value, eval: false, wrap: true }) as unknown[]
  }
}

function passes(value: unknown, { path, compare }: FilterTest): boolean {
  const found = readSegments(value, path)
  return compare === undefined ? found !== undefined : compares(found, compare.operator, compare.literal)
}

/** As RFC 9535 section 2.3.5.2.2 has it: nothing is converted, and values of different types are never in order. */
function compares(found: unknown, operator: Operator, literal: string | number | boolean | null): boolean {
  if (operator === '==') return found === literal
  if (operator === '!=') return found !== literal
  const ordered = typeof found === typeof literal && (typeof found === 'number' || typeof found === 'string')
  if (!ordered) return false
  const [a, b] = [found, literal as typeof found] // the same type, checked above
  if (operator === '<') return a < b
  if (operator === '<=') return a <= b
  if (operator === '>') return a > b
  return a >= b
}
