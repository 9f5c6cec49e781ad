import type { Mapping, Rules } from '../../mapping/rules.ts'
import { category, cause, type } from './category.ts'
import { identity, unfold } from './records.ts'
import {
  comments,
  eventPage,
  filled,
  given,
  hostAddress,
  hostName,
  hostNote,
  links,
  moment,
  phase,
  snmp,
  tags,
  urlAddress,
  urlName,
  when,
} from './values.ts'

const what: Mapping = { $phase: ['$.r_eventid', '$.update'] }
const isEnded: Mapping = { $equals: [what, 'ended'] }
const isUpdated: Mapping = { $equals: [what, 'updated'] }

/** The date and time of an old server's macros are local. */
const time = (clock: string, ns: string | null, local: string): Mapping => ({
  $first: [{ $moment: [clock, ns] }, { $zoned: [local, { $option: 'timezone' }] }],
})
const begin = time('$.clock', '$.ns', '$.local')
const end = time('$.r_clock', '$.r_ns', '$.r_local')
const update = time('$.update.clock', null, '$.update.local')
/** Of a request that says no more than which event: when it came. */
const received: Mapping = { $moment: ['$.received'] }

const name: Mapping = {
  $first: [{ $filled: '$.name' }, { $text: ['Zabbix event ', { $given: '$.eventid' }] }, 'Zabbix problem'],
}

const priority: Mapping = {
  $lookup: [
    '$.severity',
    { 0: 'Unknown', 1: 'Info', 2: 'Low', 3: 'Medium', 4: 'High', 5: 'High' },
    'Unknown',
  ],
}

const note: Mapping = {
  $join: [
    '; ',
    { $text: ['operational data: ', { $filled: '$.opdata' }] },
    { $when: ['$.acknowledged', 'acknowledged'] },
    { $when: ['$.suppressed', 'suppressed'] },
    { $text: ['symptom of event ', { $given: '$.cause_eventid' }] },
    { $if: [isEnded, { $text: ['closed by user ', { $given: '$.userid' }] }] },
    { $if: [isEnded, { $text: ['closed by correlation with event ', { $given: '$.c_eventid' }] }] },
    { $if: [isEnded, { $text: ['severity was ', { $lookup: ['$.severity', severities()] }] }] },
    { $if: [isUpdated, { $join: [' ', { $filled: '$.update.user' }, { $filled: '$.update.action' }] }] },
    { $if: [isUpdated, { $text: ['comment: ', { $filled: '$.update.message' }] }] },
    { $comments: ['$.acknowledges'] },
  ],
}

/** By default; an administrator may have given them other names. */
function severities(): Mapping {
  return { 0: 'Not classified', 1: 'Information', 2: 'Warning', 3: 'Average', 4: 'High', 5: 'Disaster' }
}

const analyzer: Mapping = {
  ID: {
    $uuid: [
      'zabbix',
      'analyzer',
      {
        $first: [
          { $urlName: '$.zabbix.url' },
          { $urlAddress: '$.zabbix.url' },
          { $context: 'analyzer.hostname' },
        ],
      },
      { $context: 'analyzer.name' },
    ],
  },
  // The address of this host is not that of another name; the first drafts require one.
  IP: {
    $first: [
      { $urlAddress: '$.zabbix.url' },
      {
        $version: {
          'V04-V05': { $context: 'analyzer.ip' },
          'V06-V08': {
            $if: [{ $not: { $exists: { $urlName: '$.zabbix.url' } } }, { $context: 'analyzer.ip' }],
          },
        },
      },
    ],
  },
  Name: { $first: [{ $context: 'analyzer.name' }, 'Zabbix'] },
  Hostname: { $first: [{ $urlName: '$.zabbix.url' }, { $context: 'analyzer.hostname' }] },
  Model: { $join: [' ', 'Zabbix', { $filled: '$.zabbix.version' }] },
  Type: { $type: ['$.name', '$.tags'] },
  Category: { $version: { 'V04-V06': 'NMS', 'V07-V08': 'SIEM.NMS' } },
  Data: ['Data', { $snmp: [interfaces(0), interfaces(1)] }],
  Method: ['Monitor', 'Threshold'],
  Location: { $context: 'location' },
}

/** A trigger can look at many hosts: so many of them become targets. */
const HOSTS = [0, 1, 2, 3, 4, 5, 6, 7]

function interfaces(index: number): string {
  return `$.hosts[${index}].interfaces`
}

const target = (index: number): Mapping => {
  const host: Mapping[] = [interfaces(index), `$.hosts[${index}].host`, `$.hosts[${index}].name`]
  return {
    ID: { $id: `Target${index}` },
    IP: { $hostAddress: [interfaces(index)] },
    Hostname: { $hostName: host },
    Note: { $hostNote: host },
  }
}

const rules: Rules = {
  filter: {
    $all: [
      {
        $any: [
          { $not: { $exists: { $option: 'minimum_severity' } } },
          { $not: { $exists: '$.severity' } },
          { $atLeast: ['$.severity', { $option: 'minimum_severity' }] },
        ],
      },
      {
        $any: [
          { $equals: [{ $option: 'suppressed' }, 'true'] },
          { $not: { $exists: { $when: ['$.suppressed', 'suppressed'] } } },
        ],
      },
    ],
  },
  mapping: {
    OrganisationName: { $context: 'organisation' },
    EntityName: { $context: 'entity' },
    Type: { $type: ['$.name', '$.tags'] },
    Category: {
      $version: {
        'V04-V06': { $category: ['V04', '$.name', '$.tags'] },
        V07: { $category: ['V07', '$.name', '$.tags'] },
        V08: { $category: ['V08', '$.name', '$.tags'] },
      },
    },
    Cause: { $if: [isEnded, 'Normal', { $cause: ['$.name', '$.tags'] }] },
    Description: {
      $if: [
        isEnded,
        { $text: ['Resolved: ', name] },
        { $if: [isUpdated, { $text: ['Updated: ', name] }, name] },
      ],
    },
    Priority: { $if: [isEnded, 'Info', priority] },
    Note: note,
    CreateTime: {
      $if: [
        isEnded,
        { $first: [end, received, begin] },
        { $if: [isUpdated, { $first: [update, received, begin] }, { $first: [begin, received] }] },
      ],
    },
    StartTime: begin,
    EndTime: { $if: [isEnded, end] },
    AltNames: [
      { $text: ['event:', { $given: '$.eventid' }] },
      { $text: ['recovery:', { $given: '$.r_eventid' }] },
      { $text: ['trigger:', { $given: '$.objectid' }] },
    ],
    AltCategory: { $tags: ['$.tags'] },
    Ref: [{ $links: ['$.urls'] }, { $eventPage: ['$.zabbix.url', '$.objectid', '$.eventid'] }],
    // Of a recovery whose problem is not known there is nothing to correlate it with.
    CorrelID: {
      $if: [
        { $exists: { $given: '$.eventid' } },
        {
          $uuid: [
            'zabbix',
            'problem',
            { $context: 'instance' },
            { $context: 'analyzer.hostname' },
            { $given: '$.eventid' },
          ],
        },
      ],
    },
    Analyzer: analyzer,
    Target: HOSTS.map(target),
  },
  functions: {
    category,
    cause,
    comments,
    eventPage,
    filled,
    given,
    hostAddress,
    hostName,
    hostNote,
    links,
    moment,
    phase,
    snmp,
    tags,
    type,
    urlAddress,
    urlName,
    when,
  },
  unfold,
  identity,
}

export default rules
