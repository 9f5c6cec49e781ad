const DOT = 0x2e
const COLON = 0x3a

/**
 * An IP address in its one canonical text: IPv4 as a strict dotted quad, IPv6 after RFC 5952. Nothing for a prefix
 * (`10.0.0.0/8`) or any other text.
 */
export function address(text: string): string | undefined {
  if (text.includes(':')) return ipv6(text)
  return quad(text) < 0 ? undefined : text
}

/**
 * An IPv6 address after RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups
 * as `::`. Only IPv4-mapped addresses are written with a dotted quad: the schema refuses other mixed forms. A zone
 * (`%eth0`) means nothing outside the host that names it, and is dropped.
 */
export function ipv6(text: string): string | undefined {
  const zone = text.indexOf('%')
  if (zone < 0) return written(groupsOf(text))
  return text.includes('/', zone) ? undefined : written(groupsOf(text.slice(0, zone)))
}

/** The 32 bits of a dotted quad, without leading zeros as in RFC 6943 section 3.1.1; negative for other text. */
function quad(text: string): number {
  if (text.length > 15) return -1
  let bits = 0
  let octet = -1
  let octets = 0
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : DOT
    if (code === DOT) {
      if (octet < 0) return -1
      bits = bits * 256 + octet
      octet = -1
      octets++
      continue
    }
    const digit = code - 0x30
    if (digit < 0 || digit > 9 || octet === 0) return -1
    octet = octet < 0 ? digit : octet * 10 + digit
    if (octet > 255) return -1
  }
  return octets === 4 ? bits : -1
}

/** The eight groups of an IPv6 address. */
function groupsOf(text: string): number[] | undefined {
  const groups: number[] = []
  let gap = -1
  let at = 0
  if (text.startsWith('::')) {
    gap = 0
    at = 2
  }
  while (at < text.length) {
    const start = at
    let group = 0
    for (let digit = hex(text, at); digit >= 0; digit = hex(text, ++at)) group = group * 16 + digit
    if (text.charCodeAt(at) === DOT) {
      const bits = quad(text.slice(start))
      if (bits < 0) return undefined
      groups.push(Math.floor(bits / 0x10000), bits % 0x10000)
      break
    }
    if (at === start || at - start > 4 || groups.push(group) > 8) return undefined
    if (at === text.length) break
    if (text.charCodeAt(at++) !== COLON || at === text.length) return undefined
    if (text.charCodeAt(at) !== COLON) continue
    if (gap >= 0) return undefined
    gap = groups.length
    at++
  }
  if (gap < 0) return groups.length === 8 ? groups : undefined
  // A gap stands for at least one group (RFC 4291 section 2.2).
  if (groups.length > 7) return undefined
  return groups.toSpliced(gap, 0, ...Array<number>(8 - groups.length).fill(0))
}

/** The value of the hexadecimal digit at a place; negative for anything else, the end included. */
function hex(text: string, at: number): number {
  const code = text.charCodeAt(at)
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

function written(groups: readonly number[] | undefined): string | undefined {
  if (!groups) return undefined
  let start = 0
  let length = 0
  for (let at = 0, zeros = 0; at < 8; at++) {
    zeros = groups[at] === 0 ? zeros + 1 : 0
    if (zeros <= length) continue
    start = at - zeros + 1
    length = zeros
  }
  if (start === 0 && length === 5 && groups[5] === 0xffff) return `::ffff:${dotted(groups)}`
  if (length < 2) return hexadecimal(groups, 0, 8)
  return `${hexadecimal(groups, 0, start)}::${hexadecimal(groups, start + length, 8)}`
}

function dotted(groups: readonly number[]): string {
  const [high = 0, low = 0] = groups.slice(6)
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}

function hexadecimal(groups: readonly number[], from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at++) text += `${at > from ? ':' : ''}${groups[at]?.toString(16)}`
  return text
}
