import { z } from 'zod'
import { type Marks, marks, written } from './values.ts'

/** What an option's schema says of it, for the reader's messages, the dump, the samples and the tables. */
export interface Facts {
  description: string
  /** Without a value the section cannot be used. */
  isRequired: boolean
  /** The default as an operator would write it. */
  fallback?: string
  /** A value for the sample of a required option, from `meta({ examples: [...] })`. */
  example?: string
  /** The words it takes, where they are a fixed few. */
  words: readonly string[]
  isSecret: boolean
  unit?: Marks['unit']
  /** Other names, `section.key`. */
  also: readonly string[]
  /** An address that is asked at with every `filetype`. */
  isAlways: boolean
}

/** Wrappers (`optional`, `default`, `prefault` …) are looked through; of two descriptions the outer one counts. */
export function factsOf(schema: z.core.SomeType): Facts {
  const facts: Facts = {
    description: '',
    isRequired: true,
    words: [],
    isSecret: false,
    also: [],
    isAlways: false,
  }
  for (const layer of layers(schema)) {
    const meta = z.globalRegistry.get(layer)
    facts.description ||= meta?.description ?? ''
    if (Array.isArray(meta?.examples)) facts.example ??= String(meta.examples[0])
    const { secret, unit, also = [], always } = marks.get(layer) ?? {}
    facts.isSecret ||= secret ?? false
    facts.isAlways ||= always ?? false
    facts.unit ??= unit
    if (also.length > 0) facts.also = also
    if (layer instanceof z.ZodEnum) facts.words = layer.options.map(String)
  }
  for (const layer of layers(schema)) {
    if (layer instanceof z.ZodOptional) facts.isRequired = false
    if (!(layer instanceof z.ZodDefault || layer instanceof z.ZodPrefault)) continue
    facts.isRequired = false
    // A prefault is text that is still to be parsed; a default is a parsed value.
    const value = layer.def.defaultValue
    facts.fallback ??= typeof value === 'string' ? value : written(value, facts.unit)
  }
  return facts
}

function* layers(schema: z.core.SomeType): Generator<z.core.$ZodType> {
  if (!(schema instanceof z.core.$ZodType)) return
  yield schema
  if (schema instanceof z.ZodPipe) {
    yield* layers(schema.in)
    yield* layers(schema.out)
  } else if ('unwrap' in schema && typeof schema.unwrap === 'function') yield* layers(schema.unwrap())
}
