import { type Convert, FILTERED } from './closures.ts'
import type { Condition, Expression, Member, Node, Program } from './ir.ts'
import type { Path, Segment } from './path.ts'
import { matches, own } from './select.ts'
import { isComplete, listOrNothing, shapeLeaf, shapeObjects, spliced } from './shape.ts'
import { compareOf, isPresent } from './truth.ts'

/** What printed code may call, by the names it uses. */
const HELPERS = {
  own,
  matches,
  shapeLeaf,
  shapeObjects,
  listOrNothing,
  spliced,
  isPresent,
  isComplete,
  FILTERED,
}

/**
 * Generates plain accessor code for a program: event object in, message object out. Each path becomes direct
 * property access with own-property checks, and paths with a common beginning share it. Same result as the closures.
 * Names enter only as JSON text, everything else by index into a table.
 */
export function generateAccessors(program: Program): Convert {
  const printer = new AccessorPrinter()
  const source = printer.source(program)
  const make = new Function('T', ...Object.keys(HELPERS), source)
  return make(printer.table, ...Object.values(HELPERS)) as Convert // printed with this signature
}

class AccessorPrinter {
  readonly table: unknown[] = []
  readonly #access: string[] = []
  readonly #variables = new Map<string, string>([['[]', 'e']])
  #counter = 0

  source({ filter, message }: Program): string {
    const test = this.#condition(filter)
    const accessOfFilter = this.#access.splice(0)
    const members = message.members.map((member) =>
      this.#member(member, 'm', `return { kind: 'missing', field: ${quoted(member.name)} };`),
    )
    return `"use strict";
return function convert(e, ids) {
${accessOfFilter.join('\n')}
if (!(${test})) return FILTERED;
${this.#access.join('\n')}
const m = {};
let v;
${members.join('\n')}
return { kind: 'message', message: m };
}`
  }

  #bind(value: unknown): string {
    return `T[${this.table.push(value) - 1}]`
  }

  #member({ name, node, required }: Member, target: string, otherwise: string): string {
    const property = `${target}[${quoted(name)}]`
    if (node.kind === 'constant') return `${property} = ${this.#bind(node.value)};`
    const written = `v = ${this.#node(node)}; if (v !== undefined) ${property} = v;`
    return required && otherwise ? `${written} else ${otherwise}` : written
  }

  #node(node: Node): string {
    switch (node.kind) {
      case 'constant':
        return this.#bind(node.value)
      case 'leaf':
        return `shapeLeaf(${this.#bind(node.field)}, ${this.#expression(node.value)})`
      case 'dynamic': {
        const objects = `shapeObjects(${this.#bind(node.class)}, ${this.#expression(node.value)})`
        return node.list ? `listOrNothing(${objects})` : `${objects}[0]`
      }
      case 'choice':
        return `(${this.#condition(node.test)} ? ${this.#branch(node.then)} : ${this.#branch(node.otherwise)})`
      case 'list':
        return `spliced([${node.items.map((item) => this.#node(item)).join(', ')}])`
      case 'object':
        return this.#object(node)
    }
  }

  #branch(node: Node | undefined): string {
    return node === undefined ? 'undefined' : this.#node(node)
  }

  #object(node: Extract<Node, { kind: 'object' }>): string {
    const target = `o${this.#counter++}`
    const members = node.members.map((member) => this.#member(member, target, ''))
    const whole = `isComplete(${this.#bind(node.class)}, ${target})`
    return `(() => { const ${target} = {}; let v; ${members.join(' ')} return ${whole} ? ${target} : undefined; })()`
  }

  #expression(expression: Expression): string {
    switch (expression.op) {
      case 'absent':
        return 'undefined'
      case 'constant':
        return this.#bind(expression.value)
      case 'path':
        return `(${this.#path(expression.path)} ?? undefined)`
      case 'id':
        return `ids.text(${expression.index})`
      case 'call':
        return `${this.#bind(expression.call)}(${this.#expressions(expression.args).join(', ')})`
      case 'first':
        return `(${[...this.#expressions(expression.of), 'undefined'].join(' ?? ')})`
      case 'if': {
        const [then, otherwise] = [this.#expression(expression.then), this.#expression(expression.otherwise)]
        return `(${this.#condition(expression.test)} ? ${then} : ${otherwise})`
      }
      case 'list':
        return `spliced([${this.#expressions(expression.of).join(', ')}])`
      case 'object': {
        const entries = expression.of.map(([name, part]) => `[${quoted(name)}, ${this.#expression(part)}]`)
        return `Object.fromEntries([${entries.join(', ')}])`
      }
    }
  }

  #expressions(expressions: readonly Expression[]): string[] {
    return expressions.map((part) => this.#expression(part))
  }

  #path({ prefix, rest }: Path): string {
    const value = this.#variable(prefix)
    return rest === undefined ? value : `matches(${value}, ${this.#bind(rest)})`
  }

  /** A variable that holds the value; those of its prefixes are made on the way. */
  #variable(segments: readonly Segment[]): string {
    const known = this.#variables.get(JSON.stringify(segments))
    if (known !== undefined) return known
    const parent = this.#variable(segments.slice(0, -1))
    const name = `a${this.#counter++}`
    this.#access.push(`const ${name} = own(${parent}, ${quoted(segments.at(-1))});`)
    this.#variables.set(JSON.stringify(segments), name)
    return name
  }

  #condition(condition: Condition): string {
    switch (condition.op) {
      case 'constant':
        return String(condition.value)
      case 'not':
        return `!(${this.#condition(condition.of)})`
      case 'all':
      case 'any':
        return `(${condition.of.map((part) => this.#condition(part)).join(condition.op === 'all' ? ' && ' : ' || ')})`
      default:
        return `${this.#bind(compareOf(condition))}(${this.#expression(condition.value)})`
    }
  }
}

/** JSON text is JavaScript text, since ECMAScript 2019 with U+2028 and U+2029 too. */
function quoted(name: Segment | undefined): string {
  return JSON.stringify(name)
}
