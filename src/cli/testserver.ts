import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { type parseArgs, styleText } from 'node:util'
import { readFirstLine } from '../config/files.ts'
import { EXIT, UsageError } from '../errors.ts'
import { oneLine } from '../log.ts'
import { isLoopback } from '../reach.ts'
import { ListenError } from '../receiver/listen.ts'
import { type Meta, startTestserver, type TestserverOptions } from '../testserver/server.ts'
import { summarise } from '../testserver/summary.ts'
import type { Stats } from '../testserver/tally.ts'
import type { Call, Streams, Verb } from './verb.ts'

export const summary = 'receive messages, check each, and show it'

export const usage = `idmefv2 testserver [options]

Takes IDMEFv2 messages by POST, holds each against the schema of its version (V04 to V08), answers 204, or 400 with
what is wrong, and prints a line for each, on standard error where it was refused. The last messages are shown at the
same address to a browser.

  --host ADDRESS        listen on this address (127.0.0.1)
  --port PORT           and port (9999); 0 picks one
  --login NAME          ask for this user name (HTTP Basic)
  --password-file FILE  and the password in the first line of this file
  --strict              refuse an address that others can reach, unless TLS and --login, or --tls-ca, say who may
  --path PATH           take messages at this path only
  --store FILE          append accepted messages to FILE, one a line, before they are acknowledged
  --json                print whole messages, one a line
  --quiet               print no messages

  --fail RATE           answer 503 to this share of the requests, 0 to 1
  --retry-after SECONDS send Retry-After with it
  --delay MS            pause before each answer
  --stall               never answer
  --python-compat       answer 200, 500 and 501 as the Python test server
  --max-body BYTES      largest body (10485760)

  --tls-cert FILE       serve HTTPS (TLS 1.3, HTTP/2 or 1.1) with this PEM certificate
  --tls-key FILE        and its private key
  --tls-ca FILE         require a client certificate signed by this authority

Exit codes: 0 ended by a signal, 64 command line not usable, 69 the address is taken or not this host's
`

export const testserverOptions = {
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '9999' },
  login: { type: 'string' },
  'password-file': { type: 'string' },
  strict: { type: 'boolean', default: false },
  path: { type: 'string' },
  store: { type: 'string' },
  json: { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
  fail: { type: 'string' },
  'retry-after': { type: 'string' },
  delay: { type: 'string' },
  stall: { type: 'boolean', default: false },
  'python-compat': { type: 'boolean', default: false },
  'max-body': { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'tls-ca': { type: 'string' },
} as const

/** What parseArgs makes of `testserverOptions`. */
export type TestserverArgs = ReturnType<typeof parseArgs<{ options: typeof testserverOptions }>>['values']

export const testserver: Verb = {
  summary,
  usage,
  options: testserverOptions,
  run({ values, streams }: Call): Promise<number> {
    const stop = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
    // parseArgs made the values from these very options.
    return testserverCommand(values as TestserverArgs, streams, stop.signal)
  },
}

type OnMessage = NonNullable<TestserverOptions['onMessage']>
type OnRefusal = NonNullable<TestserverOptions['onRefusal']>

/**
 * Runs until `signal` aborts or nobody reads standard output any longer; gives the exit code. Standard output has
 * messages only, all else goes to standard error. Throws `UsageError` for an option that cannot be used.
 */
export async function testserverCommand(
  args: TestserverArgs,
  streams: Pick<Streams, 'stdout' | 'stderr'>,
  signal: AbortSignal,
): Promise<number> {
  const { stdout, stderr } = streams
  const closed = once(stdout, 'close', { signal }).catch(() => undefined) // by the signal, which ends us all the same
  stdout.once('error', () => stdout.destroy()) // the reader left, as head(1) does
  try {
    const options = {
      ...(await read(args)),
      onMessage: printer(args, stdout),
      onRefusal: refuser(args, stderr),
    }
    const danger = dangerOf(options)
    if (danger && args.strict) throw new UsageError(`--host ${args.host}: ${danger}`)
    if (danger) stderr.write(`warning: ${danger}\n`)
    const server = await startTestserver(options)
    stderr.write(`listening on ${server.url}${options.path ?? '/'}\n`)
    await closed
    await server.close()
    stderr.write(`${total(server.stats())}\n`)
    return EXIT.ok
  } catch (error) {
    if (isOf(args.store, error)) throw new UsageError(`--store: ${error.message}`, { cause: error })
    if (!(error instanceof ListenError)) throw error
    stderr.write(`${error.message}; choose another with --port or --host\n`)
    return EXIT.unavailable
  }
}

/** Whether the file system says it of this file. */
function isOf(file: string | undefined, error: unknown): error is Error {
  return file !== undefined && error instanceof Error && 'path' in error && error.path === file
}

async function read(args: TestserverArgs): Promise<TestserverOptions> {
  const { path, store, stall } = args
  if (path !== undefined && !path.startsWith('/')) throw new UsageError('--path must begin with /')
  const given = {
    path,
    store,
    failRate: number('--fail', args.fail, 0, 1),
    retryAfterSeconds: integer('--retry-after', args['retry-after'], 86_400),
    delayMs: integer('--delay', args.delay, 3_600_000),
    maxBodyBytes: integer('--max-body', args['max-body'], 1024 ** 3),
    tls: await tlsFiles(args),
    account: await accountOf(args),
  }
  // Absent is not the same as undefined to TestserverOptions.
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const { host, 'python-compat': pythonCompat } = args
  return { host, port: integer('--port', args.port, 65_535) ?? 0, stall, pythonCompat, ...present }
}

async function tlsFiles(args: TestserverArgs): Promise<TestserverOptions['tls']> {
  const { 'tls-cert': cert, 'tls-key': key, 'tls-ca': ca } = args
  if (cert === undefined && key === undefined && ca === undefined) return undefined
  if (cert === undefined || key === undefined) throw new UsageError('TLS needs both --tls-cert and --tls-key')
  const tls = { cert: await pem('--tls-cert', cert), key: await pem('--tls-key', key) }
  return ca === undefined ? tls : { ...tls, ca: await pem('--tls-ca', ca) }
}

async function accountOf(args: TestserverArgs): Promise<TestserverOptions['account']> {
  const { login, 'password-file': path } = args
  if (login === undefined && path === undefined) return undefined
  if (login === undefined || path === undefined)
    throw new UsageError('a password needs both --login and --password-file')
  const read = await readFirstLine(path)
  if (read.fault !== undefined) throw new UsageError(`--password-file: ${path} ${read.fault}`)
  return { login, password: read.text }
}

async function pem(option: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`, { cause: error })
  }
}

function number(option: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() !== '' && value >= min && value <= max) return value
  throw new UsageError(`${option} must be a number from ${min} to ${max}, is "${text}"`)
}

function integer(option: string, text: string | undefined, max: number): number | undefined {
  const value = number(option, text, 0, max)
  if (value === undefined || Number.isInteger(value)) return value
  throw new UsageError(`${option} must be a whole number, is "${text}"`)
}

/** What others can do who reach the address. */
function dangerOf({ host = '', tls, account }: TestserverOptions): string | undefined {
  if (isLoopback(host) || tls?.ca !== undefined) return undefined
  if (account === undefined) return 'anyone who can reach this address can send, and see what was sent'
  return tls ? undefined : 'without TLS the password and the messages can be read on their way'
}

/** Holds acknowledgements back while standard output is slower than the senders, so that lines do not pile up in memory. */
function printer({ quiet, json }: TestserverArgs, stdout: Streams['stdout']): OnMessage {
  if (quiet) return () => undefined
  const line = json ? jsonLine : liner(stdout)
  let drained: Promise<void> | undefined
  return (message, meta) => {
    if (stdout.destroyed || stdout.write(`${line(message, meta)}\n`)) return undefined
    drained ??= drain(stdout).finally(() => {
      drained = undefined
    })
    return drained
  }
}

/** What was refused, and why; not told while standard error is slower than the senders. */
function refuser({ quiet }: TestserverArgs, stderr: Streams['stderr']): OnRefusal {
  if (quiet) return () => undefined
  return ({ status, error = '', faults = [] }) => {
    if (stderr.writableNeedDrain) return
    const [first] = faults
    const why = first ? `: ${first.pointer} ${first.reason}` : ''
    const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
    const text = `${error}${why}${more}`.slice(0, MAX_REFUSAL_CHARS)
    stderr.write(`${oneLine(`${clock()}  refused (${status})  ${text}`)}\n`)
  }
}

/** A reason may hold what was sent. */
const MAX_REFUSAL_CHARS = 500

const clock = () => new Date().toISOString().slice(11, 23)

/** The same value, in which no control character stands as itself: JSON.stringify leaves those beyond C0. */
const jsonLine = (message: Record<string, unknown>) => oneLine(JSON.stringify(message))

async function drain(stdout: Writable): Promise<void> {
  const given = new AbortController()
  const events = ['drain', 'close'].map((event) => once(stdout, event, { signal: given.signal }))
  try {
    await Promise.race(events)
  } finally {
    given.abort()
    await Promise.allSettled(events)
  }
}

const COLOURS: Record<string, 'red' | 'yellow' | 'green' | 'gray'> = {
  High: 'red',
  Medium: 'yellow',
  Low: 'green',
}

function liner(stdout: Streams['stdout']): (message: Record<string, unknown>, meta: Meta) => string {
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    stdout.isTTY ? styleText(format, text, { stream: stdout }) : text
  return (message, { duplicate }) => {
    const { id, priority, category, description, source, target } = summarise(message)
    const parts = [
      style('gray', clock()),
      style('gray', id.slice(0, 8)),
      style(COLOURS[priority] ?? 'gray', oneLine(priority).padEnd(7)),
      style('cyan', oneLine(category)),
      oneLine(description),
      style('gray', oneLine([source, target].filter(Boolean).join(' → '))),
      duplicate ? style('yellow', '(duplicate)') : '',
    ]
    return parts.filter(Boolean).join('  ')
  }
}

function total({ requests, valid, invalid, duplicates, bytes, bestSecond }: Stats): string {
  const counts = `${requests} requests: ${valid} messages accepted, ${invalid} refused, ${duplicates} duplicates`
  return `${counts}, ${bytes} bytes, at best ${bestSecond} a second`
}
