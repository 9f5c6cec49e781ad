import type { Logger } from 'pino'

/** What the sources and the state write to; any pino logger will do. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

/** More troubles than this at once are not told one by one. */
const MAX_OPEN = 1000

/**
 * Logs a trouble when it begins and when it ends, and not in between, however often it is met: a file that cannot
 * be opened is looked at twice a second.
 */
export class Edges {
  readonly #log: Log
  readonly #open = new Map<string, { since: number; message: string }>()

  constructor(log: Log) {
    this.#log = log
  }

  /** `key` names the trouble; the first call logs it, later ones do nothing until `end`. */
  begin(key: string, message: string, fields: object = {}, level: 'warn' | 'error' = 'warn'): void {
    if (this.#open.has(key) || this.#open.size >= MAX_OPEN) return
    this.#open.set(key, { since: performance.now(), message })
    this.#log[level](fields, message)
  }

  end(key: string): void {
    const trouble = this.#open.get(key)
    if (!trouble) return
    this.#open.delete(key)
    const seconds = Math.round((performance.now() - trouble.since) / 100) / 10
    this.#log.info({ seconds }, `recovered: ${trouble.message}`)
  }
}

/** `ENOENT` and its like, or the message of what was thrown. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
