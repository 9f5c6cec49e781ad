import type { Mapping, Rules } from '../../mapping/rules.ts'
import { episode, identity, state, time } from './alert.ts'
import { always, category, cause, type } from './category.ts'
import { hostname, ip, port, sender, service } from './host.ts'
import { unfold } from './records.ts'
import { priority } from './severity.ts'
import { labels, links, linksIn, more, told, value } from './told.ts'

const current: Mapping = { $state: ['$.state', '$.status'] }
const isResolved: Mapping = { $equals: [current, 'resolved'] }

/** vmalert has the name beside the labels as well. */
const name: Mapping = { $first: ['$.labels.alertname', '$.name'] }

/** Since when: for Prometheus the expression was true, for Alertmanager the alert fires. */
const start: Mapping = { $time: ['$.startsAt', '$.activeAt'] }
const end: Mapping = { $if: [isResolved, { $time: ['$.endsAt'] }] }

/** The alert from its beginning to its end. */
const begun: Mapping = { $episode: ['$.labels', '$.activeAt', '$.startsAt'] }

const severity: Mapping = { $first: ['$.labels.severity', '$.labels.priority'] }

/** What the alert is about; `instance` is the one that was scraped, or probed. */
const places: readonly Mapping[] = [
  '$.labels.instance',
  '$.labels.node',
  '$.labels.host',
  '$.labels.hostname',
  '$.labels.nodename',
  '$.labels.server',
]

const summary: Mapping = {
  $told: [
    '$.annotations.summary',
    '$.annotations.title',
    '$.annotations.message',
    '$.annotations.description',
  ],
}
const description: Mapping = { $told: ['$.annotations.description', '$.annotations.message'] }

const categoryIn = (taxonomy: string): Mapping => ({
  $category: [name, '$.labels.idmefv2_category', taxonomy],
})

const raw: Mapping = { $in: ['raw', { $option: 'attach' }] }

const analyzer: Mapping = {
  ID: { $uuid: ['prometheus', 'analyzer', { $context: 'analyzer.hostname' }, { $context: 'analyzer.name' }] },
  IP: { $context: 'analyzer.ip' },
  Name: { $first: [{ $context: 'analyzer.name' }, 'Prometheus'] },
  Hostname: { $context: 'analyzer.hostname' },
  Model: 'Prometheus',
  Type: { $type: name },
  Category: { $version: { 'V04-V06': 'NMS', 'V07-V08': 'SIEM.NMS' } },
  Data: 'Data',
  Method: ['Monitor', 'Threshold'],
  Location: { $context: 'location' },
}

/** Only where the rule knows who sends: Prometheus itself sees the one that suffers. */
const source: Mapping = {
  ID: { $id: 'Source' },
  IP: {
    $sender: [
      '$.labels.src_ip',
      '$.labels.source_ip',
      '$.labels.srcip',
      '$.labels.client_ip',
      '$.labels.remote_ip',
      '$.labels.attacker',
      '$.labels.src',
    ],
  },
}

const hasPlace: Mapping = {
  $any: [{ $exists: { $ip: [...places] } }, { $exists: { $hostname: [...places] } }],
}

const target: Mapping = {
  ID: { $id: 'Target' },
  IP: { $ip: [...places] },
  Hostname: { $hostname: [...places] },
  // Receivers expect a target; where no label says which, the rule does.
  Note: { $first: [{ $labels: '$.labels' }, { $if: [{ $not: hasPlace }, { $text: ['rule ', name] }] }] },
  Service: { $first: ['$.labels.service', { $service: [...places] }] },
  Port: { $port: [...places] },
  Attachment: { $if: [raw, 'Alert'] },
}

const rules: Rules = {
  unfold,
  identity,
  filter: {
    $all: [
      { $in: [current, ['firing', 'resolved']] },
      { $any: [{ $not: isResolved }, { $equals: [{ $option: 'resolved' }, 'true'] }] },
      { $any: [{ $not: { $exists: { $always: name } } }, { $equals: [{ $option: 'watchdog' }, 'true'] }] },
      { $not: { $in: [name, { $option: 'exclude_alert' }] } },
      { $not: { $in: [severity, { $option: 'exclude_severity' }] } },
    ],
  },
  mapping: {
    OrganisationName: { $context: 'organisation' },
    EntityName: { $context: 'entity' },
    Type: { $type: name },
    Category: {
      $version: { 'V04-V06': categoryIn('V04'), V07: categoryIn('V07'), V08: categoryIn('V08') },
    },
    Cause: { $cause: name },
    Description: {
      $join: [': ', { $if: [isResolved, 'Resolved'] }, name, { $first: [{ $more: [summary, name] }] }],
    },
    Priority: { $if: [isResolved, 'Info', { $priority: [{ $option: 'severities' }, severity] }] },
    Note: {
      $join: [
        '; ',
        { $more: [description, summary] },
        { $text: ['value ', { $value: '$.value' }] },
        { $text: ['severity ', severity] },
        { $text: ['receiver ', '$.receiver'] },
      ],
    },
    CreateTime: { $first: [end, start] },
    StartTime: start,
    EndTime: end,
    AltNames: [name, '$.fingerprint'],
    Ref: [
      { $linksIn: '$.annotations' },
      { $links: ['$.generatorURL', '$.dashboardURL', '$.panelURL', '$.source'] },
    ],
    CorrelID: {
      $if: [{ $exists: begun }, { $uuid: ['prometheus', { $context: 'instance' }, begun] }],
    },
    Analyzer: analyzer,
    Source: [source],
    Target: [target],
    Attachment: [{ $if: [raw, { $attachment: ['Alert', '$', 'json', 'application/json'] }] }],
  },
  functions: {
    always,
    category,
    cause,
    episode,
    hostname,
    ip,
    labels,
    links,
    linksIn,
    more,
    port,
    priority,
    sender,
    service,
    state,
    time,
    told,
    type,
    value,
  },
}

export default rules
