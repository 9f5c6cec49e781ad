import type { Condition, Program } from './ir.ts'
import type { Path, Segment } from './path.ts'
import { pathsOf } from './walk.ts'

/** A place in the tree of the paths a program reads: what the scanner looks for. */
export interface Place {
  /** Index of the slot that takes the span of this value. */
  slot?: number
  /** Texts of which the value must be one, or the whole record is filtered: known as soon as it was seen. */
  mustBe?: readonly string[]
  names: Map<string, Place>
  indices: Map<number, Place>
}

export interface Layout {
  root: Place
  slots: number
  /** The slot that holds the value at the prefix of a path. */
  slotOf(path: Path): number
}

/** Gives a slot to the prefix of every path a program reads, and pushes what the filter demands down to its place. */
export function layOut(program: Program): Layout {
  const root = emptyPlace()
  let slots = 0
  const place = (segments: readonly Segment[]): Place => {
    let at = root
    for (const segment of segments) at = child(at, segment)
    at.slot ??= slots++
    return at
  }
  const known = new Map<Path, number>()
  for (const path of pathsOf(program)) known.set(path, place(path.prefix).slot ?? 0)
  for (const { value, texts } of demands(program.filter)) {
    if (value.rest === undefined) place(value.prefix).mustBe = texts
  }
  numberInner(root, () => slots++)
  return { root, slots, slotOf: (path) => known.get(path) ?? 0 }
}

/** Inner places have slots too: that is how the scanner notices a key that comes twice. */
function numberInner(place: Place, next: () => number): void {
  const children = [...place.names.values(), ...place.indices.values()]
  if (children.length > 0) place.slot ??= next()
  for (const one of children) numberInner(one, next)
}

function emptyPlace(): Place {
  return { names: new Map(), indices: new Map() }
}

function child(place: Place, segment: Segment): Place {
  const found = typeof segment === 'number' ? place.indices.get(segment) : place.names.get(segment)
  if (found !== undefined) return found
  const made = emptyPlace()
  if (typeof segment === 'number') place.indices.set(segment, made)
  else place.names.set(segment, made)
  return made
}

/** Comparisons that every record that passes must meet. */
export function demands(filter: Condition): { value: Path; texts: readonly string[] }[] {
  if (filter.op === 'all') return filter.of.flatMap(demands)
  if (filter.op !== 'equals' || filter.value.op !== 'path') return []
  return [{ value: filter.value.path, texts: filter.texts }]
}
