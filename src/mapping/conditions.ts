import type { Json } from '../types.ts'
import { CONDITIONS, type Form, formOf, wrongArity } from './forms.ts'
import type { Condition, Expression } from './ir.ts'
import { numberOf, textOf } from './truth.ts'

/** What conditions need of the reader of expressions. */
export interface Reading {
  expression(written: Json, pointer: string): Expression
  fault(pointer: string, what: string): void
}

const NEVER: Condition = { op: 'constant', value: false }

/** Reads a condition as it is written; faults go to `reading`, and what is faulty never holds. */
export function readCondition(written: Json, pointer: string, reading: Reading): Condition {
  if (typeof written === 'boolean') return { op: 'constant', value: written }
  const form = formOf(written, pointer)
  if (form === undefined || !CONDITIONS.has(form.name)) {
    const names = [...CONDITIONS.keys()].map((name) => `$${name}`).join(', ')
    return never(reading, form?.pointer ?? pointer, `expected a condition: true, false, or one of ${names}`)
  }
  const wrong = wrongArity(form, CONDITIONS.get(form.name))
  return wrong === undefined ? conditionOf(form, reading) : never(reading, form.pointer, wrong)
}

function conditionOf(form: Form, reading: Reading): Condition {
  const [first = null, second = null] = form.args
  const value = () => reading.expression(first, form.at(0))
  switch (form.name) {
    case 'equals':
      return equals(value(), second, form, reading)
    case 'in':
      return isIn(value(), second, form, reading)
    case 'atLeast':
    case 'atMost':
      return bounded(form.name, value(), second, form, reading)
    case 'not':
      return { op: 'not', of: readCondition(first, form.at(0), reading) }
    case 'all':
    case 'any':
      return { op: form.name, of: form.args.map((arg, i) => readCondition(arg, form.at(i), reading)) }
    default:
      return { op: 'exists', value: value() }
  }
}

// What a condition compares with may be an option; one that is not set equals nothing, and bounds nothing.

function equals(value: Expression, written: Json, form: Form, reading: Reading): Condition {
  const literal = reading.expression(written, form.at(1))
  if (literal.op === 'absent' && written !== null) return NEVER
  return compare(value, literal.op === 'constant' ? [literal.value] : [null], form, reading)
}

function isIn(value: Expression, written: Json, form: Form, reading: Reading): Condition {
  const list = reading.expression(written, form.at(1))
  if (list.op === 'absent') return NEVER
  if (list.op === 'constant' && Array.isArray(list.value)) return compare(value, list.value, form, reading)
  return never(reading, form.at(1), '$in takes [value, [literal, …]]')
}

function compare(value: Expression, literals: readonly Json[], form: Form, reading: Reading): Condition {
  const texts = literals.map(textOf)
  if (texts.includes(undefined)) return never(reading, form.at(1), 'expected a text, a number, true or false')
  return { op: 'equals', value, texts: texts.filter((text) => text !== undefined) }
}

function bounded(
  op: 'atLeast' | 'atMost',
  value: Expression,
  written: Json,
  form: Form,
  reading: Reading,
): Condition {
  const limit = reading.expression(written, form.at(1))
  if (limit.op === 'absent') return NEVER
  const bound = limit.op === 'constant' ? numberOf(limit.value) : Number.NaN
  return Number.isNaN(bound) ? never(reading, form.at(1), 'expected a number') : { op, value, bound }
}

function never(reading: Reading, pointer: string, what: string): Condition {
  reading.fault(pointer, what)
  return NEVER
}
