import fc from 'fast-check'
import { PATTERNS } from '../../src/idmefv2/patterns.ts'
import type { Class, Field, Kind, Scalar, Version } from '../../src/idmefv2/profiles.ts'
import { profile } from '../../src/idmefv2/profiles.ts'

// Messages made from a profile: one that fills every field, random ones, and broken copies of both.

export type Node = Record<string, unknown>

const SAMPLES: Record<Kind, unknown> = {
  string: 'text',
  enum: undefined,
  timestamp: '2026-04-26T10:00:00.123+02:00',
  uuid: '0b6e4a55-4c1d-8f3e-9a3b-5f2d7c9e1a00',
  ip: '2001:db8::1',
  geolocation: '48.85,2.35',
  unlocode: 'FR PAR',
  attachmentName: 'file1',
  mediaType: 'text/plain; charset=utf-8',
  protocol: 'ipv6-icmp',
  hash: 'sha-256:9f86d081',
  integer: 7,
  port: 443,
  size: 12,
  number: 12.5,
  confidence: 0.5,
  uri: 'https://example.org/a?b#c',
  email: 'someone@example.org',
  content: 'payload',
}

/** The smallest valid message. */
export const smallest = (version: Version): Node => filled(profile(version).root, true)

/** A valid message with every field of its version. */
export const fullest = (version: Version): Node => filled(profile(version).root, false)

export function filled(owner: Class, onlyRequired: boolean): Node {
  const fields = [...owner.fields].filter(([name]) => !onlyRequired || owner.required.includes(name))
  return Object.fromEntries(
    fields.map(([name, field]) => {
      const item = field.kind === 'class' ? filled(field.class, onlyRequired) : sampleOf(field)
      return [name, field.list ? [item] : item]
    }),
  )
}

export const sampleOf = ({ kind, values }: Scalar): unknown => (values ? [...values][0] : SAMPLES[kind])

/** Random messages, most of them valid: text of the form that its kind wants, any subset of the optional fields. */
export const anyMessage = (version: Version): fc.Arbitrary<Node> => anyObject(profile(version).root)

function anyObject({ fields, required }: Class): fc.Arbitrary<Node> {
  const model = Object.fromEntries([...fields].map(([name, field]) => [name, anyField(field)]))
  return fc.record<Node>(model, { requiredKeys: [...required] })
}

function anyField(field: Field): fc.Arbitrary<unknown> {
  const item = field.kind === 'class' ? anyObject(field.class) : anyScalar(field)
  return field.list ? fc.array(item, { maxLength: 2 }) : item
}

/** Text in the written form of a kind, for kinds that have one. */
export function anyText(kind: Kind): fc.Arbitrary<string> | undefined {
  if (kind === 'ip') return fc.oneof(fc.ipV4(), fc.ipV6())
  const pattern = Object.entries(PATTERNS).find(([name]) => name === kind)?.[1]
  return pattern === undefined ? undefined : fc.stringMatching(new RegExp(pattern))
}

function anyScalar({ kind, values }: Scalar): fc.Arbitrary<unknown> {
  if (values) return fc.constantFrom(...values)
  const text = anyText(kind)
  if (text) return text
  if (kind === 'port' || kind === 'size') return fc.integer()
  if (kind === 'number' || kind === 'confidence') return fc.double({ min: 0, max: 1, noNaN: true })
  return fc.string()
}

// biome-ignore format: a table
const JUNK: readonly unknown[] = [
  null, true, 0, 1.5, -1, 70_000, '', 'x', '2.D.V08', [], {}, [[]], ['x'], [1], [null], [{}], { ID: 1 },
]

/** Every message that differs from this one in one place: a value left out, replaced, or a field too many. */
export function* variants(message: Node): Generator<unknown> {
  yield* JUNK
  for (const path of pathsOf(message)) {
    yield changed(message, path, () => undefined)
    for (const junk of JUNK) yield changed(message, path, () => junk)
    yield changed(message, path, (value) => (isNode(value) ? { ...value, Unknown: 1 } : [value]))
    yield changed(message, path, (value) => (isNode(value) ? { ...value, URL: 'x' } : { value }))
  }
  yield { ...message, Unknown: 1 }
}

/** The message with one place, chosen by `seed`, replaced by `value`. */
export function spoilt(message: Node, seed: number, value: unknown): unknown {
  const paths = pathsOf(message)
  return changed(message, paths[seed % paths.length] ?? [], () => value)
}

function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...pathsOf(inner, [...path, key])])
}

function changed(
  value: unknown,
  [key, ...rest]: readonly string[],
  change: (old: unknown) => unknown,
): unknown {
  if (key === undefined) return change(value)
  const entries = Object.entries(isNode(value) || Array.isArray(value) ? value : {}).flatMap(
    ([name, inner]) => {
      const next = name === key ? changed(inner, rest, change) : inner
      return next === undefined ? [] : [[name, next] as const]
    },
  )
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries)
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
