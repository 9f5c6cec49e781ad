import { normalise } from '../idmefv2/normalise.ts'
import type { Scalar } from '../idmefv2/profiles.ts'
import type { Json } from '../types.ts'
import { isObject } from './forms.ts'
import { FUNCTIONS } from './functions.ts'
import type { Condition, Expression, Node } from './ir.ts'
import type { MappingFunction } from './rules.ts'

// From an expression to the part of a message that one field is.

/** Conditions become branches, so that each branch is written in the cheapest way its own expression allows. */
export function leaf(value: Expression, field: Scalar): Node | undefined {
  switch (value.op) {
    case 'absent':
      return undefined
    case 'constant':
      return constantLeaf(value.value, field)
    case 'if':
      return branches(value.test, leaf(value.then, field), leaf(value.otherwise, field))
    case 'first': {
      const [first, ...others] = value.of
      if (first?.op !== 'path') return { kind: 'leaf', field, value }
      return branches({ op: 'exists', value: first }, leaf(first, field), leaf(firstOf(others), field))
    }
    case 'call':
      return settled(value, field) ?? { kind: 'leaf', field, value }
    default:
      return { kind: 'leaf', field, value }
  }
}

/** Pure, and never throw, which those of a connector might. */
const SAFE: ReadonlySet<MappingFunction> = new Set(Object.values(FUNCTIONS))

/** What a function gives for constants is known now; nothing where it depends on the event, or gives nothing. */
function settled({ call, args }: Extract<Expression, { op: 'call' }>, field: Scalar): Node | undefined {
  if (!SAFE.has(call) || !args.every(({ op }) => op === 'constant' || op === 'absent')) return undefined
  const result = call(...args.map((arg) => (arg.op === 'constant' ? arg.value : undefined)))
  return typeof result === 'string' ? constantLeaf(result, field) : undefined
}

/** Nothing where neither branch has anything. */
export function branches(
  test: Condition,
  then: Node | undefined,
  otherwise: Node | undefined,
): Node | undefined {
  if (then === undefined && otherwise === undefined) return undefined
  return { kind: 'choice', test, ...(then && { then }), ...(otherwise && { otherwise }) }
}

/** The first of some expressions that is present; those after one that is always present are never looked at. */
export function firstOf(of: readonly Expression[]): Expression {
  const present = of.filter((item) => item.op !== 'absent')
  const certain = present.findIndex((item) => item.op === 'constant')
  const needed = certain < 0 ? present : present.slice(0, certain + 1)
  const [only] = needed
  if (only === undefined) return { op: 'absent' }
  return needed.length === 1 ? only : { op: 'first', of: needed }
}

function constantLeaf(constant: Json, field: Scalar): Node | undefined {
  const values = scalarsIn(constant)
    .map((item) => normalise(field, item))
    .filter((item) => item !== undefined)
  const [first] = values
  if (first === undefined) return undefined
  return { kind: 'constant', value: field.list ? [...new Set(values)] : first }
}

/** What an expression can give whatever the event holds, items of lists singly. */
export function constantsIn(value: Expression): Json[] {
  switch (value.op) {
    case 'constant':
      return scalarsIn(value.value)
    case 'first':
    case 'list':
      return value.of.flatMap(constantsIn)
    case 'if':
      return [...constantsIn(value.then), ...constantsIn(value.otherwise)]
    case 'call':
      return value.name === 'lookup' ? resultsOfLookup(value.args) : []
    default:
      return []
  }
}

function resultsOfLookup([, table, otherwise]: readonly Expression[]): Json[] {
  const results =
    table?.op === 'constant' && isObject(table.value) ? Object.values(table.value).flatMap(scalarsIn) : []
  return otherwise === undefined ? results : [...results, ...constantsIn(otherwise)]
}

function scalarsIn(value: Json): Json[] {
  if (value === null) return []
  return Array.isArray(value) ? value.flatMap(scalarsIn) : [value]
}
