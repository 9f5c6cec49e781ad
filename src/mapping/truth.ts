import type { Condition, Expression } from './ir.ts'

export type Truth<A extends unknown[]> = (...args: A) => boolean

type Comparison = Extract<Condition, { value: Expression }>

/** Text of a scalar, as conditions and lookups compare it; nothing for objects, lists and null. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return undefined
}

export function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** The number that a value is or spells; NaN for all else, so that every comparison with it fails. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : Number.NaN
}

/** What a comparison asks of the value of its expression. */
export function compareOf(comparison: Comparison): Truth<[value: unknown]> {
  switch (comparison.op) {
    case 'exists':
      return isPresent
    case 'equals': {
      const texts = new Set<string | undefined>(comparison.texts)
      return (value) => texts.has(textOf(value))
    }
    case 'atLeast':
      return (value) => numberOf(value) >= comparison.bound
    case 'atMost':
      return (value) => numberOf(value) <= comparison.bound
  }
}

/** Decides what can be decided without an event; `all` and `any` keep only the parts that matter. */
export function fold(condition: Condition): Condition {
  switch (condition.op) {
    case 'constant':
      return condition
    case 'not': {
      const of = fold(condition.of)
      return of.op === 'constant' ? { op: 'constant', value: !of.value } : { op: 'not', of }
    }
    case 'all':
    case 'any':
      return foldParts(condition.op, condition.of.map(fold))
    default: {
      const { value } = condition
      if (condition.op === 'equals' && condition.texts.length === 0) return { op: 'constant', value: false }
      if (value.op === 'absent') return { op: 'constant', value: compareOf(condition)(undefined) }
      if (value.op === 'constant') return { op: 'constant', value: compareOf(condition)(value.value) }
      return condition
    }
  }
}

function foldParts(op: 'all' | 'any', parts: readonly Condition[]): Condition {
  const neutral = op === 'all'
  const open = parts.filter((part) => part.op !== 'constant' || part.value !== neutral)
  if (open.some((part) => part.op === 'constant')) return { op: 'constant', value: !neutral }
  const [only] = open
  if (only === undefined) return { op: 'constant', value: neutral }
  return open.length === 1 ? only : { op, of: open }
}
