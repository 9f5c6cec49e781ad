import { type Terms, wordsOf } from '../../idmefv2/terms.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { readNotes } from './notes.ts'

/** A camera sees that something moves, seldom who: the only physical intrusion of drafts 04 to 06, and told with a Confidence. */
const MOVEMENT: Terms = ['Intrusion.Burglary', 'Access.Unauthorized']
const LOST: Terms = ['Availability.Outage', 'Availability.Outage']
const BACK: Terms = ['Availability.Outage', 'Availability.HeartBeat']
const OTHER: Terms = ['Other.Uncategorised', 'Other.Uncategorised']

export interface Kind {
  /** Begins the description; the monitor follows. */
  said: string
  terms: Terms
  /** `movement`: as the operator says. */
  priority: 'movement' | 'High' | 'Medium' | 'Info' | 'Unknown'
}

/** From what says most to what says least: of several causes the first one names the event. */
export const KINDS = {
  lost: { said: 'Signal lost', terms: LOST, priority: 'High' },
  detected: { said: 'Recognised', terms: MOVEMENT, priority: 'movement' },
  movement: { said: 'Movement seen', terms: MOVEMENT, priority: 'movement' },
  linked: { said: 'Alarm of a linked monitor', terms: MOVEMENT, priority: 'movement' },
  camera: { said: 'Alarm of the camera', terms: MOVEMENT, priority: 'movement' },
  forced: { said: 'Alarm raised by hand or from outside', terms: OTHER, priority: 'Medium' },
  back: { said: 'Signal back', terms: BACK, priority: 'Info' },
  continuous: { said: 'Recording', terms: OTHER, priority: 'Info' },
  other: { said: 'Event', terms: OTHER, priority: 'Unknown' },
} as const satisfies Record<string, Kind>

export type KindName = keyof typeof KINDS

const BY_CAUSE: readonly (readonly [cause: string, name: KindName])[] = [
  ['Motion', 'movement'],
  ['Linked', 'linked'],
  ['ONVIF', 'camera'],
  ['Forced Web', 'forced'],
  ['Forced', 'forced'],
  ['External', 'forced'],
  ['Trigger', 'forced'],
  ['AlarmStation', 'forced'],
  ['Signal', 'back'],
  ['Continuous', 'continuous'],
  ['Section', 'continuous'],
]

/** `[cause, notes]` → the kind. `Signal: Lost` is an outage, also where it came back within the event. */
export const kind: MappingFunction = (cause, notes): KindName => {
  const { causes, objects } = readNotes(cause, notes)
  const signal = causes.get('Signal')
  if (signal !== undefined && (signal.includes('Lost') || signal.length === 0)) return 'lost'
  if (objects.length > 0) return 'detected'
  return BY_CAUSE.find(([name]) => causes.has(name))?.[1] ?? 'other'
}

/** `[cause, notes, excluded]` → `yes` where there is a cause, and each is one of those. */
export const isExcluded: MappingFunction = (cause, notes, excluded) => {
  const { causes, objects } = readNotes(cause, notes)
  const names = [excluded].flat()
  if (causes.size === 0 || objects.length > 0) return undefined
  return [...causes.keys()].every((name) => names.includes(name)) ? 'yes' : undefined
}

const kindOf = (name: unknown): Kind => KINDS[name as KindName] ?? KINDS.other // `kind` gave it

export const said: MappingFunction = (name) => kindOf(name).said
export const priority: MappingFunction = (name) => kindOf(name).priority
export const category: MappingFunction = (name, taxonomy) => wordsOf([kindOf(name).terms], taxonomy)

/** What zmeventnotification recognises, in the words of drafts 04 to 06 (Vector) and of draft 08 (Source). */
const OBJECTS: Readonly<Record<string, readonly [vector: string, source: string]>> = {
  person: ['Human', 'Object.LivingBeings.Human'],
  face: ['Face', 'Object.LivingBeings.Face'],
  car: ['Car', 'Object.Vehicles.Car'],
  truck: ['Truck', 'Object.Vehicles.Truck'],
  bus: ['Vehicle', 'Object.Vehicles.Bus'],
  motorbike: ['Vehicle', 'Object.Vehicles.Moto'],
  motorcycle: ['Vehicle', 'Object.Vehicles.Moto'],
  boat: ['Vehicle', 'Object.Vehicles.Boat'],
  aeroplane: ['Vehicle', 'Object.Vehicles.Aircraft'],
  alpr: ['Vehicle', 'Object.Vehicles.LicensePlate'],
  bird: ['Bird', 'Object.LivingBeings.Animal'],
  cat: ['Animal', 'Object.LivingBeings.Animal'],
  dog: ['Animal', 'Object.LivingBeings.Animal'],
  horse: ['Animal', 'Object.LivingBeings.Animal'],
}

/** `[objects]` → categories of the Source in draft 08: what was recognised, else that something moved. */
export const seen: MappingFunction = (...names) => {
  const known = names.flat().flatMap((name) => entryOf(name)?.[1] ?? [])
  return known.length > 0 ? [...new Set(known)] : ['ElectroMag.Light.MotionOptical']
}

/** `[objects]` → categories of the Vector in drafts 04 to 06. */
export const vector: MappingFunction = (...names) => {
  const known = names.flat().flatMap((name) => entryOf(name)?.[0] ?? [])
  return known.length > 0 ? [...new Set(known)] : undefined
}

function entryOf(name: unknown) {
  return typeof name === 'string' && Object.hasOwn(OBJECTS, name) ? OBJECTS[name] : undefined
}
