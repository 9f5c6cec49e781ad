import { FUNCTIONS } from '../../mapping/functions.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { part, parts } from './parts.ts'

/** Leaves that have a field or stand in a note; of everything else the record itself is attached. */
const PLACED: ReadonlySet<string> = new Set(
  `idmef messageid
  analyzer.analyzerid analyzer.name analyzer.manufacturer analyzer.model analyzer.version analyzer.class
  analyzer.node.name analyzer.node.location
  create_time.time create_time.ntpstamp detect_time.time detect_time.ntpstamp
  classification.ident classification.text classification.reference.origin classification.reference.name
  classification.reference.meaning classification.reference.url
  assessment.impact.severity assessment.impact.completion assessment.impact.type assessment.impact.description
  assessment.action.category assessment.action.description assessment.confidence.confidence
  correlation_alert.name correlation_alert.alertident.alertident correlation_alert.alertident.analyzerid
  tool_alert.name tool_alert.command tool_alert.alertident.alertident tool_alert.alertident.analyzerid
  overflow_alert.program overflow_alert.size overflow_alert.buffer
  ${ofBoth('spoofed decoy interface node.name node.location node.address.address node.address.category')}
  ${ofBoth('node.address.netmask node.address.vlan_name node.address.vlan_num user.user_id.name')}
  ${ofBoth('process.name process.pid process.path process.arg service.name service.port service.portlist')}
  ${ofBoth('service.protocol service.iana_protocol_name service.iana_protocol_number')}
  target.file.name target.file.path target.file.data_size target.file.file_type target.file.category
  target.file.checksum.algorithm target.file.checksum.value target.file.checksum.key`.split(/\s+/),
)

function ofBoth(leaves: string): string {
  return leaves.replaceAll(/(\S+)/g, 'source.$1 target.$1')
}

/**
 * `[record, placed]` → the record without its additional data, which has an attachment of its own, where it says something that stands
 * nowhere else: the chain of relays above all. `placed` names one more member that has a field in this version.
 */
export const rest: MappingFunction = (record, placed) => {
  const { additional_data: _, taken: __, ...others } = part(record)
  const isPlaced = (path: string) => PLACED.has(path) || path.startsWith(`${placed}.`)
  const isWhole = parts(others.analyzer).length < 2 && leavesOf(others, '').every(isPlaced)
  return isWhole ? undefined : FUNCTIONS.attachment?.('IDMEFv1', others, 'json', 'application/json')
}

/** The word for a number that stands beside it. */
const isImplied = (path: string, value: unknown) =>
  path === 'assessment.confidence.rating' && value === 'numeric'

function leavesOf(value: unknown, path: string): readonly string[] {
  if (isImplied(path, value)) return []
  if (Array.isArray(value)) return value.flatMap((item) => leavesOf(item, path))
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([name, member]) => leavesOf(member, path ? `${path}.${name}` : name))
}
