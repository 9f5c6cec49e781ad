import type { Json } from '../../src/types.ts'

/** What a field may hold instead of what it should. */
const INSTEAD: readonly Json[] = [
  null,
  '',
  'x',
  '0',
  0,
  -1,
  1e300,
  true,
  [],
  {},
  [null],
  [[]],
  { 0: 'x', length: 1 },
  '\u0000\ud800"\\',
]

export interface Altered {
  /** What was done: `$.a.b[0]: dropped`. */
  what: string
  record: Json
}

/** A record with one field of it, at any depth, dropped or replaced: every way there is, one after another. */
export function* altered(record: Json): Generator<Altered> {
  for (const path of pathsIn(record)) {
    const shown = ['$', ...path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))].join('')
    yield { what: `${shown}: dropped`, record: edited(record, path, undefined) }
    for (const instead of INSTEAD)
      yield { what: `${shown}: ${JSON.stringify(instead)}`, record: edited(record, path, instead) }
  }
}

type Key = string | number

function* pathsIn(value: Json, path: Key[] = []): Generator<Key[]> {
  if (path.length > 0) yield path
  if (typeof value !== 'object' || value === null) return
  const keys: Key[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  for (const key of keys) yield* pathsIn(at(value, key), [...path, key])
}

function edited(value: Json, [key, ...rest]: readonly Key[], instead: Json | undefined): Json {
  if (key === undefined) return instead ?? null
  if (typeof value !== 'object' || value === null) return value
  const drops = rest.length === 0 && instead === undefined
  if (Array.isArray(value)) {
    if (drops) return value.filter((_, index) => index !== key)
    return value.map((item, index) => (index === key ? edited(item, rest, instead) : item))
  }
  const entries = Object.entries(value).filter(([name]) => !(drops && name === key))
  return Object.fromEntries(
    entries.map(([name, item]) => [name, name === key ? edited(item, rest, instead) : item]),
  )
}

function at(value: Json, key: Key): Json {
  const found: unknown = typeof value === 'object' && value !== null ? Object(value)[key] : null
  return (found ?? null) as Json // a part of what JSON.parse gave
}
