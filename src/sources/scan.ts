import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Edges, reason } from '../state/edges.ts'
import { type Entry, openAll } from './arrivals.ts'
import type { TailContext } from './context.ts'
import { type OpenFile, statOf } from './file.ts'
import type { Followed } from './follow.ts'
import { type Recognition, recognise } from './identity.ts'
import { Lineage, PATIENCE, type Patience, type Piece } from './lineage.ts'
import { type Archive, expand, predecessors } from './paths.ts'
import { Reception } from './reception.ts'

/** States say when a file was last seen; the hour is fine for days. */
const TOUCH_MS = 3_600_000

/** Before another attempt to unpack: each that fails for want of room has filled the disk for a moment. */
const UNPACK_PAUSE_MS = 10_000

export interface ScanOptions {
  paths: readonly string[]
  start: 'end' | 'beginning'
  patience?: Partial<Patience>
  /** Where the files of each path are rotated to, if not beside it. */
  archive?: Archive
}

/** All files that paths and globs name and have named: looks at them, and gives what is to be read next. */
export class Scan {
  readonly #options: ScanOptions
  readonly #context: TailContext
  readonly #reception: Reception
  readonly #edges: Edges
  /** By path, in the order of their turns. */
  readonly #lineages = new Map<string, Lineage>()
  /** Patterns never followed before; empty after the first look. */
  readonly #fresh: Set<string>
  /** The paths at the last look, sorted. */
  #paths: readonly string[] = []
  #unsaved = false
  /** Before the first look. */
  #isNew = true
  #touched = performance.now()
  #unpacking: Promise<void> | undefined
  readonly #halting = new AbortController()
  readonly #onUnpacked: () => void

  /** `onUnpacked` is told when it is worth asking for the next range again. */
  constructor(options: ScanOptions, context: TailContext, onUnpacked: () => void) {
    const { connector, checkpoints, log } = context
    this.#options = options
    this.#context = context
    this.#onUnpacked = onUnpacked
    this.#reception = new Reception(options, context)
    this.#edges = new Edges(log)
    this.#fresh = new Set(options.paths.filter((path) => !checkpoints.started(connector, path)))
  }

  get files(): readonly Followed[] {
    return [...this.#lineages.values()].flatMap((lineage) => lineage.files)
  }

  /** Bytes in compressed files that are not read yet. */
  get waiting(): number {
    return [...this.#lineages.values()].reduce((sum, { waiting }) => sum + waiting, 0)
  }

  /**
   * Looks at every file and path; only with `anew` at what the patterns name by now, which costs more than all else.
   * False when names moved in the meantime: look again soon.
   */
  look(anew: boolean): boolean {
    const now = performance.now()
    if (anew) this.#paths = this.#expand()
    const paths = this.#paths
    for (const lineage of this.#lineages.values()) {
      for (const { followed, change } of lineage.look(now)) {
        if (change === 'begun') this.#keep(followed)
        if (change !== 'shrunk' && change !== 'rewritten') continue
        const beside = [...predecessors(lineage.path, this.#options.archive).plain, ...paths]
        this.#reception.renew(lineage, followed, change, beside, now)
      }
    }
    const settled = this.#discover(paths, now)
    this.#tellAbsent()
    for (const lineage of this.#lineages.values()) {
      // Its content may come again, compressed or restored; its inode may go to any other file.
      for (const state of lineage.sweep(now))
        this.#context.checkpoints.put(Object.assign(state, { dev: '', ino: '' }))
    }
    if (now - this.#touched >= TOUCH_MS) this.#touch(now)
    return settled
  }

  /** The next range; the paths take turns. */
  next(): Piece | undefined {
    const lineages = [...this.#lineages]
    const backlog = lineages.reduce((sum, [, { unread }]) => sum + unread, 0)
    const turn = { final: this.#context.once, backlog }
    for (const [path, lineage] of lineages) {
      const piece = lineage.next(this.#context, performance.now(), turn)
      if (!piece) continue
      this.#lineages.delete(path)
      this.#lineages.set(path, lineage)
      return piece
    }
    this.#unpack()
    return undefined
  }

  /** While a compressed file is being unpacked: resolves, never rejects, when there may be something to read. */
  get unpacking(): Promise<void> | undefined {
    return this.#unpacking
  }

  /** Whether, since the last call, something was begun that must be on disk before it is used: a file, or a path. */
  takeUnsaved(): boolean {
    const unsaved = this.#reception.takeUnsaved() || this.#unsaved
    this.#unsaved = false
    return unsaved
  }

  /** Unpacks nothing more. */
  halt(): void {
    this.#halting.abort()
  }

  close(): void {
    this.#touch(performance.now())
    for (const lineage of this.#lineages.values()) lineage.close()
    this.#lineages.clear()
  }

  /** Before anything of it is sent: were it copied or renamed while nothing runs, its lines would get other IDs. */
  #keep({ state }: Followed): void {
    this.#context.checkpoints.put(state)
    this.#unsaved = true
  }

  /** One at a time, for each takes room on the disk while it is read. */
  #unpack(): void {
    const waiting = [...this.#lineages.values()].flatMap((lineage) => {
      const { packed } = lineage
      return packed ? { lineage, packed } : []
    })
    const [first] = waiting
    if (!first || this.#unpacking || this.#halting.signal.aborted) return
    const { lineage, packed } = first
    const { signal } = this.#halting
    this.#unpacking = this.#reception
      .unpack(lineage, packed, signal)
      .then(
        () => this.#edges.end(packed.path),
        async (error) => {
          if (signal.aborted) return
          const fields = { path: packed.path, reason: reason(error) }
          this.#edges.begin(packed.path, 'compressed file cannot be unpacked, trying again', fields, 'error')
          await sleep(UNPACK_PAUSE_MS, undefined, { signal }).catch(() => undefined)
        },
      )
      .finally(() => {
        this.#unpacking = undefined
        if (!signal.aborted) this.#onUnpacked()
      })
  }

  /** The paths there are now, sorted; each has its lineage after this. */
  #expand(): string[] {
    const { paths, patience } = this.#options
    const found = new Map<string, boolean>()
    for (const pattern of paths) {
      for (const path of expand(pattern))
        found.set(path, this.#fresh.has(pattern) && found.get(path) !== false)
    }
    for (const [path, lineage] of this.#lineages) {
      if (lineage.empty && !found.has(path)) this.#lineages.delete(path)
    }
    for (const [path, fresh] of found) {
      if (this.#lineages.has(path)) continue
      this.#lineages.set(path, new Lineage(path, fresh, { ...PATIENCE, ...patience }))
    }
    return [...found.keys()].sort()
  }

  /** Takes in the files that nobody follows yet. */
  #discover(paths: readonly string[], now: number): boolean {
    const { connector, checkpoints } = this.#context
    const live = this.#live()
    const visits = paths.map((path) => this.#visit(path, live))
    const parties = visits.flatMap((visit) => (typeof visit === 'object' ? visit : []))
    const opened = parties.flatMap(({ entries }) => entries).filter(({ file }) => file)
    const files = opened.flatMap(({ file, packed }) => (file && !packed ? file : []))
    try {
      const followed = new Set([...this.#lineages.values()].flatMap(({ reading }) => reading))
      const known = checkpoints.files(connector).filter((state) => !followed.has(state))
      const recognised = recognise(files, known)
      const recognitions = new Map<OpenFile, Recognition>(
        files.map((file, index) => [file, recognised[index] ?? { is: 'new' }]),
      )
      for (const { lineage, entries } of parties) {
        this.#reception.admit({ lineage, entries, recognitions, known, following: followed, now })
      }
    } finally {
      for (const { file } of opened) file?.release()
    }
    for (const pattern of this.#fresh) checkpoints.start(connector, pattern)
    this.#unsaved ||= this.#fresh.size > 0
    this.#fresh.clear()
    return !visits.includes('moved')
  }

  /** Once: were there a mistake in a path, nothing else would ever be heard of it. */
  #tellAbsent(): void {
    if (!this.#isNew) return
    this.#isNew = false
    for (const path of this.#options.paths)
      if (expand(path).every(isAbsent))
        this.#context.log.warn({ path: resolve(path) }, 'there is no such file yet')
  }

  /** The files at and beside a path, if one of them is expected to be new. */
  #visit(path: string, live: Set<string>): Party | 'moved' | undefined {
    const lineage = this.#lineages.get(path)
    try {
      if (!lineage?.expects(statOf(path), live)) return undefined
      const entries = openAll(path, lineage.fresh, live, this.#options.archive)
      this.#edges.end(path)
      return entries ? { lineage, entries } : 'moved'
    } catch (error) {
      if (reason(error) === 'ENOENT') return 'moved'
      this.#edges.begin(path, 'file cannot be followed', { path, reason: reason(error) }, 'error')
      return undefined
    }
  }

  /** Device and inode of everything that is read. */
  #live(): Set<string> {
    return new Set([...this.#lineages.values()].flatMap(({ keys }) => keys))
  }

  #touch(now: number): void {
    this.#touched = now
    for (const { states } of this.#lineages.values()) {
      for (const state of states) this.#context.checkpoints.put(Object.assign(state, { seen: Date.now() }))
    }
  }
}

function isAbsent(path: string): boolean {
  try {
    return statOf(path) === undefined
  } catch {
    return false // there or not, it cannot be looked at, which is told by itself
  }
}

interface Party {
  lineage: Lineage
  entries: Entry[]
}
