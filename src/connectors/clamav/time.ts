import { fromEpoch } from '../../idmefv2/time.ts'
import { wallTime, zoned } from '../../idmefv2/zone.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import type { Scan } from './records.ts'

/** Zones are whole quarters of an hour from Greenwich, and none further than this. */
const QUARTER_MS = 900_000
const FARTHEST_MS = 14 * 3_600_000
/** A scan takes no longer than MaxScanTime: two minutes by default, and who raises it has no reason to go beyond an hour. */
const LONG_MS = 600_000
/** Nearly all scans; a file that was copied later is seldom taken for one of another zone. */
const SHORT_MS = 30_000

/**
 * `[scan, zone]` → the time of a scan. ClamAV tells it by the clock on its wall alone: in the name of the scan's folder, and in its
 * log. The document is written when the scan is over, and the time of its file is exact, but a copy has another one. So `auto`
 * takes the name in the zone of this process if the scan then ended when the file says; else in the zone in which it did, that of
 * a container, say; else in the zone of this process. Without a name there is the time of the file.
 */
export const scanTime: MappingFunction = (scan, zone) => {
  const { began, ended, logged } = Object(scan) as Scan
  const given = typeof zone === 'string' && zone !== 'auto' ? zone : undefined
  if (typeof logged === 'string') return zoned(logged, given ?? 'local')
  if (typeof began === 'string') return zoned(began, given ?? provenZone(began, ended) ?? 'local')
  return typeof ended === 'number' ? fromEpoch(ended) : undefined
}

function provenZone(began: string, ended: unknown): string | undefined {
  const wall = wallTime(began)
  if (wall === undefined || typeof ended !== 'number') return undefined
  const local = zoned(began, 'local')
  const here = local === undefined ? Number.NaN : ended - Date.parse(local)
  // Names have whole seconds.
  if (here > -1000 && here < LONG_MS) return undefined
  const offset = Math.ceil((wall - ended) / QUARTER_MS) * QUARTER_MS
  const took = ended - (wall - offset)
  return took < SHORT_MS && Math.abs(offset) <= FARTHEST_MS ? written(offset) : undefined
}

function written(offset: number): string {
  const minutes = Math.abs(offset) / 60_000
  const two = (number: number) => String(number).padStart(2, '0')
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
