import { readFileSync, renameSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { StateError } from '../errors.ts'
import { Edges, type Log, reason } from './edges.ts'
import { syncDirectory } from './sync.ts'

/** Where a state directory keeps its positions. */
export const positionsIn = (state: string): string => join(state, 'checkpoint.json')

const MAGIC = 'idmefv2-stream checkpoint'
const VERSION = 1
const DAY_MS = 86_400_000

/**
 * A file last seen this long before the others is forgotten at the next start; were it to come back, it would be read
 * again. Counted from the newest entry and not from the clock: after a long stop nothing may look too old.
 */
const KEEP_MS = 7 * DAY_MS

/** About 4 MiB on disk. Those seen last are kept. */
const MAX_FILES = 10_000

const fingerprint = z.object({ length: z.int().nonnegative(), hash: z.string() })

const fileState = z.object({
  connector: z.string(),
  /** The path it was found under, as configured; it may have been renamed since. */
  path: z.string(),
  /** Random identity, 16 hexadecimal digits: with a line's offset it makes the ID of its alert. */
  file: z.string().regex(/^[0-9a-f]{16}$/),
  /** Decimal, for they may exceed 2^53; empty when the inode has become another file (truncation). */
  dev: z.string(),
  ino: z.string(),
  /** Of the first bytes, at most 1 KiB; it grows with the file. */
  head: fingerprint,
  /** Everything before it was delivered or dead-lettered. */
  offset: z.int().nonnegative(),
  /** Where the file once lost its end: a line begins there, though half a line may stand before it. */
  cut: z.int().nonnegative().optional(),
  /** Of the bytes just before `offset`, at most 256. */
  frontier: fingerprint,
  /** Size and last change (ms since 1970) when last looked at. */
  size: z.int().nonnegative(),
  changed: z.number(),
  /** When it was last known to exist, ms since 1970. */
  seen: z.number(),
})

const treeState = z.object({
  /** Every document that was last changed before this (ms since 1970, ctime) is done with. */
  before: z.number(),
  /** Those changed since that were delivered: what each is known by, and when it was changed. */
  done: z.array(z.tuple([z.string(), z.number()])),
})

const content = z.object({
  files: z.array(fileState),
  /** Per connector the paths and globs it has followed before: `start` is for those it has not. */
  started: z.record(z.string(), z.array(z.string())),
  /** Per connector the trees of documents it reads, by their roots. */
  trees: z.record(z.string(), z.record(z.string(), treeState)).optional(),
})

/** What is remembered of one file. */
export type FileState = z.output<typeof fileState>
/** What was delivered of a tree of documents. */
export type TreeState = z.output<typeof treeState>
type Content = z.output<typeof content>

export interface CheckpointOptions {
  /** `<path>.prev` holds the generation before, `<path>.corrupt` one that could not be read. */
  path: string
  intervalMs: number
  log: Log
  /** Told after each step of a write; tests die there. */
  onStep?: (step: Step) => void
}

export type Step = 'opened' | 'written' | 'synced' | 'kept' | 'renamed' | 'done'

/**
 * The positions of all connectors, in memory and on disk.
 *
 * A write goes to a new file, is synced, the current generation becomes `.prev`, the new one takes its name, and
 * the directory is synced: at every instant one complete generation exists. Damage of any kind is found by a
 * CRC and never prevents a start; what a later version wrote, and this one cannot read, does. A failed write changes
 * nothing on disk; it is repeated until it succeeds.
 */
export class Checkpoints {
  /** What was wrong with the state on disk, in words; empty after a normal start. */
  readonly warnings: readonly string[]
  /** Generations written, and those that could not be written or read. */
  readonly counts = { writes: 0, failures: 0 }
  readonly #options: CheckpointOptions
  readonly #edges: Edges
  readonly #files = new Map<string, FileState>()
  readonly #started: Map<string, Set<string>>
  readonly #trees: Map<string, Map<string, () => TreeState>>
  #dirtySince: number | undefined
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<boolean> | undefined
  #healthy = true

  /** @throws StateError `VERSION` when all there is was written by a later version. */
  constructor(options: CheckpointOptions) {
    const { content, warnings, unusable } = load(options.path)
    this.#options = options
    this.#edges = new Edges(options.log)
    this.warnings = warnings
    this.counts.failures = unusable
    for (const warning of warnings) options.log.error({ path: options.path }, warning)
    const newest = content.files.reduce((time, { seen }) => Math.max(time, seen), 0)
    for (const state of content.files) {
      if (state.seen >= newest - KEEP_MS) this.#files.set(state.file, state)
    }
    this.#started = new Map(Object.entries(content.started).map(([name, paths]) => [name, new Set(paths)]))
    this.#trees = new Map(
      Object.entries(content.trees ?? {}).map(([name, roots]) => [
        name,
        new Map(Object.entries(roots).map(([root, state]) => [root, () => state])),
      ]),
    )
  }

  /** The folder they are kept in. */
  get directory(): string {
    return dirname(this.#options.path)
  }

  /** The files a connector has read. The objects are the live ones: after changing one, call `put`. */
  files(connector: string): FileState[] {
    return [...this.#files.values()].filter((state) => state.connector === connector)
  }

  /** Keeps a file's state; it reaches the disk within the interval. */
  put(state: FileState): void {
    this.#files.set(state.file, state)
    this.schedule()
  }

  /** For a file that is gone and was read to its end. */
  forget(state: FileState): void {
    if (this.#files.delete(state.file)) this.schedule()
  }

  /** Whether the connector has followed this path or glob before. */
  started(connector: string, path: string): boolean {
    return this.#started.get(connector)?.has(path) ?? false
  }

  start(connector: string, path: string): void {
    const paths = this.#started.get(connector) ?? new Set()
    this.#started.set(connector, paths.add(path))
    this.schedule()
  }

  /** What is known of a tree; undefined for one that was never read. */
  tree(connector: string, root: string): TreeState | undefined {
    return this.#trees.get(connector)?.get(root)?.()
  }

  /** `state` is asked at each write, so that a tree need not list its documents for every one of them. */
  putTree(connector: string, root: string, state: () => TreeState): void {
    const roots = this.#trees.get(connector) ?? new Map<string, () => TreeState>()
    this.#trees.set(connector, roots.set(root, state))
    this.schedule()
  }

  /** Sees to it that what is in memory is written within the interval. */
  schedule(): void {
    this.#dirtySince ??= performance.now()
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.flush()
    }, this.#options.intervalMs).unref()
  }

  /** Resolves when everything put before the call is durable (true), or could not be written and will be tried again (false). */
  async flush(): Promise<boolean> {
    // What is being written now may be older than the call.
    await this.#writing
    if (this.#dirtySince !== undefined) {
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined
      })
    }
    // Another caller that waited for the same write may have begun the next one: it is ours too.
    return this.#writing ?? true
  }

  /** False from a failed write until one succeeds. */
  healthy(): boolean {
    return this.#healthy
  }

  /** Age of the oldest change that is not on disk; 0 when all is. */
  ageSeconds(): number {
    return this.#dirtySince === undefined ? 0 : (performance.now() - this.#dirtySince) / 1000
  }

  /** The last write. */
  async close(): Promise<void> {
    await this.flush()
    clearTimeout(this.#timer)
  }

  async #write(): Promise<boolean> {
    const since = this.#dirtySince
    this.#dirtySince = undefined
    try {
      await this.#replace(encode(this.#content()))
      this.counts.writes += 1
      this.#healthy = true
      this.#edges.end('write')
      return true
    } catch (error) {
      this.counts.failures += 1
      this.#healthy = false
      this.#edges.begin(
        'write',
        'positions cannot be written; delivery goes on, a restart would repeat it',
        { path: this.#options.path, reason: reason(error) },
        'error',
      )
      this.#dirtySince = since
      this.schedule()
      return false
    }
  }

  #content(): Content {
    if (this.#files.size > MAX_FILES) {
      const byAge = [...this.#files.values()].sort((a, b) => a.seen - b.seen)
      for (const state of byAge.slice(0, byAge.length - MAX_FILES)) this.#files.delete(state.file)
    }
    const started = [...this.#started].map(([name, paths]): [string, string[]] => [name, [...paths]])
    const files = [...this.#files.values()]
    if (this.#trees.size === 0) return { files, started: Object.fromEntries(started) }
    const trees = [...this.#trees].map(([name, roots]): [string, Record<string, TreeState>] => [
      name,
      Object.fromEntries([...roots].map(([root, state]) => [root, state()])),
    ])
    return { files, started: Object.fromEntries(started), trees: Object.fromEntries(trees) }
  }

  async #replace(text: string): Promise<void> {
    const { path, onStep } = this.#options
    const draft = `${path}.new`
    // After a failed fsync(2) nobody knows what of the old one is on disk; and it may take the room that is needed.
    await rm(draft, { force: true })
    const file = await open(draft, 'w', 0o600)
    try {
      onStep?.('opened')
      await file.writeFile(text)
      onStep?.('written')
      await file.sync()
      onStep?.('synced')
    } finally {
      await file.close()
    }
    await rename(path, `${path}.prev`).catch(ignoreMissing)
    onStep?.('kept')
    await rename(draft, path)
    onStep?.('renamed')
    await syncDirectory(dirname(path))
    onStep?.('done')
  }
}

/**
 * Two lines: `idmefv2-stream checkpoint <version> <crc32 of the second, begun with the version>`, and the content as
 * JSON. Exported for tests and tools.
 */
export function encode(content: Content, version = VERSION): string {
  const body = JSON.stringify(content)
  return `${MAGIC} ${version} ${checksum(body, version)}\n${body}\n`
}

/** A whole checkpoint, but not one of ours. */
class VersionError extends Error {}

/** @throws Error with what is wrong, for anything but what `encode` gave. */
export function decode(text: string): Content {
  const [header = '', body = '', ...rest] = text.split('\n')
  const [version, crc] = header.startsWith(`${MAGIC} `) ? header.slice(MAGIC.length + 1).split(' ') : []
  if (crc === undefined) throw new Error('not a checkpoint')
  if (crc !== checksum(body, Number(version)) || rest.length !== 1 || rest[0] !== '')
    throw new Error('damaged')
  if (version !== String(VERSION)) throw new VersionError(`of another version (${version})`)
  return content.parse(JSON.parse(body))
}

/** Of a header that is damaged the version may be no number. */
const checksum = (body: string, version: number) =>
  crc32(body, version >>> 0)
    .toString(16)
    .padStart(8, '0')

function load(path: string): { content: Content; warnings: string[]; unusable: number } {
  const warnings: string[] = []
  const later: string[] = []
  for (const generation of [path, `${path}.prev`]) {
    try {
      const content = decode(readFileSync(generation, 'utf8'))
      // Otherwise the next write would put what is damaged in the place of the good `.prev`.
      if (generation !== path) setAside(path)
      return { content, warnings, unusable: warnings.length }
    } catch (error) {
      if (reason(error) === 'ENOENT') continue
      warnings.push(`${generation} cannot be used: ${reason(error)}`)
      if (error instanceof VersionError) later.push(generation)
    }
  }
  if (later.length > 0) {
    const advice = 'go back to that version, or remove it to follow files as if for the first time'
    throw new StateError('VERSION', `${warnings.join('; ')}: ${advice}`)
  }
  const unusable = warnings.length
  setAside(path)
  if (unusable > 0) warnings.push('no usable positions: files are followed as if for the first time')
  return { content: { files: [], started: {} }, warnings, unusable }
}

function setAside(path: string): void {
  try {
    renameSync(path, `${path}.corrupt`)
  } catch (error) {
    if (reason(error) !== 'ENOENT') return
  }
}

function ignoreMissing(error: unknown): void {
  if (reason(error) !== 'ENOENT') throw error
}
