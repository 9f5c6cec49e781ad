import { texts } from '../../idmefv2/text.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { mitreIds } from './metadata.ts'

const CVE = /CVE[-_ ,:]{1,2}((?:19|20)\d\d)[-_](\d{1,7})(?!\d)/gi
/** Old references leave the three letters out, because the key or the address says them. */
const BARE_CVE = /(?<!\d)((?:19|20)\d\d)[-_](\d{1,7})(?!\d)/g
const CVE_ADDRESS = /cvename\.cgi/i

/** What the key of a reference stands for, after Suricata's reference.config. */
const SYSTEMS: Readonly<Record<string, string>> = {
  url: 'https://',
  bugtraq: 'https://www.securityfocus.com/bid/',
  bid: 'https://www.securityfocus.com/bid/',
  nessus: 'https://www.tenable.com/plugins/nessus/',
  arachnids: 'https://www.whitehats.com/info/IDS',
  exploitdb: 'https://www.exploit-db.com/exploits/',
  et: 'https://doc.emergingthreats.net/',
  etpro: 'https://doc.emergingthreatspro.com/',
}

/**
 * `[alert.references, cve, signature, mitre]` → URIs: CVEs as `urn:cve:CVE-…`, then the references (whole addresses,
 * or `key,value` as in a rule), then the pages of MITRE ATT&CK techniques. `cve` and `mitre` are from the metadata.
 */
export const references: MappingFunction = (given, cve, signature, mitre) => {
  const written = texts(given)
  const uris = new Set([
    ...written.flatMap(cvesOfReference),
    ...texts(cve).flatMap((text) => cves(text, BARE_CVE)),
    ...texts(signature).flatMap((text) => cves(text, CVE)),
    ...written.map(uriOfReference).filter((uri) => uri !== undefined),
    ...mitreIds(mitre).flatMap(techniquePage),
  ])
  return uris.size === 0 ? undefined : [...uris]
}

function cves(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(
    ([, year, number = '']) => `urn:cve:CVE-${year}-${number.padStart(4, '0')}`,
  )
}

function cvesOfReference(reference: string): string[] {
  return cves(reference, CVE_ADDRESS.test(reference) ? BARE_CVE : CVE)
}

function uriOfReference(reference: string): string | undefined {
  const text = reference.trim()
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return text
  const [, key, value = ''] = /^([a-z0-9]+)\s*,\s*(\S.*)$/i.exec(text) ?? []
  if (key !== undefined) return uriOf(key.toLowerCase(), value)
  return /^[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:[/:?]|$)/i.test(text) ? `https://${text}` : undefined
}

function uriOf(system: string, value: string): string | undefined {
  if (system === 'cve') return undefined
  if (/^https?:\/\//i.test(value)) return value
  return (SYSTEMS[system] ?? `urn:${system}:`) + value
}

function techniquePage(id: string): string[] {
  if (id.startsWith('TA')) return []
  return [`https://attack.mitre.org/techniques/${id.replace('.', '/')}/`]
}
