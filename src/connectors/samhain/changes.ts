import type { Fields } from './record.ts'

/** One property of a file: the keys are `key_old` and `key_new`, `number` the same as a number behind a name. */
interface Property {
  name: string
  key: string
  number?: string
  read?: (value: string) => string | undefined
}

/** In the order in which an analyst asks. */
const PROPERTIES: readonly Property[] = [
  { name: 'checksum', key: 'chksum', read: checksum },
  { name: 'size', key: 'size' },
  { name: 'mode', key: 'mode' },
  { name: 'owner', key: 'owner', number: 'iowner' },
  { name: 'group', key: 'group', number: 'igroup' },
  { name: 'attributes', key: 'attr' },
  { name: 'ACL', key: 'acl' },
  { name: 'link', key: 'link', read: (value) => (value === '-' ? undefined : value) },
  { name: 'hard links', key: 'hardlinks' },
  { name: 'inode', key: 'inode' },
  { name: 'device', key: 'dev' },
  { name: 'device number', key: 'device' },
  { name: 'modification time', key: 'mtime', read: utc },
  { name: 'change time', key: 'ctime', read: utc },
  { name: 'access time', key: 'atime', read: utc },
]

export interface Changes {
  /** Names of what differs. */
  changed: string[]
  /** `size 14 to 2`, `owner root (0) to www-data (33)`; of a file that is new or gone what it is or was: `size 2`. */
  changes: string[]
}

/**
 * Samhain prints whole groups of properties where one of them differs: those that do not are left out. A file that was
 * added has only new ones and one that is missing only old ones, but for the size, which then is 0 on the other side.
 */
export function changesIn(fields: Fields): Changes {
  const isNew =
    fields.mode_old === undefined && fields.mode_new !== undefined && fields.inode_old === undefined
  const isGone =
    fields.mode_new === undefined && fields.mode_old !== undefined && fields.inode_new === undefined
  const found = PROPERTIES.flatMap((property) => {
    const before = isNew ? undefined : stateOf(fields, property, 'old')
    const after = isGone ? undefined : stateOf(fields, property, 'new')
    if (before === after) return []
    const { name } = property
    if (isNew || isGone) return [{ name, text: `${name} ${before ?? after}` }]
    return [{ name, text: `${name} ${before ?? 'none'} to ${after ?? 'none'}` }]
  })
  return {
    changed: isNew || isGone ? [] : found.map(({ name }) => name),
    changes: found.map(({ text }) => text),
  }
}

function stateOf(fields: Fields, { key, number, read }: Property, side: 'old' | 'new'): string | undefined {
  const given = fields[`${key}_${side}`]
  if (given === undefined || given === '') return undefined
  const behind = number === undefined ? undefined : fields[`${number}_${side}`]
  const value = read === undefined ? given : read(given)
  return value === undefined || behind === undefined ? value : `${value} (${behind})`
}

const HEX = /^[\dA-F]+$/i
const ALGORITHMS: readonly (readonly [digits: number, name: string])[] = [
  [32, 'md5'],
  [40, 'sha-1'],
  [48, 'tiger'],
  [64, 'sha-256'],
]

/**
 * `tiger:511f…` for 48 digits, which are Tiger unless `DigestAlgo` says otherwise: an MD5 or SHA-1 is filled up with zeros to
 * 48 (sh_tiger0.c). Nothing for all zeros: it was not computed.
 */
export function checksum(digits: string): string | undefined {
  if (!HEX.test(digits) || /^0+$/.test(digits)) return undefined
  const isFull = (length: number) =>
    digits.length === length || (digits.length === 48 && isFilled(digits, length))
  const [length, name] = ALGORITHMS.find(([length]) => isFull(length)) ?? []
  return name === undefined ? undefined : `${name}:${digits.slice(0, length).toLowerCase()}`
}

const isFilled = (digits: string, length: number) => length < 48 && /^0+$/.test(digits.slice(length))

/** `[2026-11-22T03:21:58]` → `2026-11-22T03:21:58Z`: times of files are UTC (sh_hash.c). */
export function utc(time: string): string | undefined {
  const [, moment] = /^\[?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z?\]?$/.exec(time) ?? []
  return moment === undefined || moment.startsWith('0000') ? undefined : `${moment}Z`
}
