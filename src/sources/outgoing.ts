import type { FileState } from '../state/checkpoint.ts'
import type { Span } from '../state/checks.ts'
import type { Segment } from '../state/segment.ts'
import { pieceEnd, type Range, type RangeSizes } from './follow.ts'

/** Growth is remembered with its time, for `lag`; what comes on top is added to the last mark. */
const MAX_MARKS = 64

/** A segment is known by its name; what is in it says nothing about which one it is. */
const NO_FINGERPRINT = { length: 0, hash: '' }

/**
 * One segment of a spool, from the records that are not delivered yet on.
 *
 *     0 ......... offset ......... position ......... end
 *        delivered       handed out         durable
 */
export class Outgoing {
  readonly segment: Segment
  readonly state: FileState
  /** Where the records came from. */
  readonly #origin: string
  #position: number
  /** What may be read of a segment that was found and examined; of one that grows, all. */
  #sound: Span[] | undefined
  readonly #out = new Set<Range>()
  #marks: { end: number; at: number }[]

  constructor(connector: string, origin: string, segment: Segment, known: FileState | undefined) {
    this.segment = segment
    this.state = known ?? firstState(connector, segment)
    this.#origin = origin
    this.#position = this.state.offset
    this.#marks = segment.isFound
      ? [{ end: segment.end, at: performance.now() - Math.max(0, Date.now() - segment.begun) }]
      : []
  }

  /** Bytes not delivered. */
  get pending(): number {
    return Math.max(0, this.segment.end - this.state.offset)
  }

  /** When the oldest of them came, on the monotonic clock. */
  get pendingSince(): number | undefined {
    return this.pending > 0 ? this.#marks[0]?.at : undefined
  }

  /** Bytes not handed out. */
  get waiting(): number {
    return Math.max(0, this.segment.end - this.#position)
  }

  /** It was found, with records to be delivered, and nobody knows yet whether they are whole. */
  get isUnknown(): boolean {
    return this.segment.isFound && !this.#sound && this.pending > 0
  }

  /** All that is in it was delivered. */
  get isDone(): boolean {
    return this.#out.size === 0 && !this.isUnknown && !this.#stretch()
  }

  /** It was examined. */
  begin(sound: readonly Span[]): void {
    this.#sound = [...sound]
  }

  /** Notes that it has grown. */
  mark(): void {
    const last = this.#marks.at(-1)
    const { end } = this.segment
    if (end <= (last?.end ?? 0)) return
    if (last && this.#marks.length >= MAX_MARKS) last.end = end
    else this.#marks.push({ end, at: performance.now() })
  }

  /** The next range of whole records, if there are any. */
  cut(sizes: RangeSizes): Range | undefined {
    const stretch = this.isUnknown ? undefined : this.#stretch()
    if (!stretch) return undefined
    const { fd, file } = this.segment
    const end = pieceEnd(stretch.start, stretch.end, sizes)
    const range: Range = { kind: 'range', fd, start: stretch.start, end, file, path: this.#origin }
    this.#position = end
    this.#out.add(range)
    return range
  }

  commit(range: Range): void {
    if (this.#out.delete(range)) this.#delivered(range.end)
  }

  /** What is left of it is not for delivery. */
  finish(): void {
    this.#delivered(this.segment.end)
  }

  #delivered(offset: number): void {
    Object.assign(this.state, { offset, size: this.segment.end, seen: Date.now() })
    this.#marks = this.#marks.filter(({ end }) => end > offset)
  }

  /** What can be handed out, without a gap. */
  #stretch(): Span | undefined {
    const all = this.#sound ?? [{ start: 0, end: this.segment.end }]
    const found = all.find(({ end }) => end > this.#position)
    return found && { start: Math.max(found.start, this.#position), end: found.end }
  }
}

/** Of one of which nothing was delivered. */
function firstState(connector: string, { path, file, begun }: Segment): FileState {
  return {
    connector,
    path,
    file,
    dev: '',
    ino: '',
    head: NO_FINGERPRINT,
    offset: 0,
    frontier: NO_FINGERPRINT,
    size: 0,
    changed: begun,
    seen: Date.now(),
  }
}
