import fs, { constants } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Log, SILENT } from '../client/log.ts'
import { nextPauseMs } from '../client/retry.ts'
import { codeOf, explain } from '../client/words.ts'
import type { Destination, Messages, Refusal } from '../types.ts'
import { startOf } from './body.ts'
import type { Gate, Pass } from './gate.ts'
import type { Lock } from './lock.ts'
import type { Hooks } from './log.ts'

const write = promisify(fs.write)
const read = promisify(fs.read)
const open = promisify(fs.open)
const close = promisify(fs.close)
const stat = promisify(fs.stat)
const fstat = promisify(fs.fstat)
const ftruncate = promisify(fs.ftruncate)
const fdatasync = promisify(fs.fdatasync)

const NEWLINE = 0x0a

/** A probe of a disk that was full takes no longer. */
const LEASE_MS = 10_000

/** How long to leave a full pipe alone. */
const FULL_PAUSE_MS = 10

/** Nobody will ever read there again. */
const GONE = new Set(['EPIPE', 'EBADF'])

/** An open descriptor such as standard output, or a file to append to. */
export type LinesTarget = { fd: number } | { path: string }

export interface LinesContext {
  gate: Gate
  /** Shared by all threads that write to the same target. */
  lock: Lock
  retry: { retry_min: number; retry_max: number }
  hooks?: Hooks
}

/**
 * Writes each message as a line. The lines of one batch stay together, whoever else writes. A file is created for
 * its owner alone (0600), found again after rotation, and flushed to the disk before `send` resolves; a batch that
 * did not get onto it whole is taken back, and tried again. `send` rejects with `EPIPE` when the reader has gone.
 */
export function linesDestination(target: LinesTarget, context: LinesContext): Destination {
  return new Lines('fd' in target ? descriptor(target.fd) : new AppendedFile(target.path), context)
}

class Lines implements Destination {
  readonly #sink: Sink
  readonly #context: LinesContext
  readonly #log: Log
  readonly #writing = new Set<Promise<unknown>>()

  constructor(sink: Sink, context: LinesContext) {
    this.#sink = sink
    this.#context = context
    this.#log = context.hooks?.log ?? SILENT
  }

  async send(messages: Messages, signal: AbortSignal): Promise<readonly Refusal[]> {
    const { gate } = this.#context
    if (messages.ends.length === 0) return []
    const text = lines(messages)
    for (;;) {
      const pass = await this.#pass(signal)
      gate.began()
      try {
        await this.#append(text, signal)
        gate.delivered(messages.ends.length)
        if (gate.answered(pass) !== undefined) this.#log.info({ to: this.#sink.name }, 'writing works again')
        return []
      } catch (error) {
        this.#setback(error, pass, signal)
      } finally {
        gate.ended()
      }
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#writing)
    await this.#sink.close()
  }

  async #pass(signal: AbortSignal): Promise<Pass> {
    const { gate } = this.#context
    for (;;) {
      signal.throwIfAborted()
      const pass = gate.admit(LEASE_MS)
      if (pass !== undefined) return pass
      await gate.wait(signal)
    }
  }

  /** Rejects at once when aborted; the write under way is then finished by itself: its bytes are a copy. */
  async #append(text: Buffer, signal: AbortSignal): Promise<void> {
    const written = this.#context.lock.hold(signal, () => this.#sink.append(text, signal))
    this.#writing.add(written)
    const forget = () => this.#writing.delete(written)
    written.then(forget, forget)
    await abortable(written, signal)
    await this.#sink.flush()
  }

  #setback(error: unknown, pass: Pass, signal: AbortSignal): void {
    const { gate, retry } = this.#context
    if (signal.aborted || GONE.has(codeOf(error))) {
      gate.giveBack(pass)
      throw signal.aborted ? signal.reason : error
    }
    gate.retried()
    const pauseMs = (previousMs: number) =>
      nextPauseMs(previousMs, retry.retry_min, retry.retry_max, Math.random())
    const cause = explain(codeOf(error), error)
    if (!gate.close({ state: 'down', status: 0, cause, pauseMs }, pass)) return
    this.#log.warn({ to: this.#sink.name }, `writing waits, nothing is lost: ${cause}`)
  }
}

interface Sink {
  readonly name: string
  /** All of `text`, under the lock. */
  append(text: Buffer, signal: AbortSignal): Promise<void>
  flush(): Promise<void>
  close(): Promise<void>
}

const descriptor = (fd: number): Sink => ({
  name: fd === 1 ? 'stdout' : `descriptor ${fd}`,
  append: (text, signal) => writeAll(fd, text, signal),
  flush: () => Promise.resolve(),
  close: () => Promise.resolve(),
})

class AppendedFile implements Sink {
  readonly name: string
  #fd: number | undefined

  constructor(path: string) {
    this.name = path
  }

  async append(text: Buffer, signal: AbortSignal): Promise<void> {
    const fd = await this.#reach()
    const { size } = await fstat(fd)
    try {
      // A thread or a machine that died while writing left half a line.
      if (size > 0 && !(await endsLine(fd, size))) await writeAll(fd, Buffer.of(NEWLINE), signal)
      await writeAll(fd, text, signal)
    } catch (error) {
      await ftruncate(fd, size)
      throw error
    }
  }

  async flush(): Promise<void> {
    if (this.#fd !== undefined) await fdatasync(this.#fd)
  }

  async close(): Promise<void> {
    if (this.#fd !== undefined) await close(this.#fd)
    this.#fd = undefined
  }

  /** The file that has the name now: another one after rotation. */
  async #reach(): Promise<number> {
    if (this.#fd !== undefined && (await isAt(this.#fd, this.name))) return this.#fd
    if (this.#fd !== undefined) await fdatasync(this.#fd)
    await this.close()
    this.#fd = await open(this.name, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600)
    return this.#fd
  }
}

async function isAt(fd: number, path: string): Promise<boolean> {
  try {
    const [ours, there] = await Promise.all([fstat(fd), stat(path)])
    return ours.ino === there.ino && ours.dev === there.dev
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

async function endsLine(fd: number, size: number): Promise<boolean> {
  const { buffer } = await read(fd, Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] === NEWLINE
}

/** A pipe that is full, or a full disk behind a descriptor that we cannot take back from, is waited for. */
async function writeAll(fd: number, text: Buffer, signal: AbortSignal): Promise<void> {
  let at = 0
  while (at < text.length) {
    try {
      const { bytesWritten } = await write(fd, text, at, text.length - at)
      at += bytesWritten
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') throw error
      await sleep(FULL_PAUSE_MS, undefined, { signal })
    }
  }
}

function lines(messages: Messages): Buffer {
  const { bytes, ends } = messages
  const text = Buffer.allocUnsafe((ends.at(-1) ?? 0) + ends.length)
  for (const [index, end] of ends.entries()) {
    text.set(bytes.subarray(startOf(messages, index), end), startOf(messages, index) + index)
    text[end + index] = NEWLINE
  }
  return text
}

function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
