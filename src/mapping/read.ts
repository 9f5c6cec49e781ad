import { normalise } from '../idmefv2/normalise.ts'
import { type Class, knownAnywhere, type Profile, type Scalar } from '../idmefv2/profiles.ts'
import { nearest } from '../nearest.ts'
import type { Json } from '../types.ts'
import { ExpressionReader } from './expressions.ts'
import { didYouMean, MappingError, memberOf } from './faults.ts'
import { type Fields, FORMS, type Form, formOf, isObject, wrongArity } from './forms.ts'
import type { Expression, Member, Node, Program } from './ir.ts'
import { branches, constantsIn, leaf } from './leaf.ts'
import type { Context, Rules } from './rules.ts'

export { MappingError } from './faults.ts'

/**
 * Checks a mapping against a version's profile and turns it into the form that code is generated from. Forms that
 * rest on the version, options and context are decided here.
 * @throws {MappingError} with every fault, each at its JSON pointer.
 */
export function readMapping(rules: Rules, profile: Profile, context: Context): Program {
  if (!isObject(rules.mapping))
    throw new MappingError([{ pointer: '', what: 'a mapping is an object of IDMEFv2 fields' }])
  const reader = new ExpressionReader(rules, profile, context)
  const filter = reader.condition(rules.filter, '/$filter')
  const message = new MessageReader(reader, profile).message(rules.mapping)
  if (reader.faults.length > 0) throw new MappingError(reader.faults)
  return { message, filter }
}

/** Reads the tree of a message: objects of classes, lists of them, and the fields they hold. */
class MessageReader {
  readonly #reader: ExpressionReader
  readonly #profile: Profile

  constructor(reader: ExpressionReader, profile: Profile) {
    this.#reader = reader
    this.#profile = profile
  }

  message(mapping: Fields): Program['message'] {
    const { version } = this.#profile
    const { Version: named, ...fields } = mapping
    if (named !== undefined && named !== version)
      this.#reader.fault('/Version', `is set from the configured version, ${version}; leave it out`)
    const node = this.#object({ ID: { $id: [] }, ...fields }, this.#profile.root, '')
    const first: Member = {
      name: 'Version',
      node: { kind: 'constant', value: version },
      required: true,
      identity: true,
    }
    return { ...node, members: [first, ...node.members] }
  }

  #object(fields: Fields, ofClass: Class, pointer: string): Extract<Node, { kind: 'object' }> {
    const members: Member[] = []
    const lacking = new Set(ofClass.required.filter((name) => name !== 'Version'))
    for (const [name, value] of Object.entries(completed(fields, ofClass, pointer))) {
      const faultsBefore = this.#reader.faults.length
      const node = this.#member(name, value, ofClass, memberOf(pointer, name))
      // What is wrong was told already; that it is missing for that reason would only confuse.
      if (node !== undefined || this.#reader.faults.length > faultsBefore) lacking.delete(name)
      if (node === undefined) continue
      members.push({ name, node, required: ofClass.required.includes(name), identity: name === 'ID' })
    }
    for (const name of lacking)
      this.#reader.fault(memberOf(pointer, name), `${this.#profile.version} requires it in ${ofClass.name}`)
    return { kind: 'object', class: ofClass, members }
  }

  #member(name: string, written: Json, ofClass: Class, pointer: string): Node | undefined {
    const field = ofClass.fields.get(name)
    if (field === undefined) return this.#unknownField(name, ofClass, pointer)
    if (field.kind === 'class') return this.#classField(written, field.class, field.list, pointer)
    const value = this.#reader.expression(written, pointer)
    this.#checkConstants(value, field, pointer)
    return leaf(value, field)
  }

  /** A field that another version has is no fault: it is left out. */
  #unknownField(name: string, ofClass: Class, pointer: string): undefined {
    if (knownAnywhere(ofClass.name === 'Message' ? [name] : [ofClass.name, name])) return
    const guess = didYouMean(nearest(name, ofClass.fields.keys()))
    this.#reader.fault(pointer, `${ofClass.name} has no field ${name} in any IDMEFv2 version${guess}`)
  }

  #classField(written: Json, ofClass: Class, list: boolean, pointer: string): Node | undefined {
    if (!list) return this.#instance(written, ofClass, false, pointer)
    const nodes = Array.isArray(written)
      ? written.map((item, i) => this.#instance(item, ofClass, true, `${pointer}/${i}`))
      : [this.#instance(written, ofClass, true, pointer)]
    const items = nodes.filter((item) => item !== undefined)
    return items.length === 0 ? undefined : { kind: 'list', items }
  }

  /** One object of a class, or whatever gives one when it is evaluated; with `list` also several. */
  #instance(written: Json, ofClass: Class, list: boolean, pointer: string): Node | undefined {
    const form = formOf(written, pointer)
    if (isObject(written) && form === undefined) return this.#object(written, ofClass, pointer)
    if (form?.name === 'if') return this.#choice(form, ofClass, list)
    if (form?.name === 'version')
      return this.#reader.versioned(form, (chosen, at) => this.#instance(chosen, ofClass, list, at))
    const value = this.#reader.expression(written, pointer)
    if (value.op === 'absent') return undefined
    if (form === undefined && value.op !== 'path') return this.#noInstance(ofClass, pointer)
    const inline = form?.name === 'first' ? form.args.findIndex(isPlainObject) : -1
    if (form !== undefined && inline >= 0) return this.#noInstanceInFirst(form.at(inline))
    return { kind: 'dynamic', class: ofClass, list, value }
  }

  #noInstance(ofClass: Class, pointer: string): undefined {
    this.#reader.fault(pointer, `expected an object with the fields of ${ofClass.name}`)
  }

  #noInstanceInFirst(pointer: string): undefined {
    this.#reader.fault(pointer, 'an object of fields is always present; choose with $if instead of $first')
  }

  #choice(form: Form, ofClass: Class, list: boolean): Node | undefined {
    const wrong = wrongArity(form, FORMS.get(form.name))
    if (wrong !== undefined) {
      this.#reader.fault(form.pointer, wrong)
      return undefined
    }
    const test = this.#reader.condition(form.args[0] ?? null, form.at(0))
    const branch = (i: number) => this.#instance(form.args[i] ?? null, ofClass, list, form.at(i))
    const [then, otherwise] = [branch(1), branch(2)]
    if (test.op === 'constant') return test.value ? then : otherwise
    return branches(test, then, otherwise)
  }

  /** Every constant that can reach the field must be valid for it: a misspelt category is a fault now, not a lost field later. */
  #checkConstants(value: Expression, field: Scalar, pointer: string): void {
    for (const constant of constantsIn(value)) {
      if (normalise(field, constant) !== undefined) continue
      const guess = didYouMean(field.values && nearest(String(constant), field.values))
      const { version } = this.#profile
      this.#reader.fault(pointer, `${JSON.stringify(constant)} is ${expectedOf(field)} in ${version}${guess}`)
    }
  }
}

/** More values than these are not listed; then the nearest one has to do. */
const MAX_LISTED = 8

function expectedOf({ kind, values }: Scalar): string {
  if (values === undefined) return `not a valid ${kind}`
  return values.size <= MAX_LISTED ? `not one of ${[...values].join(', ')}` : 'not a value of this field'
}

function isPlainObject(written: Json): boolean {
  return isObject(written) && formOf(written, '') === undefined
}

/** What every object gets where the mapping does not say it: an ID, and the analyzer's own address where required. */
function completed(fields: Fields, ofClass: Class, pointer: string): Fields {
  const whole: Fields = { ...fields }
  if (ofClass.fields.has('ID') && whole.ID === undefined) whole.ID = identityOf(fields, ofClass, pointer)
  if (ofClass.name === 'Analyzer' && ofClass.required.includes('IP')) whole.IP ??= { $context: 'analyzer.ip' }
  return whole
}

/** An analyzer and a sensor are the same in every alert; all else is of its alert. */
function identityOf(fields: Fields, ofClass: Class, pointer: string): Json {
  if (ofClass.name !== 'Analyzer' && ofClass.name !== 'Sensor') return { $id: [pointer] }
  return { $uuid: [ofClass.name, fields.Name ?? null, { $context: 'analyzer.hostname' }] }
}
