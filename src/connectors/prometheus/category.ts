import { type Profile, profile } from '../../idmefv2/profiles.ts'
import { wordsOf } from '../../idmefv2/terms.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { ALIVE, ALWAYS, KINDS, type Kind, OTHER } from './kinds.ts'

/** A name as words: `KubePodCrashLooping`, `kube_pod_crash-looping` and the same with blanks. */
export function wordsIn(name: string): string {
  const parted = name.replace(/DDoS/g, ' Ddos ').replace(/DoS/g, ' Dos ')
  const words = parted.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}]+|\d+/gu) ?? []
  return words.join(' ').toLowerCase()
}

/** Names longer than this say no more. */
const MAX_NAME = 200

export function kindOf(name: unknown): Kind {
  if (typeof name !== 'string') return OTHER
  const words = wordsIn(name.slice(0, MAX_NAME))
  if (ALWAYS.test(words)) return ALIVE
  return KINDS.find(([, pattern]) => pattern.test(words))?.[2] ?? OTHER
}

const TAXONOMIES: Readonly<Record<string, Profile>> = {
  V04: profile('2.D.V04'),
  V07: profile('2.D.V07'),
  V08: profile('2.D.V08'),
}

/** `[name, label, taxonomy]`: the terms that the label gives, separated by commas, where they are some; else by the name. */
export const category: MappingFunction = (name, label, taxonomy) => {
  const given = typeof label === 'string' ? label.split(',').map((term) => term.trim()) : []
  const known = given.filter((term) => isTerm(term, taxonomy))
  return known.length > 0 ? known : wordsOf([kindOf(name).terms], taxonomy)
}

/** `ext-value` alone says nothing. */
function isTerm(term: string, taxonomy: unknown): boolean {
  const field = TAXONOMIES[String(taxonomy)]?.root.fields.get('Category')
  if (field === undefined || field.kind === 'class' || term.endsWith('ext-value')) return false
  return field.values?.has(term) ?? false
}

export const cause: MappingFunction = (name) => kindOf(name).cause
export const type: MappingFunction = (name) => kindOf(name).type

/** `yes` of a rule that fires always, so that its silence tells something. */
export const always: MappingFunction = (name) => (kindOf(name) === ALIVE ? 'yes' : undefined)
