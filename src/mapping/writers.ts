// Write one value of a message straight from the bytes of the event to the bytes of the message, without decoding.
// Each takes the span of a JSON value and returns the position after what it wrote, `position` itself where the
// value is to be left out, or -1 where the value needs the general way: the result is then the same, only slower.
// Writing past the end of `out` does nothing; the emitter compares its final position with the length.
// The bytes are valid UTF-8: the reader repairs records that are not.

const QUOTE = 0x22
const BACKSLASH = 0x5c

export type Writer = (
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  position: number,
) => number

/** A string that needs no change. 0xc2 may begin a C1 control character; those and escapes go the general way. */
export const writeString: Writer = (bytes, start, end, out, position) => {
  const last = end - 1
  if (bytes[start] !== QUOTE) return -1
  if (start + 1 === last) return position
  out[position] = QUOTE
  let q = position + 1
  for (let p = start + 1; p < last; p++) {
    const c = bytes[p] as number // inside the span
    if (c < 0x20 || c === BACKSLASH || c === 0x7f || c === 0xc2) return -1
    out[q++] = c
  }
  out[q] = QUOTE
  return q + 1
}

/** Whole numbers of so many digits are exact in JavaScript, which prints them as they are. */
export const MAX_DIGITS = 15

/** A whole number, not negative, without fraction and exponent. */
export const writeInteger: Writer = (bytes, start, end, out, position) => {
  if (end - start > MAX_DIGITS) return -1
  let q = position
  for (let p = start; p < end; p++) {
    const c = bytes[p] as number // inside the span
    if (c < 0x30 || c > 0x39) return -1
    out[q++] = c
  }
  return q
}

/** 1 to 65535; port 0 and numbers beyond are left out. */
export const writePort: Writer = (bytes, start, end, out, position) => {
  if (end - start > 6) return -1
  let value = 0
  for (let p = start; p < end; p++) {
    const c = bytes[p] as number // inside the span
    if (c < 0x30 || c > 0x39) return -1
    value = value * 10 + c - 0x30
  }
  if (value < 1 || value > 65535) return position
  return writeInteger(bytes, start, end, out, position)
}

/** A dotted quad without leading zeros. IPv6 goes the general way, to be written as RFC 5952 says. */
export const writeIp: Writer = (bytes, start, end, out, position) => {
  const last = end - 1
  if (bytes[start] !== QUOTE || end - start > 17) return -1
  out[position] = QUOTE
  let q = position + 1
  let octet = -1
  let dots = 0
  for (let p = start + 1; p < last; p++) {
    const c = bytes[p] as number // inside the span
    if (c === 0x2e) {
      if (octet < 0) return -1
      dots++
      octet = -1
    } else {
      if (c < 0x30 || c > 0x39 || octet === 0) return -1
      octet = (octet < 0 ? 0 : octet * 10) + c - 0x30
      if (octet > 255) return -1
    }
    out[q++] = c
  }
  if (dots !== 3 || octet < 0) return -1
  out[q] = QUOTE
  return q + 1
}

/** `"YYYY-MM-DDThh:mm:ss`, as offsets from the quote: where a digit stands, and the highest it may be. */
const DIGITS: readonly (readonly [number, number])[] = [
  [1, 9],
  [2, 9],
  [3, 9],
  [4, 9],
  [6, 1],
  [7, 9],
  [9, 2],
  [10, 9],
  [12, 2],
  [13, 9],
  [15, 5],
  [16, 9],
  [18, 5],
  [19, 9],
]
const DIGIT_AT = Uint8Array.from(DIGITS, ([at]) => at)
const DIGIT_MAX = Uint8Array.from(DIGITS, ([, max]) => max + 0x30)

/**
 * A timestamp as Suricata and most C programs write it: date, `T`, time, a fraction of 1 to 9 digits, `+hhmm`.
 * Only days 1 to 28 are taken here; the end of a month needs the calendar and goes the general way.
 */
export const writeTimestamp: Writer = (bytes, start, end, out, position) => {
  const length = end - start
  if (length < 28 || length > 36 || bytes[start] !== QUOTE || bytes[start + 20] !== 0x2e) return -1
  if (bytes[start + 5] !== 0x2d || bytes[start + 8] !== 0x2d || bytes[start + 11] !== 0x54) return -1
  if (bytes[start + 14] !== 0x3a || bytes[start + 17] !== 0x3a) return -1
  for (let i = 0; i < DIGIT_AT.length; i++) {
    const c = bytes[start + (DIGIT_AT[i] as number)] as number // inside the span; the tables have one length
    if (c < 0x30 || c > (DIGIT_MAX[i] as number)) return -1
  }
  const month = two(bytes, start + 6)
  const day = two(bytes, start + 9)
  if (month < 1 || month > 12 || day < 1 || day > 28 || two(bytes, start + 12) > 23) return -1
  const zone = end - 6
  const sign = bytes[zone]
  if ((sign !== 0x2b && sign !== 0x2d) || two(bytes, zone + 1) > 23 || two(bytes, zone + 3) > 59) return -1
  for (let p = start + 21; p < end - 1; p++) {
    const c = bytes[p] as number // inside the span
    if (p !== zone && (c < 0x30 || c > 0x39)) return -1
  }
  let q = position
  for (let p = start; p < zone; p++) out[q++] = bytes[p] as number // inside the span
  return writeZone(bytes, zone, out, q)
}

function writeZone(bytes: Uint8Array, zone: number, out: Uint8Array, position: number): number {
  let q = position
  if (two(bytes, zone + 1) === 0 && two(bytes, zone + 3) === 0) {
    out[q++] = 0x5a
  } else {
    out[q++] = bytes[zone] as number // the five bytes of the zone are inside the span
    out[q++] = bytes[zone + 1] as number
    out[q++] = bytes[zone + 2] as number
    out[q++] = 0x3a
    out[q++] = bytes[zone + 3] as number
    out[q++] = bytes[zone + 4] as number
  }
  out[q] = QUOTE
  return q + 1
}

function two(bytes: Uint8Array, position: number): number {
  return ((bytes[position] ?? 0) - 0x30) * 10 + (bytes[position + 1] ?? 0) - 0x30
}

/** Copies a constant. */
export function put(constant: Uint8Array, out: Uint8Array, position: number): number {
  const length = constant.length
  if (length > 40) {
    if (position + length <= out.length) out.set(constant, position)
  } else {
    for (let i = 0; i < length; i++) out[position + i] = constant[i] as number // below its length
  }
  return position + length
}
