import { dirname, join } from 'node:path'
import type { FileState } from '../state/checkpoint.ts'
import { DeadLetters, deadLettersIn } from '../state/deadletter.ts'
import { reason } from '../state/edges.ts'
import type { Segment } from '../state/segment.ts'
import { Spool } from '../state/spool.ts'
import type { Lag, Source, Work } from '../types.ts'
import type { TailContext } from './context.ts'
import { bury, tellLost } from './damage.ts'
import { Outgoing } from './outgoing.ts'

/** Where nobody says otherwise. */
const DEFAULT_MAX_BYTES = 1024 ** 3

/** What of a stream is in memory, on its way to the disk: enough that a slow sync does not stop the reading. */
const MAX_UNSYNCED_BYTES = 4 * 1024 ** 2

/** When we stop, so much is still delivered; of more, all that is not out stays for the next start. */
const MAX_DRAIN_BYTES = 8 * 1024 ** 2

/**
 * Records that cannot be asked for again, on disk from the moment they are accepted until they are delivered. They are
 * handed out as ranges of the spool's segments, as those of a followed file are: with IDs from their position, and
 * with a position in the checkpoint. So a record that is delivered again after a crash has the ID it had.
 *
 * `accept` and `tryAccept` are for those who acknowledge, `put` is for streams, where nobody waits for an answer.
 */
export class Spooled implements Pick<Source, 'commit' | 'lag' | 'close'> {
  readonly #origin: string
  readonly #context: TailContext
  readonly #spool: Spool
  readonly #letters: DeadLetters
  readonly #owners = new Map<Work, Outgoing>()
  /** From the oldest segment to the one that grows. */
  #row: Outgoing[]
  #newest: Segment | undefined
  #examining = Promise.resolve()
  #removing = Promise.resolve()
  #limited = true
  /** Bytes of streams; those who acknowledge did not, and lost nothing. */
  #abandoned = 0
  /** `all`: what there is is handed out, then it is over; `none`: it is over. */
  #ending: 'all' | 'none' | undefined
  readonly #closing = new AbortController()
  #changed = () => {}
  #blocked: (() => void)[] = []

  /** `origin` names where the records come from in dead letters. */
  constructor(origin: string, context: TailContext) {
    const { connector, checkpoints, log } = context
    const folder = context.ledger?.directory ?? checkpoints.directory
    const directory = join(folder, 'spool', encodeURIComponent(connector))
    const maxBytes = context.ledger?.spool_max ?? DEFAULT_MAX_BYTES
    this.#origin = origin
    this.#context = context
    this.#spool = new Spool({ directory, maxBytes, log, onChange: () => this.#change() })
    this.#letters = new DeadLetters(
      deadLettersIn(folder),
      context.ledger?.dead_letter_max ?? DEFAULT_MAX_BYTES,
    )
    const known = new Map(checkpoints.files(connector).map((state) => [state.file, state]))
    this.#row = this.#spool.segments.map(
      (segment) => new Outgoing(connector, origin, segment, known.get(segment.file)),
    )
    for (const { segment } of this.#row) known.delete(segment.file)
    for (const state of known.values()) if (dirname(state.path) === directory) this.#gone(state)
    this.#sweep()
  }

  /**
   * Takes whole lines, the last one with its newline; the buffer is ours from then on. Resolves when they are durable:
   * then they may be acknowledged.
   *
   * @throws SpoolClosedError when they are not, and will not be
   */
  accept(lines: Buffer): Promise<void> {
    return this.#spool.append(lines)
  }

  /** The same for those who can be told to come again: undefined, and nothing is taken, when there is no room now. */
  tryAccept(lines: Buffer): Promise<void> | undefined {
    return this.#spool.tryAppend(lines)
  }

  /** Whether so many bytes of lines would most likely have room on the disk now. */
  hasRoomFor(bytes: number): boolean {
    return this.#spool.hasRoomFor(bytes)
  }

  /** Takes records of a stream (Latin-1 text, whole lines); resolves when more may be read. */
  async put(records: string): Promise<void> {
    // It fails when the spool is closed before.
    this.accept(Buffer.from(records, 'latin1')).catch(() => {
      this.#abandoned += records.length
    })
    while (this.#limited && this.#spool.queued.bytes > MAX_UNSYNCED_BYTES) {
      await new Promise<void>((resolve) => this.#blocked.push(resolve))
    }
  }

  /** Nothing more is read: who waits to put what was read already need not wait for room. */
  finish(): void {
    this.#limited = false
    this.#spool.lift()
    this.#unblock()
  }

  /** Nothing more will be put. `pieces` ends when all was handed out, or at once when that is too much for a stop. */
  async end(): Promise<void> {
    this.finish()
    await this.#spool.settled()
    const waiting = this.#row.reduce((sum, outgoing) => sum + outgoing.waiting, 0)
    this.#ending ??= this.#context.once || waiting <= MAX_DRAIN_BYTES ? 'all' : 'none'
    this.#changed()
  }

  async *pieces(): AsyncGenerator<Work, void, void> {
    while (this.#ending !== 'none') {
      // Between `finish` and `end` it is not known yet how much there will be.
      const work = this.#limited || this.#ending ? this.#next() : undefined
      const unknown = this.#row.find(({ isUnknown }) => isUnknown)
      if (work) yield work
      else if (unknown) await this.#examine(unknown)
      else if (this.#ending) return
      else await this.#news()
    }
  }

  commit(work: Work): void {
    const outgoing = this.#owners.get(work)
    this.#owners.delete(work)
    if (work.kind !== 'range' || !outgoing) return
    outgoing.commit(work)
    this.#context.checkpoints.put(outgoing.state)
    this.#sweep()
  }

  lag(): Lag {
    const { bytes: queued, since } = this.#spool.queued
    const now = performance.now()
    const times = [since, ...this.#row.map(({ pendingSince }) => pendingSince)]
    return {
      bytes: this.#row.reduce((sum, { pending }) => sum + pending, queued),
      seconds: (now - Math.min(now, ...times.map((time) => time ?? now))) / 1000,
      spooled: this.#spool.bytes,
    }
  }

  /** What was not delivered stays on disk; what cannot be written to it is lost, and told. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#ending = 'none'
    this.#changed()
    await this.#examining
    await this.#spool.close()
    this.#sweep()
    await this.#removing
    await this.#letters.close()
    const bytes = this.#abandoned
    if (bytes === 0) return
    const { log, onEvent } = this.#context
    log.error({ origin: this.#origin, bytes }, 'bytes taken from a stream could not be spooled, and are lost')
    onEvent?.({ kind: 'abandoned', origin: this.#origin, bytes })
  }

  #next(): Work | undefined {
    for (const outgoing of this.#row) {
      const range = outgoing.cut(this.#context)
      if (range) this.#owners.set(range, outgoing)
      if (range) return range
      if (outgoing.isUnknown) return undefined
    }
    return undefined
  }

  /** Examined only when its turn has come, so that a large spool does not hold up a start. */
  async #examine(outgoing: Outgoing): Promise<void> {
    this.#examining = this.#begin(outgoing).catch((error) => {
      if (this.#closing.signal.aborted) return
      const fields = { path: outgoing.segment.path, reason: reason(error) }
      this.#context.log.error(fields, 'segment of the spool cannot be read, leaving it to the next start')
      this.#row = this.#row.filter((each) => each !== outgoing)
    })
    await this.#examining
  }

  async #begin(outgoing: Outgoing): Promise<void> {
    const found = await outgoing.segment.examine(outgoing.state.offset)
    const place = { origin: this.#origin, segment: outgoing.segment }
    await bury(found, place, this.#context, this.#letters, this.#closing.signal)
    outgoing.begin(found.sound)
    this.#sweep()
  }

  /** A segment whose position we have is not there any more. */
  #gone(state: FileState): void {
    const bytes = state.size - state.offset
    if (bytes > 0) tellLost(state.path, bytes, 'removed', this.#context)
    this.#context.checkpoints.forget(state)
  }

  #change(): void {
    const newest = this.#spool.segments.at(-1)
    if (newest && !newest.isFound && newest !== this.#newest) {
      this.#newest = newest
      this.#row.push(new Outgoing(this.#context.connector, this.#origin, newest, undefined))
    }
    this.#row.at(-1)?.mark()
    this.#sweep()
    this.#unblock()
    this.#changed()
  }

  /** Lets go of segments that were wholly delivered. */
  #sweep(): void {
    const done = this.#row.filter((outgoing) => outgoing.isDone && this.#spool.isSealed(outgoing.segment))
    if (done.length === 0) return
    this.#row = this.#row.filter((outgoing) => !done.includes(outgoing))
    for (const outgoing of done) this.#removing = this.#removing.then(() => this.#remove(outgoing))
  }

  /** State first: a segment that outlives a crash is known to be done. */
  async #remove(outgoing: Outgoing): Promise<void> {
    const { checkpoints, log } = this.#context
    outgoing.finish()
    checkpoints.put(outgoing.state)
    // Where the state cannot be written for lack of room, to remove what was delivered makes some.
    await checkpoints.flush()
    try {
      await this.#spool.remove(outgoing.segment)
      checkpoints.forget(outgoing.state)
    } catch (error) {
      const { path } = outgoing.segment
      log.warn({ path, reason: reason(error) }, 'segment was delivered and cannot be removed')
    }
  }

  #unblock(): void {
    if (this.#limited && this.#spool.queued.bytes > MAX_UNSYNCED_BYTES) return
    for (const resolve of this.#blocked.splice(0)) resolve()
  }

  async #news(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#changed = resolve
    })
    this.#changed = () => {}
  }
}
