// Walks over the bytes of one JSON text without decoding it. The text ends before `end`, and the byte at `end` is a
// newline: no loop needs to look for the end itself, because a newline is legal nowhere inside a record.
// Every function returns the position after what it passed, or -1 where the bytes are not what it expects.

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Strings longer than this are worth a native search. */
const SHORT = 48

export function skipBlanks(bytes: Uint8Array, position: number): number {
  let p = position
  let c = bytes[p]
  while (c === 0x20 || c === 0x09 || c === 0x0d) c = bytes[++p]
  return p
}

/** `position` is after the opening quote; returns the position after the closing one. */
export function skipString(bytes: Uint8Array, position: number, end: number): number {
  const near = Math.min(position + SHORT, end)
  let p = position
  while (p < near) {
    const c = bytes[p]
    if (c === QUOTE) return p + 1
    p += c === BACKSLASH ? 2 : 1
  }
  return p >= end ? -1 : skipLongString(bytes, p, end)
}

function skipLongString(bytes: Uint8Array, position: number, end: number): number {
  let p = position
  for (;;) {
    const quote = bytes.indexOf(QUOTE, p)
    if (quote < 0 || quote >= end) return -1
    let backslashes = 0
    while (quote - backslashes > position && bytes[quote - backslashes - 1] === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return quote + 1
    p = quote + 1
  }
}

/** Any value; what stands inside an object or a list is only balanced, not checked. */
export function skipValue(bytes: Uint8Array, position: number, end: number): number {
  const c = bytes[position]
  if (c === QUOTE) return skipString(bytes, position + 1, end)
  if (c === 0x7b || c === 0x5b) return skipContainer(bytes, position + 1, end)
  return skipScalar(bytes, position)
}

function skipContainer(bytes: Uint8Array, position: number, end: number): number {
  let p = position
  let depth = 1
  while (p < end) {
    const c = bytes[p++]
    if (c === QUOTE) {
      p = skipString(bytes, p, end)
      if (p < 0) return -1
    } else if (c === 0x7b || c === 0x5b) depth++
    else if ((c === 0x7d || c === 0x5d) && --depth === 0) return p
  }
  return -1
}

function skipScalar(bytes: Uint8Array, position: number): number {
  const c = bytes[position]
  if (c === 0x74) return isWord(bytes, position, 0x72, 0x75, 0x65) ? position + 4 : -1 // true
  if (c === 0x6e) return isWord(bytes, position, 0x75, 0x6c, 0x6c) ? position + 4 : -1 // null
  if (c === 0x66)
    return isWord(bytes, position + 1, 0x6c, 0x73, 0x65) && bytes[position + 1] === 0x61 ? position + 5 : -1 // false
  return skipNumber(bytes, position)
}

function isWord(bytes: Uint8Array, position: number, second: number, third: number, fourth: number): boolean {
  return bytes[position + 1] === second && bytes[position + 2] === third && bytes[position + 3] === fourth
}

/** RFC 8259 section 6. */
function skipNumber(bytes: Uint8Array, position: number): number {
  let p = bytes[position] === 0x2d ? position + 1 : position
  const first = p
  p = skipDigits(bytes, p)
  if (p === first || (bytes[first] === 0x30 && p > first + 1)) return -1
  if (bytes[p] === 0x2e) {
    const fraction = p + 1
    p = skipDigits(bytes, fraction)
    if (p === fraction) return -1
  }
  if (((bytes[p] ?? 0) | 0x20) !== 0x65) return p
  p += bytes[p + 1] === 0x2b || bytes[p + 1] === 0x2d ? 2 : 1
  const exponent = p
  p = skipDigits(bytes, exponent)
  return p === exponent ? -1 : p
}

function skipDigits(bytes: Uint8Array, position: number): number {
  let p = position
  let c = bytes[p]
  while (c !== undefined && c >= 0x30 && c <= 0x39) c = bytes[++p]
  return p
}
