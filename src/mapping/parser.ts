import { loadSimdjson } from '../simdjson.ts'

/** From the text of one record to a value; throws on what is not JSON. */
export type Parse = (text: string) => unknown

export const PARSERS = ['json', 'simdjson'] as const

/**
 * The seam behind which the parsers for unusual records stand. `simdjson` is the published addon: slower than
 * JSON.parse on real lines and off by default; bench/README.md has the figures and its faults.
 * @throws {Error} when the addon cannot be used
 */
export function parserOf(name: (typeof PARSERS)[number]): Parse {
  return name === 'json' ? JSON.parse : loadSimdjson().parse
}
