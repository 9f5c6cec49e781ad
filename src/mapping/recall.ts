import type { Program } from './ir.ts'
import type { Layout, Place } from './slots.ts'
import { callsIn, pathsIn } from './walk.ts'

// Most of an alert is the rule that raised it, one object with the same bytes each time. Once such an object was seen
// twice it is kept: where the wanted values lie in it, and the parts of the message that rest on it alone. When its
// bytes come again it is neither walked over nor converted.

/** By their hash; in each set the oldest one goes: bounded, and nothing to tidy up. */
const SETS = 512
const WAYS = 4
/** Longer objects and parts are not kept. Usual are 0.5 KB and as much in parts: 2 MB for 2048 objects. */
const MAX_BYTES = 4096
/** A power of two, as SETS. */
const SEEN = 8192
/** From these bytes an object is told from most others: the first ones are names that all of them have. */
const HASH_FROM = 24
const HASH_TO = 88

/** The name of the member of a record on which most calls of functions rest alone, if there is one. */
export function ruleOf(program: Program): string | undefined {
  const counts = new Map<string, number>()
  for (const call of callsIn(program)) {
    const [name, ...others] = new Set(pathsIn(call).map(({ prefix }) => prefix[0]))
    if (typeof name !== 'string' || others.length > 0) continue
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a)
  return most?.[0]
}

/** A part of the message, and which of its members there are. */
export interface Part {
  bytes: Uint8Array
  shape: number
}

/** An object that was seen, and what is known of it. */
export class Known {
  readonly bytes: DataView
  /** Slot, start and end of each value in it, the object itself included; relative to its beginning. */
  readonly places: Int32Array
  readonly #parts: (Part | undefined)[] = []

  constructor(bytes: DataView, places: Int32Array) {
    this.bytes = bytes
    this.places = places
  }

  part(index: number): Part | undefined {
    return this.#parts[index]
  }

  /** Keeps what was written; not where it did not fit. */
  keep(index: number, out: Uint8Array, from: number, to: number, shape: number): void {
    // `slice` of a Buffer would be a view of it.
    if (to <= out.length && to - from <= MAX_BYTES)
      this.#parts[index] = { bytes: new Uint8Array(out.subarray(from, to)), shape }
  }
}

/** The objects seen at one place of the records. */
export class Recall {
  /** The object of the record at hand, when it is known. */
  known: Known | undefined
  readonly #slots: readonly number[]
  readonly #entries: (Known | undefined)[] = Array.from({ length: WAYS * SETS })
  /** Hashes that came before: what comes once is not worth keeping. */
  readonly #seen = new Int32Array(SEEN)
  #hash = 0
  #view: DataView = new DataView(new ArrayBuffer(0))

  constructor(place: Place) {
    this.#slots = slotsOf(place)
  }

  /** If the object that begins at `start` is known its values are noted, and the position after it is returned; else 0. */
  find(bytes: Uint8Array, start: number, end: number, spans: Int32Array): number {
    this.known = undefined
    if (start + HASH_TO > end) return 0
    const view = this.#viewOf(bytes)
    this.#hash = hashOf(view, start)
    const set = WAYS * (this.#hash & (SETS - 1))
    for (let way = 0; way < WAYS; way++) {
      const known = this.#entries[set + way]
      if (known === undefined) return 0
      if (!isAt(view, start, end, known.bytes)) continue
      this.known = known
      note(known.places, start, spans)
      return start + known.bytes.byteLength
    }
    return 0
  }

  /** After `find` found nothing, and the object was walked over: to be known the next time but one. */
  learn(start: number, end: number, spans: Int32Array): void {
    const length = end - start
    if (length < HASH_TO || length > MAX_BYTES) return
    const hash = this.#hash
    if (this.#seen[hash & (SEEN - 1)] !== hash) {
      this.#seen[hash & (SEEN - 1)] = hash
      return
    }
    const { buffer, byteOffset } = this.#view
    const bytes = new DataView(buffer.slice(byteOffset + start, byteOffset + end))
    this.known = new Known(bytes, placesOf(this.#slots, start, spans))
    const set = WAYS * (hash & (SETS - 1))
    this.#entries.copyWithin(set + 1, set, set + WAYS - 1)
    this.#entries[set] = this.known
  }

  #viewOf(bytes: Uint8Array): DataView {
    const { buffer, byteOffset, byteLength } = bytes
    if (
      this.#view.buffer !== buffer ||
      this.#view.byteOffset !== byteOffset ||
      this.#view.byteLength !== byteLength
    )
      this.#view = new DataView(buffer, byteOffset, byteLength)
    return this.#view
  }
}

function hashOf(view: DataView, start: number): number {
  let hash = 0
  for (let p = start + HASH_FROM; p < start + HASH_TO; p += 4)
    hash = Math.imul(hash ^ view.getInt32(p, true), 0x9e3779b1) ^ (hash >>> 15)
  return hash ^ (hash >>> 16)
}

function slotsOf({ slot, names, indices }: Place): number[] {
  const inside = [...names.values(), ...indices.values()].flatMap(slotsOf)
  return slot === undefined ? inside : [slot, ...inside]
}

function isAt(view: DataView, start: number, end: number, known: DataView): boolean {
  const last = known.byteLength - 4
  if (start + known.byteLength > end) return false
  if (view.getInt32(start + last, true) !== known.getInt32(last, true)) return false
  for (let p = 0; p < last; p += 4)
    if (view.getInt32(start + p, true) !== known.getInt32(p, true)) return false
  return true
}

function placesOf(slots: readonly number[], start: number, spans: Int32Array): Int32Array {
  const present = slots.filter((slot) => spans[2 * slot + 1] !== 0)
  // Every slot has a span.
  return Int32Array.from(
    present.flatMap((slot) => [
      slot,
      (spans[2 * slot] as number) - start,
      (spans[2 * slot + 1] as number) - start,
    ]),
  )
}

function note(places: Int32Array, start: number, spans: Int32Array): void {
  for (let i = 0; i < places.length; i += 3) {
    const slot = places[i] as number // three to each place
    spans[2 * slot] = start + (places[i + 1] as number)
    spans[2 * slot + 1] = start + (places[i + 2] as number)
  }
}

/** What remembers the rule of a record; nothing where a mapping has none. */
export function recallFor(program: Program, { root }: Layout): { name: string; recall: Recall } | undefined {
  const name = ruleOf(program)
  const place = name === undefined ? undefined : root.names.get(name)
  return name === undefined || place === undefined ? undefined : { name, recall: new Recall(place) }
}
