import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { needsReceiver } from './config/checks.ts'
import type { Config } from './config/read.ts'
import type { Lane, SourceContext } from './connectors/connector.ts'
import { loadConnector } from './connectors/load.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics/metrics.ts'
import { runPipeline } from './pipeline.ts'
import { isOutputGone, Pool, TASKS_PER_WORKER } from './pool.ts'
import type { Checkpoints } from './state/checkpoint.ts'
import { deadLettersIn } from './state/deadletter.ts'
import type { StateDirectory } from './state/directory.ts'
import type { Work } from './types.ts'
import type { ConnectorSetup, Done, Setup } from './worker/messages.ts'

export interface SessionOptions {
  config: Config
  connectors: readonly ConnectorSetup[]
  state: StateDirectory
  checkpoints: Checkpoints
  metrics: Metrics
  log: Log
  once: boolean
  fromStart: boolean
}

/**
 * `ended`: the sources have no more; `drained`: all that was out is safe. The rest is read again after `cut`: time was
 * up, and `unread`: nobody reads standard output any longer.
 */
export type Outcome = 'ended' | 'drained' | 'cut' | 'unread'

/**
 * Runs every connector of a configuration until its sources end or `signal` aborts; then no new work is taken, and
 * what is out is finished within the drain time. Whatever happens, positions are on disk and all is closed at the end.
 */
export class Session {
  readonly #options: SessionOptions
  /** None where nothing goes to the receiver. */
  readonly #pool: Pool | undefined
  readonly #deadLetters: string
  /** Worker threads. */
  readonly #count: number
  #lanes: (Lane & { index: number })[] = []

  constructor(options: SessionOptions) {
    const { config, connectors, state, log } = options
    const count = config.workers.count === 'auto' ? availableParallelism() : config.workers.count
    this.#options = options
    this.#count = count
    this.#deadLetters = deadLettersIn(state.path)
    const deadLetters = { path: this.#deadLetters, maxBytes: config.state.dead_letter_max }
    const { logging, workers } = config
    if (!config.connectors.some(needsReceiver)) return
    this.#pool = new Pool(
      {
        connectors,
        delivery: cloneable(config.idmefv2),
        logging,
        workers: { ...workers, count },
        deadLetters,
      },
      count,
      log,
    )
  }

  async run(signal: AbortSignal): Promise<Outcome> {
    const { config, checkpoints } = this.#options
    let pipelines: Promise<unknown> = Promise.resolve()
    try {
      this.#lanes = (await Promise.all(config.connectors.map((_, i) => this.#open(i)))).flat()
      this.#observe()
      pipelines = Promise.all(this.#lanes.map((lane) => this.#pipeline(lane, signal)))
      const first = await Promise.race([pipelines.then(() => 'ended' as const), aborted(signal)])
      if (first === 'ended') return 'ended'
      const cut = sleep(config.idmefv2.drain_timeout, 'cut' as const, { ref: false })
      return await Promise.race([pipelines.then(() => 'drained' as const), cut])
    } catch (error) {
      if (isOutputGone(error)) return 'unread'
      throw error
    } finally {
      // A pipeline that goes on after the time was up fails with the pool; its work was not committed.
      pipelines.catch(() => undefined)
      await this.#pool?.end()
      await Promise.all(this.#lanes.map(({ delivery }) => delivery?.close()))
      await Promise.all(this.#lanes.map(({ source }) => source.close()))
      await checkpoints.flush()
    }
  }

  /** Why the receiver does not get anything at the moment, or a source cannot take anything in, if so; a line each. */
  notReady(): string | undefined {
    const deaf = this.#lanes.flatMap(({ name, source, delivery }) => {
      const reasons = [source.notReady?.(), delivery?.notReady()].filter((why) => why !== undefined)
      return reasons.map((why) => `${name}: ${why}`)
    })
    const reasons = [...this.#shut(), ...deaf]
    return reasons.length > 0 ? reasons.join('\n') : undefined
  }

  #shut(): string[] {
    const { state, status } = this.#pool?.status().gate ?? { state: 'open', status: 0 }
    return state === 'open' ? [] : [`the receiver is ${state}${status > 0 ? ` (HTTP ${status})` : ''}`]
  }

  async #open(index: number): Promise<(Lane & { index: number })[]> {
    const { config, state, checkpoints, metrics, log, once, fromStart } = this.#options
    const { probe, instance, options } = config.connectors[index] as Config['connectors'][number] // called with its indices
    const connector = await loadConnector(probe)
    const { range_min, range_max, max_line, poll_interval, document_check } = config.workers
    const { spool_max, dead_letter_max } = config.state
    const context: SourceContext = {
      connector: instance,
      checkpoints,
      workers: this.#count,
      range_min,
      range_max,
      max_line,
      poll_interval,
      document_check,
      once,
      fromStart,
      ledger: { directory: state.path, spool_max, dead_letter_max },
      log: log.child({ connector: instance }),
      onEvent: (event) => {
        if (event.kind === 'lost') metrics.lose(instance, event.reason, event.bytes)
        if (event.kind === 'refused') metrics.refuse(instance, event.reason)
        if (event.kind === 'polled') metrics.poll(instance, event.fault)
        if (event.kind === 'abandoned') metrics.lose(instance, 'abandoned', event.bytes)
      },
    }
    // The options were parsed by this connector's own schema.
    const own = options as never
    const lanes = (await connector.lanes?.(own, context)) ?? [
      { name: instance, source: connector.source(own, context) },
    ]
    for (const { name } of lanes) metrics.declare(name)
    return lanes.map((lane) => ({ ...lane, index }))
  }

  #pipeline({ name, source, delivery, index }: Lane & { index: number }, signal: AbortSignal): Promise<void> {
    const { metrics } = this.#options
    const run = (work: Work): Promise<Done> => {
      if (delivery) return delivery.run(work)
      // There is a pool when there is a lane that has no delivery of its own.
      return (this.#pool as Pool).run({ connector: index, work })
    }
    const maxOut = delivery?.maxOut ?? this.#count * TASKS_PER_WORKER + 1
    return runPipeline({ source, run, maxOut, onDone: (done) => metrics.record(name, done) }, signal)
  }

  #observe(): void {
    const { metrics, checkpoints } = this.#options
    const pool = this.#pool
    let deadLetterBytes = 0
    metrics.observe({
      lag: () =>
        this.#lanes.map(({ name, source }) => ({
          connector: name,
          ...source.lag(),
        })),
      ...(pool && { gate: () => pool.status().gate, workers: () => pool.status().workers }),
      checkpoint: () => ({
        ageSeconds: checkpoints.ageSeconds(),
        writes: checkpoints.counts.writes,
        failures: checkpoints.counts.failures,
      }),
      deadLetter: () => {
        // Known at the next scrape: scrapes are synchronous here.
        stat(this.#deadLetters).then(
          ({ size }) => {
            deadLetterBytes = size
          },
          () => {
            deadLetterBytes = 0
          },
        )
        return { bytes: deadLetterBytes }
      },
    })
  }
}

function aborted(signal: AbortSignal): Promise<'aborted'> {
  if (signal.aborted) return Promise.resolve('aborted')
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted'), { once: true }))
}

/** Secrets do not survive the way to another thread; their text does, and is wrapped again there. */
function cloneable(delivery: Config['idmefv2']): Setup['delivery'] {
  const { password, proxy_password, ...plain } = delivery
  return {
    ...plain,
    ...(password && { password: password.reveal() }),
    ...(proxy_password && { proxy_password: proxy_password.reveal() }),
  }
}
