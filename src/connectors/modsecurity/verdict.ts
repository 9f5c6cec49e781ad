import { wordsOf } from '../../idmefv2/terms.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { CLASSES, type ClassName, classOf, isSummary, ORDER } from './classes.ts'
import { type Match, matchesIn } from './matches.ts'

// What all rules of a transaction together say. Each function takes `transaction.messages` and the option
// `zero_severity` first.

const UNSET = 8
const WARNING = 4

const severityOf = ({ severity = UNSET }: Match) => severity
const rankOf = (name: ClassName | undefined) => (name === undefined ? ORDER.length : ORDER.indexOf(name))

/** The lowest number of all that are set. */
export function worst(matches: readonly Match[]): number | undefined {
  const least = Math.min(UNSET, ...matches.map(severityOf))
  return least === UNSET ? undefined : least
}

/** A number for `minimum_severity`. */
export const severity: MappingFunction = (messages, zero) => worst(matchesIn(messages, zero))

const PRIORITIES = ['High', 'High', 'High', 'Medium', 'Medium', 'Low', 'Info', 'Info']

/** Without a rule the transaction was logged for its status alone. */
export const priority: MappingFunction = (messages, zero) => {
  const matches = matchesIn(messages, zero)
  if (matches.length === 0) return 'Info'
  return PRIORITIES[worst(matches) ?? UNSET] ?? 'Unknown'
}

/** The classes of the rules, each once, what says most first. */
export function classesIn(matches: readonly Match[]): ClassName[] {
  const names = new Set(matches.map(classOf))
  const finer = ORDER.filter((name) => names.has(name))
  if (finer.length > 1) return finer.filter((name) => name !== 'protocol')
  if (finer[0] !== 'protocol') return finer
  // A request that only breaks rules of the protocol is somebody trying; what is critical is tried in earnest.
  const isMild = (worst(matches.filter((match) => !isSummary(match))) ?? UNSET) >= WARNING
  return isMild ? finer : ['exploit']
}

/** `[…, taxonomy]`: `V04`, `V07` or `V08`. */
export const category: MappingFunction = (messages, zero, taxonomy) => {
  const matches = matchesIn(messages, zero)
  const terms = classesIn(matches).map((name) => CLASSES[name].terms)
  const distinct = wordsOf(terms, taxonomy)
  const known = distinct.filter((term) => !term.startsWith('Other.'))
  if (known.length > 0) return known
  return distinct.length > 0 ? distinct : ['Other.Uncategorised']
}

/** `[…, status]` */
export const cause: MappingFunction = (messages, zero, status) => {
  const matches = matchesIn(messages, zero)
  if (matches.length === 0) return Number(status) >= 500 ? 'Error' : 'Unknown'
  const causes = classesIn(matches).map((name) => CLASSES[name].cause)
  return ['Malicious', 'Error'].find((word) => causes.some((one) => one === word)) ?? 'Unknown'
}

/** The rule that names the alert: the most severe; of several what says most, then the first. */
export function mainOf(matches: readonly Match[]): Match | undefined {
  const telling = matches.filter((match) => !isSummary(match))
  const candidates = telling.length > 0 ? telling : matches
  return candidates.toSorted(
    (a, b) => severityOf(a) - severityOf(b) || rankOf(classOf(a)) - rankOf(classOf(b)),
  )[0]
}

export const description: MappingFunction = (messages, zero) => {
  const main = mainOf(matchesIn(messages, zero))
  if (main === undefined) return undefined
  return main.message || (main.id && `ModSecurity rule ${main.id}`) || undefined
}

export const ruleIds: MappingFunction = (messages, zero) => [
  ...new Set(matchesIn(messages, zero).map(({ id }) => id)),
]

/** `[…, excluded]`: whether other rules matched than those; summaries do not count. */
export const others: MappingFunction = (messages, zero, excluded) => {
  const ids = new Set(Array.isArray(excluded) ? excluded.map(String) : [])
  const matches = matchesIn(messages, zero).filter((match) => !isSummary(match))
  return matches.length === 0 || matches.some(({ id }) => !ids.has(id)) ? true : undefined
}

/** Tags that say for what software or how strictly a rule looks, not what it found. */
const NOISE =
  /^(?:application-|language-|platform-|paranoia-level\/|OWASP_CRS$|anomaly-evaluation$|event-correlation$)/
/** The path through the tree of attack patterns; the last number is the pattern itself. */
const CAPEC = /^capec\/(?:\d+\/)*(\d+)$/i
const MAX_TAGS = 64

export const tags: MappingFunction = (messages, zero) => {
  const matches = matchesIn(messages, zero).filter((match) => !isSummary(match))
  const told = matches.flatMap(({ tags }) => tags).filter((tag) => !NOISE.test(tag))
  return [...new Set(told.map((tag) => tag.replace(CAPEC, 'CAPEC-$1')))].slice(0, MAX_TAGS)
}

const CVE = /CVE-((?:19|20)\d\d)-(\d{4,7})(?!\d)/gi

/** CVEs that the rules name, and the pages of the attack patterns in their tags. */
export const references: MappingFunction = (messages, zero) => {
  const matches = matchesIn(messages, zero)
  const texts = matches.flatMap(({ message, tags }) => [message, ...tags])
  const cves = texts.flatMap((text) => [...text.matchAll(CVE)].map(([cve]) => `urn:cve:${cve.toUpperCase()}`))
  const patterns = matches.flatMap(({ tags }) => tags.flatMap((tag) => CAPEC.exec(tag)?.[1] ?? []))
  const pages = patterns.map((id) => `https://capec.mitre.org/data/definitions/${id}.html`)
  const uris = new Set([...cves, ...pages])
  return uris.size === 0 ? undefined : [...uris]
}
