import { type ClassName, classOf, ORDER } from './classes.ts'

/** An object of a document: the file that was scanned, or something in it. */
export interface Scanned {
  /** Names from the file down to this. */
  path: readonly string[]
  type: string | undefined
  size: number | undefined
  /** `md5:…`, `sha-1:…`, `sha-256:…` */
  hashes: readonly string[]
}

/** One signature in one object. */
export interface Detection {
  signature: string
  is: ClassName
  object: Scanned
}

type Fields = Readonly<Record<string, unknown>>

/** ClamAV goes down 17 layers, and never more than 100 (MaxRecursion). */
const MAX_DEPTH = 100
/** Arrays of objects in an object. */
const INNER = ['ContainedObjects', 'EmbeddedObjects']
/** Names of hashes: up to 1.4, from 1.5, and with JsonStoreExtraHashes. */
const HASHES: readonly (readonly [key: string, name: string, digits: number])[] = [
  ['sha2-256', 'sha-256', 64],
  ['sha1', 'sha-1', 40],
  ['md5', 'md5', 32],
  ['FileMD5', 'md5', 32],
]

/** Several functions of a mapping ask for those of one record, one after another. */
const known = new WeakMap<object, readonly Detection[]>()

/**
 * What alerted, what says most first; each signature once for the innermost object that has it, because ClamAV repeats it in the
 * objects around that (up to 1.4 with --allmatch, from 1.5 always). Indicators that are weak or were ignored are not alerts.
 */
export function detectionsIn(record: unknown): readonly Detection[] {
  if (!isFields(record)) return []
  const found = known.get(record) ?? sorted(walk(record, [], 0))
  known.set(record, found)
  return found
}

export function scanned(record: unknown): Scanned {
  return objectOf(isFields(record) ? record : {}, [])
}

function walk(fields: Fields, above: readonly string[], depth: number): Detection[] {
  const object = objectOf(fields, above)
  const inner = INNER.flatMap((key) => listOf(fields[key]))
    .filter(isFields)
    .flatMap((each) => (depth < MAX_DEPTH ? walk(each, object.path, depth + 1) : []))
  const told = new Set(inner.map(({ signature }) => signature))
  const own = new Set(signaturesOf(fields).filter((signature) => !told.has(signature)))
  return [...[...own].map((signature) => ({ signature, is: classOf(signature), object })), ...inner]
}

/** `Viruses` up to 1.4, names; `Alerts` from 1.5, objects (append_virus() of libclamav/others.c). */
function signaturesOf({ Viruses, Alerts }: Fields): string[] {
  return [...listOf(Viruses), ...listOf(Alerts)].flatMap((each) => {
    const { Name, Type, Ignored } = isFields(each) ? each : { Name: each }
    const isAlert = typeof Name === 'string' && Name !== '' && Type !== 'Weak' && Ignored === undefined
    return isAlert ? [Name] : []
  })
}

function objectOf(fields: Fields, above: readonly string[]): Scanned {
  const { FileName, FileType, FileSize } = fields
  const type = typeof FileType === 'string' ? FileType.replace(/^CL_TYPE_/, '') : undefined
  const name = typeof FileName === 'string' && FileName !== '' ? FileName : `(${type ?? 'unnamed'})`
  return {
    path: [...above, name],
    type,
    size: Number.isSafeInteger(FileSize) && Number(FileSize) >= 0 ? Number(FileSize) : undefined,
    hashes: HASHES.flatMap(([key, hash, digits]) => {
      const value = fields[key]
      const isHash = typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/i.test(value)
      return isHash ? [`${hash}:${value.toLowerCase()}`] : []
    }),
  }
}

function sorted(detections: readonly Detection[]): readonly Detection[] {
  return detections.toSorted((a, b) => ORDER.indexOf(a.is) - ORDER.indexOf(b.is))
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
