import type { Json } from '../types.ts'
import { DocumentError } from './fault.ts'
import { type Class, classOf, type Field } from './model.ts'
import { nameIn } from './names.ts'
import { instantOf } from './time.ts'
import { valueIn } from './values.ts'
import type { Element } from './xml.ts'

/**
 * One Alert or Heartbeat, whole, as plain JSON: `idmef` says which of them, the rest are the fields of the class in `model.ts`. Only
 * what stands in the document is there. `analyzer` is a list, the outermost first; a time is a `Stamp`. What the model does not
 * have stands in `unknown`, as paths with their text. Whoever takes it from a sender adds `taken`, milliseconds since 1970.
 */
export interface Message {
  idmef: 'alert' | 'heartbeat'
  [field: string]: Json
}

/** Named so by the draft before the RFC: a list around the files of a Target. */
const TRANSPARENT: readonly string[] = ['file_list']

/** @throws {DocumentError} naming the element or attribute whose value the model does not have */
export function messageOf(element: Element, path: string): Message {
  const idmef = element.name === 'Alert' ? 'alert' : 'heartbeat'
  const unknown: string[] = []
  const fields = new Reading(unknown).fieldsOf(element, classOf(idmef), path)
  const message: Message = { idmef, ...fields }
  if (unknown.length > 0) message.unknown = unknown
  return message
}

/** Many names may be unknown in a document that is none of ours; what they are is told by a few. */
const MAX_UNKNOWN = 100
const MAX_UNKNOWN_TEXT = 1000

type Fields = { [field: string]: Json }

class Reading {
  readonly #unknown: string[]

  constructor(unknown: string[]) {
    this.#unknown = unknown
  }

  fieldsOf(element: Element, owner: Class, path: string): Fields {
    const fields: Fields = {}
    for (const [name, value] of element.attributes) this.#attribute(fields, owner, name, value, path, element)
    const counts = new Map<string, number>()
    for (const child of element.children) {
      const nth = (counts.get(child.name) ?? 0) + 1
      counts.set(child.name, nth)
      this.#child(fields, owner, child, `${path}/${child.name}${nth > 1 ? `[${nth}]` : ''}`)
    }
    const own = owner.own === undefined ? undefined : owner.fields.get(owner.own)
    const text = element.text.trim()
    if (own && text !== '') fields[own.name] = convert(own, text, path, element.line)
    return fields
  }

  #attribute(
    fields: Fields,
    owner: Class,
    xml: string,
    value: string,
    path: string,
    { line }: Element,
  ): void {
    const place = `${path}@${xml}`
    const field = owner.fields.get(nameIn(xml))
    if (xml === 'perms' && owner.name === 'file_access') return
    // An empty one says no more than an absent one, and DTDs of some writers give every attribute.
    if (field && field.form !== 'class' && field.form !== 'time') {
      if (value !== '') put(fields, field, convert(field, value.trim(), place, line))
    } else this.#tell(place, value)
  }

  #child(fields: Fields, owner: Class, child: Element, path: string): void {
    const name = nameIn(child.name)
    if (TRANSPARENT.includes(name)) {
      for (const [i, inner] of child.children.entries())
        this.#child(fields, owner, inner, `${path}[${i + 1}]`)
      return
    }
    const field = owner.fields.get(name)
    if (owner.name === 'analyzer' && name === 'analyzer') return // told by `analyzersOf`
    // What the model has once may stand there twice; the first counts.
    if (!field || (!field.list && Object.hasOwn(fields, name))) this.#tell(path, child.text)
    else if (name === 'analyzer') for (const one of this.#chain(child, path)) put(fields, field, one)
    else if (field.class === 'additional_data') put(fields, field, this.#additional(child, path))
    else if (field.form === 'class') put(fields, field, this.fieldsOf(child, classOf(field.class), path))
    else if (name === 'permission') this.#permission(fields, field, child)
    else if (field.form === 'time') put(fields, field, stampOf(child, path))
    else if (child.text.trim() !== '') put(fields, field, convert(field, child.text.trim(), path, child.line))
  }

  /** An Analyzer and those in it, the outermost first. */
  #chain(outermost: Element, path: string): Fields[] {
    const chain: Fields[] = []
    let place = path
    for (let at: Element | undefined = outermost; at; place += '/Analyzer') {
      chain.push(this.fieldsOf(at, classOf('analyzer'), place))
      at = at.children.find((child) => child.name === 'Analyzer')
    }
    return chain
  }

  /** RFC: an element each, with the permission in `perms`; before it: its text. */
  #permission(fields: Fields, field: Field, { attributes, text }: Element): void {
    const permission = attributes.get('perms') ?? text.trim()
    if (permission !== '') put(fields, field, permission)
  }

  /** Its value stands in a child named for its type; in the draft before the RFC directly in it. */
  #additional(element: Element, path: string): Fields {
    const { attributes, children, line } = element
    const [child] = children
    const { form: _, ...type } = classOf('additional_data').fields.get('type') as Field // the table has it
    const fields: Fields = {}
    const meaning = attributes.get('meaning')
    if (meaning !== undefined && meaning !== '') fields.meaning = meaning
    const said = attributes.get('type') ?? child?.name
    const word = said === 'xmltext' ? 'xml' : (said ?? 'string')
    fields.type = convert({ ...type, form: 'enum' }, word, `${path}@type`, line)
    const data = child ? (child.markup ?? child.text) : element.text
    if (data !== '' && (child || data.trim() !== '')) fields.data = data
    for (const [name, value] of attributes)
      if (name !== 'meaning' && name !== 'type') this.#tell(`${path}@${name}`, value)
    for (const other of children.slice(1)) this.#tell(`${path}/${other.name}`, other.text)
    return fields
  }

  #tell(path: string, text: string): void {
    if (this.#unknown.length < MAX_UNKNOWN)
      this.#unknown.push(`${path}: ${text.trim().slice(0, MAX_UNKNOWN_TEXT)}`)
  }
}

function put(fields: Fields, { name, list }: Field, value: Json): void {
  const before = fields[name]
  if (!list) fields[name] = value
  else if (Array.isArray(before)) before.push(value)
  else fields[name] = [value]
}

function convert(field: Field, text: string, path: string, line: number): Json {
  const value = valueIn(field, text)
  if (value !== undefined) return value
  const expected = field.values ? `one of ${field.values.words.join(', ')}` : WANTED[field.form]
  throw new DocumentError('invalid', `${path} (line ${line}): ${JSON.stringify(text)} is not ${expected}`)
}

const WANTED: Readonly<Partial<Record<Field['form'], string>>> = {
  u8: 'a whole number up to 255',
  u16: 'a whole number up to 65535',
  u32: 'a whole number below 2^32',
  u64: 'a whole number below 2^64',
  i32: 'a whole number of 32 bits',
  real: 'a number',
}

function stampOf({ attributes, text, line }: Element, path: string): Json {
  const time = text.trim()
  const ntpstamp = attributes.get('ntpstamp')?.trim() ?? ''
  const stamp = { ...(time !== '' && { time }), ...(ntpstamp !== '' && { ntpstamp }) }
  if (instantOf(stamp)) return stamp
  const what = `${JSON.stringify(time)} is not a time such as 2026-11-22T08:00:00Z`
  throw new DocumentError('invalid', `${path} (line ${line}): ${what}`)
}
