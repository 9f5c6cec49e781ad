import type { Ids } from './ids.ts'
import type { Member, Node, Program } from './ir.ts'
import type { Path } from './path.ts'
import type { Rule } from './scanner.ts'
import type { Layout } from './slots.ts'
import { type Current, SpanPrinter } from './spans.ts'
import { expressionsIn } from './walk.ts'
import { put } from './writers.ts'

/** The filter says no. */
export const FILTERED = -2
/** The message did not fit; try again with a larger buffer. */
export const FULL = -3
/** A required field is absent: `MISSING - i` for the message's member `i`. */
export const MISSING = -16

/**
 * Writes the message for the record whose spans were scanned, as UTF-8 JSON, and returns the position after it, or
 * one of the negative numbers above. What is written is what the closures give, serialised.
 */
export type Emit = (
  bytes: Uint8Array,
  spans: Int32Array,
  ids: Ids,
  out: Uint8Array,
  position: number,
) => number

export interface Emitter {
  emit: Emit
  /** After `emit` gave a message, what is known of it. */
  message: Pick<Current, 'isProven' | 'shape'>
}

/**
 * Generates the emitter of a program. Printed from the checked form alone: field names and constants are copied from
 * byte arrays, functions and conditions are called by index; no text of a mapping becomes code.
 */
export function generateEmitter(program: Program, layout: Layout, rule?: Rule): Emitter {
  const spans = new SpanPrinter(layout)
  const source = `"use strict";
return function emit(b, S, ids, out, p) {
  R.bytes = b; R.spans = S; R.ids = ids; R.isProven = true;
  let q, r, shape = 0;
${rule === undefined ? '' : '  const known = K.known;'}
${new EmitterPrinter(spans, rule?.name).body(program)}
}`
  const make = new Function('R', 'T', 'put', 'K', source)
  const emit = make(spans.current, spans.table, put, rule?.recall) as Emit // printed above with this signature
  return { emit, message: spans.current }
}

/** Members of the message that follow each other, from index `first` on. */
interface Group {
  first: number
  /** What they rest on beside the rule; absent when they do not rest on the rule. */
  others?: readonly Path[]
  members: Member[]
}

/** Code for the two ends of a node: what to do when it was absent, and when it was written. */
interface Ends {
  absent?: string
  present?: string
}

/**
 * Prints the statements that write a message member by member. Between two statements `p` is where the message ends:
 * what turns out to be absent is written over.
 */
class EmitterPrinter {
  readonly #spans: SpanPrinter
  readonly #lines: string[] = []
  /** Text that is written whatever happens, not yet printed: neighbours become one copy. */
  #pending = ''
  #marks = 0
  #parts = 0
  readonly #rule: string | undefined

  /** What rests on the member `rule` of the record alone is written once and then recalled. */
  constructor(spans: SpanPrinter, rule: string | undefined) {
    this.#spans = spans
    this.#rule = rule
  }

  body({ filter, message }: Program): string {
    this.#line(`if (!(${this.#spans.condition(filter)})) return ${FILTERED};`)
    this.#copy('{')
    for (const group of this.#groups(message.members)) {
      if (group.others) this.#recalled(group.others, () => this.#members(group))
      else this.#members(group)
    }
    this.#copy('}')
    this.#flush()
    this.#line('R.shape = shape;')
    this.#line(`return p > out.length ? ${FULL} : p;`)
    return this.#lines.join('\n')
  }

  #members({ first, members }: Group): void {
    members.forEach((member, i) => {
      const comma = first + i === 0 ? '' : ','
      this.#node(member.node, comma + fieldName(member), {
        absent: member.required ? `return ${MISSING - first - i};` : '',
      })
    })
  }

  /** Neighbours that rest on the rule alone are one group. */
  #groups(members: readonly Member[]): Group[] {
    const groups: Group[] = []
    members.forEach((member, first) => {
      const others = this.#besideRule(member.node)
      const last = groups.at(-1)
      const isSame = last !== undefined && (others ? last.others?.length === 0 : last.others === undefined)
      if (isSame && !others?.length) last.members.push(member)
      else groups.push({ first, members: [member], ...(others && { others }) })
    })
    return groups
  }

  /** The paths that a node rests on beside the rule; nothing when it does not rest on the rule. */
  #besideRule(node: Node): Path[] | undefined {
    const expressions = expressionsIn(node)
    const paths = expressions.flatMap((part) => (part.op === 'path' ? [part.path] : []))
    const others = paths.filter(({ prefix }) => prefix[0] !== this.#rule)
    const isOfRule = this.#rule !== undefined && paths.length > others.length
    return isOfRule && !expressions.some(({ op }) => op === 'id') ? others : undefined
  }

  /** Written once and then recalled, for records that have nothing of what else it rests on. */
  #recalled(others: readonly Path[], write: () => void): void {
    this.#flush()
    const [part, start, rule] = [this.#parts++, this.#name('g'), this.#name('k')]
    const isAlone = others.length === 0 ? '' : ` && ${this.#spans.areAbsent(others)}`
    this.#line(`const ${rule} = known !== undefined${isAlone};`)
    this.#line(`r = ${rule} ? known.part(${part}) : undefined;`)
    this.#line(`if (r !== undefined) { p = put(r.bytes, out, p); ${joined('r.shape')} } else {`)
    // A part has a shape of its own, so that a message has the same one whether its part was written or recalled.
    this.#line(`const ${start} = p, ${start}s = shape; shape = 0;`)
    write()
    this.#flush()
    this.#line(`if (${rule} && R.isProven) known.keep(${part}, out, ${start}, p, shape);`)
    this.#line(`r = shape; shape = ${start}s; ${joined('r')}`)
    this.#line('}')
  }

  /** Writes `prefix` and the node's value, or nothing. */
  #node(node: Node, prefix: string, ends: Ends): void {
    switch (node.kind) {
      case 'constant':
        this.#certain(() => this.#copy(prefix + JSON.stringify(node.value)), ends)
        break
      case 'leaf':
        // In a field of another kind an ID is a value like any other, and seldom one that the field may hold.
        if (node.value.op === 'id' && node.field.kind === 'uuid' && !node.field.list)
          this.#id(node.value.index, prefix, ends)
        else this.#value(this.#spans.leaf(node), prefix, ends)
        break
      case 'dynamic':
        this.#value(this.#spans.dynamic(node), prefix, ends)
        break
      case 'choice':
        this.#choice(node, prefix, ends)
        break
      case 'list':
        this.#list(node.items, prefix, ends)
        break
      case 'object':
        this.#object(node.members, prefix, ends)
    }
  }

  #certain(write: () => void, { present = '' }: Ends): void {
    write()
    if (present) this.#line(present)
  }

  #id(index: number, prefix: string, ends: Ends): void {
    this.#certain(() => {
      this.#copy(`${prefix}"`)
      this.#flush()
      this.#line(`p = ids.write(out, p, ${index});`)
      this.#copy('"')
    }, ends)
  }

  /** Writes the prefix, tries the value after it, and keeps both only when there was one. */
  #value(write: string, prefix: string, { absent = '', present = '' }: Ends): void {
    this.#flush()
    this.#line(`q = ${prefix === '' ? 'p' : `put(${this.#bytes(prefix)}, out, p)`};`)
    this.#line(`r = ${write};`)
    this.#line(`if (r !== q) { p = r; ${this.#mark()} ${present} }${absent ? ` else { ${absent} }` : ''}`)
  }

  #choice({ test, then, otherwise }: Extract<Node, { kind: 'choice' }>, prefix: string, ends: Ends): void {
    this.#flush()
    this.#line(`if (${this.#spans.condition(test)}) {`)
    this.#branch(then, prefix, ends)
    this.#line('} else {')
    this.#branch(otherwise, prefix, ends)
    this.#line('}')
  }

  #branch(node: Node | undefined, prefix: string, ends: Ends): void {
    this.#line(this.#mark())
    if (node !== undefined) this.#node(node, prefix, ends)
    else if (ends.absent) this.#line(ends.absent)
    this.#flush()
  }

  /** Every item writes a comma first; the first comma becomes the bracket. */
  #list(items: readonly Node[], prefix: string, ends: Ends): void {
    const { mark, start } = this.#open(prefix)
    for (const item of items) this.#node(item, ',', {})
    this.#flush()
    this.#close(`p === ${start}`, mark, `out[${start}] = 0x5b; out[p++] = 0x5d;`, ends)
  }

  /**
   * Every member writes a comma first; the first comma becomes the brace. Bit 0 of `content` says that there is more
   * than an identity; there is one further bit for each required member.
   */
  #object(members: readonly Member[], prefix: string, ends: Ends): void {
    const { mark, start } = this.#open(prefix)
    const content = this.#name('c')
    this.#line(`let ${content} = 0;`)
    const required = members.filter((member) => member.required)
    for (const member of members) {
      const bits = (member.identity ? 0 : 1) | (member.required ? 2 << required.indexOf(member) : 0)
      this.#node(member.node, `,${fieldName(member)}`, {
        present: bits === 0 ? '' : `${content} |= ${bits};`,
      })
    }
    this.#flush()
    const whole = (2 << required.length) - 1
    this.#close(`${content} !== ${whole}`, mark, `out[${start}] = 0x7b; out[p++] = 0x7d;`, ends)
  }

  /** `mark` is where the message ended before; what is inside begins at `start`. */
  #open(prefix: string): { mark: string; start: string } {
    this.#flush()
    const [mark, start] = [this.#name('m'), this.#name('s')]
    this.#line(`const ${mark} = p;`)
    if (prefix !== '') this.#line(`p = put(${this.#bytes(prefix)}, out, p);`)
    this.#line(`const ${start} = p;`)
    return { mark, start }
  }

  #close(isAbsent: string, mark: string, finish: string, { absent = '', present = '' }: Ends): void {
    this.#line(`if (${isAbsent}) { p = ${mark}; ${absent} } else { ${finish} ${this.#mark()} ${present} }`)
  }

  /** What passes here is part of the shape. */
  #mark(): string {
    return joined(Math.imul(++this.#marks, 0x85ebca6b))
  }

  #name(letter: string): string {
    return `${letter}${this.#marks++}`
  }

  #line(text: string): void {
    this.#lines.push(`  ${text}`)
  }

  #copy(text: string): void {
    this.#pending += text
  }

  #flush(): void {
    if (this.#pending === '') return
    this.#line(`p = put(${this.#bytes(this.#pending)}, out, p);`)
    this.#pending = ''
  }

  #bytes(text: string): string {
    return this.#spans.bind(Buffer.from(text))
  }
}

function fieldName({ name }: Member): string {
  return `${JSON.stringify(name)}:`
}

/** Code that makes a number part of the shape. Spread over all 32 bits, for one shape must not pass for another. */
const joined = (value: number | string) =>
  `shape = Math.imul(shape ^ ${value}, 0x9e3779b1); shape ^= shape >>> 15;`
