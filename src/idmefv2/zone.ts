import { timestamp } from './time.ts'

// Local times: what a clock on the wall of some place showed. Many tools write their logs so, without saying where.

const ISO = /^(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d)([.,]\d+)?$/
/** What asctime(3) writes, the day padded with a blank or a zero: `Sun Nov  2 03:08:07 2026`. */
const ASCTIME = /^(?:[A-Z][a-z]{2},? +)?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d)([.,]\d+)? (\d{4})$/
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const OFFSET = /^([+-])(\d\d):?(\d\d)$/

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** No zone has ever changed its offset but at the beginning of a quarter of an hour, since 1972. */
const QUARTER_MS = 15 * MINUTE_MS

/**
 * A local time as RFC 3339 wants it. `zone` is a name of the IANA database, `local` (where this process runs), `Z`, or an
 * offset such as `+02:00`. Takes `2026-11-22 03:08:07.5`, with `T` or slashes, and what asctime(3) writes; a time that has
 * its offset keeps it. Of the two instants that an hour in autumn has, the first is taken; an hour that spring leaves out
 * is read with the offset before it. Nothing for anything else.
 */
export function zoned(text: string, zone: string): string | undefined {
  const own = timestamp(text)
  if (own !== undefined) return own
  const wall = wallClock(text.trim())
  const at = wall === undefined ? undefined : wallMs(wall)
  const minutes = at === undefined ? undefined : offsetMinutes(at, zone)
  return minutes === undefined ? undefined : timestamp(`${wall}${written(minutes)}`)
}

/** A local time as milliseconds since 1970, as if it were UTC; what `zoned` takes and has no offset. */
export function wallTime(text: string): number | undefined {
  const wall = wallClock(text.trim())
  return wall === undefined ? undefined : wallMs(wall)
}

export function isZone(zone: string): boolean {
  return offsetOf(zone, 0) !== undefined
}

function wallClock(text: string): string | undefined {
  const [, year, month, day, time, fraction = ''] = ISO.exec(text) ?? []
  if (year !== undefined) return `${year}-${month}-${day}T${time}${fraction}`
  const [, name = '', date = '', clock, part = '', full] = ASCTIME.exec(text) ?? []
  const number = MONTHS.indexOf(name) + 1
  if (number === 0) return undefined
  return `${full}-${String(number).padStart(2, '0')}-${date.padStart(2, '0')}T${clock}${part}`
}

function wallMs(wall: string): number | undefined {
  const utc = timestamp(`${wall}Z`)
  const at = utc === undefined ? Number.NaN : Date.parse(`${utc.slice(0, 19)}Z`)
  return Number.isNaN(at) ? undefined : at
}

/** Of the offsets a day before and a day after, the one that leads to an instant at which it is in force. */
function offsetMinutes(at: number, zone: string): number | undefined {
  const before = offsetOf(zone, at - DAY_MS)
  const after = offsetOf(zone, at + DAY_MS)
  if (before === undefined || after === undefined || before === after) return before
  const holds = (offset: number) => offsetOf(zone, at - offset * MINUTE_MS) === offset
  return holds(before) || !holds(after) ? before : after
}

const formats = new Map<string, Intl.DateTimeFormat | undefined>()
/** The last answer for each zone: records of one log follow each other. */
const answers = new Map<string, { quarter: number; offset: number | undefined }[]>()
const KEPT = 4

/** Minutes east of Greenwich at an instant; undefined for a zone that nobody knows. */
function offsetOf(zone: string, at: number): number | undefined {
  if (/^(?:Z|UTC)$/i.test(zone)) return 0
  const [, sign, hours, minutes] = OFFSET.exec(zone) ?? []
  if (sign !== undefined) {
    const offset = 60 * Number(hours) + Number(minutes)
    return Number(hours) > 23 || Number(minutes) > 59 ? undefined : sign === '-' ? -offset : offset
  }
  const quarter = Math.floor(at / QUARTER_MS)
  const known = answers.get(zone) ?? []
  const found = known.find((answer) => answer.quarter === quarter)
  if (found) return found.offset
  const offset = askIntl(zone, at)
  answers.set(zone, [{ quarter, offset }, ...known.slice(0, KEPT - 1)])
  return offset
}

function askIntl(zone: string, at: number): number | undefined {
  if (!formats.has(zone)) formats.set(zone, formatOf(zone))
  const text = formats.get(zone)?.format(at)
  if (text === undefined) return undefined
  // `11/22/2026, GMT-05:00`; `GMT` alone is no offset, and before 1900 there were seconds.
  const [, sign, hours = '0', minutes = '0'] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(text) ?? []
  const offset = 60 * Number(hours) + Number(minutes)
  return sign === '-' ? -offset : offset
}

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  const timeZone = zone === 'local' ? undefined : zone
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  } catch {
    // A name that the IANA database does not have.
    return undefined
  }
}

function written(minutes: number): string {
  const two = (number: number) => String(number).padStart(2, '0')
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}
