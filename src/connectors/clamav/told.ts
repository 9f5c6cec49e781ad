import type { MappingFunction } from '../../mapping/rules.ts'
import { type Detection, detectionsIn, type Scanned, scanned } from './detections.ts'
import { STREAM } from './records.ts'

/** An archive may hold thousands; of more than so many objects only the number is told. */
const MAX_TOLD = 20
/** A path in an archive is as long as whoever made it likes. */
const MAX_CHARACTERS = 1000

/** `Win.Trojan.Agent-1 in invoice.zip` */
export const description: MappingFunction = (record) => {
  const [worst, ...others] = signatures(record)
  if (worst === undefined) return undefined
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return `${worst}${more} in ${bounded(scanned(record).path[0] ?? '')}`
}

/** Every signature, and where it was found: `Win.Trojan.Agent-1 in invoice.zip > a.zip > invoice.exe (MSEXE, 544 bytes, md5:…)`. */
export const places: MappingFunction = (record) => {
  const all = detectionsIn(record)
  const told = all.slice(0, MAX_TOLD).map(placeOf)
  return all.length > MAX_TOLD ? [...told, `and ${all.length - MAX_TOLD} more`] : told
}

export const names: MappingFunction = (record) => signatures(record).slice(0, MAX_TOLD)

/** The address of who sent the bytes to clamd, and nothing for a file that it opened itself. */
export const sender: MappingFunction = (fileName) => {
  const [, address, port] = STREAM.exec(String(fileName)) ?? []
  if (address === undefined) return undefined
  return port === undefined ? 'sent to clamd' : `sent to clamd by ${address}, port ${port}`
}

/** The whole path where it is known: the log has it, and from ClamAV 1.5 the document. Of what was sent there is none. */
export const file: MappingFunction = (filePath, fileName) => {
  if (STREAM.test(String(fileName))) return undefined
  return [filePath, fileName].find((each) => typeof each === 'string' && each !== '')
}

/** An attachment without content for each infected object in the file. */
export const inner: MappingFunction = (record) =>
  objectsIn(record).map(({ path, size, hashes, type }, i) => ({
    Name: nameOf(i),
    FileName: path.at(-1),
    Hash: [...hashes],
    Size: size,
    ContentType: mediaType(type),
    Note: bounded(path.join(' > ')),
  }))

export const innerNames: MappingFunction = (record) => objectsIn(record).map((_, i) => nameOf(i))

export const hashes: MappingFunction = (record) => [...scanned(record).hashes]

export const size: MappingFunction = (record) => scanned(record).size

export const mediaType: MappingFunction = (type) => {
  const name = String(type).replace(/^CL_TYPE_/, '')
  return MEDIA_TYPES.get(name) ?? (name.startsWith('TEXT_') ? 'text/plain' : undefined)
}

/** Of the types that ClamAV tells apart (libclamav/filetypes.c), those with a name at IANA. */
const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['ZIP', 'application/zip'],
  ['GZ', 'application/gzip'],
  ['7Z', 'application/x-7z-compressed'],
  ['RAR', 'application/vnd.rar'],
  ['MSCAB', 'application/vnd.ms-cab-compressed'],
  ['MSEXE', 'application/vnd.microsoft.portable-executable'],
  ['ELF', 'application/x-elf'],
  ['PDF', 'application/pdf'],
  ['RTF', 'application/rtf'],
  ['HTML', 'text/html'],
  ['MAIL', 'message/rfc822'],
  ['GIF', 'image/gif'],
  ['JPEG', 'image/jpeg'],
  ['PNG', 'image/png'],
])

function signatures(record: unknown): string[] {
  return [...new Set(detectionsIn(record).map(({ signature }) => signature))]
}

/** What is infected inside the file, each once. */
function objectsIn(record: unknown): Scanned[] {
  const objects = detectionsIn(record).map(({ object }) => object)
  return [...new Set(objects)].filter(({ path }) => path.length > 1).slice(0, MAX_TOLD)
}

function placeOf({ signature, object: { path, type, size, hashes } }: Detection): string {
  const facts = [type, size !== undefined && `${size} bytes`, hashes[0]].filter(Boolean)
  const details = facts.length === 0 ? '' : ` (${facts.join(', ')})`
  return `${signature} in ${bounded(path.join(' > '))}${details}`
}

const nameOf = (index: number) => `Object${index + 1}`

function bounded(text: string): string {
  return text.length > MAX_CHARACTERS ? `…${text.slice(-MAX_CHARACTERS)}` : text
}
