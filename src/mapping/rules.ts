import type { Json } from '../types.ts'

/** A mapping as it is written; the language is on the page beside this file. */
export type Mapping = Json

/** A function a mapping may call. Pure. `undefined` in and out means absent. */
export type MappingFunction = (...args: unknown[]) => unknown

/** What `$context` may name. */
export const CONTEXT_NAMES: readonly string[] = [
  'analyzer.name',
  'analyzer.ip',
  'analyzer.hostname',
  'location',
  'organisation',
  'entity',
  'instance',
]

/** What is known when a mapping is compiled. */
export interface Context {
  /** `$context` values by dotted name; absent ones are missing. */
  values: Readonly<Record<string, string | undefined>>
  /** `$option` values: the connector's INI section. */
  options: Readonly<Record<string, unknown>>
}

/** What `connectors/<probe>/mapping.ts` exports by default: how records of one probe become messages. */
export interface Rules {
  /** Which records become messages: a condition of the mapping language. */
  filter: Mapping
  mapping: Mapping
  /** Functions of this probe, beside the built-in ones. */
  functions?: Readonly<Record<string, MappingFunction>>
}
