import type { Log } from '../client/log.ts'

/** What a destination tells of itself, beside what `send` returns. */
export interface Hooks {
  log?: Log
  /** After each request that was answered: how long it took. */
  onRequest?(seconds: number): void
}
