import type { Json } from '../types.ts'
import { MappingError } from './faults.ts'
import type { Mapping, Rules } from './rules.ts'

/**
 * Applies a mapping document (the text of an operator's JSON file) to a probe's own rules: it replaces the mapping,
 * or changes it where `$extends` is true. Checked later, when it is compiled.
 * @throws {MappingError} when the text is not a JSON object.
 */
export function applyDocument(rules: Rules, text: string): Rules {
  const { $extends: extend, $filter: filter, ...fields } = parseObject(text)
  if (extend !== undefined && typeof extend !== 'boolean')
    throw new MappingError([{ pointer: '/$extends', what: 'expected true or false' }])
  return {
    ...rules,
    ...(filter !== undefined && { filter }),
    mapping: extend === true ? merged(rules.mapping, fields) : fields,
  }
}

function parseObject(text: string): { [field: string]: Json } {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    throw new MappingError([
      { pointer: '', what: `not JSON: ${error instanceof Error ? error.message : error}` },
    ])
  }
  if (isPlainObject(document)) return document
  throw new MappingError([{ pointer: '', what: 'a mapping is an object of IDMEFv2 fields' }])
}

/** Objects are merged field by field, anything else replaces, `null` removes. Forms are values, not objects to merge. */
function merged(base: Mapping, change: Mapping): Mapping {
  if (!isMergeable(base) || !isMergeable(change)) return change
  const result: { [field: string]: Json } = Object.assign(Object.create(null), base)
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete result[name]
    else result[name] = Object.hasOwn(base, name) ? merged(base[name] ?? null, value) : value
  }
  return { ...result }
}

function isMergeable(value: Mapping): value is { [field: string]: Json } {
  return isPlainObject(value) && !Object.keys(value).some((name) => name.startsWith('$'))
}

function isPlainObject(value: unknown): value is { [field: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
