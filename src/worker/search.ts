import type { Needle } from '../mapping/needle.ts'

const NONE = Number.POSITIVE_INFINITY
const ESCAPE = Buffer.from('\\u00')
const DIGIT_2 = 0x32
const DIGIT_7 = 0x37

/**
 * Finds, in order, the places in a block that a record needs to hold to pass the filter. Without a needle every
 * place is one.
 */
export class Search {
  readonly #texts: readonly Buffer[]
  readonly #next: number[]
  #bytes: Buffer = Buffer.alloc(0)
  #to = 0
  #escape = 0
  readonly #all: boolean

  constructor(needle: Needle | undefined) {
    this.#all = needle === undefined
    this.#texts = needle?.texts ?? []
    this.#next = this.#texts.map(() => 0)
  }

  /** Starts on `bytes[from, to)`. */
  start(bytes: Buffer, from: number, to: number): void {
    this.#bytes = bytes
    this.#to = to
    this.#next.fill(-1)
    this.#escape = -1
    if (!this.#all) this.after(from)
  }

  /** The first place at or after `position`; Infinity when there is none. Positions only ever grow. */
  after(position: number): number {
    if (this.#all) return position
    let first = this.#escapeAfter(position)
    for (let i = 0; i < this.#texts.length; i++) {
      let next = this.#next[i] as number // as many as texts
      if (next < position) {
        next = this.#find(this.#texts[i] as Buffer, position)
        this.#next[i] = next
      }
      if (next < first) first = next
    }
    return first
  }

  #find(text: Buffer, position: number): number {
    const found = this.#bytes.indexOf(text, position)
    return found < 0 || found >= this.#to ? NONE : found
  }

  /** An escape of a printable ASCII character could hide the needle; real tools write such escapes seldom. */
  #escapeAfter(position: number): number {
    if (this.#escape >= position) return this.#escape
    let found = this.#find(ESCAPE, position)
    while (found !== NONE) {
      const digit = this.#bytes[found + ESCAPE.length] ?? 0
      if (digit >= DIGIT_2 && digit <= DIGIT_7) break
      found = this.#find(ESCAPE, found + 1)
    }
    this.#escape = found
    return found
  }
}
