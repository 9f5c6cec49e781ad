import { readFileSync, renameSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { StateError } from '../errors.ts'
import type { Json } from '../types.ts'
import { Edges, type Log, reason } from './edges.ts'
import { syncDirectory } from './sync.ts'

/** Where a state directory keeps what of a polled tool was seen: one file an instance. */
export const pastIn = (state: string, connector: string): string =>
  join(state, 'polls', `${encodeURIComponent(connector)}.json`)

const VERSION = 1

/** Far more than a probe that bounds itself keeps; it is written after every page. */
export const MAX_PAST_BYTES = 4 * 1024 ** 2

const content = z.object({ version: z.literal(VERSION), of: z.string(), past: z.json() })

/** What of a tool was seen, in memory and on disk: a JSON value of whoever asks the tool. */
export class Past {
  readonly #path: string
  readonly #of: string
  readonly #log: Log
  readonly #edges: Edges
  #text: string | undefined
  #isOnDisk = true

  /**
   * `of` names the tool: what was seen of another one is not taken up.
   *
   * @throws StateError `VERSION` when it was written by a later version
   */
  constructor(path: string, of: string, log: Log) {
    this.#path = path
    this.#of = of
    this.#log = log
    this.#edges = new Edges(log)
    this.#text = this.#load()
  }

  /** Undefined: nothing of this tool was ever seen. A value of the caller's own. */
  get value(): Json | undefined {
    return this.#text === undefined ? undefined : JSON.parse(this.#text)
  }

  /**
   * Resolves when `text` (JSON, as `textOf` gives it) is durable, or could not be written, which is told: it counts all the same, and is
   * written with the next one. A restart before would go back to what is on the disk.
   */
  async keep(text: string): Promise<void> {
    if (text === this.#text && this.#isOnDisk) return
    this.#text = text
    try {
      await this.#write(`{"version":${VERSION},"of":${JSON.stringify(this.#of)},"past":${text}}\n`)
      this.#isOnDisk = true
      this.#edges.end('write')
    } catch (error) {
      this.#isOnDisk = false
      const fields = { path: this.#path, reason: reason(error) }
      this.#edges.begin(
        'write',
        'what was seen cannot be written; a restart would ask for it again',
        fields,
        'error',
      )
    }
  }

  #load(): string | undefined {
    try {
      const text = readFileSync(this.#path, 'utf8')
      const { of, past } = this.#decode(text)
      if (of === this.#of) return JSON.stringify(past)
      this.#log.warn(
        { path: this.#path, of, now: this.#of },
        'another tool is asked than before: beginning anew',
      )
    } catch (error) {
      if (error instanceof StateError) throw error
      if (reason(error) === 'ENOENT') return undefined
      const aside = `${this.#path}.corrupt`
      this.#log.error({ path: aside, reason: reason(error) }, 'what was seen cannot be read: beginning anew')
      renameSync(this.#path, aside)
    }
    return undefined
  }

  #decode(text: string): z.output<typeof content> {
    const value: unknown = JSON.parse(text)
    const version = z.object({ version: z.int().min(VERSION + 1) }).safeParse(value)
    if (version.success)
      throw new StateError('VERSION', `${this.#path} is of another version (${version.data.version})`)
    return content.parse(value)
  }

  async #write(text: string): Promise<void> {
    const directory = dirname(this.#path)
    const draft = `${this.#path}.new`
    await mkdir(directory, { recursive: true, mode: 0o700 })
    // After a failed fsync(2) nobody knows what of the old one is on disk.
    await rm(draft, { force: true })
    const file = await open(draft, 'w', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, this.#path)
    for (const each of [directory, dirname(directory)]) await syncDirectory(each)
  }
}

/** @throws RangeError when it is no JSON, or too large to be kept */
export function textOf(past: Json): string {
  const text: string | undefined = JSON.stringify(past)
  if (text === undefined || Buffer.byteLength(text) > MAX_PAST_BYTES)
    throw new RangeError(`what was seen is no JSON, or more than ${MAX_PAST_BYTES} bytes of it`)
  return text
}
