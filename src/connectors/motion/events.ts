import { relative, resolve, sep } from 'node:path'
import { type Terms, wordsOf } from '../../idmefv2/terms.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { textOf } from '../../mapping/truth.ts'

/** A camera sees that something moves, never who: the only physical intrusion of drafts 04 to 06, and told with a Confidence. */
const MOVEMENT: Terms = ['Intrusion.Burglary', 'Access.Unauthorized']
const LOST: Terms = ['Availability.Outage', 'Availability.Outage']
const BACK: Terms = ['Availability.Outage', 'Availability.HeartBeat']
const OTHER: Terms = ['Other.Uncategorised', 'Other.Uncategorised']

/** What one event of Motion says. */
export interface Kind {
  /** Begins the description; the camera follows. */
  said: string
  terms: Terms
  /** `movement`: as the operator says. */
  priority: 'movement' | 'High' | 'Info' | 'Unknown'
  /** It is a part of one of Motion's events, from the first frame with a movement to `event_gap` seconds after the last one. */
  isPart: boolean
}

const part = (said: string, priority: Kind['priority']): Kind => ({
  said,
  terms: MOVEMENT,
  priority,
  isPart: true,
})
const alone = (said: string, terms: Terms, priority: Kind['priority']): Kind => ({
  said,
  terms,
  priority,
  isPart: false,
})

/**
 * The commands that Motion has (motion_config.html, "on_…"), by the name the script is given for each; pictures and films apart that
 * are taken by the clock.
 */
export const KINDS: Readonly<Record<string, Kind>> = {
  event_start: part('Movement seen', 'movement'),
  motion_detected: part('Movement in a frame', 'movement'),
  area_detected: part('Movement in the watched area', 'movement'),
  picture_save: part('Picture of a movement', 'movement'),
  event_end: part('Movement over', 'Info'),
  movie_start: part('Film of a movement begun', 'Info'),
  movie_end: part('Film of a movement finished', 'Info'),
  camera_lost: alone('Camera lost', LOST, 'High'),
  camera_found: alone('Camera back', BACK, 'Info'),
  snapshot: alone('Periodic picture', OTHER, 'Info'),
  timelapse: alone('Timelapse film', OTHER, 'Info'),
}
const UNKNOWN = alone('Motion event', OTHER, 'Unknown')

/** What `%n` gives for a snapshot and for a timelapse film (motion.h, FTYPE_…). */
const TYPES: Readonly<Record<string, string>> = { 2: 'snapshot', 32: 'timelapse' }
/** Their names as Motion's own snapshot_filename and timelapse_filename make them, for lines without `%n`. */
const NAMED = /-?(snapshot|timelapse)\.\w+$/

/** `[event_name, type, file]` → the kind: the event's name, or `snapshot` or `timelapse`. */
export const kind: MappingFunction = (name, type, file) => {
  const event = textOf(name)
  if (event === undefined || !/^(?:picture|movie)_/.test(event)) return event
  const known = textOf(type)
  if (known !== undefined && known !== '') return TYPES[known] ?? event
  return NAMED.exec(textOf(file) ?? '')?.[1] ?? event
}

const kindOf = (name: unknown): Kind => {
  const key = textOf(name) ?? ''
  return (Object.hasOwn(KINDS, key) ? KINDS[key] : undefined) ?? UNKNOWN
}

export const said: MappingFunction = (name) => kindOf(name).said
export const priority: MappingFunction = (name) => kindOf(name).priority
export const category: MappingFunction = (name, taxonomy) => wordsOf([kindOf(name).terms], taxonomy)

/** `[cameras, id, name]` → what the operator calls the camera, else what Motion does, else its id. */
export const camera: MappingFunction = (cameras, id, name) => {
  const number = textOf(id)
  const named = [cameras]
    .flat()
    .map((one) => String(one).split(/:(.*)/s))
    .find(([key]) => key === number)
  return [named?.[1], textOf(name), number].find((label) => label !== undefined && label !== '')
}

/**
 * `[kind, event, event_id, date]` → what the parts of one event have in common, beside camera and host. `event` is Motion's `%C`,
 * the time of the first frame. Without it there is the number, which begins at 1 with each start of Motion: then the day as well,
 * so that two events are one only if Motion was started twice that day, and an event is two if it goes on past midnight.
 */
export const eventOf: MappingFunction = (name, event, number, date) => {
  if (!kindOf(name).isPart) return undefined
  const first = textOf(event)
  if (first !== undefined && first !== '') return first
  const [id, time] = [textOf(number), textOf(date)]
  return id === undefined || id === '' || time === undefined ? undefined : `${id} of ${time.slice(0, 10)}`
}

/** Of the live stream of a camera, as Motion 4.2 and later serve it. */
export const stream: MappingFunction = (host, port, id) => {
  const [address, number] = [textOf(host), textOf(id)]
  if (address === undefined || number === undefined || typeof port !== 'number' || port === 0)
    return undefined
  const authority = address.includes(':') ? `[${address}]` : address
  return `http://${authority}:${port}/${encodeURIComponent(number.toWellFormed())}/stream`
}

/** `[file, torn]` → the path, where there is one, and all of it. */
export const filePath: MappingFunction = (file, torn) =>
  typeof file === 'string' && file !== '' && torn !== 'file' ? file : undefined

/** `[file, directory, url]` → where a file of `directory` is served when the directory is served at `url`; by its name alone. */
export const servedAt: MappingFunction = (file, directory, url) => {
  if (typeof file !== 'string' || typeof directory !== 'string' || typeof url !== 'string') return undefined
  const inside = relative(resolve(directory), resolve(directory, file))
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`)) return undefined
  // A lone surrogate cannot be encoded.
  const parts = inside.toWellFormed().split(sep).map(encodeURIComponent)
  return `${url.replace(/\/+$/, '')}/${parts.join('/')}`
}
