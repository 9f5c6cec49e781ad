import type { Terms } from '../../idmefv2/terms.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import {
  BACKDOOR,
  BOTNET,
  DELIVERY,
  ESCALATION,
  EXPLOIT,
  FLOOD,
  GUESSING,
  LEAK,
  LOSS,
  MASQUERADE,
  MINER,
  PHISHING,
  PROBING,
  SNIFFING,
} from './terms.ts'

const RANSOM: Terms = ['Malicious.System', 'Malware.Ransomware']

/** Techniques that say plainly what happened. A sub-technique counts as its technique. */
const TECHNIQUES: Readonly<Record<string, Terms>> = {
  T1018: PROBING,
  T1046: PROBING,
  T1595: PROBING,
  T1040: SNIFFING,
  T1068: ESCALATION,
  T1190: EXPLOIT,
  T1203: EXPLOIT,
  T1210: EXPLOIT,
  T1110: GUESSING,
  T1566: PHISHING,
  T1598: PHISHING,
  T1105: DELIVERY,
  T1189: DELIVERY,
  T1041: LEAK,
  T1048: LEAK,
  T1567: LEAK,
  T1485: LOSS,
  T1070: LOSS,
  T1486: RANSOM,
  T1496: MINER,
  T1498: FLOOD,
  T1499: FLOOD,
  T1557: MASQUERADE,
}

/** What an attacker was after, by the names that Wazuh gives. Impact is told by its techniques alone. */
const TACTICS: readonly (readonly [name: string, terms: Terms])[] = [
  ['reconnaissance', PROBING],
  ['discovery', PROBING],
  ['exfiltration', LEAK],
  ['collection', LEAK],
  ['credential access', GUESSING],
  ['command and control', BOTNET],
  ['initial access', EXPLOIT],
  ['execution', EXPLOIT],
  ['lateral movement', EXPLOIT],
  ['privilege escalation', ['Attempt.Exploit', 'Access.Escalation']],
  ['persistence', BACKDOOR],
]

const ID = /(?<![A-Za-z0-9])(?:TA\d{4}|T\d{4}(?:\.\d{3})?)(?![A-Za-z0-9.])/g

/** The texts in a value that is a text or a list, however deep. */
export function texts(value: unknown): string[] {
  const items: unknown[] = Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value]
  return items.filter((item) => typeof item === 'string')
}

export function mitreIds(value: unknown): string[] {
  return [...new Set(texts(value).flatMap((text) => text.match(ID) ?? []))]
}

/** The IDs of techniques among some texts. */
export const mitre: MappingFunction = mitreIds

export function techniqueOf(ids: readonly string[]): Terms | undefined {
  return ids.map((id) => TECHNIQUES[id.slice(0, 5)]).find((terms) => terms !== undefined)
}

export function tacticOf(names: readonly string[]): Terms | undefined {
  const plain = names.map((name) => name.toLowerCase())
  return TACTICS.find(([name]) => plain.includes(name))?.[1]
}
