import type { Json } from '../types.ts'
import type { Ids } from './ids.ts'
import type { Condition, Expression, Node, Program } from './ir.ts'
import type { Path } from './path.ts'
import { matches, readSegments } from './select.ts'
import { isComplete, listOrNothing, type Message, shapeLeaf, shapeObjects, spliced } from './shape.ts'
import { compareOf, isPresent, type Truth } from './truth.ts'

/** How the value of a path is found in an event; `undefined` when it is not there. */
export type Find = (event: unknown, path: Path) => unknown

/** What became of an event: a message, nothing (`filtered`), or the required field it has nothing for. */
export type Conversion =
  | { kind: 'message'; message: Message }
  | { kind: 'filtered' }
  | { kind: 'missing'; field: string }

/** Turns an event into a message. Throws only what a function of the mapping throws. */
export type Convert = (event: unknown, ids: Ids) => Conversion

export const FILTERED: Conversion = { kind: 'filtered' }

/** The value at a path by own properties; the list of all matches where the path can have several. */
export const find: Find = (event, { prefix, rest }) => {
  const value = readSegments(event, prefix)
  return rest === undefined ? value : matches(value, rest)
}

type Evaluate = (event: unknown, ids: Ids) => unknown
type Build = (event: unknown, ids: Ids) => Json | undefined

/**
 * A mapping as closures, one for each part: the meaning of the language said plainly. It runs where generating
 * code from strings is not allowed; with jsonpath-plus as `find` it is the oracle for the generated code.
 */
export function closures(program: Program, lookUp: Find = find): Convert {
  const passes = truth(program.filter, lookUp)
  const members = program.message.members.map((member) => ({ ...member, build: build(member.node, lookUp) }))
  return (event, ids) => {
    if (!passes(event, ids)) return FILTERED
    const message: Message = {}
    for (const { name, required, build } of members) {
      const value = build(event, ids)
      if (value !== undefined) message[name] = value
      else if (required) return { kind: 'missing', field: name }
    }
    return { kind: 'message', message }
  }
}

function build(node: Node, lookUp: Find): Build {
  switch (node.kind) {
    case 'constant':
      return () => node.value
    case 'leaf': {
      const value = evaluate(node.value, lookUp)
      return (event, ids) => shapeLeaf(node.field, value(event, ids))
    }
    case 'dynamic': {
      const value = evaluate(node.value, lookUp)
      const shape = (event: unknown, ids: Ids) => shapeObjects(node.class, value(event, ids))
      return node.list
        ? (event, ids) => listOrNothing(shape(event, ids))
        : (event, ids) => shape(event, ids)[0]
    }
    case 'choice': {
      const test = truth(node.test, lookUp)
      const then = node.then && build(node.then, lookUp)
      const otherwise = node.otherwise && build(node.otherwise, lookUp)
      return (event, ids) => (test(event, ids) ? then : otherwise)?.(event, ids)
    }
    case 'list': {
      const items = node.items.map((item) => build(item, lookUp))
      return (event, ids) => listOrNothing(items.flatMap((item) => item(event, ids) ?? []))
    }
    case 'object':
      return buildObject(node, lookUp)
  }
}

function buildObject(node: Extract<Node, { kind: 'object' }>, lookUp: Find): Build {
  const members = node.members.map((member) => ({ name: member.name, build: build(member.node, lookUp) }))
  return (event, ids) => {
    const object: Message = {}
    for (const { name, build } of members) {
      const value = build(event, ids)
      if (value !== undefined) object[name] = value
    }
    return isComplete(node.class, object) ? object : undefined
  }
}

/** An expression as a closure; `null` in the event is absent. */
export function evaluate(expression: Expression, lookUp: Find = find): Evaluate {
  switch (expression.op) {
    case 'absent':
      return () => undefined
    case 'constant':
      return () => expression.value
    case 'path':
      return (event) => lookUp(event, expression.path) ?? undefined
    case 'id':
      return (_, ids) => ids.text(expression.index)
    case 'call': {
      const args = expression.args.map((arg) => evaluate(arg, lookUp))
      return (event, ids) => expression.call(...args.map((arg) => arg(event, ids)))
    }
    case 'first': {
      const parts = expression.of.map((part) => evaluate(part, lookUp))
      return (event, ids) => {
        for (const part of parts) {
          const value = part(event, ids)
          if (isPresent(value)) return value
        }
        return undefined
      }
    }
    case 'if': {
      const test = truth(expression.test, lookUp)
      const then = evaluate(expression.then, lookUp)
      const otherwise = evaluate(expression.otherwise, lookUp)
      return (event, ids) => (test(event, ids) ? then : otherwise)(event, ids)
    }
    case 'list': {
      const parts = expression.of.map((part) => evaluate(part, lookUp))
      return (event, ids) => spliced(parts.map((part) => part(event, ids)))
    }
    case 'object': {
      const parts = expression.of.map(([name, part]) => [name, evaluate(part, lookUp)] as const)
      return (event, ids) => Object.fromEntries(parts.map(([name, part]) => [name, part(event, ids)]))
    }
  }
}

/** A condition as a closure. */
export function truth(condition: Condition, lookUp: Find = find): Truth<[event: unknown, ids: Ids]> {
  switch (condition.op) {
    case 'constant':
      return () => condition.value
    case 'not': {
      const of = truth(condition.of, lookUp)
      return (event, ids) => !of(event, ids)
    }
    case 'all':
    case 'any': {
      const parts = condition.of.map((part) => truth(part, lookUp))
      return condition.op === 'all'
        ? (event, ids) => parts.every((part) => part(event, ids))
        : (event, ids) => parts.some((part) => part(event, ids))
    }
    default: {
      const value = evaluate(condition.value, lookUp)
      const compare = compareOf(condition)
      return (event, ids) => compare(value(event, ids))
    }
  }
}
