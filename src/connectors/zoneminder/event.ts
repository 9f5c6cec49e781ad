import { fromEpoch } from '../../idmefv2/time.ts'
import { zoned } from '../../idmefv2/zone.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { textOf } from '../../mapping/truth.ts'

/** Directories of an event by the schemes of a storage area: Deep (no number of the event), then Medium and Shallow. */
const DEEP = /\/(\d+)(?:\/\d\d){6}\/?$/
const NUMBERED = /\/(\d+)(?:\/\d{4}-\d\d-\d\d)?\/(\d+)\/?$/

/** `[EI, EDP]` → the number of the event. */
export const eventId: MappingFunction = (id, directory) => numberIn(id) ?? inDirectory(directory)?.[1]

/** `[MI, EDP]` → the number of the monitor. */
export const monitorId: MappingFunction = (id, directory) => numberIn(id) ?? inDirectory(directory)?.[0]

function inDirectory(directory: unknown): [monitor?: string, event?: string] | undefined {
  const path = typeof directory === 'string' ? directory : ''
  const [, deep] = DEEP.exec(path) ?? []
  if (deep !== undefined) return [deep]
  const [, monitor, event] = NUMBERED.exec(path) ?? []
  return monitor === undefined || event === undefined ? undefined : [monitor, event]
}

function numberIn(value: unknown): string | undefined {
  const text = textOf(value)
  return text !== undefined && /^\d{1,20}$/.test(text) ? text : undefined
}

/** `[EDP, event]` → what lines of the same event have in common, beside the host. The directory outlives a new database. */
export const eventOf: MappingFunction = (directory, event) => {
  const path = textOf(directory)
  return path === undefined || path === '' ? textOf(event) : path
}

/** `[start, ET, zone]` → when it began: seconds since 1970, which the database knows, else the local time of ZoneMinder's host. */
export const instant: MappingFunction = (seconds, local, zone) => {
  const text = textOf(seconds)
  const exact = text !== undefined && /^\d{9,11}(?:\.\d+)?$/.test(text) ? fromEpoch(Number(text)) : undefined
  if (exact !== undefined) return exact
  const [time, place] = [textOf(local), textOf(zone)]
  return time === undefined || place === undefined ? undefined : zoned(time, place)
}

/** Pictures of an event, the best first: of the highest score, of the first alarm, of the first frame. */
const PICTURES = ['snapshot.jpg', 'alarm.jpg', '00001-capture.jpg']

/** `[EDP]` → where its picture may be. */
export const pictures: MappingFunction = (directory) => {
  if (typeof directory !== 'string' || !directory.startsWith('/')) return undefined
  return PICTURES.map((name) => `${directory.replace(/\/+$/, '')}/${name}`)
}

/** `[url, event]` → its page; `[url, event, frame]` → a picture of it. */
export const page: MappingFunction = (url, id, frame) => {
  if (typeof url !== 'string' || typeof id !== 'string') return undefined
  const address = new URL(url)
  const wanted =
    frame === undefined || frame === null
      ? { view: 'event', eid: id }
      : { view: 'image', eid: id, fid: String(frame) }
  for (const [key, value] of Object.entries(wanted)) address.searchParams.set(key, value)
  return address.href
}

/** What names an event for ZoneMinder: it runs a command that failed again, and several filters may find the same event. */
export function identity(record: unknown): readonly string[] | undefined {
  const { host, EDP, EI, ET } = Object(record)
  const [directory, id, time] = [textOf(EDP), numberIn(EI), textOf(ET)]
  if (time === undefined || (id === undefined && (directory === undefined || directory === '')))
    return undefined
  return ['zoneminder', textOf(host) ?? '', directory ?? '', id ?? '', time]
}
