import { put } from './writers.ts'

// Most fields of an alert depend on its rule alone, and rules repeat: what a pure expression gave for some bytes is
// kept, and found again by the bytes. Some places for each hash, the oldest goes: bounded, and nothing to tidy up.

const SETS = 256
const WAYS = 4
/** Longer arguments and results are not worth keeping: 1024 results of twice this bound one memo at half a MiB. */
const MAX_BYTES = 256
/** Stands after each value in a key; no JSON value holds a newline, so keys of different values differ. */
const SEPARATOR = 0x0a

/** What an expression gave for one record. What is not proven to be valid is not kept. */
export interface Rendered {
  bytes: Uint8Array
  isProven: boolean
}

interface Entry {
  hash: number
  key: Uint8Array
  result: Uint8Array
}

/** The rendered bytes of one expression by the bytes of the values it reads. An empty result means absent. */
export class Memo {
  readonly #slots: readonly number[]
  readonly #render: () => Rendered
  #absent: Uint8Array | undefined
  readonly #entries: (Entry | undefined)[] = Array.from({ length: WAYS * SETS })

  /** `render` gives the result for the record being converted; it is called when these bytes were not seen before. */
  constructor(slots: readonly number[], render: () => Rendered) {
    this.#slots = slots
    this.#render = render
  }

  /** As `write`, for a record that has none of the values. */
  writeAbsent(out: Uint8Array, position: number): number {
    if (this.#absent !== undefined) return put(this.#absent, out, position)
    const { bytes, isProven } = this.#render()
    if (isProven) this.#absent = new Uint8Array(bytes)
    return put(bytes, out, position)
  }

  /** Writes the result at `position`; returns the position after it. */
  write(bytes: Uint8Array, spans: Int32Array, out: Uint8Array, position: number): number {
    let hash = 0x811c9dc5
    let length = 0
    for (const slot of this.#slots) {
      const start = spans[2 * slot] as number // every slot has a span
      const end = spans[2 * slot + 1] as number
      length += end - start + 1
      hash = Math.imul(hash ^ SEPARATOR, 0x01000193)
      if (length > MAX_BYTES) return put(this.#render().bytes, out, position)
      for (let p = start; p < end; p++) hash = Math.imul(hash ^ (bytes[p] as number), 0x01000193)
    }
    const set = WAYS * ((hash ^ (hash >>> 15)) & (SETS - 1))
    const known = this.#find(set, hash, length, bytes, spans)
    if (known !== undefined) return put(known, out, position)
    const { bytes: result, isProven } = this.#render()
    if (isProven && result.length <= MAX_BYTES) {
      // A copy of its own: a small Buffer is part of a larger one, which it would keep.
      const kept = new Uint8Array(result)
      this.#entries.copyWithin(set + 1, set, set + WAYS - 1)
      this.#entries[set] = { hash, key: this.#key(bytes, spans, length), result: kept }
    }
    return put(result, out, position)
  }

  #find(
    set: number,
    hash: number,
    length: number,
    bytes: Uint8Array,
    spans: Int32Array,
  ): Uint8Array | undefined {
    for (let way = set; way < set + WAYS; way++) {
      const entry = this.#entries[way]
      if (entry === undefined) return undefined
      const isIt =
        entry.hash === hash && entry.key.length === length && this.#matches(entry.key, bytes, spans)
      if (isIt) return entry.result
    }
    return undefined
  }

  #matches(key: Uint8Array, bytes: Uint8Array, spans: Int32Array): boolean {
    let k = 0
    for (const slot of this.#slots) {
      const end = spans[2 * slot + 1] as number // every slot has a span
      for (let p = spans[2 * slot] as number; p < end; p++) if (key[k++] !== bytes[p]) return false
      if (key[k++] !== SEPARATOR) return false
    }
    return true
  }

  #key(bytes: Uint8Array, spans: Int32Array, length: number): Uint8Array {
    const key = new Uint8Array(length)
    let k = 0
    for (const slot of this.#slots) {
      const part = bytes.subarray(spans[2 * slot], spans[2 * slot + 1])
      key.set(part, k)
      k += part.length
      key[k++] = SEPARATOR
    }
    return key
  }
}
