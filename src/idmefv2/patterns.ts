import type { Kind } from './profiles.ts'

const HEX = '[0-9a-fA-F]'
const GROUP = `${HEX}{1,4}`
const GROUPS = `${GROUP}(?::${GROUP})*`
const OCTET = '(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]?[0-9])'
/** An IPv4 part inside IPv6 may have one leading zero where a plain address may have two. */
const INNER_OCTET = '(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])'
const INNER_IPV4 = `(?:${INNER_OCTET}\\.){3}${INNER_OCTET}`
const EIGHT_GROUPS_AHEAD = `(?:(?::{0,2}${HEX}+(?=:|$)){8})`
const IP = [
  `(?:${OCTET}\\.){3}${OCTET}`,
  `(?:${GROUP}:){7}${GROUP}`,
  `(?!${EIGHT_GROUPS_AHEAD})(?:${GROUPS})?::(?:${GROUPS})?`,
  `fe80:(?::${HEX}{0,4}){0,4}%[0-9a-zA-Z]+`,
  `::(?:ffff(?::0{1,4})?:)?${INNER_IPV4}`,
  `(?:${GROUP}:){1,4}:${INNER_IPV4}`,
].join('|')

const DATE = '[0-9]{4}-(?:0[0-9]|1[0-2])-(?:[0-2][0-9]|3[01])'
const HOUR_MINUTE = '(?:[01][0-9]|2[0-3]):[0-5][0-9]'
const COORDINATE = '[-+]?[0-9]+(?:\\.[0-9]*)?'
const TOKEN = "[-!#$%&'*+.^_`|~0-9a-zA-Z]+"
const QUOTED = '"(?:[\\t !#-\\x5B\\x5D-~]|\\\\[\\t 0-9a-zA-Z])*"'

/**
 * The written forms of text kinds. Each accepts exactly what the pattern of the published schemas accepts (the same
 * in drafts 04 to 08), its oddities included: no zone in a timestamp, leading zeros in IPv4, letters only in the
 * location part of a UN/LOCODE.
 */
export const PATTERNS = {
  timestamp: `^${DATE}T${HOUR_MINUTE}:(?:[0-5][0-9]|60)(?:\\.[0-9]+)?(?:Z|[-+]${HOUR_MINUTE})?$`,
  uuid: `^${HEX}{8}(?:-${HEX}{4}){3}-${HEX}{12}$`,
  ip: `^(?:${IP})$`,
  geolocation: `^${COORDINATE}(?:, ?${COORDINATE}){1,2}$`,
  unlocode: '^[A-Z]{2} ?[A-Z]{3}$',
  attachmentName: '^[a-zA-Z0-9]+$',
  mediaType: `^${TOKEN}/${TOKEN}(?:[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|${QUOTED}))*$`,
  protocol: '^[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*$',
  hash: `^[a-zA-Z0-9-]+:(?:${HEX}{2})+$`,
} satisfies Partial<Record<Kind, string>>
