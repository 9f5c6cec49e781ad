import type { Json, Unfold } from '../types.ts'

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
  /** For tools whose records come in envelopes: used where a whole answer or request is at hand, before its records are spooled. */
  unfold?: Unfold
  /**
   * For tools whose documents are not JSON: the records of one, wherever a whole one is at hand. Pure; throws on what is damaged,
   * of which nothing is then taken.
   */
  cut?: (document: Uint8Array) => readonly unknown[]
  /** For tools that write text. */
  translate?: Translate
  /**
   * What names a record for the tool itself, so that the message has the same ID however often the tool tells it; unless IDs
   * are random. Together with the connector's instance and the analyzer's host name it must be unique.
   */
  identity?: (record: unknown) => readonly (string | number)[] | undefined
}

/**
 * Of a probe whose rules rest on its options, which are those of its section. Filter and mapping are the same for all of them, but
 * for what `$option` gives. Pure.
 */
export type RulesFor = (options: Context['options']) => Rules

/** Where a record comes from, as far as it is known. */
export interface Place {
  /** Of the file that holds it. */
  path?: string
  /** When that file was written, ms since 1970; of files that are one record. */
  changed?: number
}

/**
 * From the text of one record, without the blanks around it, to an object of JSON values. `undefined`: it is no record, and
 * counted as filtered. Every record of the probe comes here, its JSON too. Pure; throws on what is damaged, which is then rejected.
 */
export type Translate = (text: string, place: Place) => unknown
