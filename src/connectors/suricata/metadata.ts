import { texts } from '../../idmefv2/text.ts'
import type { MappingFunction } from '../../mapping/rules.ts'

// Values of `alert.metadata`, where the author of a rule wrote what he knew of it: Suricata gives each as a list of
// texts, other writers of EVE as a single text.

const MITRE_ID = /(?<![A-Za-z0-9])(?:TA\d{4}|T\d{4}(?:[._/]\d{3})?)(?![0-9])/gi

/** The IDs of MITRE ATT&CK tactics and techniques in some texts, as MITRE writes them: `TA0011`, `T1059.001`. */
export function mitreIds(value: unknown): string[] {
  const found = texts(value).flatMap((text) => text.match(MITRE_ID) ?? [])
  return [...new Set(found.map((id) => id.toUpperCase().replace(/[_/]/, '.')))]
}

export const mitre: MappingFunction = mitreIds
