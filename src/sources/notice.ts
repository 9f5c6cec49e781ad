import { type FSWatcher, watch } from 'node:fs'
import { Edges, type Log, reason } from '../state/edges.ts'
import { keyOf, statOf } from './file.ts'
import { pathOf } from './names.ts'

/**
 * Hints that something happened in a directory. A hint may come late, twice, or never (network file systems, no
 * watches left, overflow): it saves waiting for the next poll and decides nothing.
 */
export class Notice {
  readonly #hint: (renamed: boolean) => void
  readonly #edges: Edges
  /** By directory; a new one of the same name needs a new watcher. */
  readonly #watchers = new Map<string, { watcher: FSWatcher; key: string }>()

  constructor(hint: (renamed: boolean) => void, log: Log) {
    this.#hint = hint
    this.#edges = new Edges(log)
  }

  /** Watches these directories and no others; call it again at each poll, for those that were not there. */
  follow(directories: ReadonlySet<string>): void {
    for (const directory of this.#watchers.keys()) if (!directories.has(directory)) this.#drop(directory)
    for (const directory of directories) {
      const stat = statOf(directory)
      const key = stat && keyOf(stat)
      if (this.#watchers.get(directory)?.key === key) continue
      this.#drop(directory)
      if (key !== undefined) this.#add(directory, key)
    }
  }

  close(): void {
    for (const directory of this.#watchers.keys()) this.#drop(directory)
  }

  #add(directory: string, key: string): void {
    try {
      const watcher = watch(pathOf(directory), { persistent: false }, (event) =>
        this.#hint(event !== 'change'),
      )
      watcher.on('error', (error) => this.#fail(directory, error))
      this.#watchers.set(directory, { watcher, key })
      this.#edges.end(directory)
    } catch (error) {
      this.#fail(directory, error)
    }
  }

  #fail(directory: string, error: unknown): void {
    this.#drop(directory)
    const message = 'directory cannot be watched, files are noticed by polling alone'
    this.#edges.begin(directory, message, { directory, reason: reason(error) })
    this.#hint(true)
  }

  #drop(directory: string): void {
    this.#watchers.get(directory)?.watcher.close()
    this.#watchers.delete(directory)
  }
}
