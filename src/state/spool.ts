import { setTimeout as sleep } from 'node:timers/promises'
import { checkBytes } from './checks.ts'
import { Edges, type Log, reason } from './edges.ts'
import { Segment } from './segment.ts'

/** Of the bound: delivered records are let go by segments, so a small spool has small ones. */
const SEGMENT_BYTES = 16 * 1024 ** 2
const SEGMENTS = 8

/** What waits is made durable together up to this size; a larger piece goes alone. */
const MAX_GROUP_BYTES = 4 * 1024 ** 2

/** Between attempts to write, unless room is made before. */
const RETRY_MS = 500

/** In memory, from those who can be told to come again; while a slow disk is waited for it must not grow. */
const MAX_QUEUED_BYTES = 16 * 1024 ** 2

export interface SpoolOptions {
  /** Of its own, with mode 0700; made with the first record. */
  directory: string
  /** Of all files in it. A single piece may exceed it when the spool is empty. */
  maxBytes: number
  log: Log
  /** A segment that has so many bytes is followed by another one. */
  segmentBytes?: number
  /** Told when something was made durable, and when a segment was finished. */
  onChange?: () => void
}

/** Not made durable, because the spool was closed; the records are the caller's again. */
export class SpoolClosedError extends Error {
  readonly code = 'CLOSED'
  override name = 'SpoolClosedError'
}

interface Waiting {
  lines: Buffer
  /** On disk, its checks included. */
  bytes: number
  at: number
  resolve: () => void
  reject: (error: SpoolClosedError) => void
}

/**
 * Records on disk, in order, until they are delivered: a bounded row of segments, the last one growing.
 *
 * Everything that arrives while one write is on its way to the disk is written together with the next, so many small
 * pieces cost as much as one, and none waits for a timer. When the spool or the disk is full, and when writing fails
 * for any other reason, what was not accepted waits; it goes on by itself. A segment that failed is not written again.
 */
export class Spool {
  readonly #options: SpoolOptions
  readonly #edges: Edges
  readonly #segmentBytes: number
  #segments: Segment[]
  #active: Segment | undefined
  #waiting: Waiting[] = []
  #queued = 0
  /** What it will be on disk, checks included. */
  #queuedOnDisk = 0
  #writing: Promise<void> | undefined
  #failing = false
  #refusing = false
  /** Of a group, at most; less while the disk is nearly full. */
  #groupBytes = MAX_GROUP_BYTES
  #limited = true
  #closed = false
  /** Cuts a pause short: room was made, or nothing is waited for any more. */
  #hurry = new AbortController()
  #next = 1

  /** @throws Error of the file system when a directory that is there cannot be read */
  constructor(options: SpoolOptions) {
    const { directory, maxBytes, log, segmentBytes = SEGMENT_BYTES } = options
    this.#options = options
    this.#edges = new Edges(log)
    this.#segmentBytes = Math.min(segmentBytes, Math.ceil(maxBytes / SEGMENTS))
    this.#segments = Segment.find(directory)
    const [first, last] = [this.#segments.at(0)?.sequence ?? 0, this.#segments.at(-1)?.sequence ?? 0]
    this.#next = last + 1
    const missing = last - first + 1 - this.#segments.length
    if (last > 0 && missing > 0)
      log.error({ directory, missing }, 'segments of the spool are gone, going on without them')
  }

  /** From the oldest to the one that grows. */
  get segments(): readonly Segment[] {
    return this.#segments
  }

  /** On disk, delivered records of segments that are still there included. */
  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Taken, and not durable yet. */
  get queued(): { bytes: number; since: number | undefined } {
    return { bytes: this.#queued, since: this.#waiting[0]?.at }
  }

  /**
   * Takes whole lines, the last one with its newline; the buffer is the spool's from then on. Resolves when they are
   * durable, which may take until there is room; pieces become durable in the order they were given.
   *
   * @throws SpoolClosedError when they are not, and will not be
   */
  append(lines: Buffer): Promise<void> {
    if (this.#closed) return Promise.reject(new SpoolClosedError('the spool is closed'))
    return this.#take(lines, lines.length + checkBytes(lines))
  }

  #take(lines: Buffer, bytes: number): Promise<void> {
    this.#queued += lines.length
    this.#queuedOnDisk += bytes
    const appended = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ lines, bytes, at: performance.now(), resolve, reject })
    })
    this.#start()
    return appended
  }

  /** Like `append`, for those who can be told to come again: undefined, and nothing is taken, when there is no room now. */
  tryAppend(lines: Buffer): Promise<void> | undefined {
    const bytes = lines.length + checkBytes(lines)
    return this.hasRoomFor(bytes) && this.#isHeld(lines.length) ? this.#take(lines, bytes) : undefined
  }

  /** Whether so many bytes would have room on the disk now. Who is told no makes the spool finish the segment that grows. */
  hasRoomFor(bytes: number): boolean {
    if (this.#failing || this.#closed) return false
    const fits =
      this.#queued === 0
        ? this.#fits(bytes)
        : this.bytes + this.#queuedOnDisk + bytes <= this.#options.maxBytes
    if (!fits) void this.#refused()
    return fits
  }

  /** Whether so much more may wait in memory. */
  #isHeld(bytes: number): boolean {
    return this.#queued === 0 || this.#queued + bytes <= MAX_QUEUED_BYTES
  }

  /** What was taken already may exceed the bound from now on: whoever gave it is leaving. */
  lift(): void {
    this.#limited = false
    this.#wake()
  }

  /** Resolves when all that was taken is durable, or the spool is closed. */
  async settled(): Promise<void> {
    while (this.#writing) await this.#writing
  }

  /** Whether nothing more is added to a segment. */
  isSealed(segment: Segment): boolean {
    return segment !== this.#active
  }

  /** No more is added to the segment that grows. */
  async seal(): Promise<void> {
    const sealed = this.#active
    this.#active = undefined
    await sealed?.seal().catch((error) => {
      this.#options.log.warn({ path: sealed.path, reason: reason(error) }, 'segment could not be finished')
    })
  }

  /** For a segment that was wholly delivered. */
  async remove(segment: Segment): Promise<void> {
    await segment.remove()
    this.#segments = this.#segments.filter((each) => each !== segment)
    this.#wake()
  }

  /** One attempt is made to write what waits; then everything is closed, and stays on disk. */
  async close(): Promise<void> {
    this.#closed = true
    this.lift()
    await this.settled()
    await this.seal()
    await Promise.all(this.#segments.map((segment) => segment.close()))
  }

  #fits(more: number): boolean {
    const { bytes } = this
    return !this.#limited || bytes === 0 || bytes + more <= this.#options.maxBytes
  }

  #start(): void {
    // What is given in one turn goes together.
    if (!this.#writing) this.#run(() => this.#work())
  }

  #run(work: () => Promise<void>): void {
    this.#writing = Promise.resolve()
      .then(work)
      .finally(() => {
        this.#writing = undefined
        if (this.#waiting.length > 0) this.#start()
      })
  }

  async #work(): Promise<void> {
    for (let [first] = this.#waiting; first; [first] = this.#waiting) {
      if (this.#fits(first.bytes)) {
        this.#edges.end('full')
        await this.#attempt()
      } else await this.#full()
    }
  }

  async #attempt(): Promise<void> {
    const group = this.#group()
    const lines = Buffer.concat(group.map((each) => each.lines))
    try {
      await this.#write(lines)
    } catch (error) {
      await this.#giveUp()
      // Half of it may still fit.
      this.#groupBytes = lines.length / 2
      if (group.length === 1) await this.#fail(error)
      return
    }
    this.#failing = false
    this.#edges.end('write')
    this.#groupBytes = Math.min(2 * this.#groupBytes, MAX_GROUP_BYTES)
    this.#waiting.splice(0, group.length)
    this.#queued -= lines.length
    this.#queuedOnDisk -= group.reduce((sum, { bytes }) => sum + bytes, 0)
    for (const { resolve } of group) resolve()
    this.#options.onChange?.()
  }

  async #write(lines: Buffer): Promise<void> {
    if (this.#active && this.#active.end >= this.#segmentBytes) await this.seal()
    if (!this.#active) {
      this.#active = await Segment.create(this.#options.directory, this.#next)
      this.#segments.push(this.#active)
      this.#next += 1
    }
    await this.#active.append(lines)
  }

  /** What can be written together, at least the first. */
  #group(): Waiting[] {
    let bytes = 0
    const end = this.#waiting.findIndex((each, i) => {
      bytes += each.bytes
      return i > 0 && (bytes > this.#groupBytes || !this.#fits(bytes))
    })
    return this.#waiting.slice(0, end < 0 ? undefined : end)
  }

  async #giveUp(): Promise<void> {
    const failed = this.#active
    await this.seal()
    if (failed?.end === 0) await this.remove(failed).catch(() => undefined) // found again at the next start
  }

  async #fail(error: unknown): Promise<void> {
    this.#failing = true
    const fields = { directory: this.#options.directory, reason: reason(error) }
    this.#edges.begin('write', 'nothing can be spooled; senders wait', fields, 'error')
    if (this.#closed) this.#reject()
    else await this.#pause()
  }

  async #full(): Promise<void> {
    await this.#finishActive()
    await this.#pause()
  }

  /** Nothing of it will wait in the queue, so nobody else would finish the segment that grows. */
  async #refused(): Promise<void> {
    if (this.#refusing) return
    this.#refusing = true
    await this.settled()
    this.#refusing = false
    if (!this.#writing && !this.#failing && !this.#closed) this.#run(() => this.#finishActive())
  }

  /** Only what is sealed can go when it was delivered. */
  async #finishActive(): Promise<void> {
    const { directory, maxBytes } = this.#options
    this.#edges.begin('full', 'the spool is full; senders wait', { directory, maxBytes })
    await this.seal()
    this.#options.onChange?.()
  }

  async #pause(): Promise<void> {
    await sleep(RETRY_MS, undefined, { signal: this.#hurry.signal }).catch(() => undefined)
  }

  #wake(): void {
    this.#hurry.abort()
    this.#hurry = new AbortController()
  }

  #reject(): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new SpoolClosedError('the spool was closed'))
  }
}
