/** What is told of connections and credentials; pino's loggers are one. */
export interface Log {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}

export const SILENT: Log = { info() {}, warn() {}, error() {} }
