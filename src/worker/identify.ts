import type { DeliveryOptions } from '../config/options.ts'
import type { Ids } from '../mapping/ids.ts'
import type { Place } from '../mapping/rules.ts'
import type { Work } from '../types.ts'

/** Sets the IDs to one record: its bytes, and where it stands. */
export type Identify = (ids: Ids, bytes: Buffer, start: number, end: number, offset: number) => void

/** How the records of one piece of work get their IDs. Only what can be read again by position has one. */
export function identifyBy(policy: DeliveryOptions['id'], work: Work): Identify {
  if (policy === 'random') return (ids) => ids.random()
  if (policy === 'content' || work.kind !== 'range')
    return (ids, bytes, start, end) => ids.ofContent(bytes.subarray(start, end))
  const high = Number.parseInt(work.file.slice(0, 8), 16)
  const low = Number.parseInt(work.file.slice(8, 16), 16)
  return (ids, _bytes, _start, _end, offset) => ids.at(high, low, offset)
}

/** Where the records of one piece of work come from. */
export function placeOf(work: Work): Place {
  if (work.kind !== 'range') return {}
  return { path: work.path, ...(work.changed !== undefined && { changed: work.changed }) }
}
