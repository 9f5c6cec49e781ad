import { isUtf8 } from 'node:buffer'
import { closeSync, constants, fdatasync, fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { DeadLetter } from '../types.ts'
import { reason } from './edges.ts'

/** Where a state directory keeps its dead letters. */
export const deadLettersIn = (state: string): string => join(state, 'dead-letters.ndjson')

/** What is kept of a record that is over the limit: enough to see what it was. */
const HEAD_BYTES = 64 * 1024

const NEWLINE = 10

/** All else is done at once: it takes microseconds, and to wait for another thread to do it takes more. */
const datasync = promisify(fdatasync)

/** Nothing was written: `FULL` until an operator makes room, `WRITE` for everything else (see `cause`). Wait and try again. */
export class DeadLetterError extends Error {
  readonly code: 'FULL' | 'WRITE'

  constructor(code: 'FULL' | 'WRITE', message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DeadLetterError'
    this.code = code
  }
}

/**
 * The file of what could not be delivered: one JSON object a line, mode 0600.
 *
 * Each thread opens its own; lines of several never mix, because each call is one append. An operator may move,
 * truncate or remove the file at any time: the next letter goes to a new one.
 */
export class DeadLetters {
  readonly #path: string
  readonly #maxBytes: number
  #file: number | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(path: string, maxBytes: number) {
    this.#path = path
    this.#maxBytes = maxBytes
  }

  /**
   * Resolves when the letters are durable.
   *
   * @throws DeadLetterError when they are not; after `WRITE` part of a line may stand in the file, set off from
   * what follows.
   */
  append(letters: readonly DeadLetter[]): Promise<void> {
    const appended = this.#last.then(() => this.#append(letters))
    this.#last = appended.catch(() => undefined)
    return appended
  }

  async close(): Promise<void> {
    await this.#last
    this.#release()
  }

  async #append(letters: readonly DeadLetter[]): Promise<void> {
    if (letters.length === 0) return
    const text = letters.map((letter) => `${JSON.stringify(letter)}\n`).join('')
    try {
      const file = this.#current()
      const { size } = fstatSync(file)
      const bytes = Buffer.from(torn(file, size) ? `\n${text}` : text)
      // A letter larger than the limit would never fit, and everything behind it would wait for ever.
      if (size > 0 && size + bytes.length > this.#maxBytes) {
        throw new DeadLetterError('FULL', `${this.#path} has reached its limit of ${this.#maxBytes} bytes`)
      }
      const written = writeSync(file, bytes)
      if (written < bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes written`)
      await datasync(file)
      // Removed since we looked, and the letters with it.
      if (fstatSync(file).nlink === 0) await this.#append(letters)
    } catch (error) {
      if (error instanceof DeadLetterError) throw error
      throw new DeadLetterError('WRITE', `${this.#path} cannot be written: ${reason(error)}`, {
        cause: error,
      })
    }
  }

  /** The file that the path names now; an operator may have moved the one we had. */
  #current(): number {
    if (this.#file !== undefined) {
      const named = statSync(this.#path, { throwIfNoEntry: false })
      const held = fstatSync(this.#file)
      if (named?.ino === held.ino && named.dev === held.dev) return this.#file
      this.#release()
    }
    const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW } = constants
    this.#file = openSync(this.#path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
    return this.#file
  }

  #release(): void {
    const file = this.#file
    this.#file = undefined
    if (file !== undefined) closeSync(file)
  }
}

/** Whether the file ends inside a line: a full disk or a crash cut a letter short. */
function torn(file: number, size: number): boolean {
  if (size === 0) return false
  const last = Buffer.alloc(1)
  readSync(file, last, 0, 1, size - 1)
  return last[0] !== NEWLINE
}

/**
 * The dead letter of a record. Bytes that are not UTF-8 are kept as base64; of a record longer than `maxLine` only
 * the head is kept. `length` is the record's own where `bytes` is no more than its head.
 */
export function toDeadLetter(
  fields: Omit<DeadLetter, 'time' | 'length' | 'raw' | 'encoding'> & { length?: number },
  bytes: Uint8Array,
  maxLine: number,
): DeadLetter {
  const { length = bytes.length } = fields
  const kept = length > maxLine ? head(bytes) : bytes
  const encoding = isUtf8(kept) ? 'utf8' : 'base64'
  const raw = Buffer.from(kept.buffer, kept.byteOffset, kept.length).toString(encoding)
  return { ...fields, time: new Date().toISOString(), length, raw, encoding }
}

/** At most 64 KiB, and not ending inside a UTF-8 character. */
function head(bytes: Uint8Array): Uint8Array {
  let end = Math.min(bytes.length, HEAD_BYTES)
  const lowest = end - 3
  while (end > lowest && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return bytes.subarray(0, end)
}
