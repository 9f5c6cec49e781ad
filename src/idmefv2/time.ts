const BLANK = 0x20
const COMMA = 0x2c
const DASH = 0x2d
const DOT = 0x2e
const COLON = 0x3a

// Elasticsearch refuses more digits than nanoseconds have.
const MAX_FRACTION = 9
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
// Seconds since 1970 reach this number in the year 5138, milliseconds did in 1973.
const FIRST_MILLISECONDS = 1e11
const YEAR_10000 = 253_402_300_800

/**
 * A point in time as RFC 3339 wants it, the offset as given and `Z` for a zero one. Takes ISO 8601 date and time with
 * a blank for the `T`, a comma for the decimal point, and offsets written `+hh`, `+hhmm` or after a blank. The
 * leap second becomes the second before it, because Elasticsearch refuses `:60`. Nothing when there is no zone,
 * since none can be assumed, and for days that do not exist.
 *
 *     2026-04-26T10:00:00.123456+02:00
 *     0    5  8  11 14 17 19
 */
export function timestamp(text: string): string | undefined {
  if (!isDate(text) || !isTime(text)) return undefined
  const end = fractionEnd(text)
  if (end < 0) return undefined
  const zone = zoneAt(text, end)
  if (zone === undefined) return undefined
  const second = text.startsWith('60', 17) ? '59' : text.slice(17, 19)
  const fraction = end > 19 ? `.${text.slice(20, Math.min(end, 20 + MAX_FRACTION))}` : ''
  return `${text.slice(0, 10)}T${text.slice(11, 17)}${second}${fraction}${zone}`
}

/** Seconds since 1970 in UTC, or milliseconds from 100 000 000 000 on; to the microsecond, finer is noise in a double. */
export function fromEpoch(value: number): string | undefined {
  const unit = value >= FIRST_MILLISECONDS ? 1000 : 1
  const micros = Math.round((value % unit) * (1e6 / unit))
  const whole = Math.floor(value / unit) + Math.floor(micros / 1e6)
  if (!(whole >= 0 && whole < YEAR_10000)) return undefined
  return `${new Date(whole * 1000).toISOString().slice(0, 19)}${fractionOf(micros % 1e6)}Z`
}

function isDate(text: string): boolean {
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return false
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 2)
  const day = digits(text, 8, 2)
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return year >= 0 && day >= 1 && day <= (DAYS[month - 1] ?? 0) + (leap ? 1 : 0)
}

function isTime(text: string): boolean {
  const between = text.charCodeAt(10)
  if (between !== BLANK && (between | 0x20) !== 0x74) return false
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON) return false
  return within(digits(text, 11, 2), 23) && within(digits(text, 14, 2), 59) && within(digits(text, 17, 2), 60)
}

/** Where the fraction of a second ends: at 19 without one; negative for a decimal point without digits. */
function fractionEnd(text: string): number {
  const point = text.charCodeAt(19)
  if (point !== DOT && point !== COMMA) return 19
  let end = 20
  while (digits(text, end, 1) >= 0) end++
  return end === 20 ? -1 : end
}

function zoneAt(text: string, end: number): string | undefined {
  const at = text.charCodeAt(end) === BLANK ? end + 1 : end
  const length = text.length - at
  const sign = text[at]
  if (sign === 'Z' || sign === 'z') return length === 1 ? 'Z' : undefined
  if (sign !== '+' && sign !== '-') return undefined
  const colon = text.charCodeAt(at + 3) === COLON ? 1 : 0
  const bare = length === 3
  if (!bare && length !== 5 + colon) return undefined
  const hours = digits(text, at + 1, 2)
  const minutes = bare ? 0 : digits(text, at + 3 + colon, 2)
  if (!within(hours, 23) || !within(minutes, 59)) return undefined
  if (hours === 0 && minutes === 0) return 'Z'
  return `${sign}${text.slice(at + 1, at + 3)}:${bare ? '00' : text.slice(at + 3 + colon, at + 5 + colon)}`
}

/** The number that `count` decimal digits spell, or -1 where there are none. */
function digits(text: string, at: number, count: number): number {
  let number = 0
  for (let end = at + count; at < end; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (!(digit >= 0 && digit <= 9)) return -1
    number = number * 10 + digit
  }
  return number
}

const within = (number: number, max: number) => number >= 0 && number <= max

function fractionOf(micros: number): string {
  if (micros === 0) return ''
  const text = String(micros).padStart(6, '0')
  return `.${text.endsWith('000') ? text.slice(0, 3) : text}`
}
