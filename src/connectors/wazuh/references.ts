import { texts } from '../../idmefv2/text.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { mitreIds } from './mitre.ts'

const CVE = /(?<![A-Za-z])CVE-((?:19|20)\d\d)-(\d{4,7})(?!\d)/gi
/** A rule's info may hold several, glued to each other: `CVE-2014-6271https://…`. */
const ADDRESS = /https?:\/\/(?:(?!https?:\/\/)[^\s,;"'<>])+/gi

/** A vulnerability can have hundreds. */
const MAX_REFERENCES = 32

/** `[texts, mitre]` → URIs: CVEs as `urn:cve:CVE-…`, the addresses in the texts, the pages of MITRE ATT&CK techniques. */
export const references: MappingFunction = (written, mitre) => {
  const given = texts(written)
  const uris = new Set([
    ...given.flatMap(cves),
    ...given.flatMap((text) => text.match(ADDRESS) ?? []),
    ...mitreIds(mitre).flatMap(page),
  ])
  return uris.size === 0 ? undefined : [...uris].slice(0, MAX_REFERENCES)
}

function cves(text: string): string[] {
  return [...text.matchAll(CVE)].map(([, year, number]) => `urn:cve:CVE-${year}-${number}`)
}

function page(id: string): string[] {
  return id.startsWith('TA') ? [] : [`https://attack.mitre.org/techniques/${id.replace('.', '/')}/`]
}
