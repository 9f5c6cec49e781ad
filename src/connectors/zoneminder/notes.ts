import type { MappingFunction } from '../../mapping/rules.ts'
import { textOf } from '../../mapping/truth.ts'

// Events.Notes has a line for each cause, `Motion: All, Porch`: what it is of, and the zones or whatever else has to do with it
// (zm_event.cpp, createNotes). Those of a filter may be on one line. zmeventnotification puts what it has recognised
// before them: `[a] detected:person:98%, car:76% Motion: Porch`.

/** Causes of zm_monitor.h and of the scripts; with the words that other versions have for the same. */
const CAUSES = [
  'Signal',
  'Motion',
  'Linked',
  'ONVIF',
  'AlarmStation',
  'Continuous',
  'Forced Web',
  'Forced',
  'External',
  'Trigger',
  'Section',
] as const
const CAUSE = new RegExp(`(?:^|[\\s;])(${CAUSES.join('|')}): `, 'g')
const DETECTED = /\bdetected:\s*(\S[^\n]*)/

export interface Notes {
  /** By cause, in the order of the notes. */
  causes: ReadonlyMap<string, readonly string[]>
  /** What was recognised in the pictures: `person`. */
  objects: readonly string[]
}

/** `[cause, notes]`, which may be anything. */
export function readNotes(cause: unknown, notes: unknown): Notes {
  const text = textOf(notes) ?? ''
  const causes = new Map<string, readonly string[]>()
  for (const name of listed(textOf(cause) ?? '')) causes.set(name, [])
  const heads = [...text.matchAll(CAUSE)]
  for (const [index, head] of heads.entries()) {
    const from = head.index + head[0].length
    const details = listed(text.slice(from, heads[index + 1]?.index))
    const [, name = ''] = head
    causes.set(name, [...(causes.get(name) ?? []), ...details])
  }
  return { causes, objects: objectsIn(text.slice(0, heads[0]?.index)) }
}

function objectsIn(text: string): string[] {
  const [, found = ''] = DETECTED.exec(text) ?? []
  const names = listed(found).map((one) => one.replace(/:[\d.]+%?$/, '').toLowerCase())
  return [...new Set(names)].filter((name) => name !== '')
}

function listed(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

export const causes: MappingFunction = (cause, notes) => [...readNotes(cause, notes).causes.keys()]

/** The zones with a movement. */
export const zones: MappingFunction = (cause, notes) => {
  const found = readNotes(cause, notes).causes.get('Motion')?.join(', ')
  return found === '' ? undefined : found
}

export const objects: MappingFunction = (notes) => readNotes(undefined, notes).objects

/** Notes on one line. */
export const onOneLine: MappingFunction = (notes) => {
  const text = (textOf(notes) ?? '').replace(/\s*\n\s*/g, '; ').trim()
  return text === '' ? undefined : text
}
