import { setTimeout as sleep } from 'node:timers/promises'
import { DeadLetterError, DeadLetters, deadLettersIn, toDeadLetter } from '../state/deadletter.ts'
import type { Log } from '../state/edges.ts'

/** How long until a dead letter that cannot be written is tried again. */
const PAUSE_MS = 1000

export interface LettersOptions {
  connector: string
  directory: string
  maxBytes: number
  /** Bytes of the longest record. */
  maxLine: number
  log: Log
}

/** Keeps records of the spool that are no messages; they were when they were taken, so this is damage that its checks do not find. */
export class Letters {
  readonly #options: LettersOptions
  readonly #letters: DeadLetters

  constructor(options: LettersOptions) {
    this.#options = options
    this.#letters = new DeadLetters(deadLettersIn(options.directory), options.maxBytes)
  }

  /** Resolves when all of them are on the disk, however long that takes; rejects when `signal` aborts. */
  async bury(records: readonly string[], origin: string, signal: AbortSignal): Promise<void> {
    const { connector, maxLine, log } = this.#options
    const fields = {
      connector,
      reason: 'invalid_json',
      detail: 'not a message of the gateway',
      origin,
    } as const
    const letters = records.map((record) => toDeadLetter(fields, Buffer.from(record), maxLine))
    while (letters.length > 0) {
      try {
        await this.#letters.append(letters)
        return
      } catch (error) {
        if (!(error instanceof DeadLetterError)) throw error
        log.error({ code: error.code }, `${error.message}; waiting`)
        await sleep(PAUSE_MS, undefined, { signal })
      }
    }
  }

  close(): Promise<void> {
    return this.#letters.close()
  }
}
