import type { MappingFunction } from '../../mapping/rules.ts'
import { isObject } from './records.ts'

export type State = 'firing' | 'resolved' | 'pending' | 'silent'

const STATES: ReadonlyMap<string, State> = new Map([
  ['firing', 'firing'],
  ['resolved', 'resolved'],
  ['pending', 'pending'],
  ['inactive', 'pending'],
  // Alertmanager's own API (v2); an alert that is silenced or inhibited there was not to be sent.
  ['active', 'firing'],
  ['suppressed', 'silent'],
  ['unprocessed', 'pending'],
  // Grafana's rules.
  ['alerting', 'firing'],
  ['normal', 'pending'],
])

/** `state` of Prometheus, `status` of Alertmanager: a word, or an object that has it. What says nothing that is known fires. */
export function stateOf(record: unknown): State {
  if (!isObject(record)) return 'firing'
  const { state, status } = record
  const words = [state, status, isObject(status) ? status.state : undefined]
  const word = words.find((one) => typeof one === 'string')
  return STATES.get(String(word).trim().toLowerCase()) ?? 'firing'
}

/** Go's zero time: not known. */
const ZERO = '0001-01-01T00:00:00Z'

/** A time as it was written, unless it is none. */
export const time: MappingFunction = (...candidates) =>
  candidates.find((one) => typeof one === 'string' && one !== '' && one !== ZERO)

/** Since when: for Prometheus the expression was true, for Alertmanager the alert fires. */
export function startOf(record: unknown): string | undefined {
  if (!isObject(record)) return undefined
  const start = time(record.startsAt, record.activeAt)
  return typeof start === 'string' ? start : undefined
}

/** Labels in one order: what is one alert for Prometheus. */
export function labelsKey(record: unknown): string | undefined {
  const labels = isObject(record) ? record.labels : undefined
  if (!isObject(labels)) return undefined
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** One alert from its beginning to its end, whatever it is told with meanwhile; its end is another message. */
export function identity(record: unknown): string[] | undefined {
  const [labels, start] = [labelsKey(record), startOf(record)]
  if (labels === undefined || start === undefined) return undefined
  return ['prometheus', labels, start, stateOf(record)]
}

export const state: MappingFunction = (state, status) => stateOf({ state, status })

/** What firing and its end have in common. */
export const episode: MappingFunction = (labels, activeAt, startsAt) => {
  const record = { labels, activeAt, startsAt }
  const [key, start] = [labelsKey(record), startOf(record)]
  return key === undefined || start === undefined ? undefined : [key, start].join('\0')
}
