import { FUNCTIONS } from '../../mapping/functions.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { joined, labelled, type Part, part, parts, text, texts } from './parts.ts'
import { instant } from './times.ts'

// Attachments: the files of the targets, which have no content but all that is known of them; additional data; the buffer of an
// overflow; and what has no field.

/** Names of so many files, counted through the whole message. */
export function fileNames(count: number, before: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `File${before + i + 1}`)
}

/** `[targets]` */
export const files: MappingFunction = (targets) => {
  const all = parts(targets).flatMap(({ file }) => parts(file))
  return all.map((file, i) => ({ ...attachmentOf(file), Name: fileNames(1, i)[0] }))
}

/** By the IANA names of hash functions. */
const HASHES: Readonly<Record<string, string>> = {
  SHA1: 'sha-1',
  'SHA2-256': 'sha-256',
  'SHA2-384': 'sha-384',
  'SHA2-512': 'sha-512',
}

function attachmentOf(file: Part): Part {
  const checksums = parts(file.checksum)
  const hashes = checksums.map((checksum) => ({ checksum, hash: hashOf(checksum) }))
  return {
    FileName: text(file.path) ?? text(file.name),
    Size: file.data_size,
    ContentType: file.file_type,
    Hash: hashes.flatMap(({ hash }) => hash ?? []),
    Note: joined(
      '; ',
      text(file.category),
      ...hashes.map(({ checksum, hash }) => checksumNote(checksum, hash)),
      labelled('created', instant(file.create_time)),
      labelled('modified', instant(file.modify_time)),
      labelled('accessed', instant(file.access_time)),
      ...parts(file.file_access).map(accessNote),
      ...parts(file.linkage).map(({ category, path, name }) =>
        joined(' ', text(category), text(path) ?? text(name)),
      ),
    ),
  }
}

function hashOf({ algorithm, value }: Part): string | undefined {
  const name = text(algorithm)
  const hex = text(value)?.toLowerCase()
  if (name === undefined || hex === undefined || !/^(?:[\da-f]{2})+$/.test(hex)) return undefined
  return `${HASHES[name] ?? name.toLowerCase()}:${hex}`
}

function checksumNote({ algorithm, value, key }: Part, hash: string | undefined): string | undefined {
  const said = hash === undefined ? joined(' ', text(algorithm), text(value)) : undefined
  return joined(' ', said, labelled('with key', key))
}

function accessNote({ user_id, permission }: Part): string | undefined {
  const { name, number } = part(user_id)
  return labelled(`${text(name) ?? text(number) ?? 'anyone'} may`, texts(permission).join(', '))
}

const attachment = FUNCTIONS.attachment as MappingFunction // it is one of the built-in ones

/** `[additional_data]` */
export const additionalData: MappingFunction = (all) => {
  const data = parts(all).map(({ meaning, type, data }) => ({ meaning, type, value: data }))
  return data.length === 0 ? undefined : attachment('AdditionalData', data, 'json', 'application/json')
}

const BASE64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/

/** `[buffer]`: bytes are in base64 (RFC 4765 section 3.2.4); what is no base64 is taken as it stands. */
export const overflowBuffer: MappingFunction = (buffer) => {
  const said = text(buffer)?.replace(/\s/g, '')
  if (said === undefined) return undefined
  const isCoded = BASE64.test(said)
  const encoding = isCoded ? 'base64' : 'text'
  return attachment('OverflowBuffer', isCoded ? said : buffer, encoding, 'application/octet-stream')
}
