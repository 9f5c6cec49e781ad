import { createRequire } from 'node:module'

/** From the text of one record to a value; throws on what is not JSON. */
export type Parse = (text: string) => unknown

export const PARSERS = ['json', 'simdjson'] as const

/**
 * The seam behind which the parsers for unusual records stand. `simdjson` is the published addon: slower than
 * JSON.parse on real lines and off by default; bench/README.md has the figures and its faults.
 * @throws {Error} when the addon was not built: its package then silently exports JSON itself.
 */
export function parserOf(name: (typeof PARSERS)[number]): Parse {
  if (name === 'json') return JSON.parse
  // Its types do not say that `lazyParse` is absent when the addon was not built.
  const addon = createRequire(import.meta.url)('simdjson') as { parse: Parse; lazyParse?: unknown }
  if (addon.lazyParse === undefined) throw new Error('the simdjson addon was not built for this machine')
  return addon.parse
}
