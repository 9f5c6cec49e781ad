import { randomBytes } from 'node:crypto'
import type { FileState } from '../state/checkpoint.ts'
import type { Work } from '../types.ts'
import type { OpenFile } from './file.ts'
import { cut, equal, type Fingerprint, FRONTIER_BYTES, fingerprint, HEAD_BYTES } from './identity.ts'

/** Looks without a change before a rotated file counts as quiet, besides the time. */
const QUIET_LOOKS = 2

/** Growth is remembered with its time, for `lag`; what comes on top is added to the last mark. */
const MAX_MARKS = 64

export type Range = Extract<Work, { kind: 'range' }>

/**
 * What a look found. `begun`: it was empty, and can be told by more than its inode now. After `shrunk` and `rewritten`
 * the file has to be followed anew: what was known of it is void.
 */
export type Change = 'begun' | 'grown' | 'unchanged' | 'shrunk' | 'rewritten'

export interface RangeSizes {
  workers: number
  range_min: number
  range_max: number
}

/**
 * Where the first piece of `[start, end)` ends: each worker gets one, within the limits. With `backlog` bytes waiting in
 * all, here and elsewhere, what is here need not be shared out.
 */
export function pieceEnd(
  start: number,
  end: number,
  { workers, range_min, range_max }: RangeSizes,
  backlog = end - start,
): number {
  const length = Math.min(Math.max(Math.ceil(backlog / workers), range_min), range_max)
  return Math.min(start + length, end)
}

/** Where the reading of a file begins. */
export type Beginning = Pick<FileState, 'offset' | 'cut'>

/** The state of a file that was never read, with an identity of its own. */
export function firstState(connector: string, path: string, file: OpenFile, beginning: Beginning): FileState {
  const { offset } = beginning
  return {
    connector,
    path,
    file: randomBytes(8).toString('hex'),
    dev: file.dev,
    ino: file.ino,
    head: file.head(HEAD_BYTES),
    ...beginning,
    frontier: file.frontier(offset),
    size: file.size,
    changed: file.changed,
    seen: Date.now(),
  }
}

const beginningOf = ({ offset, cut }: FileState): Beginning => ({ offset, cut })

/**
 * Of a file that ends before what was read of it: not behind its last newline, for half a line at its end was delivered
 * while it was whole, and what is written now begins at its end.
 */
export const lostEnd = ({ size }: OpenFile): Beginning => ({ offset: size, cut: size })

/**
 * One open file, read from its state's offset on.
 *
 *     0 ......... offset ......... position ......... frontier ......... size
 *        delivered       handed out        complete lines      a line being written
 *
 * Ranges are cut up to the frontier only, so that every line that starts in one is complete.
 */
export class Followed {
  readonly file: OpenFile
  readonly state: FileState
  #position: number
  #frontier: number
  /** Size at the last look; everything before it was searched for newlines. */
  #size: number
  /** The bytes before `size`: when they are others at the next look, the file was rewritten. */
  #guard: Buffer
  #touched = 0n
  /** Ranges handed out and not committed, with the fingerprint of the bytes before their end when they were cut. */
  readonly #out = new Map<Range, Fingerprint>()
  #retired = false
  #marks: { size: number; at: number }[] = []
  #quietSince: number
  #quietLooks = 0

  /** Takes over the caller's hold on `file`. */
  constructor(file: OpenFile, state: FileState, now: number) {
    this.file = file
    this.state = state
    this.#position = this.#frontier = this.#size = state.offset
    this.#guard = this.#bytesBefore(state.offset)
    this.#quietSince = now - Math.max(0, Date.now() - file.changed)
    this.#grow()
    this.#mark(now)
  }

  /** Bytes seen and not delivered. */
  get pending(): number {
    return this.#size - this.state.offset
  }

  /** When the oldest of them was first seen, on the monotonic clock. */
  get pendingSince(): number | undefined {
    return this.#marks[0]?.at
  }

  /** Every complete line was handed out. */
  get drained(): boolean {
    return this.#position >= this.#frontier
  }

  /** Nothing handed out waits for its commit. */
  get settled(): boolean {
    return this.#out.size === 0
  }

  quietFor(now: number): number {
    return this.#quietLooks < QUIET_LOOKS ? 0 : now - this.#quietSince
  }

  look(now: number): Change {
    const { file } = this
    file.refresh()
    if (file.size < this.#size) return 'shrunk'
    if (file.touched !== this.#touched && !this.#isIntact()) return 'rewritten'
    this.#touched = file.touched
    this.#quietLooks += 1
    if (file.size === this.#size) return 'unchanged'
    const wasEmpty = this.#size === 0
    this.#grow()
    this.#mark(now)
    this.#quietSince = now
    this.#quietLooks = 0
    return wasEmpty ? 'begun' : 'grown'
  }

  /** Bytes of complete lines that were not handed out. */
  get unread(): number {
    return this.#frontier - this.#position
  }

  /** The next range of complete lines, if there are any; `backlog` as in `pieceEnd`. */
  cut(sizes: RangeSizes, backlog: number): Range | undefined {
    return this.drained ? undefined : this.#range(pieceEnd(this.#position, this.#frontier, sizes, backlog))
  }

  /** A last line without newline, for a file that will not grow. */
  rest(): Range | undefined {
    return this.#position < this.#size ? this.#range(this.#size) : undefined
  }

  /**
   * Moves the offset to the end of a delivered range. Refused (false) when the bytes there are no longer those
   * that were handed out: the worker may have read anything, and the next look will find out.
   */
  commit(range: Range): boolean {
    const handedOut = this.#out.get(range)
    this.#out.delete(range)
    if (this.#retired || handedOut === undefined) return false
    // Nor may a range behind it move the offset over this one.
    if (!equal(this.file.frontier(range.end), handedOut)) this.retire()
    if (this.#retired) return false
    this.state.offset = range.end
    this.state.frontier = handedOut
    this.#marks = this.#marks.filter(({ size }) => size > range.end)
    return true
  }

  /** After `shrunk`: where to go on when what is left is what we know (the end was lost with the power), undefined when it is not. */
  remainder(): Beginning | undefined {
    const { file, state } = this
    if (state.head.length > 0 && file.size >= state.offset) {
      const kept =
        equal(file.head(state.head.length), state.head) && equal(file.frontier(state.offset), state.frontier)
      return kept ? beginningOf(state) : undefined
    }
    return cut(file, state) ? lostEnd(file) : undefined
  }

  /** What is still out was read from a file that is another now: it no longer moves the offset. */
  retire(): void {
    this.#retired = true
  }

  /** Undefined when the file was truncated or rewritten since the last look; the next one will find out. */
  #range(end: number): Range | undefined {
    const { file, state } = this
    const guard = this.#bytesBefore(end)
    if (!this.#isIntact()) return undefined
    const range: Range = {
      kind: 'range',
      fd: file.fd,
      start: this.#position,
      end,
      file: state.file,
      path: state.path,
      whole: this.#position === state.cut,
      guard,
    }
    this.#out.set(range, fingerprint(guard))
    this.#position = end
    return range
  }

  #isIntact(): boolean {
    return this.#bytesBefore(this.#size).equals(this.#guard)
  }

  #grow(): void {
    const { file, state } = this
    this.#frontier = file.lineEnd(this.#size, file.size) ?? this.#frontier
    this.#size = state.size = file.size
    this.#guard = this.#bytesBefore(file.size)
    this.#touched = file.touched
    state.changed = file.changed
    if (state.head.length < HEAD_BYTES) state.head = fingerprint(file.read(0, HEAD_BYTES))
  }

  #mark(now: number): void {
    const last = this.#marks.at(-1)
    if (this.pending === 0) return
    if (last && this.#marks.length >= MAX_MARKS) last.size = this.#size
    else this.#marks.push({ size: this.#size, at: now })
  }

  #bytesBefore(offset: number): Buffer<ArrayBuffer> {
    const start = Math.max(0, offset - FRONTIER_BYTES)
    return this.file.read(start, offset - start)
  }
}
