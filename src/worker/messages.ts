import type { DeliveryOptions, LoggingOptions, WorkerOptions } from '../config/options.ts'
import type { Context } from '../mapping/rules.ts'
import type { RejectReason, Work } from '../types.ts'

/** What a worker is told once, when it starts. Secrets cross the border as text and are wrapped again behind it. */
export interface Setup {
  connectors: readonly ConnectorSetup[]
  delivery: Omit<DeliveryOptions, 'password' | 'proxy_password'> & {
    password?: string
    proxy_password?: string
  }
  logging: LoggingOptions
  workers: WorkerOptions
  deadLetters: { path: string; maxBytes: number }
  /** Shared memory: the gate and the lock of the destination, and who has which worker index. */
  gate: SharedArrayBuffer
  lock: SharedArrayBuffer
  owners: SharedArrayBuffer
}

export interface ConnectorSetup {
  instance: string
  probe: string
  /** The text of the operator's mapping file, where there is one. */
  document?: string
  context: Context
}

/** One task of the pool. */
export interface Task {
  connector: number
  work: Work
}

/** What one finished piece of work amounted to: integers only, so that the border costs the same for one alert and for ten thousand. */
export interface Done {
  /** Bytes of the piece, whatever became of them. */
  bytes: number
  records: number
  /** Records that are not alerts, those dismissed by the byte filter included. */
  filtered: number
  /** Messages made. */
  converted: number
  /** Messages acknowledged by the receiver. */
  delivered: number
  /** Records in which invalid UTF-8 was replaced. */
  repaired: number
  rejected: Partial<Record<RejectReason, number>>
  /** Absent where nothing was sent by request. */
  requestSeconds?: Tally
}

/**
 * Durations counted in buckets: `buckets[i]` is how many were at most `REQUEST_SECONDS_BUCKETS[i]` and more than the
 * bound before it. Those beyond the last bound are in `count` only. `sum` is in seconds.
 */
export interface Tally {
  buckets: readonly number[]
  sum: number
  count: number
}

/** Upper bounds in seconds: fine where a healthy receiver answers, up to twice the default response timeout. */
export const REQUEST_SECONDS_BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
]
