import type { Sample } from '../data.ts'

/** Of the longest alerts that fit so many are taken, so that they are of several rules. */
const ALERTS = 32

/**
 * Real alerts that are `bytes` long, newline included: the longest that fit, filled up with a payload, as Suricata gives one, which
 * is what long alerts are long with. One that has a payload, or none that fits, stays as it is.
 */
export function ofSize({ name, alerts }: Sample, bytes: number): Sample {
  const byLength = alerts.toSorted((a, b) => a.length - b.length)
  const fitting = byLength.filter((alert) => alert.length < bytes).slice(-ALERTS)
  const chosen = fitting.length > 0 ? fitting : byLength.slice(0, 1)
  return { name: `${name}, ${bytes} bytes`, alerts: chosen.map((alert) => filled(alert, bytes)), others: [] }
}

function filled(alert: string, bytes: number): string {
  const [before, after] = [',"payload":"', '"}']
  const room = bytes - 1 - (alert.length - 1) - before.length - after.length
  if (room < 0 || alert.includes('"payload":')) return alert
  return `${alert.slice(0, -1)}${before}${'QUJD'.repeat(Math.ceil(room / 4)).slice(0, room)}${after}`
}
