import { address } from '../../idmefv2/address.ts'
import type { Mapping, MappingFunction, Rules } from '../../mapping/rules.ts'
import { KINDS, type Kind } from './kinds.ts'
import { translate } from './translate.ts'

const byEvent = (of: (kind: Kind) => Mapping): Mapping => ({
  $lookup: ['$.event', Object.fromEntries(KINDS.map((kind) => [kind.name, of(kind)]))],
})

const SEVERITIES = ['DEBUG', 'INFO', 'NOTICE', 'WARN', 'MARK', 'ERROR', 'CRIT', 'ALERT']

/** `[sev, minimum]` → `yes` where it is as severe, in Samhain's own order, or nobody knows. */
const severe: MappingFunction = (sev, minimum) => {
  const given = SEVERITIES.indexOf(String(sev))
  return given < 0 || given >= SEVERITIES.indexOf(String(minimum).toUpperCase()) ? 'yes' : undefined
}

const HOST = /^(?=.*[A-Za-z])[\w-]+(?:\.[\w-]+)*$/

/** What can be the name of a host; an address is none, nor is a display (`:0`). */
const hostname: MappingFunction = (name) =>
  typeof name === 'string' && HOST.test(name) && address(name) === undefined ? name : undefined

const priority: Mapping = {
  $if: [
    { $equals: ['$.event', 'stop'] },
    'Low',
    {
      $if: [
        { $equals: ['$.event', 'status'] },
        'Info',
        {
          $if: [
            { $equals: ['$.msg', 'File not accessible'] },
            'Medium',
            {
              $lookup: [
                '$.sev',
                {
                  ALERT: 'High',
                  CRIT: 'High',
                  ERROR: 'High',
                  WARN: 'Medium',
                  NOTICE: 'Low',
                  MARK: 'Info',
                  INFO: 'Info',
                  DEBUG: 'Info',
                },
                'Unknown',
              ],
            },
          ],
        },
      ],
    },
  ],
}

/** Of a server (yule): who found it is the client. */
const isClient: Mapping = { $exists: '$.client' }
const isLogin: Mapping = { $in: ['$.event', ['login', 'odd-login']] }
const isFile: Mapping = {
  $all: [{ $exists: '$.path' }, { $in: ['$.event', ['added', 'missing', 'modified', 'setuid', 'tampered']] }],
}

const analyzer: Mapping = {
  ID: { $uuid: ['samhain', 'analyzer', { $context: 'analyzer.hostname' }, { $context: 'analyzer.name' }] },
  IP: { $context: 'analyzer.ip' },
  Name: { $first: [{ $context: 'analyzer.name' }, 'Samhain'] },
  Hostname: { $context: 'analyzer.hostname' },
  Model: 'Samhain',
  Type: 'Cyber',
  Category: { $version: { 'V04-V06': 'HIDS', 'V07-V08': 'END.HIDS' } },
  Data: {
    $version: {
      'V04-V06': byEvent(({ data }) => data),
      'V07-V08': byEvent(({ data }) => (data === 'Auth' ? 'Authentication' : data)),
    },
  },
  Method: byEvent(({ data }) => (data === 'File' ? 'Integrity' : 'Monitor')),
  Location: { $context: 'location' },
}

const sensor: Mapping = {
  $if: [
    isClient,
    {
      ID: { $uuid: ['samhain', 'sensor', '$.client'] },
      IP: '$.client',
      Name: '$.client',
      Hostname: { $hostname: '$.client' },
      Model: 'Samhain client',
    },
  ],
}

/** The one that logs in, from elsewhere. */
const source: Mapping = {
  $if: [isLogin, { ID: { $id: 'Source' }, IP: '$.ip', Hostname: { $hostname: '$.host' } }],
}

const target: Mapping = {
  ID: { $id: 'Target' },
  IP: { $if: [isClient, '$.client', { $context: 'analyzer.ip' }] },
  Hostname: { $if: [isClient, { $hostname: '$.client' }, { $context: 'analyzer.hostname' }] },
  Note: '$.path',
  User: { $if: [isLogin, { $first: ['$.name', '$.userid'] }] },
  Service: '$.service.name',
  Port: '$.service.port',
  Attachment: { $if: [isFile, 'File'] },
}

const rules: Rules = {
  translate,
  filter: {
    $all: [
      { $any: [{ $not: { $equals: ['$.event', 'status'] } }, { $equals: [{ $option: 'status' }, 'true'] }] },
      { $not: { $in: ['$.event', { $option: 'exclude_event' }] } },
      { $not: { $in: ['$.policy', { $option: 'exclude_policy' }] } },
      { $equals: [{ $severe: ['$.sev', { $option: 'minimum_severity' }] }, 'yes'] },
    ],
  },
  mapping: {
    OrganisationName: { $context: 'organisation' },
    EntityName: { $context: 'entity' },
    Type: 'Cyber',
    Category: {
      $version: {
        'V04-V06': byEvent(({ old }) => [...old]),
        'V07-V08': byEvent(({ current }) => [...current]),
      },
    },
    Cause: byEvent(({ cause }) => cause),
    Description: {
      $join: [
        ' ',
        { $join: [': ', byEvent(({ told }) => told), '$.subject'] },
        { $text: ['(', { $join: [', ', '$.changed'] }, ')'] },
      ],
    },
    Priority: priority,
    Note: { $join: ['; ', '$.changes', '$.others'] },
    CreateTime: { $zoned: ['$.tstamp', { $option: 'timezone' }] },
    StartTime: '$.since',
    AltNames: '$.msg',
    AltCategory: '$.policy',
    Analyzer: analyzer,
    Sensor: [sensor],
    Source: [source],
    Target: [target],
    Attachment: [
      { $if: [isFile, { Name: 'File', FileName: '$.path', Size: '$.bytes', Hash: '$.checksum' }] },
    ],
  },
  functions: { hostname, severe },
}

export default rules
