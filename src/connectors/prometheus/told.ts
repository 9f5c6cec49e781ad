import { uri } from '../../idmefv2/uri.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { placeOf } from './host.ts'
import { isObject } from './records.ts'

// Texts: what the rule says of the alert, and the labels that say what it is about.

/** What stands in the place of an annotation whose template failed (Prometheus, rules/alerting.go). */
const FAILED = /^<error expanding template/

/** The whole alert can be attached. */
const EXCERPT = 1000
const MAX_LABELS = 40
const MAX_LABEL = 200

const lineOf = (text: string, max: number) => {
  const line = text
    .slice(0, 4 * max)
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > max ? `${line.slice(0, max)}…` : line
}

/** The first annotation that says something, on one line. */
export const told: MappingFunction = (...annotations) => {
  for (const one of annotations) {
    const line = typeof one === 'string' && !FAILED.test(one) ? lineOf(one, EXCERPT) : ''
    if (line !== '') return line
  }
  return undefined
}

/** `[text, …others]`: a text that none of the others has told already. */
export const more: MappingFunction = (text, ...others) =>
  typeof text === 'string' && !others.some((other) => String(other ?? '').includes(text)) ? text : undefined

/** Told elsewhere in the message. */
const ELSEWHERE = new Set(['alertname', 'severity', 'idmefv2_category'])

/** `name=value, …`, except those that have a place of their own. */
export const labels: MappingFunction = (labels) => {
  if (!isObject(labels)) return undefined
  const texts = Object.entries(labels).flatMap(([name, value]) => {
    const isTold = ELSEWHERE.has(name) || (name === 'instance' && isPlace(value))
    const text = isTold ? undefined : plain(value)
    return text === undefined ? [] : [`${lineOf(name, MAX_LABEL)}=${lineOf(secretless(text), MAX_LABEL)}`]
  })
  const told = texts.toSorted().slice(0, MAX_LABELS)
  return told.length > 0 ? told.join(', ') : undefined
}

function plain(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Nothing but a host and its port: of a URL there is more to tell. */
function isPlace(instance: unknown): boolean {
  if (typeof instance !== 'string') return false
  const { ip, hostname, scheme } = placeOf(instance)
  return scheme === undefined && (ip ?? hostname) !== undefined
}

/** Of a URL without user and password, which are nobody's affair. */
const secretless = (text: string) => text.replace(/(:\/\/)[^/?#\s]*@/g, '$1')

const LINK = /^https?:\/\//i

/** URLs, without user and password, each once. */
export const links: MappingFunction = (...candidates) => {
  const uris = candidates
    .filter((one) => typeof one === 'string' && LINK.test(one))
    .map((one) => uri(secretless(String(one).trim())))
    .filter((one) => one !== undefined)
  return uris.length > 0 ? [...new Set(uris)] : undefined
}

/** Annotations whose name says that they are links (runbook_url, dashboard, …). */
export const linksIn: MappingFunction = (annotations) => {
  if (!isObject(annotations)) return undefined
  const named = Object.entries(annotations).filter(([name]) =>
    /(?:url|uri|link|runbook|dashboard)$/i.test(name),
  )
  return links(...named.map(([, value]) => value))
}

/** `3.7e+01` as Prometheus writes a value, as people do; what is no finite number as it is. */
export const value: MappingFunction = (text) => {
  if (typeof text !== 'string' && typeof text !== 'number') return undefined
  const number = Number(text)
  return String(text).trim() !== '' && Number.isFinite(number)
    ? String(number)
    : lineOf(String(text), 40) || undefined
}
