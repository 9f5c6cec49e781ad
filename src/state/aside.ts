import { constants, renameSync, unlinkSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DeadLetterError, deadLettersIn } from './deadletter.ts'
import { openStateDirectory, type StateDirectory } from './directory.ts'
import { type Log, reason } from './edges.ts'
import { asideFiles, asideFolder, type Entry, entriesOf, LetterFile } from './letters.ts'
import { adopt } from './owner.ts'
import { syncDirectory } from './sync.ts'

const NEWLINE = 10

/** A thread that looked up the file just before it was set aside writes to it within this time; later ones are seen at the end. */
const SETTLE_MS = 250

/** Letters are put back in pieces of about this size, each of them one append. */
const KEEP_BYTES = 4 * 1024 ** 2

/** `moved`: set aside; `kept`: some of what stays is durable; `all kept`: all of it; `removed`: one file is gone. */
export type Step = 'moved' | 'kept' | 'all kept' | 'removed'

/**
 * The dead letters, taken out of the way of a running process so that some of them can be removed: the file is
 * renamed, the process begins a new one by itself, and what is kept is appended to that. Only when it is durable there
 * are the files set aside removed, so a crash in between may leave a letter twice and never loses one; what was left
 * by one comes first the next time.
 *
 * One process at a time. `keep` every entry that stays, then `finish`; `close` in any case.
 */
export class Aside {
  readonly #state: string
  readonly #folder: StateDirectory
  readonly #onStep: (step: Step) => void
  #files: LetterFile[] = []
  #kept: Buffer[] = []
  #keptBytes = 0

  private constructor(state: string, folder: StateDirectory, onStep: (step: Step) => void) {
    this.#state = state
    this.#folder = folder
    this.#onStep = onStep
  }

  /** @throws StateError `LOCKED` while another process works on the letters, `PERMISSION`. */
  static async take(state: string, log: Log, onStep: (step: Step) => void = () => {}): Promise<Aside> {
    const aside = new Aside(state, await openStateDirectory(asideFolder(state), log), onStep)
    try {
      await aside.#take()
      return aside
    } catch (error) {
      aside.close()
      throw error
    }
  }

  /** In the order of their numbers. Those that were not asked for when `finish` is called stay. */
  entries(): Generator<Entry> {
    return entriesOf(this.#files)
  }

  /** @throws DeadLetterError `WRITE`; then all that was set aside still is, and this call and `finish` are over. */
  async keep(line: Buffer): Promise<void> {
    this.#kept.push(line.at(-1) === NEWLINE ? line : Buffer.concat([line, Buffer.of(NEWLINE)]))
    this.#keptBytes += line.length
    if (this.#keptBytes >= KEEP_BYTES) await this.#putBack()
  }

  /** Resolves when what was kept is durable and the rest is gone. @throws DeadLetterError as `keep` */
  async finish(): Promise<void> {
    await this.#keepLate()
    await syncDirectory(this.#state)
    this.#onStep('all kept')
    for (const { path } of this.#files) {
      unlinkSync(path)
      this.#onStep('removed')
    }
    await this.#keepLate()
    await Promise.all([syncDirectory(this.#state), syncDirectory(this.#folder.path)])
  }

  close(): void {
    for (const file of this.#files) file.close()
    this.#files = []
    this.#folder.release()
  }

  async #take(): Promise<void> {
    adopt(this.#folder.path, this.#state)
    const last = asideFiles(this.#state).at(-1)
    const number = 1 + Number.parseInt(basename(last ?? '0'), 10)
    if (move(deadLettersIn(this.#state), join(this.#folder.path, `${number}.ndjson`))) {
      this.#onStep('moved')
      await sleep(SETTLE_MS)
    }
    for (const path of asideFiles(this.#state)) {
      const file = LetterFile.open(path)
      if (file) this.#files.push(file)
    }
  }

  /** What was not gone through, and what a thread wrote that had looked up the file before it was set aside. */
  async #keepLate(): Promise<void> {
    for (const file of this.#files) for (const line of file.lines()) await this.keep(line)
    if (this.#keptBytes > 0) await this.#putBack()
  }

  async #putBack(): Promise<void> {
    const path = deadLettersIn(this.#state)
    const bytes = Buffer.concat(this.#kept)
    this.#kept = []
    this.#keptBytes = 0
    try {
      await append(path, bytes)
      adopt(path, this.#state)
    } catch (error) {
      const where = `all letters are still in ${this.#folder.path}, and come first the next time`
      throw new DeadLetterError('WRITE', `${path} cannot be written: ${reason(error)}; ${where}`, {
        cause: error,
      })
    }
    this.#onStep('kept')
  }
}

function move(from: string, to: string): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if (reason(error) === 'ENOENT') return false
    throw error
  }
}

/** Whole lines at the end of a file that others append to as well, in one write; durable when it resolves. */
async function append(path: string, lines: Buffer): Promise<void> {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW } = constants
  const file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
  try {
    const { size } = await file.stat()
    const last = size > 0 ? (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0] : NEWLINE
    const bytes = last === NEWLINE ? lines : Buffer.concat([Buffer.of(NEWLINE), lines])
    const { bytesWritten } = await file.write(bytes)
    if (bytesWritten < bytes.length) throw new Error(`only ${bytesWritten} of ${bytes.length} bytes written`)
    await file.datasync()
  } finally {
    await file.close()
  }
}
