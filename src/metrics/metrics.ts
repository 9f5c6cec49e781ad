import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { DENIALS, type Denial, type Lag, POLL_FAULTS, type PollFault, REJECT_REASONS } from '../types.ts'
import { type Done, REQUEST_SECONDS_BUCKETS } from '../worker/messages.ts'
import { TallyHistogram } from './histogram.ts'

// Every metric, once. Labels are connector, reason and state (and those of build_info), all from bounded sets:
// never a path, an address or a signature, which would leak alerts and grow without end.

const PREFIX = 'idmefv2_'

/** The counters that are a number of `Done`, one series a connector. */
const COUNTED = {
  records: ['records_received_total', 'Records read from the source.'],
  bytes: ['bytes_received_total', 'Bytes read from the source.'],
  filtered: ['records_filtered_total', 'Records that are not alerts.'],
  converted: ['messages_converted_total', 'Messages made from records.'],
  delivered: ['messages_delivered_total', 'Messages acknowledged by the receiver.'],
  repaired: ['records_repaired_total', 'Records in which invalid UTF-8 was replaced.'],
} as const satisfies Partial<Record<keyof Done, readonly [name: string, help: string]>>

/**
 * Why bytes will never be delivered: a file was cut short, removed or damaged before its end was reached, or they came
 * from something that cannot be read again and were neither delivered nor spooled when it was closed.
 */
const LOSSES = ['truncated', 'removed', 'damaged', 'abandoned'] as const
export type Loss = (typeof LOSSES)[number]

/** open: delivering; paused: the receiver refuses our configuration (401, 403, 404, 407); down: it cannot be reached. */
export const DESTINATION_STATES = ['open', 'paused', 'down'] as const
export type DestinationState = (typeof DESTINATION_STATES)[number]

/** What is asked of its owner at every scrape. Counts are totals since the start of the process. */
export interface Observed {
  lag(): Iterable<Lag & { connector: string }>
  gate(): { state: DestinationState; inFlight: number; retries: number }
  /** `ageSeconds`: since the oldest progress that is not on disk yet; 0 when all is. */
  checkpoint(): { ageSeconds: number; writes: number; failures: number }
  /** `utilisation`: share of the workers' time spent working, 0 to 1; `ranges`: handed out and not finished. */
  workers(): { utilisation: number; ranges: number; restarts: number }
  deadLetter(): { bytes: number }
}

export interface Metrics {
  readonly registry: Registry
  /** Makes every series of a connector known with 0, so that rates are right from the first event on. */
  declare(connector: string): void
  /** Adds one finished piece of work. */
  record(connector: string, done: Done): void
  /** Adds bytes that can no longer be delivered. */
  lose(connector: string, reason: Loss, bytes: number): void
  /** Adds one request that was refused. */
  refuse(connector: string, reason: Denial): void
  /** Adds one look at a tool that is polled, and why it gave nothing usable, if so. */
  poll(connector: string, fault?: PollFault): void
  /** Registers who to ask; later calls add to and replace earlier ones. What nobody answers for stays 0. */
  observe(sources: Partial<Observed>): void
}

/**
 * Metrics on a registry of their own, with Node's usual process metrics beside them. Those on the delay of the event
 * loop read about 10 ms when it is idle: that is how often it is looked at.
 */
export function createMetrics(about: { version?: string; connectors?: Iterable<string> } = {}): Metrics {
  const { version = 'unknown', connectors = [] } = about
  const registry = new Registry()
  const counted = Object.entries(COUNTED).map(([key, [name, help]]) => {
    // Object.entries widens the keys to string; they are those of COUNTED.
    return { key: key as keyof typeof COUNTED, counter: counter(registry, name, help, ['connector']) }
  })
  const rejected = counter(
    registry,
    'records_rejected_total',
    'Records that became no delivered message, by reason.',
    ['connector', 'reason'],
  )
  const lost = counter(registry, 'bytes_lost_total', 'Bytes that can no longer be delivered, by reason.', [
    'connector',
    'reason',
  ])
  const refused = counter(
    registry,
    'requests_refused_total',
    'Pushed requests that were refused, by reason.',
    ['connector', 'reason'],
  )
  const polls = counter(registry, 'polls_total', 'Looks at a tool that is polled, failed ones included.', [
    'connector',
  ])
  const pollFailures = counter(
    registry,
    'poll_failures_total',
    'Looks that did not come to their end, by reason.',
    ['connector', 'reason'],
  )
  const requestSeconds = new TallyHistogram(
    `${PREFIX}request_duration_seconds`,
    'Time from a request to its whole answer.',
    REQUEST_SECONDS_BUCKETS,
    registry,
  )
  const observed: Partial<Observed> = {}
  registerObserved(registry, observed)
  gauge(registry, 'build_info', 'Always 1; the version is in the labels.', ['version', 'node']).set(
    { version, node: process.versions.node },
    1,
  )
  collectDefaultMetrics({ register: registry })

  const record = (connector: string, done: Done): void => {
    for (const { key, counter } of counted) counter.inc({ connector }, done[key])
    for (const [reason, count] of Object.entries(done.rejected)) rejected.inc({ connector, reason }, count)
    if (done.requestSeconds) requestSeconds.add(connector, done.requestSeconds)
  }
  const declare = (connector: string): void => {
    for (const { counter } of counted) counter.inc({ connector }, 0)
    for (const reason of REJECT_REASONS) rejected.inc({ connector, reason }, 0)
    for (const reason of LOSSES) lost.inc({ connector, reason }, 0)
    for (const reason of DENIALS) refused.inc({ connector, reason }, 0)
    polls.inc({ connector }, 0)
    for (const reason of POLL_FAULTS) pollFailures.inc({ connector, reason }, 0)
    requestSeconds.add(connector, { buckets: [], sum: 0, count: 0 })
  }
  const lose = (connector: string, reason: Loss, bytes: number) => lost.inc({ connector, reason }, bytes)
  const refuse = (connector: string, reason: Denial) => refused.inc({ connector, reason })
  const poll = (connector: string, fault?: PollFault) => {
    polls.inc({ connector })
    if (fault) pollFailures.inc({ connector, reason: fault })
  }
  for (const connector of connectors) declare(connector)
  return {
    registry,
    declare,
    record,
    lose,
    refuse,
    poll,
    observe: (sources) => void Object.assign(observed, sources),
  }
}

/** Gauges and counters whose value lives with somebody else: read when scraped, so that nobody has to push. */
function registerObserved(registry: Registry, observed: Partial<Observed>): void {
  // The first of the three sets all: the registry reads them in the order they were made.
  gauge(
    registry,
    'lag_bytes',
    'Bytes written by the tool and not delivered yet.',
    ['connector'],
    (lagBytes) => {
      lagBytes.reset()
      lagSeconds.reset()
      spoolBytes.reset()
      for (const { connector, bytes, seconds, spooled } of observed.lag?.() ?? []) {
        lagBytes.set({ connector }, bytes)
        lagSeconds.set({ connector }, seconds)
        if (spooled !== undefined) spoolBytes.set({ connector }, spooled)
      }
    },
  )
  const lagSeconds = gauge(registry, 'lag_seconds', 'Age of the oldest byte not delivered yet.', [
    'connector',
  ])
  const spoolBytes = gauge(
    registry,
    'spool_bytes',
    'Bytes on disk of what cannot be asked for again, delivered ones that are not yet removed included.',
    ['connector'],
  )
  gauge(registry, 'destination_state', '1 for the state the receiver is in.', ['state'], (states) => {
    const now = observed.gate?.().state
    for (const state of DESTINATION_STATES) states.set({ state }, state === now ? 1 : 0)
  })
  read(registry, 'requests_in_flight', 'Requests sent and not answered.', () => observed.gate?.().inFlight)
  total(registry, 'delivery_retries_total', 'Attempts beyond the first.', () => observed.gate?.().retries)
  read(registry, 'checkpoint_age_seconds', 'Age of the oldest progress that is not on disk.', () => {
    return observed.checkpoint?.().ageSeconds
  })
  total(registry, 'checkpoint_writes_total', 'Checkpoints written.', () => observed.checkpoint?.().writes)
  total(
    registry,
    'checkpoint_errors_total',
    'Checkpoints that could not be written, or not be read at the start.',
    () => observed.checkpoint?.().failures,
  )
  read(registry, 'worker_utilisation', 'Share of the time workers are busy, 0 to 1.', () => {
    return observed.workers?.().utilisation
  })
  read(
    registry,
    'ranges_in_flight',
    'Ranges handed to workers and not finished.',
    () => observed.workers?.().ranges,
  )
  total(
    registry,
    'worker_restarts_total',
    'Workers replaced after a crash.',
    () => observed.workers?.().restarts,
  )
  read(registry, 'dead_letter_bytes', 'Size of the dead-letter file.', () => observed.deadLetter?.().bytes)
}

function read(registry: Registry, name: string, help: string, value: () => number | undefined): void {
  gauge(registry, name, help, [], (metric) => metric.set(value() ?? 0))
}

function total(registry: Registry, name: string, help: string, value: () => number | undefined): void {
  counter(registry, name, help, [], (metric) => {
    metric.reset()
    metric.inc(value() ?? 0)
  })
}

function counter<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
  collect?: (metric: Counter<L>) => void,
): Counter<L> {
  return new Counter<L>({
    name: PREFIX + name,
    help,
    labelNames,
    registers: [registry],
    ...collected(collect),
  })
}

function gauge<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
  collect?: (metric: Gauge<L>) => void,
): Gauge<L> {
  return new Gauge<L>({ name: PREFIX + name, help, labelNames, registers: [registry], ...collected(collect) })
}

/** prom-client hands the metric over as `this`. */
function collected<M>(collect: ((metric: M) => void) | undefined) {
  if (!collect) return {}
  return {
    collect(this: M) {
      collect(this)
    },
  }
}
