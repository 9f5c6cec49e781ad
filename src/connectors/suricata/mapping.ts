import type { Mapping, Rules } from '../../mapping/rules.ts'
import { attachments, filled } from './attachments.ts'
import { category } from './category.ts'
import { CLASSES } from './classes.ts'
import { attacker, domain, victim } from './ends.ts'
import { mitre } from './metadata.ts'
import { account, hostname, ifSame, mailbox } from './names.ts'
import { references } from './references.ts'

const gidSidRev: Mapping = { $join: [':', '$.alert.gid', '$.alert.signature_id', '$.alert.rev'] }

const description: Mapping = {
  $if: [
    filled('$.alert.signature'),
    '$.alert.signature',
    { $if: [filled('$.alert.category'), '$.alert.category', { $text: ['Suricata alert ', gidSidRev] }] },
  ],
}

const priority: Mapping = {
  $if: [
    { $atLeast: ['$.alert.severity', 5] },
    'Info',
    { $lookup: ['$.alert.severity', { 0: 'High', 1: 'High', 2: 'Medium', 3: 'Low', 4: 'Info' }, 'Unknown'] },
  ],
}

const cause: Mapping = {
  $lookup: [
    { $lower: '$.alert.category' },
    Object.fromEntries(CLASSES.map((rule) => [rule.name.toLowerCase(), rule.cause])),
    'Unknown',
  ],
}

// Single keys of the metadata rather than all of it: what a function gave is found again by the bytes it was given,
// and there should be few of them.

const metadata = (key: string) => `$.alert.metadata.${key}`
const mitreIds: Mapping = ['mitre_tactic_id', 'mitre_technique_id', 'mitre_tactic', 'mitre_technique'].map(
  metadata,
)

const categoryIn = (taxonomy: string): Mapping => ({
  $category: [
    taxonomy,
    '$.alert.category',
    mitreIds,
    metadata('mitre_tactic_name'),
    metadata('malware_family'),
    metadata('tag'),
    metadata('signature_severity'),
  ],
})

const note: Mapping = {
  $join: [
    '; ',
    { $text: ['action ', '$.alert.action'] },
    { $text: ['verdict ', '$.verdict.action'] },
    { $text: ['rejected with ', { $join: [' ', '$.verdict.reject'] }] },
    { $text: ['ICMP type ', '$.icmp_type', ' code ', '$.icmp_code'] },
    { $text: ['HTTP ', { $join: [' ', '$.http.http_method', '$.http.url', '$.http.status'] }] },
    { $text: ['forwarded for ', { $first: ['$.xff', '$.http.xff'] }] },
    { $text: ['VLAN ', { $join: ['.', '$.vlan'] }] },
    {
      $text: [
        { $join: [' ', 'tunnel', '$.tunnel.proto'] },
        ' from ',
        '$.tunnel.src_ip',
        ' to ',
        '$.tunnel.dest_ip',
      ],
    },
  ],
}

const stopped: Mapping = {
  $any: [{ $equals: ['$.alert.action', 'blocked'] }, { $in: ['$.verdict.action', ['drop', 'reject']] }],
}

const analyzer: Mapping = {
  ID: { $uuid: ['suricata', 'analyzer', { $context: 'analyzer.hostname' }, { $context: 'analyzer.name' }] },
  IP: { $context: 'analyzer.ip' },
  Name: { $first: [{ $context: 'analyzer.name' }, 'Suricata'] },
  Hostname: { $context: 'analyzer.hostname' },
  Model: { $first: [{ $text: ['Suricata ', '$.suricata_version'] }, 'Suricata'] },
  Type: 'Cyber',
  Category: { $version: { 'V04-V06': 'NIDS', 'V07-V08': { $if: [stopped, 'NET.NIPS', 'NET.NIDS'] } } },
  Data: 'Network',
  Method: 'Signature',
  Location: { $context: 'location' },
}

const sensor: Mapping = {
  ID: { $uuid: ['suricata', 'sensor', { $context: 'analyzer.hostname' }, '$.host', '$.in_iface'] },
  IP: { $context: 'analyzer.ip' },
  Name: { $first: ['$.in_iface', '$.host'] },
  Hostname: { $first: ['$.host', { $context: 'analyzer.hostname' }] },
  Model: 'Suricata',
}

const unset = (option: string): Mapping => ({ $not: { $exists: { $option: option } } })

const rules: Rules = {
  filter: {
    $all: [
      { $equals: ['$.event_type', 'alert'] },
      { $not: { $in: ['$.alert.category', { $option: 'exclude_category' }] } },
      { $not: { $in: ['$.alert.signature_id', { $option: 'exclude_signature_id' }] } },
      {
        $any: [
          unset('minimum_severity'),
          { $not: { $exists: '$.alert.severity' } },
          { $atMost: ['$.alert.severity', { $option: 'minimum_severity' }] },
        ],
      },
    ],
  },
  mapping: {
    OrganisationName: { $context: 'organisation' },
    EntityName: { $context: 'entity' },
    Type: 'Cyber',
    Category: {
      $version: { 'V04-V06': categoryIn('V04'), V07: categoryIn('V07'), V08: categoryIn('V08') },
    },
    Cause: cause,
    Description: description,
    Priority: priority,
    Confidence: {
      $lookup: [
        { $first: [metadata('confidence[0]'), metadata('confidence')] },
        { High: 0.75, Medium: 0.5, Low: 0.25 },
      ],
    },
    Note: note,
    CreateTime: '$.timestamp',
    StartTime: '$.flow.start',
    AltNames: [gidSidRev, '$.alert.category'],
    AltCategory: ['$.alert.category', { $mitre: [mitreIds] }],
    Ref: { $references: ['$.alert.references', metadata('cve'), '$.alert.signature', mitreIds] },
    Analyzer: analyzer,
    Sensor: [sensor],
    Source: [attacker],
    Target: [victim, domain],
    Attachment: [...attachments],
  },
  functions: { account, category, hostname, ifSame, mailbox, mitre, references },
}

export default rules
