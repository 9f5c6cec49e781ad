import { type Terms, wordsOf } from '../../idmefv2/terms.ts'
import { texts } from '../../idmefv2/text.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { meaningOf } from './groups.ts'
import { mitreIds, tacticOf, techniqueOf } from './mitre.ts'
import { byModule, type Facts, type Judgement, judged, kindOf } from './modules.ts'
import { ACCOUNT, MALWARE, ORDINARY, OUTAGE, PRESENCE, UNDETERMINED } from './terms.ts'

/** Rules of the manager itself (ossec_rules.xml), and one that says more than its groups. */
const RULES: ReadonlyMap<string, Judgement> = new Map([
  ['501', judged('Normal', PRESENCE)],
  ['502', judged('Normal', PRESENCE)],
  ['503', judged('Normal', PRESENCE)],
  ['504', judged('Unknown', OUTAGE)],
  ['505', judged('Unknown', OUTAGE)],
  ['506', judged('Unknown', OUTAGE)],
  // Failed logins, then one that succeeded.
  ['40112', judged('Malicious', ACCOUNT)],
])

/** `[taxonomy, …facts]` → the categories; the taxonomy is `V04`, `V07` or `V08`. */
export const category: MappingFunction = (taxonomy, ...facts) =>
  wordsOf(judge(factsOf(facts)).terms, taxonomy)

export const cause: MappingFunction = (...facts) => judge(factsOf(facts)).cause

function judge(facts: Facts): Judgement {
  const { rule, groups, level } = facts
  const own = RULES.get(rule) ?? byModule(facts)
  if (own) return own
  const meaning = meaningOf(groups, level)
  if (meaning) return judged(meaning.cause, refined(meaning.terms, facts))
  return byMitre(facts) ?? judged('Unknown', level >= 12 ? UNDETERMINED : ORDINARY)
}

/** Rules carry techniques for what is ordinary too, such as a login: of that Wazuh says so by the level. */
function byMitre({ level, mitre, tactics }: Facts): Judgement | undefined {
  const terms = level < 4 ? undefined : (techniqueOf(mitre) ?? tacticOf(tactics))
  return terms && judged(level >= 10 ? 'Malicious' : 'Unknown', terms)
}

function refined(terms: Terms, { description }: Facts): Terms {
  return terms === MALWARE ? (kindOf(description) ?? MALWARE) : terms
}

function factsOf(values: readonly unknown[]): Facts {
  const [groups, rule, level, description, mitre, tactics, ...others] = values
  const [change, check, scan, malicious, vulnerability, finding, threat, ids] = others.map(textOf)
  return {
    groups: texts(groups),
    rule: textOf(rule),
    level: numberOf(level),
    description: textOf(description),
    mitre: mitreIds(mitre),
    tactics: texts(tactics),
    change: change ?? '',
    check: check ?? '',
    scan: scan ?? '',
    malicious: malicious ?? '',
    vulnerability: vulnerability ?? '',
    finding: finding ?? '',
    threat: threat ?? '',
    ids: ids ?? '',
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** Without a level nothing is said of how grave it is: then as one that is neither ordinary nor high. */
function numberOf(value: unknown): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : 5
}
