import { randomBytes } from 'node:crypto'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CHECK_BYTES, checksOf, type Examination, examine } from './checks.ts'
import { reason } from './edges.ts'

// 000000000007-9f86d081884c7d65.lines: the order, and the identity that makes the IDs of its records
const NAME = /^(\d{12})-([0-9a-f]{16})\.lines$/

const MODE = 0o600
const NEWLINE = 10

export interface Examined extends Examination {
  /** The whole segment. */
  bytes: Buffer
}

/** Where a segment lies, and when it was begun (ms since 1970). */
interface Place {
  path: string
  sequence: number
  file: string
  begun: number
}

/**
 * A file of lines that only grows, and its checks beside it. What is in it is written once and read by position;
 * when all of it was delivered, it is removed.
 */
export class Segment {
  readonly path: string
  readonly sequence: number
  /** Random identity, 16 hexadecimal digits. It is in the name, so it lasts as long as the lines. */
  readonly file: string
  /** Ms since 1970. */
  readonly begun: number
  /** Found at the start: `examine` it before it is read. */
  readonly isFound: boolean
  #lines: FileHandle | undefined
  #checks: FileHandle | undefined
  #end: number
  #checked = 0

  private constructor({ path, sequence, file, begun }: Place, end: number, isFound: boolean) {
    this.path = path
    this.sequence = sequence
    this.file = file
    this.begun = begun
    this.#end = end
    this.isFound = isFound
  }

  /** A new one, whose name is on the disk. Makes the directory where it is missing. */
  static async create(directory: string, sequence: number): Promise<Segment> {
    const made = await mkdir(directory, { recursive: true, mode: 0o700 })
    for (let each = directory; made && each.length >= made.length; each = dirname(each))
      await sync(dirname(each))
    const file = randomBytes(8).toString('hex')
    const path = join(directory, `${String(sequence).padStart(12, '0')}-${file}.lines`)
    const segment = new Segment({ path, sequence, file, begun: Date.now() }, 0, false)
    try {
      segment.#lines = await open(path, 'wx+', MODE)
      segment.#checks = await open(checksAt(path), 'wx', MODE)
      await sync(directory)
      return segment
    } catch (error) {
      await segment.remove().catch(() => undefined) // the first failure is the one to tell
      throw error
    }
  }

  /** Those that an earlier run left, in order. */
  static find(directory: string): Segment[] {
    const names = list(directory).sort()
    for (const name of names) {
      // Of a segment that was being removed.
      if (name.endsWith('.checks') && !names.includes(name.replace(/\.checks$/, '.lines')))
        rmSync(join(directory, name), { force: true })
    }
    return names.flatMap((name) => {
      const [, sequence, file] = NAME.exec(name) ?? []
      const path = join(directory, name)
      const stat = statSync(path, { throwIfNoEntry: false })
      if (sequence === undefined || file === undefined || !stat?.isFile()) return []
      const place = { path, sequence: Number(sequence), file, begun: stat.birthtimeMs || stat.mtimeMs }
      const segment = new Segment(place, stat.size, true)
      segment.#checked = statSync(checksAt(path), { throwIfNoEntry: false })?.size ?? 0
      return [segment]
    })
  }

  /** To read from by position; open until `close` or `remove`. */
  get fd(): number {
    if (!this.#lines) throw new Error(`${this.path} is not open`)
    return this.#lines.fd
  }

  /** Everything before it is durable. */
  get end(): number {
    return this.#end
  }

  /** On the disk, checks included. */
  get bytes(): number {
    return this.#end + this.#checked
  }

  /**
   * Adds whole lines. Resolves when they are durable. Their checks reach the disk a little later: what they find is
   * damage, and a line that has none is delivered all the same.
   *
   * @throws Error of the file system; the segment is then to be sealed, and the lines belong into another one: after a
   * failed sync the kernel no longer tells what is on the disk.
   */
  async append(lines: Buffer): Promise<void> {
    if (!this.#lines || !this.#checks) throw new Error(`${this.path} is not open for writing`)
    const checks = checksOf(lines, this.#end)
    await write(this.#lines, lines, this.#end)
    // Lines before checks: after a kill in between, no check may speak of a line that is not there.
    const ends = await Promise.allSettled([
      write(this.#checks, checks, this.#checked),
      this.#lines.datasync(),
    ])
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    this.#end += lines.length
    this.#checked += checks.length
  }

  /** Nothing more is added; what was not made durable goes. */
  async seal(): Promise<void> {
    const [lines, checks] = [this.#lines, this.#checks]
    this.#checks = undefined
    try {
      await lines?.truncate(this.#end)
      await checks?.truncate(this.#checked)
      await checks?.datasync()
    } finally {
      await checks?.close()
    }
  }

  /**
   * Opens one that was found, and tells what is in it from `from` on. Where a damaged line lost its newline it gets
   * one, so that the line behind it is found.
   */
  async examine(from: number): Promise<Examined> {
    this.#lines ??= await open(this.path, 'r+')
    const bytes = await readAll(this.#lines)
    const found = examine(bytes, await readChecks(checksAt(this.path)), Math.min(from, bytes.length))
    for (const start of found.unended) await write(this.#lines, Buffer.of(NEWLINE), start - 1)
    this.#end = bytes.length - found.torn
    return { ...found, bytes }
  }

  async close(): Promise<void> {
    const handles = [this.#lines, this.#checks]
    this.#lines = this.#checks = undefined
    await Promise.all(handles.map((handle) => handle?.close()))
  }

  /** Closes and removes both files. */
  async remove(): Promise<void> {
    await this.close()
    await rm(this.path, { force: true })
    await rm(checksAt(this.path), { force: true })
  }
}

const checksAt = (path: string) => path.replace(/\.lines$/, '.checks')

async function write(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  const { bytesWritten } = await file.write(bytes, 0, bytes.length, position)
  if (bytesWritten === bytes.length) return
  // A short write says that the next one will fail; its error says why.
  if (bytesWritten === 0) throw new Error('nothing could be written')
  await write(file, bytes.subarray(bytesWritten), position + bytesWritten)
}

async function readAll(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat()
  const bytes = Buffer.allocUnsafeSlow(size)
  let filled = 0
  while (filled < size) {
    const { bytesRead } = await file.read(bytes, filled, size - filled, filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

/** Without checks the lines are taken as they are. */
async function readChecks(path: string): Promise<Buffer> {
  const file = await open(path, 'r').catch(() => undefined)
  if (!file) return Buffer.alloc(0)
  try {
    const bytes = await readAll(file)
    return bytes.subarray(0, bytes.length - (bytes.length % CHECK_BYTES))
  } finally {
    await file.close()
  }
}

async function sync(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.datasync()
  } finally {
    await handle.close()
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (reason(error) === 'ENOENT') return []
    throw error
  }
}
