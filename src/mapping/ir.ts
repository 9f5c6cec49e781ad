import type { Class, Scalar } from '../idmefv2/profiles.ts'
import type { Json } from '../types.ts'
import type { Path } from './path.ts'
import type { MappingFunction } from './rules.ts'

// What a mapping is once it was read and checked: the only thing that code is generated from.

/** An expression gives a JSON value, or nothing. */
export type Expression =
  | { op: 'absent' }
  | { op: 'constant'; value: Json }
  | { op: 'path'; path: Path }
  | { op: 'id'; index: number }
  | { op: 'call'; name: string; call: MappingFunction; args: readonly Expression[] }
  | { op: 'first'; of: readonly Expression[] }
  | { op: 'if'; test: Condition; then: Expression; otherwise: Expression }
  | { op: 'list'; of: readonly Expression[] }
  | { op: 'object'; of: readonly (readonly [string, Expression])[] }

export type Condition =
  | { op: 'constant'; value: boolean }
  | { op: 'equals'; value: Expression; texts: readonly string[] }
  | { op: 'exists'; value: Expression }
  | { op: 'atLeast' | 'atMost'; value: Expression; bound: number }
  | { op: 'not'; of: Condition }
  | { op: 'all' | 'any'; of: readonly Condition[] }

/** A part of a message, typed by its field. */
export type Node =
  | { kind: 'constant'; value: Json }
  | { kind: 'leaf'; field: Scalar; value: Expression }
  /** A class whose shape is known only when the expression was evaluated (a function gives an object). */
  | { kind: 'dynamic'; class: Class; list: boolean; value: Expression }
  | { kind: 'object'; class: Class; members: readonly Member[] }
  | { kind: 'list'; items: readonly Node[] }
  | { kind: 'choice'; test: Condition; then?: Node; otherwise?: Node }

export interface Member {
  name: string
  node: Node
  required: boolean
  /** An object with nothing but identity members is pruned. */
  identity: boolean
}

export interface Program {
  message: Extract<Node, { kind: 'object' }>
  filter: Condition
}
