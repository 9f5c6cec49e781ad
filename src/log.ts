import { fstatSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Writable } from 'node:stream'
import { type DestinationStream, type Level, type Logger, pino } from 'pino'
import type pretty from 'pino-pretty'
import type { LoggingOptions } from './config/options.ts'

/** `reopen` closes and opens the log file again, for rotation; without a file it does nothing. */
export interface Log extends Logger {
  reopen(): void
}

/** Python's names for levels that pino calls otherwise. */
const LEVELS: Partial<Record<LoggingOptions['level'], Level>> = {
  notset: 'trace',
  warning: 'warn',
  critical: 'fatal',
}

/** syslog(3) severities, which journald reads from a `<N>` before the line. */
const SEVERITIES: Record<string, number> = { fatal: 2, error: 3, warn: 4, info: 6, debug: 7, trace: 7 }

/** Lines kept while the file cannot be written; later ones are dropped. */
const MAX_UNWRITTEN_BYTES = 1024 ** 2

const MINUTE_MS = 60_000

/** Texts that are counted at a time; they are our own words, not the input's, so that there are few. */
const MAX_TEXTS = 1000

/**
 * The log of the whole process. Lines are written before the call returns, so that none is lost when the process
 * ends. A `Secret` prints as `***`. Pretty lines carry no control characters from the data, only our own colours.
 */
export function createLog(
  options: LoggingOptions,
  streams: { stderr: Writable & { isTTY?: boolean } } = process,
): Log {
  const own = options.file !== undefined || streams.stderr === process.stderr
  const file = own ? append(options.file ?? 2) : undefined
  const sink: DestinationStream = file ?? streams.stderr
  const terminal = options.file === undefined && streams.stderr.isTTY === true
  const human = options.format === 'pretty' || (options.format === 'auto' && terminal)
  const log = pino(
    {
      level: LEVELS[options.level] ?? options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    human ? prettified(sink, terminal) : onJournal(options, streams.stderr) ? prefixed(sink) : sink,
  )
  return Object.assign(log, { reopen: () => (options.file === undefined ? undefined : file?.reopen()) })
}

/** A log that cannot be written (disk full, reader gone) must not stop the stream: it is said once, on standard error. */
function append(dest: string | number) {
  const file = pino.destination({
    dest,
    sync: true,
    append: true,
    mode: 0o640,
    maxLength: MAX_UNWRITTEN_BYTES,
  })
  let said = dest === 2
  file.on('error', (error: Error) => {
    if (!said) process.stderr.write(`log file ${dest}: ${error.message}\n`)
    said = true
  })
  return file
}

/** Synchronous, unlike pino-pretty's own stream: nothing waits in a buffer when the process ends. */
function prettified(sink: DestinationStream, terminal: boolean): DestinationStream {
  // Loaded for a human only: every thread has a log, and few have a terminal.
  const { prettyFactory }: typeof pretty = createRequire(import.meta.url)('pino-pretty')
  const format = prettyFactory({
    colorize: terminal && !process.env.NO_COLOR,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l',
    singleLine: true,
  })
  return { write: (line) => sink.write(format(JSON.parse(line, visible))) }
}

function prefixed(sink: DestinationStream): DestinationStream {
  return {
    write(line) {
      const [, level = 'info'] = /^\{"level":"(\w+)"/.exec(line) ?? []
      sink.write(`<${SEVERITIES[level] ?? 6}>${line}`)
    },
  }
}

/** systemd.exec(5): JOURNAL_STREAM holds device:inode of the journal's socket; it counts only when that is our stderr. */
function onJournal(options: LoggingOptions, stderr: Writable): boolean {
  const expected = process.env.JOURNAL_STREAM
  if (expected === undefined || options.file !== undefined || stderr !== process.stderr) return false
  const { dev, ino } = fstatSync(2)
  return expected === `${dev}:${ino}`
}

function visible(key: string, value: unknown): unknown {
  if (typeof value !== 'string') return value
  return key === 'stack' ? value.split('\n').map(oneLine).join('\n') : oneLine(value)
}

/**
 * Control characters, line separators and direction marks as `\u…`: text from outside can neither forge a line nor drive
 * the terminal. JSON on one line stays the same value.
 */
export function oneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

type Limited = Record<'debug' | 'info' | 'warn' | 'error', (fields: object, text: string) => void>

/**
 * The same log, but of lines with the same text at most `perMinute` come through in a minute. What was held back is
 * told at the end of that minute by the last such line, with the field `suppressed`.
 */
export function limited(log: Logger, perMinute: number): Limited {
  const windows = new Map<string, Window>()

  const at = (level: keyof Limited) => (fields: object, text: string) => {
    const window = windows.get(text) ?? open(text)
    window.lines += 1
    if (window.lines <= perMinute) log[level](fields, text)
    else window.tell = () => log[level]({ ...fields, suppressed: window.lines - perMinute }, text)
  }

  function open(text: string): Window {
    const [oldest] = windows.keys()
    if (windows.size >= MAX_TEXTS && oldest !== undefined) close(oldest)
    const window: Window = { lines: 0, timer: setTimeout(close, MINUTE_MS, text).unref() }
    windows.set(text, window)
    return window
  }

  function close(text: string): void {
    const window = windows.get(text)
    clearTimeout(window?.timer)
    windows.delete(text)
    window?.tell?.()
  }

  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

interface Window {
  lines: number
  timer: NodeJS.Timeout
  tell?: () => void
}
