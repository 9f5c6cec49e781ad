import type { TreeState } from '../state/checkpoint.ts'

/**
 * Which documents of a tree were delivered: all that were last changed before a time, and those since one by one. Times are
 * those of the last change (ctime, ms), which nobody can set back; a key stays the same as long as the content does. The time is
 * moved on by `settle`, so what is remembered are the documents of the last minutes.
 */
export class Delivered {
  #before: number
  readonly #done: Map<string, number>

  constructor({ before, done }: TreeState) {
    this.#before = before
    this.#done = new Map(done)
  }

  /** Whether a document as it is found now was delivered before. */
  has(key: string, changed: number): boolean {
    const known = this.#done.get(key)
    // Renamed, or its mode was changed: the same document, to be remembered for longer.
    if (known !== undefined && known < changed) this.#done.set(key, changed)
    return known !== undefined || changed < this.#before
  }

  add(key: string, changed: number): void {
    this.#done.set(key, changed)
  }

  /** Everything that was changed before `time` has been found, and is delivered. */
  settle(time: number): void {
    this.#before = Math.max(this.#before, time)
    for (const [key, changed] of this.#done) if (changed < this.#before) this.#done.delete(key)
  }

  get state(): TreeState {
    return { before: this.#before, done: [...this.#done] }
  }
}
