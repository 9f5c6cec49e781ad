import type { Mapping, Rules } from '../../mapping/rules.ts'
import { attachments } from './attachments.ts'
import { category, cause } from './category.ts'
import { fromCloud, source, target } from './ends.ts'
import { mitre } from './mitre.ts'
import { note } from './note.ts'
import { references } from './references.ts'
import { account, address, epoch, excerpt, grouped, hostname, method, protocol, written } from './values.ts'

const facts: readonly Mapping[] = [
  '$.rule.groups',
  '$.rule.id',
  '$.rule.level',
  '$.rule.description',
  '$.rule.mitre.id',
  '$.rule.mitre.tactic',
  '$.syscheck.event',
  { $first: ['$.data.sca.check.result', '$.data.sca.check.status'] },
  '$.data.sca.type',
  '$.data.virustotal.malicious',
  '$.data.vulnerability.status',
  '$.data.title',
  '$.data.aws.type',
  '$.data.alert.category',
]

/** The bounds that Wazuh's own dashboard has. */
const level = (least: number, word: string, otherwise: Mapping): Mapping => ({
  $if: [{ $atLeast: ['$.rule.level', least] }, word, otherwise],
})
const priority = level(12, 'High', level(7, 'Medium', level(4, 'Low', level(0, 'Info', 'Unknown'))))

const isFile: Mapping = { $exists: '$.syscheck' }
const isVulnerability: Mapping = { $exists: '$.data.vulnerability' }
const isAssessment: Mapping = { $exists: '$.data.sca' }
const isScanned: Mapping = { $exists: '$.data.virustotal' }
const isRootcheck: Mapping = { $equals: ['$.decoder.name', 'rootcheck'] }

/** By what the alert rests on: a file, an inventory, a policy, a scan by others, what a cloud logged, or a log. */
const by = (
  words: Record<'file' | 'root' | 'vulnerability' | 'assessment' | 'scanned' | 'cloud' | 'log', Mapping>,
): Mapping => ({
  $if: [
    isFile,
    words.file,
    {
      $if: [
        isVulnerability,
        words.vulnerability,
        {
          $if: [
            isAssessment,
            words.assessment,
            {
              $if: [
                isScanned,
                words.scanned,
                { $if: [isRootcheck, words.root, { $if: [fromCloud, words.cloud, words.log] }] },
              ],
            },
          ],
        },
      ],
    },
  ],
})

/** A rule with a frequency looks at several records. */
const rule = (method: string): Mapping => [method, { $if: [{ $exists: '$.rule.frequency' }, 'Correlation'] }]

const analyzer: Mapping = {
  ID: { $uuid: ['wazuh', 'analyzer', '$.manager.name', '$.cluster.node', { $context: 'analyzer.name' }] },
  IP: { $context: 'analyzer.ip' },
  Name: { $first: [{ $context: 'analyzer.name' }, 'Wazuh'] },
  Hostname: { $first: [{ $hostname: ['$.manager.name'] }, { $context: 'analyzer.hostname' }] },
  Model: 'Wazuh',
  Type: 'Cyber',
  Category: {
    $version: {
      'V04-V06': by({
        file: 'HIDS',
        root: 'HIDS',
        vulnerability: 'HIDS',
        assessment: 'HIDS',
        scanned: 'AV',
        cloud: 'SIEM',
        log: ['HIDS', 'SIEM'],
      }),
      'V07-V08': by({
        file: 'END.HIDS',
        root: 'END.HIDS',
        vulnerability: 'VM.VULN-SCANNER',
        assessment: 'END.HIDS',
        scanned: 'END.AV',
        cloud: 'SIEM.SIEM',
        log: ['END.HIDS', 'SIEM.SIEM'],
      }),
    },
  },
  Data: by({
    file: 'File',
    root: 'Host',
    vulnerability: 'Host',
    assessment: 'Host',
    scanned: ['File', 'External'],
    cloud: ['Log', 'External'],
    log: 'Log',
  }),
  Method: {
    $version: {
      'V04-V06': by({
        file: 'Integrity',
        root: 'Signature',
        vulnerability: 'Monitor',
        assessment: 'Policy',
        scanned: 'Signature',
        cloud: rule('Signature'),
        log: rule('Signature'),
      }),
      'V07-V08': by({
        file: 'Integrity',
        root: 'Signature',
        vulnerability: 'Monitor',
        assessment: 'Policy',
        scanned: 'Reputation',
        cloud: rule('Rule-based'),
        log: rule('Rule-based'),
      }),
    },
  },
  Location: { $context: 'location' },
}

const sensor: Mapping = {
  ID: { $uuid: ['wazuh', 'sensor', '$.manager.name', '$.agent.id', '$.agent.name'] },
  IP: '$.agent.ip',
  Name: { $first: ['$.agent.name', { $text: ['agent ', '$.agent.id'] }] },
  Hostname: { $hostname: ['$.agent.name'] },
  Model: { $if: [{ $equals: ['$.agent.id', '000'] }, 'Wazuh manager', 'Wazuh agent'] },
}

const unset = (option: string): Mapping => ({ $not: { $exists: { $option: option } } })

const rules: Rules = {
  filter: {
    $all: [
      // Events in archives.json that no rule matched have none, or an empty one.
      { $any: [{ $exists: '$.rule.id' }, { $exists: '$.rule.level' }, { $exists: '$.rule.description' }] },
      {
        $any: [unset('minimum_level'), { $atLeast: ['$.rule.level', { $option: 'minimum_level' }] }],
      },
      { $not: { $in: ['$.rule.id', { $option: 'exclude_rule' }] } },
      { $not: { $equals: [{ $grouped: ['$.rule.groups', { $option: 'exclude_group' }] }, 'yes'] } },
    ],
  },
  mapping: {
    OrganisationName: { $context: 'organisation' },
    EntityName: { $context: 'entity' },
    Type: 'Cyber',
    Category: {
      $version: {
        'V04-V06': { $category: ['V04', ...facts] },
        V07: { $category: ['V07', ...facts] },
        V08: { $category: ['V08', ...facts] },
      },
    },
    Cause: { $cause: [...facts] },
    Description: { $first: ['$.rule.description', { $text: ['Wazuh rule ', '$.rule.id'] }, 'Wazuh alert'] },
    Priority: priority,
    Note: note,
    CreateTime: [{ $written: ['$.timestamp'] }, { $epoch: '$.id' }],
    StartTime: {
      $written: [
        '$.data.win.system.systemTime',
        '$.data.aws.service.eventFirstSeen',
        '$.data.aws.eventTime',
        '$.data.timestamp',
      ],
    },
    AltNames: [
      { $text: ['rule:', '$.rule.id'] },
      { $text: ['alert:', '$.id'] },
      // The alert that made Wazuh ask VirusTotal has this one for its own.
      { $text: ['alert:', '$.data.virustotal.source.alert_id'] },
      '$.data.vulnerability.cve',
      '$.data.alert.signature',
    ],
    AltCategory: ['$.rule.groups', { $mitre: [['$.rule.mitre.id']] }],
    Ref: {
      $references: [
        [
          '$.rule.cve',
          '$.rule.info',
          '$.data.vulnerability.cve',
          '$.data.vulnerability.reference',
          '$.data.vulnerability.references',
          '$.data.virustotal.permalink',
        ],
        ['$.rule.mitre.id'],
      ],
    },
    Analyzer: analyzer,
    Sensor: [sensor],
    Source: [source],
    Target: [target],
    Attachment: [...attachments],
  },
  functions: {
    account,
    address,
    category,
    cause,
    epoch,
    excerpt,
    grouped,
    hostname,
    method,
    mitre,
    protocol,
    references,
    written,
  },
}

export default rules
