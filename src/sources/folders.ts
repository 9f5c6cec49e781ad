import { type BigIntStats, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { reason } from '../state/edges.ts'
import { statOf } from './file.ts'
import { nameOf, pathOf } from './names.ts'

/** A folder that got nothing new for so long is looked at with the others, at each sweep. */
const WARM_MS = 120_000
/** Between turns of the event loop: some milliseconds' worth. */
const FOLDERS_PER_TURN = 200
/** Most folders watched; those that changed last. */
const MAX_WATCHED = 256

/** What is looked at. */
export interface Extent {
  /** The folder that holds the tree. */
  root: string
  /** Which names are those of documents. */
  accepts: (name: string) => boolean
  /** Which folders are looked into, by their path below the root; without it, all. */
  enters?: (path: string) => boolean
}

/** A regular file in the tree. */
export interface Found {
  path: string
  ino: string
  /** The same as long as inode and content are. */
  key: string
  size: number
  /** Time of the last change (ctime), ms since 1970. */
  changed: number
}

interface Folder {
  /** Of the last listing. */
  mtimeNs: bigint
  changed: number
  folders: readonly string[]
}

interface Entry {
  name: string
  isFile: boolean
  isFolder: boolean
}

/**
 * The folders of a tree, and what is new in them. A listing is needed only where the time of the folder says so: a file that
 * appears in one changes it. Most of a large tree is as it was, and is looked at only now and then.
 */
export class Folders {
  readonly #root: string
  readonly #accepts: (name: string) => boolean
  readonly #enters: (path: string) => boolean
  readonly #onFault: (path: string, why: string) => void
  readonly #folders = new Map<string, Folder>()
  /** Folders with files that somebody still waits for. */
  readonly #waiting = new Set<string>()

  /** `onFault` is told of a folder below the root that cannot be read; the others are. */
  constructor({ root, accepts, enters = () => true }: Extent, onFault: (path: string, why: string) => void) {
    this.#root = root
    this.#accepts = accepts
    this.#enters = enters
    this.#onFault = onFault
  }

  /**
   * The files in folders that changed since the last look, or that `waits` said something of; of all folders in a `sweep`.
   * Links are not followed. What vanishes meanwhile is left out.
   *
   * @throws Error of the file system for the root alone
   */
  async *look(sweep: boolean, waits: (found: Found) => boolean): AsyncGenerator<Found, void, void> {
    if (sweep)
      for (const path of this.#folders.keys()) if (statOf(path) === undefined) this.#folders.delete(path)
    const paths = [this.#root, ...[...this.#folders.keys()].filter((path) => path !== this.#root)]
    const now = Date.now()
    // It grows while it is gone through.
    for (const [index, path] of paths.entries()) {
      if (index % FOLDERS_PER_TURN === FOLDERS_PER_TURN - 1) await turn()
      if (!sweep && this.#isCold(path, now)) continue
      const { files, folders } = this.#list(path)
      for (const folder of folders) if (!this.#folders.has(folder)) paths.push(folder)
      this.#waiting.delete(path)
      for (const file of files) {
        const found = foundAt(join(path, file))
        if (found === undefined) continue
        if (waits(found)) this.#waiting.add(path)
        yield found
      }
    }
  }

  /** Those in which something is likely to happen next. */
  get watched(): ReadonlySet<string> {
    const now = Date.now()
    const warm = [...this.#folders].filter(([path]) => !this.#isCold(path, now))
    const latest = warm.toSorted(([, a], [, b]) => b.changed - a.changed).slice(0, MAX_WATCHED - 1)
    return new Set([this.#root, ...latest.map(([path]) => path)])
  }

  #isCold(path: string, now: number): boolean {
    const folder = this.#folders.get(path)
    if (folder === undefined || folder.folders.length > 0 || path === this.#root) return false
    return !this.#waiting.has(path) && folder.changed < now - WARM_MS
  }

  #list(path: string): { files: readonly string[]; folders: readonly string[] } {
    const stat = statOf(path)
    const known = this.#folders.get(path)
    const isSame = stat !== undefined && stat.mtimeNs === known?.mtimeNs
    if (isSame && !this.#waiting.has(path)) return { files: [], folders: known.folders }
    const entries = this.#entries(path)
    const folders = entries
      .filter((entry) => entry.isFolder)
      .map(({ name }) => join(path, name))
      .filter((folder) => this.#enters(relative(this.#root, folder)))
    if (stat === undefined) this.#folders.delete(path)
    else this.#folders.set(path, { mtimeNs: settled(stat), changed: Number(stat.mtimeNs) / 1e6, folders })
    const files = entries.filter(({ name, isFile }) => isFile && this.#accepts(name))
    return { files: files.map(({ name }) => name), folders }
  }

  #entries(path: string): Entry[] {
    try {
      return readdirSync(pathOf(path), { withFileTypes: true, encoding: 'buffer' }).map((entry) => ({
        name: nameOf(entry.name),
        isFile: entry.isFile(),
        isFolder: entry.isDirectory(),
      }))
    } catch (error) {
      if (path === this.#root) throw error
      if (reason(error) !== 'ENOENT') this.#onFault(path, reason(error))
      return []
    }
  }
}

/** A folder that changed a moment ago may change again within the same tick of the file system's clock. */
const TICK_NS = 1_000_000_000n

function settled({ mtimeNs }: BigIntStats): bigint {
  return BigInt(Date.now()) * 1_000_000n - mtimeNs < TICK_NS ? -1n : mtimeNs
}

function foundAt(path: string): Found | undefined {
  const stat = statOf(path)
  if (stat === undefined || !stat.isFile()) return undefined
  const { ino, mtimeNs, size, ctimeNs } = stat
  return {
    path,
    ino: String(ino),
    key: `${ino.toString(36)}.${mtimeNs.toString(36)}.${size.toString(36)}`,
    size: Number(size),
    changed: Number(ctimeNs) / 1e6,
  }
}
