import { readFileSync } from 'node:fs'
import type { FileState } from '../state/checkpoint.ts'
import { Edges, reason } from '../state/edges.ts'
import type { Lag, Source, Work } from '../types.ts'
import type { TailContext } from './context.ts'
import { Delivered } from './delivered.ts'
import { OpenFile } from './file.ts'
import { type Extent, Folders, type Found } from './folders.ts'
import { firstState } from './follow.ts'
import { equal } from './identity.ts'
import { pathOf } from './names.ts'
import { Notice } from './notice.ts'
import { checkBy } from './whole.ts'

/** A document that is not whole is handed out after so long without a change: its writer has gone. */
const QUIET_MS = 5_000
/** Every folder is looked at this often, whatever its time says. */
const SWEEP_MS = 60_000
/** A document may appear with a time that lies so far back: clocks of file servers, and clocks that are set. */
const SLACK_MS = 60_000
/** Opened together: their identities are on disk with one write. */
const TOGETHER = 64
/** Hints come with every step of a writer. */
const MIN_GAP_MS = 5
/** Looks after which what is not at its path any more was not renamed either. */
const MISSES = 2

export interface TreeOptions extends Extent {
  /** `end`: documents that are there when the tree is read for the first time are left. */
  start: 'end' | 'beginning'
  quietMs?: number
  sweepMs?: number
}

/**
 * Reads a tree of files of which each is one JSON document, as they are written: found by looking, sooner by watching, and
 * handed out as soon as they are whole. A document is delivered at least once, with the same ID if it is twice, and not again
 * after a restart. One whose content is changed later is another document.
 *
 * Not whole is what is no JSON: it is handed out when it has been quiet for a while, to be rejected. What is removed before it
 * was handed out is logged, and told as `lost`.
 */
export function tree(options: TreeOptions, context: TailContext): Source {
  return new Tree(options, context)
}

interface Waiting extends Found {
  /** When it was found so, on the monotonic clock. */
  since: number
  /** It was read, and is not whole. */
  isPart: boolean
  isOut: boolean
  misses: number
}

interface Out {
  waiting: Waiting
  file: OpenFile
  state: FileState
}

class Tree implements Source {
  readonly #options: TreeOptions
  readonly #context: TailContext
  readonly #isJson: (text: string) => boolean
  readonly #delivered: Delivered
  readonly #folders: Folders
  readonly #notice: Notice
  readonly #edges: Edges
  /** Found and not delivered, by path. */
  readonly #waiting = new Map<string, Waiting>()
  /** Handed out by an earlier run, and not delivered. */
  #known: FileState[]
  readonly #out = new Map<Work, Out>()
  #sweptAt = Number.NEGATIVE_INFINITY
  #looking: Promise<void> | undefined
  #soon: NodeJS.Timeout | undefined
  /** Looks since the consumer last found nothing. */
  #looks = 0
  #wake = () => {}

  constructor(options: TreeOptions, context: TailContext) {
    const { connector, checkpoints, fromStart, log } = context
    const { root, start } = options
    const skipped = start === 'end' && !fromStart ? Date.now() : 0
    this.#options = options
    this.#context = context
    this.#isJson = checkBy(context.document_check ?? 'json')
    this.#delivered = new Delivered(checkpoints.tree(connector, root) ?? { before: skipped, done: [] })
    this.#edges = new Edges(log)
    this.#folders = new Folders(options, (path, why) => this.#unreadable(path, why))
    this.#notice = new Notice(() => this.#hint(), log)
    this.#known = checkpoints.files(connector).filter(({ path }) => path.startsWith(`${root}/`))
    this.#keep()
  }

  async *work(signal: AbortSignal): AsyncGenerator<Work, void, void> {
    const { once, checkpoints, poll_interval } = this.#context
    const poll = setInterval(() => this.#look(), poll_interval)
    const stop = () => this.#wake()
    signal.addEventListener('abort', stop)
    try {
      await checkpoints.flush()
      await this.#look()
      while (!signal.aborted) {
        const ready = await this.#prepare(once)
        for (const work of ready) {
          if (signal.aborted) return
          yield work
        }
        if (ready.length > 0) continue
        if (once || signal.aborted) return
        await this.#news()
      }
    } finally {
      clearInterval(poll)
      clearTimeout(this.#soon)
      signal.removeEventListener('abort', stop)
      await this.#looking
      this.#notice.close()
    }
  }

  commit(work: Work): void {
    const out = this.#out.get(work)
    if (out === undefined) return
    const { waiting, file, state } = out
    this.#out.delete(work)
    this.#done(waiting)
    file.release()
    this.#context.checkpoints.forget(state)
    this.#keep()
  }

  lag(): Lag {
    const now = performance.now()
    let [bytes, since] = [0, now]
    for (const waiting of this.#waiting.values()) {
      bytes += waiting.size
      since = Math.min(since, waiting.since)
    }
    return { bytes, seconds: (now - since) / 1000 }
  }

  async close(): Promise<void> {
    for (const { file } of this.#out.values()) file.release()
    this.#out.clear()
  }

  #keep(): void {
    const { connector, checkpoints } = this.#context
    checkpoints.putTree(connector, this.#options.root, () => this.#delivered.state)
  }

  #done(waiting: Waiting): void {
    if (this.#waiting.get(waiting.path) === waiting) this.#waiting.delete(waiting.path)
    this.#delivered.add(waiting.key, waiting.changed)
  }

  /** Soon, but not with every step: a document is written in several. */
  #hint(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined
      void this.#look()
    }, MIN_GAP_MS)
  }

  /** One look at a time; resolves when it is over. */
  #look(): Promise<void> {
    this.#looking ??= this.#find().finally(() => {
      this.#looking = undefined
      this.#looks += 1
      this.#wake()
    })
    return this.#looking
  }

  async #find(): Promise<void> {
    const { root, sweepMs = SWEEP_MS } = this.#options
    const [begun, now] = [Date.now(), performance.now()]
    const isSweep = now - this.#sweptAt >= sweepMs
    try {
      const isNew = ({ key, changed }: Found) => !this.#delivered.has(key, changed)
      for await (const found of this.#folders.look(isSweep, isNew)) if (isNew(found)) this.#note(found, now)
      this.#edges.end(root)
      this.#notice.follow(this.#folders.watched)
      if (isSweep) this.#settle(begun, now)
    } catch (error) {
      this.#unreadable(root, reason(error))
    }
  }

  #unreadable(path: string, why: string): void {
    this.#edges.begin(path, 'directory cannot be read', { path, reason: why }, 'error')
  }

  /** What is out stays as it was handed out; should it have changed since, it is found again when it is delivered. */
  #note(found: Found, now: number): void {
    const known = this.#waiting.get(found.path)
    if (known?.isOut || known?.key === found.key) return
    this.#waiting.set(found.path, { ...found, since: now, isPart: false, isOut: false, misses: 0 })
  }

  /** After a look at every folder: whatever is older was found, and what is not delivered of it is known. */
  #settle(begun: number, now: number): void {
    this.#sweptAt = now
    const inodes = new Set<string>()
    let oldest = begun - SLACK_MS
    for (const { ino, changed } of this.#waiting.values()) {
      inodes.add(ino)
      oldest = Math.min(oldest, changed)
    }
    this.#delivered.settle(oldest)
    for (const state of this.#known.filter(({ ino }) => !inodes.has(ino))) {
      this.#lost(state.path, state.size)
      this.#context.checkpoints.forget(state)
    }
    this.#known = this.#known.filter(({ ino }) => inodes.has(ino))
    this.#keep()
  }

  #lost(path: string, bytes: number): void {
    const { log, onEvent } = this.#context
    log.error({ path, bytes, reason: 'removed' }, 'document was removed before it was delivered')
    onEvent?.({ kind: 'lost', path, bytes, reason: 'removed' })
  }

  /** Opens some documents that are whole. `final`: nothing is waited for. */
  async #prepare(final: boolean): Promise<readonly Work[]> {
    const ready: Work[] = []
    for (const waiting of [...this.#waiting.values()]) {
      if (ready.length >= TOGETHER) break
      const work = !waiting.isOut && this.#isDue(waiting, final) && this.#admit(waiting, final)
      if (work) ready.push(work)
    }
    // An ID is sent only when it is sure to be the same the next time.
    if (ready.length > 0) await this.#context.checkpoints.flush()
    return ready
  }

  #isDue(waiting: Waiting, final: boolean): boolean {
    const isQuiet = performance.now() - waiting.since >= (this.#options.quietMs ?? QUIET_MS)
    if (final || isQuiet) return true
    if (waiting.isPart || waiting.size === 0 || waiting.size > this.#context.max_line) return false
    waiting.isPart = !this.#isWhole(waiting.path)
    return !waiting.isPart
  }

  #isWhole(path: string): boolean {
    try {
      // Bytes beyond ASCII stand only inside texts, where any will do.
      return this.#isJson(readFileSync(pathOf(path), 'latin1'))
    } catch {
      // It was removed or cannot be read: time will tell.
      return false
    }
  }

  #admit(waiting: Waiting, final: boolean): Work | undefined {
    try {
      const file = new OpenFile(waiting.path)
      this.#edges.end(waiting.path)
      if (file.size > 0) return this.#hand(waiting, file)
      file.release()
      this.#done(waiting)
    } catch (error) {
      this.#fail(waiting, reason(error), final)
    }
    return undefined
  }

  #fail(waiting: Waiting, why: string, final: boolean): void {
    const { path, key, size } = waiting
    if (why !== 'ENOENT') this.#edges.begin(path, 'document cannot be read', { path, reason: why }, 'error')
    else if (++waiting.misses >= MISSES || final) {
      this.#waiting.delete(path)
      const isRenamed = [...this.#waiting.values()].some((other) => other.key === key)
      if (!isRenamed && !this.#delivered.has(key, waiting.changed)) this.#lost(path, size)
    }
  }

  #hand(waiting: Waiting, file: OpenFile): Work {
    const { connector, checkpoints } = this.#context
    const { path } = waiting
    const known = this.#known.find(
      ({ ino, size, head }) => ino === file.ino && size === file.size && equal(file.head(head.length), head),
    )
    const state = known ?? firstState(connector, path, file, { offset: 0 })
    this.#known = this.#known.filter((each) => each !== known)
    checkpoints.put(state)
    const { fd, size: end, changed } = file
    const work: Work = { kind: 'range', fd, start: 0, end, file: state.file, path, document: true, changed }
    waiting.isOut = true
    this.#out.set(work, { waiting, file, state })
    return work
  }

  /** Resolves once there was a look since the last call, or on abort. */
  async #news(): Promise<void> {
    if (this.#looks === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = () => {}
    }
    this.#looks = 0
  }
}
