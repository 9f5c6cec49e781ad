import { Ajv, type ErrorObject } from 'ajv'
import formats from 'ajv-formats'
import { nearest } from '../nearest.ts'
import { type Kind, knownAnywhere, profile, VERSIONS, type Version } from './profiles.ts'
import { type SchemaOptions, schemaOf } from './schema.ts'

export { advise } from './advise.ts'

/** One thing wrong in a message. */
export interface Fault {
  /** JSON pointer (RFC 6901) to the value, or to where a missing one belongs; empty for the message itself. */
  pointer: string
  /** What is wrong with it, for a reader who sees the pointer: `must be a list, is a string`. */
  reason: string
}

export type Validator = (message: unknown) => Fault[]

export interface Verdict {
  /** The version the message was held against; absent when it names none that is known. */
  version?: Version
  faults: Fault[]
}

// More are of no use to a reader, and each costs a search for the word that was meant.
const MAX_FAULTS = 100
const MAX_SHOWN_VALUES = 12
const MAX_SHOWN_CHARS = 60

const NAMES: Partial<Record<Kind, string>> = {
  timestamp: 'a timestamp such as 2026-04-26T10:00:00.123Z',
  uuid: 'a UUID',
  ip: 'an IPv4 or IPv6 address',
  geolocation: 'coordinates such as 48.85,2.35',
  unlocode: 'a UN/LOCODE such as FR PAR',
  attachmentName: 'a name of letters and digits',
  mediaType: 'a media type such as text/plain',
  protocol: 'a protocol name of letters, digits and single hyphens',
  hash: 'a hash such as sha-256:9f86d081',
  uri: 'an absolute URI',
  email: 'an e-mail address',
}

const TYPES: Record<string, string> = {
  array: 'a list',
  boolean: 'a boolean',
  integer: 'a whole number',
  null: 'null',
  number: 'a number',
  object: 'an object',
  string: 'a string',
}

const validators = new Map<string, Validator>()

/**
 * A check against the schema of one version; gives every fault, at most 100, and an empty list for a valid message.
 * Compiled (some ten milliseconds) when it is first asked for, then kept.
 */
export function validator(version: Version, options: SchemaOptions = {}): Validator {
  const key = `${version} ${options.formats ?? false}`
  const known = validators.get(key)
  if (known) return known
  const made = compile(version, options)
  validators.set(key, made)
  return made
}

/** Holds a message against the schema of the version that it names itself. */
export function validate(message: unknown): Verdict {
  const named = isObject(message) ? message.Version : undefined
  const version = VERSIONS.find((known) => known === named)
  if (version) return { version, faults: validator(version)(message) }
  if (!isObject(message)) return { faults: [{ pointer: '', reason: mustBe('object', message) }] }
  const reason = named === undefined ? 'is required' : `is ${shown(named)}`
  return { faults: [{ pointer: '/Version', reason: `${reason}; known versions: ${VERSIONS.join(', ')}` }] }
}

function compile(version: Version, options: SchemaOptions): Validator {
  const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true })
  if (options.formats) formats.default(ajv, ['uri', 'email'])
  const check = ajv.compile(schemaOf(profile(version), options))
  return (message) =>
    check(message) ? [] : (check.errors ?? []).slice(0, MAX_FAULTS).map((error) => faultOf(error, version))
}

function faultOf(error: ErrorObject, version: Version): Fault {
  const { instancePath: pointer, keyword, params } = error
  switch (keyword) {
    case 'required':
      return { pointer: `${pointer}/${escaped(params.missingProperty)}`, reason: 'is required' }
    case 'additionalProperties':
      return unknownField(error, version)
    case 'type':
      return { pointer, reason: mustBe(params.type, error.data) }
    case 'enum':
      return { pointer, reason: notOneOf(params.allowedValues, error.data) }
    case 'pattern':
    case 'format':
      return { pointer, reason: `is not ${kindOf(error)}: ${shown(error.data)}` }
    default:
      return { pointer, reason: `${error.message}, is ${shown(error.data)}` }
  }
}

function unknownField({ instancePath, params, parentSchema }: ErrorObject, version: Version): Fault {
  const name: string = params.additionalProperty
  const owner = instancePath.split('/').filter((part) => part !== '' && !/^\d+$/.test(part))
  const place = owner.at(-1) ?? 'a message'
  const pointer = `${instancePath}/${escaped(name)}`
  if (knownAnywhere([...owner, name])) {
    return { pointer, reason: `is not a field of ${place} in ${version}, only in other versions` }
  }
  const meant = nearest(name, Object.keys(parentSchema?.properties ?? {}))
  return { pointer, reason: `is not a field of ${place}${didYouMean(meant)}` }
}

function notOneOf(allowed: readonly string[], value: unknown): string {
  const many = allowed.length > MAX_SHOWN_VALUES
  const choice = many ? `one of the ${allowed.length} known values` : `one of ${allowed.join(', ')}`
  const meant = typeof value === 'string' ? nearest(value, allowed) : undefined
  return `${shown(value)} is not ${choice}${didYouMean(meant)}`
}

const didYouMean = (word: string | undefined) => (word === undefined ? '' : `; did you mean ${word}?`)

function mustBe(type: string | readonly string[], value: unknown): string {
  const wanted = [type].flat().map((word) => TYPES[word])
  const actual = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value
  return `must be ${wanted.join(' or ')}, is ${TYPES[actual] ?? actual}`
}

/** The schema refers to kinds by name: `#/definitions/ip/pattern`. */
function kindOf({ schemaPath }: ErrorObject): string {
  const kind = schemaPath.split('/')[2]
  const found = Object.entries(NAMES).find(([name]) => name === kind)
  return found?.[1] ?? 'valid'
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text
}

const escaped = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1')

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
