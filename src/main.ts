#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import type { Streams, Verb } from './cli/verb.ts'
import { ConfigError, EXIT, StateError, UsageError } from './errors.ts'
import { oneLine } from './log.ts'
import { nearest } from './nearest.ts'
import { ListenError } from './receiver/listen.ts'
import { outdated, VERSION } from './version.ts'

/** Loaded when asked for: a service that runs holds neither the code of the other verbs nor what only they need. */
const VERBS: Readonly<Record<string, () => Promise<Verb>>> = {
  run: async () => (await import('./cli/run.ts')).run,
  gateway: async () => (await import('./cli/gateway.ts')).gateway,
  convert: async () => (await import('./cli/convert.ts')).convert,
  validate: async () => (await import('./cli/validate.ts')).validateVerb,
  check: async () => (await import('./cli/check.ts')).check,
  dlq: async () => (await import('./cli/dlq.ts')).dlq,
  checkpoint: async () => (await import('./cli/checkpoint.ts')).checkpoint,
  testserver: async () => (await import('./cli/testserver.ts')).testserver,
  init: async () => (await import('./cli/init.ts')).init,
  list: async () => (await import('./cli/list.ts')).list,
  demo: async () => (await import('./cli/demo.ts')).demo,
}

const streams: Streams = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr }

/** What `idmefv2` without a verb does. */
const DEFAULT_VERB = 'demo'

async function main(argv: readonly string[]): Promise<number> {
  const [name = DEFAULT_VERB, ...rest] = argv
  // Before more is loaded, which would fail there without a word of the reason.
  const fault = outdated(process.versions.node)
  if (fault !== undefined) return fail(EXIT.failed, fault)
  if (name === '--help' || name === '-h' || name === 'help') return tell(await overview())
  if (name === '--version' || name === '-V') return tell(`${VERSION}\n`)
  const load = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined
  if (load === undefined) throw new UsageError(unknownVerb(name))
  const verb = await load()
  if (rest.includes('--help') || rest.includes('-h')) return tell(verb.usage)
  const { values, positionals } = parse(name, verb, rest)
  return verb.run({ values, positionals, streams })
}

function parse(name: string, { options, operands = 0 }: Verb, args: string[]) {
  const help = `(idmefv2 ${name} --help)`
  const parsed = read()
  const [extra] = parsed.positionals.slice(operands)
  if (extra === undefined) return parsed
  const guess = operands === 0 && 'config' in options ? `did you mean -c ${extra}?` : `what is ${extra}?`
  throw new UsageError(`${name} takes no more words; ${guess} ${help}`)

  function read() {
    try {
      return parseArgs({ args, options, allowPositionals: true })
    } catch (error) {
      throw new UsageError(`${misused(error, Object.keys(options))} ${help}`)
    }
  }
}

/** What parseArgs says; of an unknown option with the one that was meant, and without its advice about dashes. */
function misused(error: unknown, options: readonly string[]): string {
  const text = error instanceof Error ? error.message : String(error)
  const [, dashes, option] = /^Unknown option '(--?)([^']*)'/.exec(text) ?? []
  if (option === undefined) return text
  const guess = nearest(option, options)
  return `there is no option ${dashes}${option}${guess ? `; did you mean --${guess}?` : ''}`
}

function tell(text: string): number {
  streams.stdout.write(text)
  return EXIT.ok
}

async function overview(): Promise<string> {
  const verbs = await Promise.all(
    Object.entries(VERBS).map(async ([name, load]) => `  ${name.padEnd(12)}${(await load()).summary}`),
  )
  return `idmefv2 VERB [options]

Security alerts out of the tools that raise them, into a SIEM that speaks IDMEFv2.

${verbs.join('\n')}

Without a verb: ${DEFAULT_VERB}. idmefv2 VERB --help tells the options of one. Version ${VERSION}.
`
}

function unknownVerb(name: string): string {
  const guess = nearest(name, Object.keys(VERBS))
  return `there is no verb ${name}${guess ? `; did you mean ${guess}?` : ''} (idmefv2 --help names them)`
}

const STATE_EXIT = { LOCKED: EXIT.temporary, PERMISSION: EXIT.permission, VERSION: EXIT.config } as const

/** What went wrong, said once, and the exit code that goes with it. */
function explain(error: unknown): number {
  if (error instanceof ConfigError)
    return fail(
      EXIT.config,
      'the configuration cannot be used:',
      ...error.message.split('\n').map((line) => `  ${line}`),
    )
  if (error instanceof UsageError) return fail(EXIT.usage, error.message)
  if (error instanceof StateError) return fail(STATE_EXIT[error.code], error.message)
  // Only the metrics: whatever else listens tells it itself.
  if (error instanceof ListenError) return fail(EXIT.permission, `[metrics] listen: ${error.message}`)
  return fail(EXIT.failed, error instanceof Error ? (error.stack ?? error.message) : String(error))
}

function fail(code: number, ...lines: string[]): number {
  const told = lines.join('\n').split('\n').map(oneLine)
  streams.stderr.write(`idmefv2: ${told.join('\n')}\n`)
  return code
}

// The space for objects that were just made stays at its first size here as it does in the workers (see pool.ts).
setFlagsFromString('--semi-space-growth-factor=1')
// A reader that leaves, as head(1) does, is no failure.
streams.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed),
)
process.exitCode = await main(process.argv.slice(2)).catch(explain)
