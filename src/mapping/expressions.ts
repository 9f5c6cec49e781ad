import { createHash } from 'node:crypto'
import type { Profile } from '../idmefv2/profiles.ts'
import { nearest } from '../nearest.ts'
import type { Json } from '../types.ts'
import { type Reading, readCondition } from './conditions.ts'
import { didYouMean, type Fault, memberOf } from './faults.ts'
import {
  CONDITIONS,
  type Fields,
  FORMS,
  type Form,
  formOf,
  isObject,
  versionsIn,
  wrongArity,
} from './forms.ts'
import { FUNCTIONS } from './functions.ts'
import type { Condition, Expression } from './ir.ts'
import { firstOf } from './leaf.ts'
import { PathError, parsePath } from './path.ts'
import { CONTEXT_NAMES, type Context, type MappingFunction, type Rules } from './rules.ts'
import { fold } from './truth.ts'

/** Most different `$id` names in one mapping: the index of a name has eight bits in an ID, and 0 is the message. */
const MAX_IDS = 255

const ABSENT: Expression = { op: 'absent' }

/** Reads the values and conditions of one mapping, as they are written, and gathers their faults. */
export class ExpressionReader implements Reading {
  readonly faults: Fault[] = []
  readonly #functions: ReadonlyMap<string, MappingFunction>
  readonly #profile: Profile
  readonly #context: Context
  readonly #ids = new Map<string, number>()

  constructor(rules: Rules, profile: Profile, context: Context) {
    this.#functions = new Map(Object.entries({ ...FUNCTIONS, ...rules.functions }))
    this.#profile = profile
    this.#context = context
  }

  /** Notes a fault; reading goes on, so that the operator is told all of them at once. */
  fault(pointer: string, what: string): Expression {
    this.faults.push({ pointer, what })
    return ABSENT
  }

  /** What can be decided without an event is decided. */
  condition(written: Json, pointer: string): Condition {
    return fold(readCondition(written, pointer, this))
  }

  expression(written: Json, pointer: string): Expression {
    if (written === null) return ABSENT
    if (typeof written === 'string' && written.startsWith('$')) return this.#path(written, pointer)
    if (typeof written !== 'object') return { op: 'constant', value: written }
    if (Array.isArray(written))
      return listOf(written.map((item, i) => this.expression(item, `${pointer}/${i}`)))
    const form = formOf(written, pointer)
    return form === undefined ? this.#object(written, pointer) : this.#form(form)
  }

  /** The value for the configured version, read by `read`; undefined when no key covers it. */
  versioned<T>(form: Form, read: (chosen: Json, pointer: string) => T): T | undefined {
    const table = form.args[0]
    if (form.args.length !== 1 || !isObject(table)) {
      this.fault(form.pointer, '$version takes an object such as {"V04-V06": …, "V07-V08": …}')
      return undefined
    }
    const chosen = Object.keys(table).filter((range) => this.#covers(range, memberOf(form.at(0), range)))
    const [range, second] = chosen
    if (second !== undefined)
      this.fault(memberOf(form.at(0), second), `${range} covers ${this.#profile.version} too`)
    return range === undefined ? undefined : read(table[range] ?? null, memberOf(form.at(0), range))
  }

  #covers(range: string, pointer: string): boolean {
    const covered = versionsIn(range)
    if (covered === undefined) this.fault(pointer, 'expected a version or a range such as V04 or V04-V06')
    return covered?.includes(this.#profile.version) ?? false
  }

  #path(text: string, pointer: string): Expression {
    try {
      return { op: 'path', path: parsePath(text) }
    } catch (error) {
      if (!(error instanceof PathError)) throw error
      return this.fault(pointer, error.message)
    }
  }

  #object(written: Fields, pointer: string): Expression {
    const of = Object.entries(written).map(
      ([name, value]) => [name, this.expression(value, memberOf(pointer, name))] as const,
    )
    const constants = of.map(([name, value]) => [name, constantOf(value)] as const)
    return constants.some(([, value]) => value === undefined)
      ? { op: 'object', of }
      : { op: 'constant', value: Object.fromEntries(constants) as Fields } // none is undefined, checked
  }

  #form(form: Form): Expression {
    const wrong = wrongArity(form, FORMS.get(form.name))
    if (wrong !== undefined) return this.fault(form.pointer, wrong)
    const expressions = () => form.args.map((arg, i) => this.expression(arg, form.at(i)))
    switch (form.name) {
      case 'literal':
        return { op: 'constant', value: form.args[0] ?? null }
      case 'first':
        return firstOf(expressions())
      case 'if':
        return this.#if(form)
      case 'version':
        return this.versioned(form, (chosen, at) => this.expression(chosen, at)) ?? ABSENT
      case 'context':
        return this.#contextValue(form)
      case 'option':
        return this.#known(this.#context.options, form)
      case 'id':
        return { op: 'id', index: this.#idIndex(form.args.map(String).join('/'), form.pointer) }
    }
    const call = this.#functions.get(form.name)
    if (call === undefined) return this.#unknownForm(form)
    return this.#call(form, call, expressions())
  }

  #call({ name, at }: Form, call: MappingFunction, args: readonly Expression[]): Expression {
    if (call === FUNCTIONS.lookup && !mayBeTable(args[1]))
      return this.fault(at(1), '$lookup takes [value, {"key": result, …}, default]')
    return { op: 'call', name, call, args }
  }

  #unknownForm({ name, pointer }: Form): Expression {
    if (CONDITIONS.has(name)) return this.fault(pointer, 'a condition stands only in $if and $filter')
    const guess = nearest(name, [...FORMS.keys(), ...this.#functions.keys()])
    const meant = guess === undefined ? undefined : `$${guess}`
    return this.fault(pointer, `unknown form or function $${name}${didYouMean(meant)}`)
  }

  #if({ args, at }: Form): Expression {
    const test = this.condition(args[0] ?? null, at(0))
    const then = this.expression(args[1] ?? null, at(1))
    const otherwise = this.expression(args[2] ?? null, at(2))
    if (test.op === 'constant') return test.value ? then : otherwise
    return { op: 'if', test, then, otherwise }
  }

  #contextValue(form: Form): Expression {
    const name = form.args[0]
    if (typeof name !== 'string' || CONTEXT_NAMES.includes(name))
      return this.#known(this.#context.values, form)
    const meant = didYouMean(nearest(name, CONTEXT_NAMES))
    return this.fault(form.at(0), `no value ${JSON.stringify(name)} is known at start${meant}`)
  }

  #known(values: Readonly<Record<string, unknown>>, { name, args, at }: Form): Expression {
    const key = args[0]
    if (typeof key !== 'string') return this.fault(at(0), `$${name} takes one name`)
    const value = Object.hasOwn(values, key) ? values[key] : undefined
    // Options are plain data by their zod objects; a value from there is JSON.
    return value === undefined || value === null ? ABSENT : { op: 'constant', value: value as Json }
  }

  /** By the name itself, so that other names of a mapping may come and go and this one's IDs stay. */
  #idIndex(name: string, pointer: string): number {
    if (name === '') return 0
    const known = this.#ids.get(name)
    if (known !== undefined) return known
    const taken = new Set(this.#ids.values())
    if (taken.size === MAX_IDS) {
      this.fault(pointer, `more than ${MAX_IDS} different $id names`)
      return 0
    }
    let index = (createHash('sha256').update(name).digest().readUInt32LE() % MAX_IDS) + 1
    while (taken.has(index)) index = (index % MAX_IDS) + 1
    this.#ids.set(name, index)
    return index
  }
}

function mayBeTable(value: Expression | undefined): boolean {
  if (value === undefined || value.op === 'list') return false
  return value.op !== 'constant' || isObject(value.value)
}

/** The constant that an expression is, null for an absent one; undefined for all else. */
function constantOf(value: Expression): Json | undefined {
  if (value.op === 'absent') return null
  return value.op === 'constant' ? value.value : undefined
}

/** Absent items leave their place out, constant lists are spliced in. */
function listOf(of: readonly Expression[]): Expression {
  const present = of.filter((item) => item.op !== 'absent')
  if (present.length === 0) return ABSENT
  const values = present.map(constantOf)
  return values.includes(undefined)
    ? { op: 'list', of: present }
    : { op: 'constant', value: values.flat() as Json[] } // none is undefined, checked
}
