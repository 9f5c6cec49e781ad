/** What delivery asks of a log; pino's loggers are one. */
export interface Log {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}

export const SILENT: Log = { info() {}, warn() {}, error() {} }

/** What a destination tells of itself, beside what `send` returns. */
export interface Hooks {
  log?: Log
  /** After each request that was answered: how long it took. */
  onRequest?(seconds: number): void
}
