import { createRequire } from 'node:module'

export type Addon = typeof import('simdjson')

/** The addon, or undefined where it was not built: its package then exports JSON itself, without a word. */
export function addon(): Addon | undefined {
  try {
    const loaded: Partial<Addon> = createRequire(import.meta.url)('simdjson')
    return loaded.lazyParse === undefined ? undefined : (loaded as Addon) // complete when lazyParse is there
  } catch {
    return undefined // an optional dependency that was not installed
  }
}
