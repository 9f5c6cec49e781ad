import { createRequire } from 'node:module'
import { loadSimdjson } from '../../src/simdjson.ts'

export type Addon = typeof import('simdjson')

/**
 * Whose functions the addon calls: `mixed` as its package loads it, some of Node.js's own; `own` as the program loads it. The
 * first loading in a process decides.
 */
export type Binding = 'mixed' | 'own'

/** The addon, or undefined where it was not built: its package then exports JSON itself, without a word. */
export function addon(binding: Binding = 'mixed'): Addon | undefined {
  try {
    const loaded: Partial<Addon> =
      binding === 'own' ? loadSimdjson() : createRequire(import.meta.url)('simdjson')
    return loaded.lazyParse === undefined ? undefined : (loaded as Addon) // complete when lazyParse is there
  } catch {
    return undefined // an optional dependency that was not installed
  }
}
