import type { Terms } from '../../idmefv2/terms.ts'
import type { Match } from './matches.ts'

/** What the rules of one kind find. */
export interface RuleClass {
  name: string
  terms: Terms
  cause: 'Malicious' | 'Error' | 'Unknown'
}

const found = (name: string, terms: Terms, cause: RuleClass['cause']): RuleClass => ({ name, terms, cause })

/** From what says most to what says least: of several, an earlier one names the alert. */
export const CLASSES = {
  webShell: found('web shell in the answer', ['Intrusion.AppCompromise', 'Access.Backdoor'], 'Malicious'),
  // V08 has no term for an attack that was only attempted.
  exploit: found(
    'injection, inclusion, traversal, execution',
    ['Attempt.Exploit', 'Access.Other'],
    'Malicious',
  ),
  login: found('password guessing', ['Attempt.Login', 'Access.Forced'], 'Malicious'),
  flood: found('denial of service', ['Availability.DoS', 'Availability.DoS'], 'Malicious'),
  leak: found('disclosure in the answer', ['Information.DataLeak', 'Theft.Breaches'], 'Unknown'),
  scan: found('scanner or crawler', ['Recon.Scanning', 'Recon.Network'], 'Malicious'),
  reputation: found('address of bad repute', ['Other.Undetermined', 'Other.Undetermined'], 'Malicious'),
  protocol: found('protocol or policy violation', ['Recon.Scanning', 'Recon.Network'], 'Unknown'),
  failure: found(
    'error status of the application',
    ['Availability.Failure', 'Availability.Failure'],
    'Error',
  ),
} as const satisfies Record<string, RuleClass>

export type ClassName = keyof typeof CLASSES

export const ORDER = Object.keys(CLASSES) as ClassName[]

/**
 * The rule files of the OWASP Core Rule Set 3 and 4 by the first three digits of their ids, and the rules 200000 to 200999 that
 * modsecurity.conf-recommended brings. Finer than the tags: those of 911 are `attack-generic`, those of 920 and 921 the same.
 */
export const RANGES: readonly (readonly [ids: readonly string[], name: ClassName])[] = [
  [['200', '911', '920', '922'], 'protocol'],
  [['910'], 'reputation'],
  [['912'], 'flood'],
  [['913'], 'scan'],
  [['921', '930', '931', '932', '933', '934', '941', '942', '943', '944'], 'exploit'],
  [['950', '951', '952', '953', '954', '956'], 'leak'],
  [['955'], 'webShell'],
]
/** The only rule of 950 that looks at nothing but the status. */
const SERVER_ERROR = '950100'

/** Tags that say another thing than the rest of `attack-…`, which are exploits. */
export const TAGS: readonly (readonly [tag: RegExp, name: ClassName])[] = [
  [/^attack-disclosure/, 'leak'],
  [/^attack-dos/, 'flood'],
  [/^attack-(?:brute-?force|login)|bruteforce/i, 'login'],
  [/^attack-reputation-ip/, 'reputation'],
  [/^attack-reputation-/, 'scan'],
  [/^attack-(?:protocol|multipart-header|deprecated-header)/, 'protocol'],
  [/^attack-/, 'exploit'],
  // The Core Rule Set 2 had tags of this form.
  [/WEB_ATTACK\//, 'exploit'],
  [/(?:PROTOCOL_VIOLATION|POLICY)\//, 'protocol'],
  [/AUTOMATION\//, 'scan'],
  [/LEAKAGE\//, 'leak'],
]

/** The sums and reports of the Core Rule Set: they tell of other rules, and say nothing themselves. */
export function isSummary({ id, tags }: Match): boolean {
  return /^9(?:49|59|80)\d{3}$/.test(id) || tags.some((tag) => SUMMARY.test(tag))
}
const SUMMARY = /^(?:anomaly-evaluation|event-correlation|reporting)$/

/** The rules that block when the sum is too high: inbound and outbound. */
export function isEvaluation({ id }: Match): boolean {
  return /^9[45]9\d{3}$/.test(id)
}

/** What a rule finds; undefined for a summary, and for a rule of somebody's own without a tag that tells. */
export function classOf(match: Match): ClassName | undefined {
  if (isSummary(match)) return undefined
  const tagged = TAGS.find(([tag]) => match.tags.some((one) => tag.test(one)))?.[1]
  // A rule with tags of its own may have any id; libmodsecurity 3.0.9 logs many rules of the Core Rule Set without tags.
  const ofRuleSet = tagged === undefined || /^OWASP_CRS\/[3-9]/.test(match.version)
  return (ofRuleSet ? byId(match.id) : undefined) ?? tagged
}

function byId(id: string): ClassName | undefined {
  if (!/^\d{6}$/.test(id)) return undefined
  if (id === SERVER_ERROR) return 'failure'
  return RANGES.find(([ids]) => ids.includes(id.slice(0, 3)))?.[1]
}
