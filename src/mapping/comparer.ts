import { MAX_DIGITS } from './writers.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Asks something of the JSON value in `bytes[start, end)`. Throws where it has to decode what cannot be decoded. */
export type Comparer = (bytes: Uint8Array, start: number, end: number) => boolean

/** An escape is at most this many times as long as the character it stands for, in UTF-8: `\\u0041`. */
const LONGEST_ESCAPE = 6

/** Whether a scalar's text is one of the given ones; compares bytes, and decodes only what is written unusually. */
export function textComparer(texts: readonly string[]): Comparer {
  const wanted = new Set(texts)
  // A text that JSON has to escape never stands between quotes as it is.
  const plain = texts.filter((text) => JSON.stringify(text) === `"${text}"`).map((text) => Buffer.from(text))
  const longest = LONGEST_ESCAPE * Math.max(0, ...texts.map((text) => Buffer.byteLength(text)))
  return (bytes, start, end) => {
    const quoted = bytes[start] === QUOTE
    const from = quoted ? start + 1 : start
    const length = (quoted ? end - 1 : end) - from
    if (quoted && length > longest) return false
    const isSame = isOneOf(plain, bytes, from, length)
    if (isSame && quoted) return true
    if (needsDecoding(bytes, start, end)) return wanted.has(decodedText(bytes, start, end))
    return isSame && isScalar(bytes, start)
  }
}

function isOneOf(texts: readonly Uint8Array[], bytes: Uint8Array, from: number, length: number): boolean {
  for (const text of texts) if (text.length === length && startsWith(bytes, from, text)) return true
  return false
}

function startsWith(bytes: Uint8Array, from: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text[i]) return false
  return true
}

/** Neither `null` nor the start of an object or a list. */
function isScalar(bytes: Uint8Array, start: number): boolean {
  const c = bytes[start]
  return c !== 0x6e && c !== 0x7b && c !== 0x5b
}

/** Strings with escapes, and numbers that JavaScript could print in another way. */
function needsDecoding(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start] ?? 0
  if (first === QUOTE) return hasBackslash(bytes, start, end)
  const isNumber = first === 0x2d || (first >= 0x30 && first <= 0x39)
  return isNumber && !isPlainInteger(bytes, start, end)
}

function hasBackslash(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (bytes[p] === BACKSLASH) return true
  return false
}

function isPlainInteger(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > MAX_DIGITS) return false
  for (let p = start; p < end; p++) {
    const c = bytes[p] as number // inside the span
    if (c < 0x30 || c > 0x39) return false
  }
  return true
}

function decodedText(bytes: Uint8Array, start: number, end: number): string {
  return String(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString()))
}
