import type { BigIntStats } from 'node:fs'
import type { FileState } from '../state/checkpoint.ts'
import { keyOf, signatureOf } from './file.ts'
import { type Change, Followed, type Range, type RangeSizes } from './follow.ts'
import { Packed } from './unpack.ts'

/** How long a file is waited for; milliseconds. */
export interface Patience {
  /** A rotated file is left for its successor after this long without growth (and two looks). */
  quietMs: number
  /** It stays open for this long after that, in case its writer had not reopened yet. */
  lingerMs: number
  /** A file that is read to its end is closed after this long without growth, and opened again when it grows. */
  idleMs: number
}

export const PATIENCE: Patience = { quietMs: 1000, lingerMs: 60_000, idleMs: 300_000 }

/** A range and the file it was cut from. */
export interface Piece {
  range: Range
  followed: Followed
}

/** What else bears on the next range. */
export interface Turn {
  /** No file will grow any more, so nothing is waited for. */
  final: boolean
  /** Bytes that can be handed out, of all paths. */
  backlog: number
}

/** Rotated files kept open for late writes; more than this only while a range of theirs is out. */
const MAX_LINGERING = 8

/**
 * The files that one path has named, oldest first. The first is read to its end before the second is begun, so the
 * order of the path's lines is kept over any number of rotations.
 */
export class Lineage {
  readonly path: string
  /** Not followed before: a file found there now was not written for us. */
  fresh: boolean
  /** The path was looked at, whether or not a file was there. */
  visited = false
  readonly #patience: Patience
  #queue: (Followed | Packed)[] = []
  /** Read to their end; their writers may still have them open. */
  #lingering: Followed[] = []
  /** Retired, with ranges out. */
  #leaving: Followed[] = []
  #absent = false
  #parked: { state: FileState; signature: string } | undefined

  constructor(path: string, fresh: boolean, patience: Patience) {
    this.path = path
    this.fresh = fresh
    this.#patience = patience
  }

  /** Every file it reads. */
  get files(): readonly Followed[] {
    return [...this.#lingering, ...this.#queue.filter((each) => each instanceof Followed)]
  }

  /** Device and inode of what it reads, or will. */
  get keys(): readonly string[] {
    return [...this.#lingering, ...this.#queue].map(({ file }) => file.key)
  }

  /** States of what it reads, or will. */
  get reading(): readonly FileState[] {
    return [...this.#lingering, ...this.#queue].map(({ state }) => state)
  }

  /** Bytes in compressed files that wait for their turn, as far as it is known. */
  get waiting(): number {
    const packed = this.#queue.filter((each) => each instanceof Packed)
    return packed.reduce((sum, { state }) => sum + Math.max(0, state.size - state.offset), 0)
  }

  /** The file written last. */
  get latest(): Followed | Packed | undefined {
    return this.#queue.at(-1)
  }

  /** States of files that exist, open or not. */
  get states(): readonly FileState[] {
    return this.#parked ? [...this.reading, this.#parked.state] : this.reading
  }

  /** The compressed file whose turn it is. */
  get packed(): Packed | undefined {
    const [first] = this.#queue
    return first instanceof Packed ? first : undefined
  }

  get empty(): boolean {
    return this.#queue.length + this.#lingering.length + this.#leaving.length === 0
  }

  /** Looks at every open file and returns those that changed. */
  look(now: number): { followed: Followed; change: Change }[] {
    return this.files.map((followed) => ({ followed, change: followed.look(now) }))
  }

  /** Whether the path now names a file that nobody follows: a first one, or a successor. */
  expects(stat: BigIntStats | undefined, live: ReadonlySet<string>): boolean {
    this.#absent = stat === undefined
    if (stat === undefined) return !this.visited
    return this.#parked?.signature !== signatureOf(stat) && !live.has(keyOf(stat))
  }

  /** Puts a file at the end, or before another one. */
  add(file: Followed | Packed, before?: Followed): void {
    this.#parked = undefined
    const index = before ? this.#queue.indexOf(before) : -1
    this.#queue.splice(index < 0 ? this.#queue.length : index, 0, file)
  }

  /** A compressed file was unpacked; or not, and is passed over. */
  unpacked(packed: Packed, followed: Followed | undefined): void {
    this.#queue = this.#queue.flatMap((each) => (each === packed ? (followed ?? []) : each))
  }

  /** The same file under a new identity. */
  replace(old: Followed, renewed: Followed): void {
    old.retire()
    this.#leaving.push(old)
    this.#queue = this.#queue.map((each) => (each === old ? renewed : each))
    this.#lingering = this.#lingering.map((each) => (each === old ? renewed : each))
  }

  /** What is still out of it moves nothing any more. */
  drop(followed: Followed): void {
    followed.retire()
    this.#leaving.push(followed)
    this.#queue = this.#queue.filter((each) => each !== followed)
    this.#lingering = this.#lingering.filter((each) => each !== followed)
  }

  /** Bytes that can be handed out. */
  get unread(): number {
    return this.files.reduce((sum, { unread }) => sum + unread, 0)
  }

  /** The next range in order. */
  next(sizes: RangeSizes, now: number, { final, backlog }: Turn): Piece | undefined {
    for (const late of this.#lingering) {
      const range = late.cut(sizes, backlog)
      if (range) return { range, followed: late }
    }
    for (let first = this.#queue[0]; first instanceof Followed; first = this.#queue[0]) {
      const superseded = this.#queue.length > 1 || (this.#absent && first.file.unlinked)
      const quiet = first.file.packed !== undefined || first.quietFor(now) >= this.#patience.quietMs
      const over = final || (superseded && quiet)
      const range = first.cut(sizes, backlog) ?? (over ? first.rest() : undefined)
      if (range) return { range, followed: first }
      if (!over || !superseded) return undefined
      this.#queue.shift()
      this.#lingering.push(first)
    }
    return undefined
  }

  /** Lets go of files that nobody needs; returns the states of those that were removed and are read to their end. */
  sweep(now: number): FileState[] {
    this.#leaving = this.#leaving.filter((followed) => !released(followed, followed.settled))
    const gone: FileState[] = []
    const excess = this.#lingering.length - MAX_LINGERING
    this.#lingering = this.#lingering.filter((followed, index) => {
      const needless = index < excess || followed.file.packed !== undefined
      const over = followed.drained && (needless || followed.quietFor(now) >= this.#patience.lingerMs)
      if (!released(followed, over && followed.settled)) return true
      if (followed.file.unlinked && followed.pending === 0) gone.push(followed.state)
      return false
    })
    this.#park(now)
    return gone
  }

  /** Closes every file, whatever is out. */
  close(): void {
    for (const { file } of [...this.#lingering, ...this.#queue, ...this.#leaving]) file.release()
    this.#queue = this.#lingering = this.#leaving = []
  }

  /** A file nobody writes to needs no descriptor. Renamed away, it is found again by its state when a successor comes. */
  #park(now: number): void {
    const [only, ...others] = this.#queue
    if (!(only instanceof Followed) || others.length > 0 || only.quietFor(now) < this.#patience.idleMs) return
    if (!only.drained || !only.settled) return
    this.#parked = this.#absent ? undefined : { state: only.state, signature: only.file.signature }
    this.#queue = []
    only.file.release()
  }
}

function released(followed: Followed, over: boolean): boolean {
  if (over) followed.file.release()
  return over
}
