import type { MappingFunction } from '../../mapping/rules.ts'
import { placeOf } from './addresses.ts'
import { originator } from './ids.ts'
import { joined, part, parts, text } from './parts.ts'

// The analyzer that raised the alert; those that relayed it stay in the attachment. Each function takes `$.analyzer` first.

/** `[analyzers, otherwise]`: IDMEFv2 wants a name, and IDMEFv1 has several things that may be one. */
export const analyzerName: MappingFunction = (analyzers, otherwise) => {
  const { name, model, class: kind, node, analyzerid } = originator(analyzers)
  const names = [name, model, kind, part(node).name, analyzerid, otherwise]
  return names.map(text).find((word) => word !== undefined)
}

export const analyzerModel: MappingFunction = (analyzers) => {
  const { manufacturer, model, version } = originator(analyzers)
  return joined(' ', text(manufacturer), text(model), text(version))
}

export const analyzerHost: MappingFunction = (analyzers) => part(originator(analyzers).node).name
export const analyzerLocation: MappingFunction = (analyzers) => part(originator(analyzers).node).location

export const analyzerIp: MappingFunction = (analyzers) =>
  parts(part(originator(analyzers).node).address).flatMap((address) => placeOf(address).ip ?? [])[0]

/** By words in the class: the term of drafts 04 to 06, and that of 07 and 08. The first that fits counts. */
const CLASSES: readonly (readonly [class_: RegExp, old: string, current: string])[] = [
  [/\b(?:wids|wireless)/i, 'WIDS', 'NET.WIDS'],
  [/\b(?:waf|web application firewall)\b/i, 'WAF', 'NET.WAF'],
  [/\b(?:nips|network (?:ips|intrusion prevention))/i, 'NIDS', 'NET.NIPS'],
  [/\b(?:nids|network)/i, 'NIDS', 'NET.NIDS'],
  [/\b(?:hids|host|file integrity|integrity)/i, 'HIDS', 'END.HIDS'],
  [/\b(?:antivirus|anti-virus|malware)/i, 'AV', 'END.AV'],
  [/\b(?:edr|endpoint)/i, 'EDR', 'END.EDR'],
  [/\b(?:firewall|packet filter)/i, 'FW', 'NET.FW'],
  [/\bhoney/i, 'HPT', 'END.HPT'],
  [/\bprox/i, 'PROX', 'NET.PROXY'],
  [/\b(?:correlat|siem|manager|concentrator)/i, 'SIEM', 'SIEM.SIEM'],
  [/\blog\b/i, 'LOG', 'SIEM.LOG'],
]

/** `[analyzers, taxonomy]` */
export const analyzerCategory: MappingFunction = (analyzers, taxonomy) => {
  const kind = text(originator(analyzers).class)
  if (kind === undefined) return undefined
  const [, old, current] = CLASSES.find(([pattern]) => pattern.test(kind)) ?? []
  return (taxonomy === 'V04' ? old : current) ?? 'ext-value'
}

/** A class of no category stands beside it in its own words. */
export const analyzerClass: MappingFunction = (analyzers) => {
  const kind = text(originator(analyzers).class)
  return kind === undefined || CLASSES.some(([pattern]) => pattern.test(kind)) ? undefined : kind
}
