import { EXPLOIT, FLOOD, GUESSING, LEAK, LOSS, MINER, PROBING, type Terms } from '../../idmefv2/terms.ts'
import {
  ADDITION,
  BACKDOOR,
  BOTNET,
  type Cause,
  CHANGE,
  ESCALATION,
  FAILURE,
  INTRUDER,
  INTRUSION,
  MALWARE,
  MISUSE,
  ORDINARY,
  ROOTKIT,
  SABOTAGE,
  SETTING,
  TROJAN,
  UNDETERMINED,
  WEAKNESS,
} from './terms.ts'

/** What happened, and why as far as it is plain. */
export interface Judgement {
  terms: readonly Terms[]
  cause: Cause
}

export const judged = (cause: Cause, ...terms: readonly Terms[]): Judgement => ({ terms, cause })

/** What is looked at, in the order of the arguments of `$category` and `$cause`. */
export interface Facts {
  groups: readonly string[]
  rule: string
  level: number
  description: string
  mitre: readonly string[]
  tactics: readonly string[]
  /** `syscheck.event` */
  change: string
  /** `data.sca.check.result`, or `.status` before 4.0 */
  check: string
  /** `data.sca.type` */
  scan: string
  /** `data.virustotal.malicious` */
  malicious: string
  /** `data.vulnerability.status` */
  vulnerability: string
  /** `data.title` of rootcheck */
  finding: string
  /** `data.aws.type` of GuardDuty: `ThreatPurpose:ResourceTypeAffected/ThreatFamilyName` */
  threat: string
  /** `data.alert.category` of an IDS whose events Wazuh reads */
  ids: string
}

/** Purposes of GuardDuty finding types, as AWS documents them. */
const THREATS: ReadonlyMap<string, Terms> = new Map([
  ['Backdoor', BACKDOOR],
  ['CredentialAccess', GUESSING],
  ['CryptoCurrency', MINER],
  ['DefenseEvasion', LOSS],
  ['Discovery', PROBING],
  ['Execution', MALWARE],
  ['Exfiltration', LEAK],
  ['Impact', SABOTAGE],
  ['InitialAccess', EXPLOIT],
  ['PenTest', EXPLOIT],
  ['Persistence', BACKDOOR],
  ['Policy', MISUSE],
  ['PrivilegeEscalation', ESCALATION],
  ['Recon', PROBING],
  ['ResourceConsumption', MINER],
  ['Stealth', LOSS],
  ['Trojan', TROJAN],
  ['UnauthorizedAccess', INTRUDER],
])

/** Words in the classes of Suricata and Snort. */
const CLASSES: readonly (readonly [words: RegExp, judgement: Judgement])[] = [
  [/not suspicious|misc activity|generic (?:protocol|icmp)|tcp connection/i, judged('Unknown', ORDINARY)],
  [/unknown traffic|potentially bad|unusual/i, judged('Unknown', UNDETERMINED)],
  [/scan|attempted information leak|external ip/i, judged('Malicious', PROBING)],
  [/information leak|credential theft|sensitive data/i, judged('Malicious', LEAK)],
  [/denial of service/i, judged('Malicious', FLOOD)],
  [/command and control|used for c2/i, judged('Malicious', BOTNET)],
  [/currency mining/i, judged('Malicious', MINER)],
  [/trojan/i, judged('Malicious', TROJAN)],
  [/malicious|malware/i, judged('Malicious', MALWARE)],
  [/login|password/i, judged('Malicious', GUESSING)],
  [/attack|exploit|privilege gain|executable code/i, judged('Malicious', EXPLOIT)],
  [/policy|privacy|inappropriate/i, judged('Unknown', MISUSE)],
]

/** Words that say what kind of malware it is. */
const KINDS: readonly (readonly [words: RegExp, current: string])[] = [
  [/ransom/i, 'Malware.Ransomware'],
  [/rootkit/i, 'Malware.Rootkit'],
  [/spyware|keylog|stealer/i, 'Malware.Spyware'],
  [/adware/i, 'Malware.Adware'],
  [/trojan/i, 'Malware.Trojan'],
  [/\bworm\b/i, 'Malware.Worm'],
]

/** Titles of rootcheck's policy files, as `CIS - Debian Linux …`; what it finds is no intruder but a setting. */
const AUDIT = /^(?:CIS|PCI|System Audit|Windows Audit|SSH Hardening|Web vulnerability)\b/i

/** What the modules of Wazuh say of their findings, beyond the groups of the rule. */
export function byModule(facts: Facts): Judgement | undefined {
  const has = (group: string) => facts.groups.includes(group)
  if (has('vulnerability-detector')) return weakness(facts)
  if (has('virustotal')) return scanned(facts)
  if (has('sca')) return setting(facts)
  if (has('rootcheck')) return hidden(facts)
  if (has('syscheck')) return changed(facts)
  if (facts.threat !== '') return threat(facts)
  return CLASSES.find(([words]) => words.test(facts.ids))?.[1]
}

function weakness({ vulnerability, description }: Facts): Judgement {
  const solved = /^(?:solved|obsolete)$/i.test(vulnerability) || /was solved/i.test(description)
  return solved ? judged('Normal', ORDINARY) : judged('Error', WEAKNESS)
}

function scanned({ malicious, description, level }: Facts): Judgement {
  const bad = malicious === '1' || (malicious === '' && level >= 12)
  if (!bad) return judged('Unknown', ORDINARY)
  return judged('Malicious', kindOf(description) ?? MALWARE)
}

function setting({ check, scan, level }: Facts): Judgement {
  if (check === 'passed' || /^not applicable$/i.test(check)) return judged('Normal', ORDINARY)
  if (scan === 'summary' && level < 4) return judged('Normal', ORDINARY)
  return judged('Error', SETTING)
}

function hidden({ finding, description, level }: Facts): Judgement {
  if (AUDIT.test(finding) || AUDIT.test(description) || level < 4) return judged('Error', SETTING)
  const words = `${finding} ${description}`
  if (/rootkit|hidden|kernel/i.test(words)) return judged('Malicious', ROOTKIT)
  const kind = kindOf(words)
  if (kind) return judged('Malicious', kind)
  return /malware/i.test(words) ? judged('Malicious', MALWARE) : judged('Unknown', INTRUSION)
}

function changed({ change, groups }: Facts): Judgement {
  if (groups.includes('fim_db_state')) return judged('Malfunction', FAILURE)
  const is = (event: string) => change === event || groups.includes(`syscheck_entry_${event}`)
  if (is('deleted')) return judged('Unknown', CHANGE, LOSS)
  return judged('Unknown', is('added') ? ADDITION : CHANGE)
}

/** Other services of AWS have a type too, of their own kind. */
function threat({ threat }: Facts): Judgement | undefined {
  const [, purpose = '', family = ''] = /^([A-Za-z]+):[^/]+\/(.*)$/.exec(threat) ?? []
  const terms = /bruteforce/i.test(family) ? GUESSING : THREATS.get(purpose)
  return terms && judged(terms === MISUSE ? 'Unknown' : 'Malicious', terms)
}

export function kindOf(words: string): Terms | undefined {
  const current = KINDS.find(([pattern]) => pattern.test(words))?.[1]
  return current === undefined ? undefined : ['Malicious.System', current]
}
