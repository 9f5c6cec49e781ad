/** A point in time as IDMEFv1 has it: what is written, and the NTP timestamp beside it (RFC 4765 sections 3.2.5 and 3.2.6). */
export interface Stamp {
  time?: string
  ntpstamp?: string
}

/** `seconds` since 1970, UTC; the offset is that of the place where it was written, in seconds. */
export interface Instant {
  seconds: number
  nanos: number
  offset: number
}

const TEXT =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,18}))?)?\s*(Z|z|[+-]\d\d(?::?\d\d)?)?$/
const NTP = /^0x([\da-f]{1,8})\.0x([\da-f]{1,8})$/i

/** From 1900, where NTP's seconds begin, to 1970. */
const NTP_EPOCH = 2_208_988_800
const ERA = 2 ** 32

/**
 * When it was. Where text and NTP timestamp differ, the NTP timestamp counts (section 4.2.5); it has no offset, so that is the text's. Where
 * they do not it is the more exact of both. Undefined when neither can be read.
 */
export function instantOf({ time, ntpstamp }: Stamp): Instant | undefined {
  const written = time === undefined ? undefined : instantIn(time)
  const precise = ntpstamp === undefined ? undefined : instantOfNtp(ntpstamp)
  return precise ? { ...precise, offset: written?.offset ?? 0 } : written
}

/** The same for those who go by the text, as Prelude does. */
export function writtenInstantOf({ time, ntpstamp }: Stamp): Instant | undefined {
  return (
    (time === undefined ? undefined : instantIn(time)) ??
    instantOf(ntpstamp === undefined ? {} : { ntpstamp })
  )
}

/**
 * A text without a zone is taken for UTC, and a day alone for its beginning. `24:00:00` is the beginning of the next day, and a leap
 * second that of the next minute, as POSIX counts.
 */
export function instantIn(text: string): Instant | undefined {
  const [, day, hour = '00', minute = '00', second = '00', digits = '', zone = 'Z'] = TEXT.exec(text) ?? []
  if (day === undefined) return undefined
  const midnight = Date.parse(`${day}T00:00:00Z`)
  // 30 February is refused by some engines and shifted by others.
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day)) return undefined
  const [h, m, s] = [Number(hour), Number(minute), Number(second)]
  if (h > 24 || m > 59 || s > 60 || (h === 24 && m + s > 0)) return undefined
  const offset = offsetIn(zone)
  if (offset === undefined) return undefined
  return {
    seconds: midnight / 1000 + h * 3600 + m * 60 + s - offset,
    nanos: Number(digits.slice(0, 9).padEnd(9, '0')),
    offset,
  }
}

function offsetIn(zone: string): number | undefined {
  if (zone.toUpperCase() === 'Z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(3).replace(':', ''))
  if (hours > 23 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60)
}

/** `0x` seconds since 1900 `.0x` their 2^32nd parts. Without the highest bit it is a second after February 2036 (RFC 4330 section 3). */
function instantOfNtp(ntpstamp: string): Instant | undefined {
  const [, seconds, fraction] = NTP.exec(ntpstamp) ?? []
  if (seconds === undefined || fraction === undefined) return undefined
  const count = Number.parseInt(seconds, 16)
  const era = count >= ERA / 2 ? 0 : ERA
  const nanos = Math.round((Number.parseInt(fraction, 16) / ERA) * 1e9)
  return { seconds: count + era - NTP_EPOCH + Math.floor(nanos / 1e9), nanos: nanos % 1e9, offset: 0 }
}

/** Both halves, for those who carry it as it is; undefined for other text. */
export function ntpIn(ntpstamp: string): bigint | undefined {
  const [, seconds, fraction] = NTP.exec(ntpstamp) ?? []
  if (seconds === undefined || fraction === undefined) return undefined
  return (BigInt(`0x${seconds}`) << 32n) | BigInt(`0x${fraction}`)
}

/** As RFC 3339 writes it, with the offset it had and no digit more than it needs. */
export function rfc3339({ seconds, nanos, offset }: Instant): string {
  const local = new Date((seconds + offset) * 1000).toISOString().slice(0, 19)
  const fraction = nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`
  return `${local}${fraction}${offset === 0 ? 'Z' : zoneOf(offset)}`
}

function zoneOf(offset: number): string {
  const minutes = Math.abs(offset) / 60
  const two = (number: number) => String(Math.floor(number)).padStart(2, '0')
  return `${offset < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`
}
