import { isItem } from '../idmefv2/item.ts'
import type { Scalar } from '../idmefv2/profiles.ts'
import type { Json } from '../types.ts'
import { evaluate, type Find, truth } from './closures.ts'
import { textComparer } from './comparer.ts'
import { Ids } from './ids.ts'
import type { Condition, Expression, Node } from './ir.ts'
import { Memo } from './memo.ts'
import type { Path } from './path.ts'
import { matches } from './select.ts'
import { shapeLeaf, shapeObjects } from './shape.ts'
import type { Layout } from './slots.ts'
import { isRepeatable, pathsIn } from './walk.ts'
import { put, type Writer, writeInteger, writeIp, writePort, writeString, writeTimestamp } from './writers.ts'

/** The record being converted, for the parts that need decoded values. */
export interface Current {
  bytes: Uint8Array
  spans: Int32Array
  ids: Ids
  /** After the message: every value that is not as its writer or a constant has it was held against the schema. */
  isProven: boolean
  /** After the message: which of its members there are, as one number. */
  shape: number
}

/** Fields that are copied without decoding; the rest is decoded once and remembered. */
const WRITERS: Partial<Record<Scalar['kind'], Writer>> = {
  string: writeString,
  ip: writeIp,
  timestamp: writeTimestamp,
  port: writePort,
  integer: writeInteger,
  size: writeInteger,
}

/**
 * Prints the values and conditions of a program as JavaScript expressions over the spans of a record. Printed code
 * knows `b` (the bytes), `S` (the spans), `out`, `T` (the table), `q` (where a value is written) and `r` (a variable
 * for its own use). What a mapping contains is in the table; code holds only the index.
 */
export class SpanPrinter {
  readonly table: unknown[] = []
  readonly current: Current = {
    bytes: new Uint8Array(),
    spans: new Int32Array(),
    ids: new Ids(),
    isProven: true,
    shape: 0,
  }
  readonly #layout: Layout
  readonly #find: Find

  constructor(layout: Layout) {
    this.#layout = layout
    this.#find = (_, path) => {
      const value = decode(this.current, layout.slotOf(path))
      return path.rest === undefined ? value : matches(value, path.rest)
    }
  }

  /** What generated code calls a value by. */
  bind(value: unknown): string {
    return `T[${this.table.push(value) - 1}]`
  }

  /** Writes a leaf at `q` and gives the position after it; `q` itself when it is absent. */
  leaf({ field, value }: Extract<Node, { kind: 'leaf' }>): string {
    const general = this.#written(value, (result) => {
      const shaped = shapeLeaf(field, result)
      if (shaped === undefined) return { text: '', isProven: true }
      const items = field.list && Array.isArray(shaped) ? shaped : [shaped]
      return { text: JSON.stringify(shaped), isProven: items.every((item) => isItem(field, item)) }
    })
    const writer = WRITERS[field.kind]
    if (writer === undefined || value.op !== 'path' || value.path.rest !== undefined) return general
    const [start, end] = this.#span(value)
    const copy = `${this.bind(field.list ? listed(writer) : writer)}(b, ${start}, ${end}, out, q)`
    return `${end} === 0 ? q : (r = ${copy}) < 0 ? ${general} : r`
  }

  /** As `leaf`, for objects that an expression gives. */
  dynamic(node: Extract<Node, { kind: 'dynamic' }>): string {
    return this.#written(node.value, (value) => {
      const text = renderObjects(shapeObjects(node.class, value), node.list)
      return { text, isProven: text === '' }
    })
  }

  condition(condition: Condition): string {
    switch (condition.op) {
      case 'constant':
        return String(condition.value)
      case 'not':
        return `!(${this.condition(condition.of)})`
      case 'all':
      case 'any':
        return `(${condition.of.map((part) => this.condition(part)).join(condition.op === 'all' ? ' && ' : ' || ')})`
      default:
        return this.#comparison(condition)
    }
  }

  /** Whether the record has none of the values. */
  areAbsent(paths: readonly Path[]): string {
    return noneOf(new Set(paths.map((path) => this.#layout.slotOf(path))))
  }

  #comparison(condition: Extract<Condition, { value: Expression }>): string {
    const { value } = condition
    if (value.op === 'path' && value.path.rest === undefined) {
      const [start, end] = this.#span(value)
      // Nothing but null begins with n.
      if (condition.op === 'exists') return `(${end} !== 0 && b[${start}] !== 0x6e)`
      if (condition.op === 'equals')
        return `(${end} !== 0 && ${this.bind(textComparer(condition.texts))}(b, ${start}, ${end}))`
    }
    const holds = truth(condition, this.#find)
    return `${this.bind(() => holds(undefined, this.current.ids))}()`
  }

  /** An expression that evaluates decoded values; remembered where the same bytes give the same result. */
  #written(value: Expression, shape: (result: unknown) => { text: string; isProven: boolean }): string {
    const { current } = this
    const result = evaluate(value, this.#find)
    const render = () => {
      const { text, isProven } = shape(result(undefined, current.ids))
      if (!isProven) current.isProven = false
      return { bytes: Buffer.from(text), isProven }
    }
    if (!isRepeatable(value)) {
      const write: Memo['write'] = (_bytes, _spans, out, position) => put(render().bytes, out, position)
      return `${this.bind(write)}(b, S, out, q)`
    }
    const slots = [...new Set(pathsIn(value).map((path) => this.#layout.slotOf(path)))]
    const memo = this.bind(new Memo(slots, render))
    // Many values are of protocols that a record has nothing of; then there is but one result.
    return `(${noneOf(slots)} ? ${memo}.writeAbsent(out, q) : ${memo}.write(b, S, out, q))`
  }

  #span({ path }: Extract<Expression, { op: 'path' }>): [start: string, end: string] {
    const slot = this.#layout.slotOf(path)
    return [`S[${2 * slot}]`, `S[${2 * slot + 1}]`]
  }
}

function noneOf(slots: Iterable<number>): string {
  return `(${[...slots].map((slot) => `S[${2 * slot + 1}]`).join(' | ') || '0'}) === 0`
}

function listed(write: Writer): Writer {
  return (bytes, start, end, out, position) => {
    out[position] = 0x5b
    const r = write(bytes, start, end, out, position + 1)
    if (r < 0) return r
    if (r === position + 1) return position
    out[r] = 0x5d
    return r + 1
  }
}

/** Items of a list stand without their bracket: the list that holds them writes it. */
function renderObjects(objects: readonly Json[], list: boolean): string {
  const [first] = objects
  if (first === undefined) return ''
  return list ? objects.map((object) => JSON.stringify(object)).join(',') : JSON.stringify(first)
}

function decode({ bytes, spans }: Current, slot: number): unknown {
  const end = spans[2 * slot + 1] as number // every slot has a span
  const start = spans[2 * slot] as number
  if (end === 0) return undefined
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString())
}
