import { TECHNIQUES as COMMON } from '../../idmefv2/attack.ts'
import { EXPLOIT, GUESSING, LEAK, LOSS, PROBING, type Terms } from '../../idmefv2/terms.ts'
import { texts } from '../../idmefv2/text.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { BACKDOOR, BOTNET, ESCALATION, SNIFFING } from './terms.ts'

/** A sub-technique counts as its technique. */
const TECHNIQUES: Readonly<Record<string, Terms>> = {
  ...COMMON,
  T1040: SNIFFING,
  T1068: ESCALATION,
  T1070: LOSS,
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
