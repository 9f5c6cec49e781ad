import type { Mapping, Rules } from '../../mapping/rules.ts'
import { category, data, kind, priority } from './events.ts'
import { identity, unfold } from './records.ts'
import { description } from './told.ts'
import {
  account,
  address,
  credential,
  decoy,
  differing,
  excerpt,
  hostname,
  listed,
  position,
  protocol,
  sensor,
  unhex,
} from './values.ts'

// Honeypots name things their own way, Logstash renames some of them: first its names, then those in the logs themselves.

const tpot = (name: string) => `$['t-pot_${name}']`
const attack = (name: string) => `$.attack_connection.${name}`

const from: Mapping = { $address: ['$.src_ip', attack('remote_ip')] }
const fromPort: Mapping = { $first: ['$.src_port', attack('remote_port')] }
/** Lists rather than the first that is there, for Cowrie's tunnels lead to names too. */
const there: readonly Mapping[] = ['$.dest_ip', '$.dst_ip', attack('local_ip')]
const port: Mapping = { $first: ['$.dest_port', '$.dst_port', attack('local_port')] }

const user: Mapping = { $account: ['$.username', { $credential: ['username', '$.credentials'] }] }
const password: Mapping = { $account: ['$.password', { $credential: ['password', '$.credentials'] }] }
const shown: Mapping = { $if: [{ $equals: [{ $option: 'passwords' }, true] }, password] }

const facts: readonly Mapping[] = [
  '$.eventid',
  user,
  password,
  '$.input',
  attack('payload.length'),
  '$.download_count',
]
const isKind = (word: string): Mapping => ({ $equals: [{ $kind: [...facts] }, word] })

const honeypot: Mapping = { $sensor: ['$.type', '$.eventid', '$.attack_connection', '$.connection'] }
const host: Mapping = { $first: [tpot('hostname'), '$.sensor', { $context: 'analyzer.hostname' }] }

/** Its honeypots run on the host of T-Pot itself. */
const ip: Mapping = [{ $address: [tpot('ip_int'), tpot('ip_ext')] }, { $context: 'analyzer.ip' }]

const analyzer: Mapping = {
  ID: { $uuid: ['tpot', 'analyzer', host, { $context: 'analyzer.name' }] },
  IP: ip,
  Name: { $first: [{ $context: 'analyzer.name' }, 'T-Pot'] },
  Hostname: { $first: [{ $hostname: tpot('hostname') }, { $context: 'analyzer.hostname' }] },
  Model: 'T-Pot',
  Type: 'Cyber',
  Category: { $version: { 'V04-V06': 'HPT', 'V07-V08': 'END.HPT' } },
  Data: { $version: { 'V04-V06': { $data: [0, ...facts] }, 'V07-V08': { $data: [1, ...facts] } } },
  Method: 'Honeypot',
  Location: { $context: 'location' },
}

const sensorOf: Mapping = {
  ID: { $uuid: ['tpot', 'sensor', host, honeypot, '$.sensor'] },
  IP: ip,
  Name: honeypot,
  Hostname: { $hostname: '$.sensor' },
  Model: honeypot,
}

const hasFile: Mapping = { $all: [isKind('file'), { $exists: '$.shasum' }] }
const hasPayload: Mapping = { $atLeast: [attack('payload.length'), 1] }

const source: Mapping = {
  ID: { $id: 'Source' },
  IP: from,
  Hostname: { $hostname: '$.src_hostname' },
  Note: {
    $join: [
      '; ',
      { $excerpt: '$.ip_rep' },
      { $text: [{ $text: ['AS', '$.geoip.asn'] }, ' ', '$.geoip.as_org'] },
    ],
  },
  // Of which attribute, and who says so.
  TI: { $if: [{ $exists: '$.ip_rep' }, 'IP:T-Pot'] },
  GeoLocation: { $position: '$.geoip.location' },
  Location: { $join: [', ', '$.geoip.city_name', '$.geoip.country_name'] },
  Protocol: [
    { $protocol: ['$.connection.transport', attack('protocol')] },
    { $protocol: ['$.protocol', '$.connection.protocol', '$.proto'] },
  ],
  // That of a tunnel is one that the client made up.
  Port: { $if: [isKind('tunnel'), null, fromPort] },
  Attachment: [{ $if: [hasFile, 'file'] }, { $if: [hasPayload, 'payload'] }],
}

const met: Mapping = { $decoy: [from, [...there], tpot('ip_ext'), tpot('ip_int')] }

/** The honeypot: what is met is its address, not that of its container. */
const target: Mapping = {
  ID: { $id: 'Target' },
  IP: { $if: [isKind('tunnel'), { $decoy: [from, null, tpot('ip_ext'), tpot('ip_int')] }, met] },
  Hostname: { $hostname: [tpot('hostname'), '$.sensor'] },
  Note: { $if: [isKind('tunnel'), null, { $text: ['local address ', { $differing: [met, [...there]] }] }] },
  Service: { $protocol: ['$.protocol', '$.connection.protocol', '$.proto'] },
  User: user,
  Port: { $if: [isKind('tunnel'), null, port] },
}

/** Where whoever broke in wanted to be carried to. */
const beyond: Mapping = {
  $if: [
    isKind('tunnel'),
    {
      ID: { $id: 'Target2' },
      IP: { $address: [...there] },
      Hostname: { $hostname: [...there] },
      Note: 'to be reached through the honeypot',
      Port: port,
    },
  ],
}

const note: Mapping = {
  $join: [
    '; ',
    { $text: ['session ', '$.session'] },
    { $text: ['input ', { $excerpt: '$.input' }] },
    { $text: ['password ', { $excerpt: shown }] },
    { $text: ['from ', { $excerpt: '$.url' }] },
    { $text: ['stored as ', { $excerpt: '$.outfile' }] },
    { $text: ['client ', { $excerpt: '$.version' }] },
    { $text: ['hassh ', '$.hassh'] },
    { $text: ['key ', '$.fingerprint'] },
    { $text: ['FTP ', { $join: [' ', '$.ftp.commands[*].command', '$.ftp.commands.command'] }] },
    {
      $text: [
        'HTTP ',
        { $join: [' ', '$.request_method', { $excerpt: ["$['http.url']"] }, { $excerpt: '$.request_uri' }] },
      ],
    },
    { $text: ['user agent ', { $excerpt: '$.http_user_agent' }] },
    { $text: ['connection ', '$.connection.type'] },
  ],
}

// What was brought: a file is told by its hash; what was sent to a port can be attached.

const asked = (word: string): Mapping => ({ $in: [word, { $option: 'attach' }] })
const FILE: Mapping = {
  Name: 'file',
  FileName: { $first: ['$.filename', '$.destfile', '$.outfile'] },
  Hash: { $text: ['sha-256:', '$.shasum'] },
  Size: '$.size',
}
const PAYLOAD: Mapping = {
  Name: 'payload',
  Size: attack('payload.length'),
  Hash: [
    { $text: ['sha-512:', attack('payload.sha512_hash')] },
    { $text: ['md5:', attack('payload.md5_hash')] },
  ],
}
const content: Mapping = {
  $attachment: ['payload', { $unhex: attack('payload.data_hex') }, 'base64', 'application/octet-stream'],
}

const attachments: readonly Mapping[] = [
  { $if: [hasFile, FILE] },
  {
    $if: [
      hasPayload,
      {
        $if: [
          { $all: [asked('payload'), { $exists: { $unhex: attack('payload.data_hex') } }] },
          content,
          PAYLOAD,
        ],
      },
    ],
  },
  { $if: [asked('raw'), { $attachment: ['raw', '$', 'json', 'application/json'] }] },
]

const rules: Rules = {
  filter: {
    $all: [
      { $exists: honeypot },
      { $not: { $exists: { $listed: [honeypot, { $option: 'exclude_type' }] } } },
      { $not: { $in: ['$.eventid', { $option: 'exclude_event' }] } },
      // What Dionaea opens for itself.
      { $not: { $equals: ['$.connection.type', 'listen'] } },
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
    Cause: { $if: [isKind('ending'), 'Unknown', 'Malicious'] },
    Description: {
      $description: [
        honeypot,
        '$.message',
        shown,
        '$.url',
        { $first: ['$.filename', '$.destfile', '$.outfile'] },
        { $join: [':', [...there], port] },
        port,
        ...facts,
      ],
    },
    Priority: { $priority: [...facts] },
    Note: note,
    // To the microsecond where the honeypot tells a zone; Dionaea writes UTC without saying so, and Logstash milliseconds.
    CreateTime: ['$.timestamp', "$['@timestamp']", { $zoned: ['$.timestamp', 'Z'] }],
    AltNames: ['$.eventid', '$.hassh'],
    AltCategory: [honeypot],
    // What happened in one session, told by each of its events.
    CorrelID: {
      $if: [
        { $all: [{ $exists: '$.eventid' }, { $exists: '$.session' }] },
        [{ $uuid: ['tpot', 'session', host, '$.session'] }],
      ],
    },
    Analyzer: analyzer,
    Sensor: [sensorOf],
    Source: [source],
    Target: [target, beyond],
    Attachment: [...attachments],
  },
  functions: {
    account,
    address,
    category,
    credential,
    data,
    decoy,
    description,
    differing,
    excerpt,
    hostname,
    kind,
    listed,
    position,
    priority,
    protocol,
    sensor,
    unhex,
  },
  unfold,
  identity,
}

export default rules
