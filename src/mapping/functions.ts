import { createHash } from 'node:crypto'
import { zoned } from '../idmefv2/zone.ts'
import { nameUuid } from './ids.ts'
import type { MappingFunction } from './rules.ts'
import { textOf } from './truth.ts'

// The functions every mapping may call. Pure; `undefined` in and out means absent.

const lookup: MappingFunction = (value, table, otherwise) => {
  const key = textOf(value)
  if (key === undefined || typeof table !== 'object' || table === null || !Object.hasOwn(table, key))
    return otherwise
  return (table as Record<string, unknown>)[key] // an own property, checked above
}

const text: MappingFunction = (...parts) => {
  const texts = parts.map(textOf)
  return texts.includes(undefined) ? undefined : texts.join('')
}

const join: MappingFunction = (separator, ...parts) => {
  const texts = parts
    .flat(Number.POSITIVE_INFINITY)
    .map(textOf)
    .filter((part) => part !== undefined && part !== '')
  return texts.length === 0 ? undefined : texts.join(textOf(separator) ?? '')
}

const split: MappingFunction = (value, separator) =>
  textOf(value)
    ?.split(textOf(separator) ?? ',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

const uuid: MappingFunction = (...parts) => nameUuid(parts.map((part) => textOf(part) ?? ''))

/** Draft section 5.7: Size and Hash are those of the raw content, before it was encoded. */
const attachment: MappingFunction = (name, content, encoding, contentType, fileName) => {
  const raw = rawContent(content, encoding)
  if (raw === undefined || raw.length === 0) return undefined
  const asJson = encoding === 'json'
  return {
    Name: name,
    FileName: fileName,
    ContentType: contentType,
    ContentEncoding: asJson ? 'json' : 'base64',
    Size: raw.length,
    Hash: [`sha-256:${createHash('sha256').update(raw).digest('hex')}`],
    Content: raw.toString(asJson ? 'utf8' : 'base64'),
  }
}

function rawContent(content: unknown, encoding: unknown): Buffer | undefined {
  if (content === undefined || content === null) return undefined
  if (encoding === 'json') return Buffer.from(JSON.stringify(content))
  const given = textOf(content)
  return given === undefined ? undefined : Buffer.from(given, encoding === 'base64' ? 'base64' : 'utf8')
}

const inZone: MappingFunction = (time, zone) => {
  const place = textOf(zone)
  if (typeof time !== 'string' || place === undefined) return undefined
  return zoned(time, place)
}

export const FUNCTIONS: Readonly<Record<string, MappingFunction>> = {
  lookup,
  text,
  join,
  split,
  uuid,
  attachment,
  zoned: inZone,
  lower: (value) => textOf(value)?.toLowerCase(),
  upper: (value) => textOf(value)?.toUpperCase(),
}
