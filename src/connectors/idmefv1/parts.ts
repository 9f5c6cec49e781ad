// Reading of records, whose shape is that of the model of IDMEFv1: anything may be absent.

export type Part = Readonly<Record<string, unknown>>

const NOTHING: Part = {}

/** An object, an empty one where there is none. */
export function part(value: unknown): Part {
  return isPart(value) ? value : NOTHING
}

/** The objects of a list. */
export function parts(value: unknown): readonly Part[] {
  return Array.isArray(value) ? value.filter(isPart) : []
}

/** A text that says something, or a number as text. */
export function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.flatMap((item) => text(item) ?? []) : []
}

/** Those that are there, with `separator` between them; nothing when none is. */
export function joined(separator: string, ...words: readonly (string | undefined)[]): string | undefined {
  return words.filter((word) => word !== undefined && word !== '').join(separator) || undefined
}

/** `label value`, where there is a value. */
export function labelled(label: string, value: unknown): string | undefined {
  const said = text(value)
  return said === undefined ? undefined : `${label} ${said}`
}

/** For one in a chain of `??`: nothing of an empty list. */
export function listed<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items
}

function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
