import type { Condition, Expression, Node, Program } from './ir.ts'
import type { Path } from './path.ts'

// What a program consists of, for whoever needs to know what it reads.

/** Every path a program may read. */
export function pathsOf({ filter, message }: Program): Path[] {
  return paths([...ofCondition(filter), ...ofNode(message)])
}

/** Every path an expression may read. */
export function pathsIn(expression: Expression): Path[] {
  return paths(ofExpression(expression))
}

/** Every call of a function in a message. */
export function callsIn({ message }: Program): Expression[] {
  return ofNode(message).filter(({ op }) => op === 'call')
}

/** What a part of a message is made from. */
export function expressionsIn(node: Node): Expression[] {
  return ofNode(node)
}

/** Whether an expression gives the same for equal values of its paths: it holds no ID. */
export function isRepeatable(expression: Expression): boolean {
  return !ofExpression(expression).some(({ op }) => op === 'id')
}

function paths(expressions: readonly Expression[]): Path[] {
  return expressions.flatMap((part) => (part.op === 'path' ? [part.path] : []))
}

/** The expression itself and all it is made of. */
function ofExpression(expression: Expression): Expression[] {
  return [expression, ...partsOf(expression)]
}

function partsOf(expression: Expression): Expression[] {
  switch (expression.op) {
    case 'call':
      return expression.args.flatMap(ofExpression)
    case 'first':
    case 'list':
      return expression.of.flatMap(ofExpression)
    case 'object':
      return expression.of.flatMap(([, part]) => ofExpression(part))
    case 'if': {
      const { test, then, otherwise } = expression
      return [...ofCondition(test), ...ofExpression(then), ...ofExpression(otherwise)]
    }
    default:
      return []
  }
}

function ofCondition(condition: Condition): Expression[] {
  switch (condition.op) {
    case 'constant':
      return []
    case 'not':
      return ofCondition(condition.of)
    case 'all':
    case 'any':
      return condition.of.flatMap(ofCondition)
    default:
      return ofExpression(condition.value)
  }
}

function ofNode(node: Node | undefined): Expression[] {
  switch (node?.kind) {
    case 'leaf':
    case 'dynamic':
      return ofExpression(node.value)
    case 'object':
      return node.members.flatMap((member) => ofNode(member.node))
    case 'list':
      return node.items.flatMap(ofNode)
    case 'choice':
      return [...ofCondition(node.test), ...ofNode(node.then), ...ofNode(node.otherwise)]
    default:
      return []
  }
}
