import fc, { type GeneratorValue } from 'fast-check'
import {
  type Class,
  type Field,
  profile,
  type Scalar,
  VERSIONS,
  type Version,
} from '../../src/idmefv2/profiles.ts'
import type { Mapping, MappingFunction, Rules } from '../../src/mapping/rules.ts'
import { sampleOf } from '../idmefv2/messages.ts'
import { anyKey, UNSPEAKABLE_KEYS } from './events.ts'

// Mappings made at random, without faults: every form, function and condition, nested classes, lists and choices.

/** Text that would be code, or end a text, where it were printed as it is. */
const CODE = ['it\'s "$" \u2028 `', '{name} \u0007 \\'].join('$')

type Fields = { [name: string]: Mapping }

export interface Setting {
  version: Version
  rules: Rules
}

/** A version and rules for it. With `odd` some paths name keys that jsonpath-plus cannot be asked for. */
export const anySetting = (odd: boolean): fc.Arbitrary<Setting> =>
  fc.gen().map((generate): Setting => {
    const version: Version = generate(fc.constantFrom, ...VERSIONS)
    const writer = new MappingWriter(generate, version, odd)
    return { version, rules: { filter: writer.filter(), mapping: writer.message(), functions: FUNCTIONS } }
  })

export const CONTEXT = {
  values: { 'analyzer.name': 'Probe', 'analyzer.ip': '192.0.2.10', 'analyzer.hostname': 'probe.example.org' },
  options: { words: ['alert', 'x'], limit: 100, flag: true, none: undefined },
}

/** Functions of a connector: objects of a class, lists, and one that throws. */
const FUNCTIONS: NonNullable<Rules['functions']> = {
  thing: (name, ip, port) => ({ ID: '0b6e4a55-4c1d-8f3e-9a3b-5f2d7c9e1a00', Name: name, IP: ip, Port: port }),
  things: (...names) => names.map((name) => ({ Name: name, Note: name, Hostname: 'h' })),
  pair: (a, b) => [a, [b, a]],
  nothing: () => undefined,
  kinds: (...values) => values.map((value) => typeof value),
  picky: ((value) => {
    if (value === 'x') throw new Error('not x')
    return value
  }) satisfies MappingFunction,
}

class MappingWriter {
  readonly #generate: GeneratorValue
  readonly #version: Version
  readonly #odd: boolean

  constructor(generate: GeneratorValue, version: Version, odd: boolean) {
    this.#generate = generate
    this.#version = version
    this.#odd = odd
  }

  filter(): Mapping {
    return this.#oneOf<Mapping>(
      () => true,
      () => true,
      () => ({ $equals: ['$.type', 'alert'] }),
      () => ({ $equals: ['$.type', 'alert'] }),
      () => ({ $all: [{ $in: ['$.type', ['alert', 'dns', 1]] }, this.#condition(2)] }),
      () => this.#condition(2),
    )
  }

  message(): Fields {
    const { root } = profile(this.#version)
    const optional = [...root.fields].filter(([name]) => !root.required.includes(name))
    const chosen = this.#generate(fc.subarray, optional, { minLength: 3, maxLength: 9 })
    return {
      CreateTime: this.#chance(8) ? '$.time' : { $first: ['$.time', '2026-01-01T00:00:00Z'] },
      Analyzer: this.#analyzer(),
      ...Object.fromEntries(chosen.map(([name, field]) => [name, this.#field(field)])),
      // Some versions have it, in the others it is left out.
      ...(this.#chance(3) && { ReportTime: '$.time' }),
    }
  }

  #analyzer(): Mapping {
    const { root } = profile(this.#version)
    const analyzer = root.fields.get('Analyzer')
    if (analyzer?.kind !== 'class') throw new Error('no Analyzer')
    const name: Mapping = this.#chance(8) ? '$.name' : { $first: ['$.name', { $context: 'analyzer.name' }] }
    return {
      ...this.#object(analyzer.class),
      Name: name,
      ...(this.#chance(2) && { IP: { $context: 'analyzer.ip' } }),
    }
  }

  #field(field: Field): Mapping {
    if (field.kind !== 'class') return this.#value(field, 2)
    if (field.list && this.#chance(2)) return this.#several(0, 3, () => this.#instance(field.class, 2))
    return this.#instance(field.class, 2)
  }

  #instance(ofClass: Class, depth: number): Mapping {
    return this.#oneOf<Mapping>(
      () => this.#object(ofClass),
      () => this.#object(ofClass),
      () =>
        depth === 0
          ? null
          : {
              $if: [
                this.#condition(1),
                this.#instance(ofClass, depth - 1),
                this.#instance(ofClass, depth - 1),
              ],
            },
      () => (depth === 0 ? null : { $if: [this.#condition(1), this.#instance(ofClass, depth - 1)] }),
      () => ({ $version: { 'V04-V06': this.#object(ofClass, true), 'V07-V08': this.#path() } }),
      () => this.#path(),
      () => ({ $thing: [this.#any(1), this.#path(), this.#path()] }),
      () => ({ $things: this.#several(0, 2, () => this.#any(1)) }),
      () => ({ $first: [{ $nothing: [] }, this.#path(), { $thing: ['n', '$.a'] }] }),
      () => ({
        $attachment: [
          'File1',
          this.#any(1),
          this.#generate(fc.constantFrom, 'base64', 'text', 'json'),
          'text/plain',
          this.#path(),
        ],
      }),
    )
  }

  #object(ofClass: Class, loose = false): Fields {
    const optional = [...ofClass.fields].filter(([name]) => !ofClass.required.includes(name))
    const chosen = this.#generate(fc.subarray, optional, { maxLength: 5 })
    const required = [...ofClass.fields].filter(([name]) => ofClass.required.includes(name) && name !== 'ID')
    return Object.fromEntries([
      ...required.map(([name, field]) => [name, this.#present(field)] as const),
      ...chosen.map(([name, field]) => [name, loose ? null : this.#field(field)] as const),
    ])
  }

  /** A value for a required field: one that is certain to be there, or the mapping would have a fault. */
  #present(field: Field): Mapping {
    if (field.kind === 'class') return this.#field(field)
    return this.#chance(3) ? this.#path() : { $first: [this.#value(field, 1), this.#constantOf(field)] }
  }

  /** What a field may be made from: constants in it are valid for the field. */
  #value(field: Scalar, depth: number): Mapping {
    const constant = (): Mapping => literal(this.#constantOf(field))
    const inner = () => (depth === 0 ? constant() : this.#value(field, depth - 1))
    return this.#oneOf<Mapping>(
      () => this.#path(),
      () => this.#path(),
      () => this.#path(),
      constant,
      () => this.#several(0, 3, inner),
      () => ({ $first: this.#several(1, 3, inner) }),
      () => ({ $if: [this.#condition(1), inner(), ...(this.#chance(2) ? [inner()] : [])] }),
      () => ({ $version: { 'V04-V06': inner(), V08: inner() } }),
      () => ({
        $lookup: [
          this.#any(1),
          { alert: constant(), '1': inner(), 'a.b': inner(), ['__proto__']: constant() },
          inner(),
        ],
      }),
      () => this.#call(depth),
      () =>
        field.kind === 'uuid' ? { $id: this.#generate(fc.constantFrom, 'one', 'two') } : this.#call(depth),
    )
  }

  /** A call of a function, or a value whose constants reach no field as they are. */
  #call(depth: number): Mapping {
    const arg = () => this.#any(depth === 0 ? 0 : depth - 1)
    return this.#oneOf<Mapping>(
      () => ({ $text: this.#several(1, 3, arg) }),
      () => ({
        $join: [literal(this.#generate(fc.constantFrom, ', ', '', '\u2028')), ...this.#several(0, 3, arg)],
      }),
      () => ({ $lower: arg() }),
      () => ({ $upper: [arg()] }),
      () => ({ $split: [arg(), this.#generate(fc.constantFrom, '.', ' ', ',')] }),
      () => ({ $uuid: this.#several(0, 3, arg) }),
      () => ({ $pair: [arg(), arg()] }),
      () => ({ $picky: arg() }),
      () => ({ $kinds: this.#several(0, 2, arg) }),
      () => ({ $text: [{ $id: 'three' }, arg()] }),
      () => ({ $pair: [{ $if: [{ $equals: [{ $id: 'one' }, 'x'] }, 'a', 'b'] }, arg()] }),
    )
  }

  /** An argument: any value at all. */
  #any(depth: number): Mapping {
    return this.#oneOf<Mapping>(
      () => this.#path(),
      () => this.#path(),
      () => literal(this.#generate(fc.constantFrom, 'x', 'alert', '$5', '1', '', CODE, '</script>')),
      () => this.#generate(fc.constantFrom, 0, 1, 1.5, true, false, null),
      () => ({ $option: this.#generate(fc.constantFrom, 'words', 'limit', 'flag', 'none', 'unknown') }),
      () => ({ $context: this.#generate(fc.constantFrom, 'analyzer.name', 'location') }),
      () => (depth === 0 ? '$' : this.#several(0, 2, () => this.#any(depth - 1))),
      () => (depth === 0 ? null : { k: this.#any(depth - 1), ['__proto__']: this.#any(0) }),
      () => (depth === 0 ? '$.a' : { $first: this.#several(1, 2, () => this.#any(depth - 1)) }),
      () => (depth === 0 ? '$.b' : this.#call(depth - 1)),
    )
  }

  #condition(depth: number): Mapping {
    const text = () =>
      this.#generate(fc.constantFrom, 'x', 'alert', '1', 1, 1.5, -7, true, '', 'null', 'a\\b', 'é', '\u0000')
    return this.#oneOf<Mapping>(
      () => ({ $equals: [this.#any(depth), literal(text())] }),
      () => ({ $equals: [this.#path(), literal(text())] }),
      () => ({ $in: [this.#any(depth), this.#several(0, 4, () => literal(text()))] }),
      () => ({ $in: [this.#path(), { $option: this.#generate(fc.constantFrom, 'words', 'none') }] }),
      () => ({ $exists: [this.#any(depth)] }),
      () => ({ $exists: this.#path() }),
      () => ({ $atLeast: [this.#any(depth), 1] }),
      () => ({ $atMost: [this.#path(), { $option: this.#generate(fc.constantFrom, 'limit', 'none') }] }),
      () => this.#chance(2),
      () => (depth === 0 ? true : { $not: this.#condition(depth - 1) }),
      () => ({ $all: depth === 0 ? [] : this.#several(0, 3, () => this.#condition(depth - 1)) }),
      () => ({ $any: depth === 0 ? [] : this.#several(0, 3, () => this.#condition(depth - 1)) }),
    )
  }

  #path(): string {
    const steps = this.#several(0, 2, () => this.#step())
    const rest = this.#chance(6) ? this.#rest() : ''
    return `$${this.#name()}${steps.join('')}${rest}`
  }

  #step(): string {
    return this.#chance(6) ? `[${this.#generate(fc.nat, { max: 2 })}]` : this.#name()
  }

  #name(): string {
    if (this.#odd && this.#chance(6)) return quoted(this.#generate(fc.constantFrom, ...UNSPEAKABLE_KEYS))
    const key = this.#generate(() => anyKey)
    return /^[a-z]+$/i.test(key) && this.#chance(2) ? `.${key}` : quoted(key)
  }

  #rest(): string {
    return this.#oneOf(
      () => '[*]',
      () => '.*.a',
      () => '[0:2]',
      () => '[-1:].b',
      () => "['a','b']",
      () => '..a',
      () => "..['b']",
      () => "[?(@.type == 'alert')].a",
      () => '[?(@.a)]',
      () => '..[?(@.a > 1)]',
    )
  }

  #constantOf(field: Scalar): Mapping {
    const sample = field.values ? this.#generate(fc.constantFrom, ...field.values) : sampleOf(field)
    return field.kind === 'string' && this.#chance(3) ? CODE : (sample as Mapping) // samples are JSON
  }

  #several<T extends Mapping>(min: number, max: number, make: () => T): T[] {
    return Array.from({ length: this.#generate(fc.integer, { min, max }) }, make)
  }

  #oneOf<T>(...makers: (() => T)[]): T {
    const make = makers[this.#generate(fc.nat, { max: makers.length - 1 })]
    if (make === undefined) throw new Error('no maker')
    return make()
  }

  /** True one time in `n`. */
  #chance(n: number): boolean {
    return this.#generate(fc.nat, { max: n - 1 }) === 0
  }
}

function quoted(key: string): string {
  return `['${key.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}']`
}

/** A constant as a mapping writes it: a text that begins with $ would be a path. */
function literal(value: Mapping): Mapping {
  return typeof value === 'string' && value.startsWith('$') ? { $literal: value } : value
}
