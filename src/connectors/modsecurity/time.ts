import { timestamp } from '../../idmefv2/time.ts'
import { wallTime, zoned } from '../../idmefv2/zone.ts'
import type { MappingFunction } from '../../mapping/rules.ts'

/** Zones are whole quarters of an hour from Greenwich, and none further than this. */
const QUARTER_SECONDS = 900
const FARTHEST_SECONDS = 14 * 3600

/**
 * `[time_stamp, unique_id, zone]` → the time of a transaction. libmodsecurity writes the local time of the web server without
 * its zone. Its `unique_id` begins with the same second since 1970 (libmodsecurity, source), unless the server is
 * configured to give it another one: where the two are whole quarters of an hour apart, that is the offset, to the second.
 * So `auto` is exact also in the hour that comes twice; where nothing is proved, it is the zone of this process.
 */
export const transactionTime: MappingFunction = (stamp, id, zone) => {
  if (typeof stamp !== 'string') return undefined
  const place = typeof zone === 'string' && zone !== 'auto' ? zone : (provenOffset(stamp, id) ?? 'local')
  return zoned(stamp, place)
}

function provenOffset(stamp: string, id: unknown): string | undefined {
  const wall = wallTime(stamp)
  const [, seconds] = /^(\d{10})\d*\./.exec(String(id)) ?? []
  if (wall === undefined || seconds === undefined) return undefined
  const offset = wall / 1000 - Number(seconds)
  if (offset % QUARTER_SECONDS !== 0 || Math.abs(offset) > FARTHEST_SECONDS) return undefined
  const minutes = Math.abs(offset) / 60
  const two = (number: number) => String(number).padStart(2, '0')
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const COMMON_LOG = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d(?:\.\d+)?) ([+-]\d{4})$/

/** `22/Nov/2026:09:41:11.640124 +0000`, as mod_security2 writes it. */
export const commonLogTime: MappingFunction = (time) => {
  const [, day, month = '', year, clock, offset] =
    typeof time === 'string' ? (COMMON_LOG.exec(time) ?? []) : []
  const number = MONTHS.indexOf(month) + 1
  if (number === 0) return undefined
  return timestamp(`${year}-${String(number).padStart(2, '0')}-${day}T${clock}${offset}`)
}
