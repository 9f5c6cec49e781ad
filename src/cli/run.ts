import { isDeepStrictEqual } from 'node:util'
import { shown } from '../client/target.ts'
import type { Given } from '../config/files.ts'
import type { Config } from '../config/read.ts'
import { ConfigError, EXIT } from '../errors.ts'
import { createLog, type Log } from '../log.ts'
import { createMetrics, type Metrics } from '../metrics/metrics.ts'
import { type Condition, startMetricsServer } from '../metrics/server.ts'
import { type Outcome, Session } from '../session.ts'
import { Checkpoints, positionsIn } from '../state/checkpoint.ts'
import { defaultStateDirectory, openStateDirectory, type StateDirectory } from '../state/directory.ts'
import { VERSION } from '../version.ts'
import { type Checked, readChecked } from './config.ts'
import { type Call, isSet, textsOf, type Verb } from './verb.ts'

const usage = `idmefv2 run -c FILE [-c FILE …] [options]

Follows what the configuration names, converts every alert to an IDMEFv2 message and delivers it.

  -c, --config FILE     configuration; later files change earlier ones key by key
      --once            end when everything that is there now was delivered
      --from-start      read files that have no stored position from their beginning
      --strict          warnings about the configuration are errors

SIGTERM, SIGINT  finish what is out, within drain_timeout; a second one ends at once
SIGHUP           read the configuration again, and go on with it if it is sound; [logging], [metrics] listen and the
                 directory of [state] stay as they are, and standard input cannot be taken up again
SIGUSR1          open the log file again

Exit codes: 0 all was done, 75 ended before all that was out was acknowledged (nothing is lost: it is read again) or the
state directory is in use by another process, 77 state directory or metrics address not permitted, 78 configuration not
usable or positions of a later version, 64 command line not usable
`

export interface Running {
  files: string[]
  /** What the command line says of the configuration. */
  given?: Readonly<Given>
  strict: boolean
  once: boolean
  fromStart: boolean
  log: Log
  metrics: Metrics
  /** Ends the run as SIGTERM does. */
  stop?: AbortSignal
  /** Told where the metrics are served. */
  onServing?: (url: string | undefined) => void
}

export const run: Verb = {
  summary: 'follow, convert and deliver',
  usage,
  options: {
    config: { type: 'string', short: 'c', multiple: true },
    once: { type: 'boolean' },
    'from-start': { type: 'boolean' },
    strict: { type: 'boolean' },
  },
  async run(call: Call): Promise<number> {
    const [files, strict] = [textsOf(call, 'config'), isSet(call, 'strict')]
    const checked = await readChecked(files, strict)
    const log = createLog(checked.config.logging)
    const connectors = checked.config.connectors.map(({ instance }) => instance)
    const metrics = createMetrics({ version: VERSION, connectors })
    return serve(checked, {
      files,
      strict,
      once: isSet(call, 'once'),
      fromStart: isSet(call, 'from-start'),
      log,
      metrics,
    })
  },
}

/** Runs a checked configuration until it ends or is told to; gives the exit code. */
export async function serve(checked: Checked, running: Running): Promise<number> {
  const { log, metrics } = running
  const { config } = checked
  const path = config.state.directory ?? defaultStateDirectory(process.env, process.getuid?.() ?? 0)
  const directory = await openStateDirectory(path, log)
  let server: Awaited<ReturnType<typeof startMetricsServer>> | undefined
  try {
    const conditions: Condition[] = []
    const { listen } = config.metrics
    server = listen && (await startMetricsServer(listen, metrics, conditions))
    const checkpoints = new Checkpoints({
      path: positionsIn(directory.path),
      intervalMs: config.state.checkpoint_interval,
      log,
    })
    conditions.push(() => (checkpoints.healthy() ? undefined : 'positions cannot be written'))
    running.onServing?.(server?.url)
    tellStart(checked, directory, server?.url, log)
    return await sessions(checked, running, directory, checkpoints, conditions)
  } finally {
    await server?.close()
    directory.release()
  }
}

/** One session after another: each reload that is sound begins a new one. */
async function sessions(
  first: Checked,
  running: Running,
  state: StateDirectory,
  checkpoints: Checkpoints,
  conditions: Condition[],
): Promise<number> {
  const signals = new Signals(running, first)
  let checked = first
  try {
    for (;;) {
      const { log, metrics, once, fromStart } = running
      const { config, connectors } = checked
      const session = new Session({ config, connectors, state, checkpoints, metrics, log, once, fromStart })
      const condition = () => session.notReady()
      conditions.push(condition)
      const outcome = await session.run(signals.begin(checked))
      conditions.splice(conditions.indexOf(condition), 1)
      if (outcome !== 'ended' && signals.next !== undefined) {
        checked = signals.next
        for (const { instance } of checked.config.connectors) metrics.declare(instance)
        log.info({ files: running.files }, 'configuration reloaded')
        continue
      }
      tellEnd(outcome, log)
      return outcome === 'cut' || outcome === 'unread' ? EXIT.temporary : EXIT.ok
    }
  } finally {
    signals.close()
  }
}

/** What signals ask for: the end, a reload, or a fresh log file. */
class Signals {
  /** The configuration to go on with after the session that is being stopped. */
  next: Checked | undefined
  readonly #running: Running
  readonly #first: Checked
  #current: Checked
  #stop = new AbortController()
  #ending = false
  readonly #handlers: readonly (readonly [NodeJS.Signals, () => void])[]

  constructor(running: Running, first: Checked) {
    this.#running = running
    this.#first = first
    this.#current = first
    const end = () => this.#end()
    this.#handlers = [
      ['SIGTERM', end],
      ['SIGINT', end],
      ['SIGHUP', () => void this.#reload()],
      ['SIGUSR1', () => running.log.reopen()],
      // A file that reaches the limit of its size (setrlimit(2)) is a full disk, and waited for; by default it is the end.
      ['SIGXFSZ', () => {}],
    ]
    for (const [signal, handler] of this.#handlers) process.on(signal, handler)
    // Unlike a second signal, this does not hurry an end that has begun.
    running.stop?.addEventListener('abort', () => this.#ending || this.#end(), { once: true })
  }

  /** For the next session: aborts when it has to stop. */
  begin(checked: Checked): AbortSignal {
    this.#current = checked
    this.next = undefined
    if (!this.#ending) this.#stop = new AbortController()
    return this.#stop.signal
  }

  close(): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler)
  }

  #end(): void {
    if (this.#ending) {
      this.#running.log.warn({}, 'ended at once; what was not acknowledged is read again at the next start')
      process.exit(EXIT.temporary)
    }
    this.#ending = true
    this.next = undefined
    this.#running.log.info(
      {},
      'ending: no new work is taken, what is out is finished; a second signal ends at once',
    )
    this.#stop.abort()
  }

  async #reload(): Promise<void> {
    const { files, given, strict, log } = this.#running
    try {
      const checked = await readChecked(files, strict, given)
      if (this.#ending) return
      if (readsStandardInput(this.#current))
        throw new Error('standard input is being read, and could not be taken up again')
      this.next = checked
      for (const { where, what } of checked.warnings) log.warn({ where }, what)
      const fixed = changedForNothing(this.#first.config, checked.config)
      if (fixed.length > 0) log.warn({ options: fixed }, 'these changes take effect at the next start')
      log.info({ files }, 'the configuration is sound: going over to it when what is out is finished')
      this.#stop.abort()
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error)
      const problems = error instanceof ConfigError ? error.problems : [{ where: files.join(', '), what }]
      for (const { where, what } of problems) log.error({ where }, `not reloaded: ${what}`)
    }
  }
}

/** What the source took from it and did not deliver would be lost. */
function readsStandardInput({ config }: Checked): boolean {
  return config.connectors.some(({ options }) => [options.filename].flat().includes('-'))
}

/** The options that belong to the whole process and not to a session. */
function changedForNothing(first: Config, next: Config): string[] {
  const fixed = ({ logging, metrics, state }: Config): [name: string, value: unknown][] => [
    ['[logging]', logging],
    ['[metrics] listen', metrics.listen],
    ['[state] directory', state.directory],
    ['[state] checkpoint_interval', state.checkpoint_interval],
  ]
  const before = new Map(fixed(first))
  return fixed(next).flatMap(([name, value]) => (isDeepStrictEqual(value, before.get(name)) ? [] : name))
}

function tellStart(
  { config, warnings }: Checked,
  state: StateDirectory,
  metrics: string | undefined,
  log: Log,
): void {
  for (const { where, what } of warnings) log.warn({ where }, what)
  const { version, delivery, url, file } = config.idmefv2
  log.info(
    {
      version: VERSION,
      connectors: config.connectors.map(({ instance }) => instance),
      format: version,
      delivery,
      // Without its query, which may hold a key.
      ...(delivery === 'file' ? { file } : { url: url && shown(new URL(url)) }),
      state: state.path,
      metrics: metrics ?? 'off',
    },
    'started',
  )
}

function tellEnd(outcome: Outcome, log: Log): void {
  if (outcome === 'ended') log.info({}, 'everything was delivered')
  if (outcome === 'drained') log.info({}, 'ended: everything that was out is safe')
  if (outcome === 'cut')
    log.warn({}, 'ended when the drain time was up; the rest is read again at the next start')
  if (outcome === 'unread')
    log.warn({}, 'ended: nobody reads standard output any longer; the rest is read again at the next start')
}
