import { address } from './address.ts'
import { PATTERNS } from './patterns.ts'
import type { Kind, Scalar } from './profiles.ts'
import { printable } from './text.ts'
import { fromEpoch, timestamp } from './time.ts'
import { uri } from './uri.ts'

const UUID = new RegExp(PATTERNS.uuid)
const UNLOCODE = new RegExp(PATTERNS.unlocode)
const ATTACHMENT_NAME = new RegExp(PATTERNS.attachmentName)
const MEDIA_TYPE = new RegExp(PATTERNS.mediaType)
const HASH = new RegExp(PATTERNS.hash)
const DECIMAL = /^[-+]?\d+(?:\.\d+)?$/
const PROTOCOL = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
const COORDINATES = /^\s*([-+]?\d+(?:\.\d*)?)\s*,\s*([-+]?\d+(?:\.\d*)?)\s*(?:,\s*([-+]?\d+(?:\.\d*)?)\s*)?$/
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const LABEL = '[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*'
const EMAIL = new RegExp(`^${ATOM}(?:\\.${ATOM})*@(?:${LABEL}\\.)+${LABEL}$`)

/**
 * One item of a field, from whatever a tool wrote: a value that is valid for the field in the schema (`uri` and
 * `email` also under ajv-formats), or nothing, and the field is left out. Empty text is nothing. Takes values as
 * JSON.parse gives them and never throws.
 */
export function normalise(field: Scalar, value: unknown): string | number | undefined {
  if (typeof value === 'string') return value === '' ? undefined : fromText(field, value)
  if (typeof value === 'number') return Number.isFinite(value) ? fromNumber(field, value) : undefined
  if (typeof value === 'boolean') {
    return field.kind === 'string' || field.kind === 'content' ? String(value) : undefined
  }
  return field.kind === 'content' && typeof value === 'object' && value ? JSON.stringify(value) : undefined
}

function fromText(field: Scalar, text: string): string | number | undefined {
  switch (field.kind) {
    case 'string':
      return printable(text)
    case 'content':
      return text.toWellFormed()
    case 'enum':
      return field.values && member(field.values, text)
    case 'timestamp':
      return timestamp(text)
    case 'ip':
      return address(text)
    case 'protocol':
      return protocol(text)
    case 'uuid':
      return UUID.test(text) ? text.toLowerCase() : undefined
    case 'hash':
      return HASH.test(text) ? text.toLowerCase() : undefined
    case 'unlocode':
      return matching(UNLOCODE, text.toUpperCase())
    case 'attachmentName':
      return matching(ATTACHMENT_NAME, text)
    case 'mediaType':
      return matching(MEDIA_TYPE, text)
    case 'geolocation':
      return geolocation(text)
    case 'uri':
      return uri(text)
    case 'email':
      return email(text)
    default:
      return DECIMAL.test(text) ? inRange(field.kind, Number(text)) : undefined
  }
}

function fromNumber(field: Scalar, value: number): string | number | undefined {
  switch (field.kind) {
    case 'number':
    case 'confidence':
    case 'integer':
    case 'port':
    case 'size':
      return inRange(field.kind, value)
    case 'timestamp':
      return fromEpoch(value)
    case 'protocol':
      return Number.isSafeInteger(value) && value >= 0 ? String(value) : undefined
    default:
      return fromText(field, String(value))
  }
}

function inRange(kind: Kind, value: number): number | undefined {
  switch (kind) {
    case 'confidence':
      return value >= 0 && value <= 1 ? value : undefined
    case 'port':
      return Number.isInteger(value) && value >= 1 && value <= 65535 ? value : undefined
    case 'size':
      return Number.isSafeInteger(value) && value >= 0 ? value : undefined
    case 'integer':
      return Number.isSafeInteger(value) ? value : undefined
    default:
      return Number.isFinite(value) ? value : undefined
  }
}

const folded = new WeakMap<ReadonlySet<string>, ReadonlyMap<string, string>>()

function member(values: ReadonlySet<string>, text: string): string | undefined {
  if (values.has(text)) return text
  let index = folded.get(values)
  if (!index) {
    index = new Map([...values].map((value) => [value.toLowerCase(), value]))
    folded.set(values, index)
  }
  return index.get(text.toLowerCase())
}

/** `IPv6-ICMP` → `ipv6-icmp`, `http/1.1` → `http`, `ftp_data` → `ftp-data`. */
function protocol(text: string): string | undefined {
  const lower = text.toLowerCase()
  if (PROTOCOL.test(lower)) return lower
  const [name = ''] = lower.split('/', 1)
  const words = name.split(/[^a-z0-9]+/).filter((word) => word !== '')
  return words.length > 0 ? words.join('-') : undefined
}

function geolocation(text: string): string | undefined {
  const [, latitude, longitude, altitude] = COORDINATES.exec(text) ?? []
  if (!(Math.abs(Number(latitude)) <= 90 && Math.abs(Number(longitude)) <= 180)) return undefined
  return altitude === undefined ? `${latitude},${longitude}` : `${latitude},${longitude},${altitude}`
}

/** Also out of `Name <a@b.org>`, as it stands in the headers of a mail. */
function email(text: string): string | undefined {
  return matching(EMAIL, text.endsWith('>') ? text.slice(text.lastIndexOf('<') + 1, -1) : text)
}

const matching = (pattern: RegExp, text: string) => (pattern.test(text) ? text : undefined)
