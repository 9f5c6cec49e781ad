import { normalise } from '../idmefv2/normalise.ts'
import type { Class, Field, Scalar } from '../idmefv2/profiles.ts'
import type { Json } from '../types.ts'

// From the value of an expression to what its field may hold; `undefined` leaves the field out.

export type Message = { [name: string]: Json }

export function shapeLeaf(field: Scalar, value: unknown): Json | undefined {
  if (!Array.isArray(value)) {
    const one = normalise(field, value)
    return one === undefined ? undefined : field.list ? [one] : one
  }
  if (!field.list) return firstUsable(field, value)
  const items = new Set<string | number>()
  for (const item of value.flat(Number.POSITIVE_INFINITY)) {
    const one = normalise(field, item)
    if (one !== undefined) items.add(one)
  }
  return items.size === 0 ? undefined : [...items]
}

function firstUsable(field: Scalar, values: readonly unknown[]): string | number | undefined {
  for (const value of values.flat(Number.POSITIVE_INFINITY)) {
    const one = normalise(field, value)
    if (one !== undefined) return one
  }
  return undefined
}

/** Objects of a class that an expression gave: unknown members are dropped, the rest is shaped. */
export function shapeObjects(ofClass: Class, value: unknown): Message[] {
  if (Array.isArray(value)) return value.flatMap((item) => shapeObjects(ofClass, item))
  const one = shapeObject(ofClass, value)
  return one === undefined ? [] : [one]
}

function shapeObject(ofClass: Class, value: unknown): Message | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const shaped: Message = {}
  for (const [name, field] of ofClass.fields) {
    if (!Object.hasOwn(value, name)) continue
    const member = shapeField(field, (value as Record<string, unknown>)[name]) // an own property, checked above
    if (member !== undefined) shaped[name] = member
  }
  return isComplete(ofClass, shaped) ? shaped : undefined
}

function shapeField(field: Field, value: unknown): Json | undefined {
  if (field.kind !== 'class') return shapeLeaf(field, value)
  const objects = shapeObjects(field.class, value)
  if (field.list) return objects.length === 0 ? undefined : objects
  return objects[0]
}

/** Whether an object may stand in a message: it has what its class requires, and more than an identity. */
export function isComplete(ofClass: Class, object: Message): boolean {
  if (ofClass.required.some((name) => !Object.hasOwn(object, name))) return false
  const names = Object.keys(object)
  return names.length > 1 || (names.length === 1 && names[0] !== 'ID')
}

export function listOrNothing<T>(items: T[]): T[] | undefined {
  return items.length === 0 ? undefined : items
}

/** A list of what is present among the values, with lists spliced in; nothing when that is nothing. */
export function spliced(values: readonly unknown[]): unknown[] | undefined {
  return listOrNothing(values.flatMap((value) => value ?? []))
}
