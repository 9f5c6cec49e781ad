import { CLASSES, type Shape } from './classes.ts'
import type { Taxonomy } from './taxonomy/table.ts'
import { V04 } from './taxonomy/v04.ts'
import { V07 } from './taxonomy/v07.ts'
import { V08 } from './taxonomy/v08.ts'

export const VERSIONS = ['2.D.V04', '2.D.V05', '2.D.V06', '2.D.V07', '2.D.V08'] as const
export type Version = (typeof VERSIONS)[number]

/**
 * What one item of a field is. `port` (1–65535) and `size` (not negative) are plain integers to the schema, and
 * `content` may be an object there; the normaliser holds to the draft's text.
 */
export type Kind =
  | 'string'
  | 'enum'
  | 'timestamp'
  | 'uuid'
  | 'ip'
  | 'geolocation'
  | 'unlocode'
  | 'attachmentName'
  | 'mediaType'
  | 'protocol'
  | 'hash'
  | 'integer'
  | 'port'
  | 'size'
  | 'number'
  | 'confidence'
  | 'uri'
  | 'email'
  | 'content'

export interface Scalar {
  kind: Kind
  list: boolean
  /** The allowed values; present when, and only when, `kind` is `enum`. */
  values?: ReadonlySet<string>
}

export interface ClassField {
  kind: 'class'
  list: boolean
  class: Class
}

export type Field = Scalar | ClassField

export interface Class {
  /** `Message` for the root, else the field's own name: `Analyzer`, `Source`. */
  name: string
  /** In the order of the draft. */
  fields: ReadonlyMap<string, Field>
  required: readonly string[]
}

export interface Profile {
  version: Version
  root: Class
}

const TAXONOMIES: Record<Version, Taxonomy> = {
  '2.D.V04': V04,
  '2.D.V05': V04,
  '2.D.V06': V04,
  '2.D.V07': V07,
  '2.D.V08': V08,
}

const cache = new Map<Version, Profile>()

/** What a message of this version may hold. The same object for every call. */
export function profile(version: Version): Profile {
  const known = cache.get(version)
  if (known) return known
  const made = { version, root: classOf('Message', version) }
  cache.set(version, made)
  return made
}

/** Whether some version has the field with this path of names, such as `['Source', 'TI']`. */
export function knownAnywhere(path: readonly string[]): boolean {
  return VERSIONS.some((version) => hasField(profile(version).root, path))
}

function hasField(owner: Class, [name, ...rest]: readonly string[]): boolean {
  const field = name === undefined ? undefined : owner.fields.get(name)
  if (!field) return false
  if (rest.length === 0) return true
  return field.kind === 'class' && hasField(field.class, rest)
}

function classOf(name: string, version: Version): Class {
  const rows = (CLASSES[name] ?? []).filter(([, , present = VERSIONS]) => present.includes(version))
  return {
    name,
    fields: new Map(rows.map(([field, shape]) => [field, fieldOf(name, field, shape, version)])),
    required: rows.filter(([, , , required]) => required?.includes(version)).map(([field]) => field),
  }
}

function fieldOf(owner: string, name: string, shape: Shape, version: Version): Field {
  const list = shape.endsWith('[]')
  // The type of `Shape` says that nothing but the brackets is cut off here.
  const kind = (list ? shape.slice(0, -2) : shape) as Kind | 'class'
  if (kind === 'class') return { kind, list, class: classOf(name, version) }
  if (kind !== 'enum') return { kind, list }
  return { kind, list, values: valuesOf(owner === 'Message' ? name : `${owner}.${name}`, version) }
}

function valuesOf(path: string, version: Version): ReadonlySet<string> {
  if (path === 'Version') return new Set([version])
  const values = TAXONOMIES[version][path]
  if (!values) throw new Error(`no values for ${path} in ${version}`)
  return values
}
