import { createHash } from 'node:crypto'
import type { Json } from '../../types.ts'
import { labelsKey, startOf, stateOf } from './alert.ts'
import { isObject } from './records.ts'

// Prometheus answers with what fires now, all of it each time, and forgets what has ended. What was sent is therefore kept, so that
// nothing is sent twice and the end of each can be told: pure.

/** Alerts that are kept as they were sent, together; of what is beyond only a key is kept, and its end is not told. */
const MAX_KEPT_BYTES = 1.5 * 1024 ** 2
const MAX_ALERT_BYTES = 16 * 1024
/** Alerts at a time. */
export const MAX_KEYS = 40_000

/** One that was sent, or was there before the first look. `missed`: not among the answers since then, ms since 1970; 0 while it is. */
type Known = [key: string, missed: number] | [key: string, missed: number, alert: Json]

export interface Circumstances {
  /** When Prometheus answered, ms since 1970. */
  at: number
  /** What is not among the answers any more has ended after this. */
  resolveAfterMs: number
  /** What fires now was there before: it is not sent, and neither is its end. */
  isSeeding: boolean
}

export interface Comparison {
  records: Json[]
  past: Json
  /** More than can be kept in mind: nothing of it may count. */
  isTooMuch: boolean
}

/** What began and what ended since `past`, ends first. What is pending has not begun. */
export function compare(
  alerts: readonly unknown[],
  past: Json | undefined,
  { at, resolveAfterMs, isSeeding }: Circumstances,
): Comparison {
  const firing = new Map<string, Json>()
  // The cast: they are what JSON.parse gave.
  for (const alert of alerts) if (stateOf(alert) === 'firing') firing.set(keyOf(alert), alert as Json)
  const ended: Json[] = []
  const known: Known[] = []
  for (const [key, missed, alert] of knownIn(past)) {
    if (firing.has(key)) known.push(one(key, 0, alert))
    else if (at - (missed || at) < resolveAfterMs) known.push(one(key, missed || at, alert))
    else if (alert !== undefined) ended.push(endOf(alert, missed || at))
  }
  const keys = new Set(known.map(([key]) => key))
  const begun = [...firing].filter(([key]) => !keys.has(key))
  for (const [key, alert] of begun) known.push(isSeeding ? [key, 0] : [key, 0, alert])
  return {
    records: [...ended, ...begun.map(([, alert]) => alert)],
    past: { alerts: within(known) },
    isTooMuch: known.length > MAX_KEYS,
  }
}

/** 128 bits: no two of the alerts there will ever be agree by chance. */
function keyOf(alert: unknown): string {
  const parts = [labelsKey(alert) ?? JSON.stringify(alert), startOf(alert) ?? '']
  return createHash('sha256').update(parts.join('\0')).digest('base64url').slice(0, 22)
}

const one = (key: string, missed: number, alert: Json | undefined): Known =>
  alert === undefined ? [key, missed] : [key, missed, alert]

function knownIn(past: Json | undefined): Known[] {
  const alerts = isObject(past) ? past.alerts : undefined
  if (!Array.isArray(alerts)) return []
  // The cast: what `compare` made, read back.
  return alerts.filter((known) => Array.isArray(known)) as unknown as Known[]
}

/** The clock of an answer has no more than seconds: no end is before its beginning. */
function endOf(alert: Json, missed: number): Json {
  const members = isObject(alert) ? alert : {}
  const start = startOf(alert) ?? ''
  const endsAt = Date.parse(start) > missed ? start : new Date(missed).toISOString()
  return { ...(members as Record<string, Json>), state: 'resolved', endsAt }
}

/** The oldest are kept whole. */
function within(known: readonly Known[]): Known[] {
  let left = MAX_KEPT_BYTES
  return known.map(([key, missed, alert]) => {
    const bytes = alert === undefined ? 0 : Buffer.byteLength(JSON.stringify(alert))
    left -= bytes
    return left < 0 || bytes > MAX_ALERT_BYTES ? [key, missed] : one(key, missed, alert)
  })
}
