import { VERSIONS } from '../idmefv2/profiles.ts'
import type { Json } from '../types.ts'
import { memberOf } from './faults.ts'

// The shapes in which a mapping is written.

export type Fields = { [name: string]: Json }

/** `{ "$name": args }`. */
export interface Form {
  name: string
  /** A single argument stands without its list. */
  args: readonly Json[]
  /** JSON pointer to the form's arguments, and to one of them. */
  pointer: string
  at(i: number): string
}

/** How many arguments a form or condition takes: at least, at most. */
type Arity = readonly [min: number, max: number]

export const FORMS: ReadonlyMap<string, Arity> = new Map([
  ['first', [1, Number.POSITIVE_INFINITY]],
  ['if', [2, 3]],
  ['version', [1, 1]],
  ['context', [1, 1]],
  ['option', [1, 1]],
  ['id', [0, Number.POSITIVE_INFINITY]],
  ['literal', [1, 1]],
])

export const CONDITIONS: ReadonlyMap<string, Arity> = new Map([
  ['equals', [2, 2]],
  ['in', [2, 2]],
  ['exists', [1, 1]],
  ['atLeast', [2, 2]],
  ['atMost', [2, 2]],
  ['not', [1, 1]],
  ['all', [0, Number.POSITIVE_INFINITY]],
  ['any', [0, Number.POSITIVE_INFINITY]],
])

export function isObject(value: Json | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The form that an object with exactly one key that begins with `$` is. */
export function formOf(written: Json | undefined, pointer: string): Form | undefined {
  if (!isObject(written)) return undefined
  const [key, ...others] = Object.keys(written)
  if (key === undefined || others.length > 0 || !key.startsWith('$')) return undefined
  const args = written[key] ?? null
  const inside = memberOf(pointer, key)
  if (!Array.isArray(args)) return { name: key.slice(1), args: [args], pointer: inside, at: () => inside }
  return { name: key.slice(1), args, pointer: inside, at: (i) => `${inside}/${i}` }
}

/** What is wrong with the number of arguments, if anything. */
export function wrongArity({ name, args }: Form, arity: Arity | undefined): string | undefined {
  const [min, max] = arity ?? [0, Number.POSITIVE_INFINITY]
  if (args.length >= min && args.length <= max) return undefined
  const wanted =
    max === min ? `${min}` : max === Number.POSITIVE_INFINITY ? `at least ${min}` : `${min} or ${max}`
  return `$${name} takes ${wanted} argument${wanted.endsWith('1') ? '' : 's'}, not ${args.length}`
}

/** The versions a key such as `V06` or `V04-V06` covers. */
export function versionsIn(range: string): readonly string[] | undefined {
  const names: readonly string[] = VERSIONS
  const ends = range.split('-').map((name) => names.indexOf(`2.D.${name}`))
  const [from = -1, to = from] = ends
  if (ends.length > 2 || from < 0 || to < from) return undefined
  return VERSIONS.slice(from, to + 1)
}
