import type { Mapping, Rules } from '../../mapping/rules.ts'
import { category, cause, priority } from './alerts.ts'
import { identity, unfold } from './records.ts'
import { another, channel, cves, device, mac, megahertz, moment, position } from './values.ts'

/** The keys of an alert have dots in them. */
const of = (name: string) => `$['kismet.alert.${name}']`

const text: Mapping = { $if: [{ $equals: [of('text'), ''] }, null, of('text')] }
const header: Mapping = { $if: [{ $equals: [of('header'), ''] }, null, of('header')] }

const analyzer: Mapping = {
  ID: { $uuid: ['kismet', 'analyzer', { $context: 'analyzer.hostname' }, { $context: 'analyzer.name' }] },
  IP: { $context: 'analyzer.ip' },
  Name: { $first: [{ $context: 'analyzer.name' }, 'Kismet'] },
  Hostname: { $context: 'analyzer.hostname' },
  Model: 'Kismet',
  Type: 'Cyber',
  Category: { $version: { 'V04-V06': 'WIDS', 'V07-V08': 'NET.WIDS' } },
  Data: ['Network', 'Protocol'],
  Method: ['Monitor', 'Signature'],
  Location: { $context: 'location' },
}

/** Where the receiver was when it heard it. */
const sensor: Mapping = {
  $if: [
    { $exists: { $position: of('location') } },
    {
      ID: { $uuid: ['kismet', 'sensor', { $context: 'analyzer.hostname' }, { $context: 'analyzer.name' }] },
      IP: { $context: 'analyzer.ip' },
      Name: { $first: [{ $context: 'analyzer.name' }, 'Kismet'] },
      Model: 'Kismet',
      GeoLocation: { $position: of('location') },
    },
  ],
}

const sender: Mapping = { $mac: [of('source_mac'), of('transmitter_mac')] }
const receiver: Mapping = { $mac: of('dest_mac') }
const transmitter: Mapping = { $another: [of('transmitter_mac'), of('source_mac')] }
const other: Mapping = {
  $another: [of('other_mac'), of('source_mac'), of('dest_mac'), of('transmitter_mac')],
}

/** An alert of the air has no addresses but those of frames; those of the IP layer are none of Kismet's business. */
const source: Mapping = {
  ID: { $id: 'Source' },
  Category: { $version: { V08: { $if: [{ $exists: sender }, 'Cyber.Network.MAC'] } } },
  Note: { $text: ['MAC ', sender] },
  TI: [{ $text: ['mac:', sender] }, { $text: ['mac:', transmitter] }],
}

const target: Mapping = {
  ID: { $id: 'Target' },
  Note: {
    $if: [
      { $equals: [receiver, 'FF:FF:FF:FF:FF:FF'] },
      'MAC FF:FF:FF:FF:FF:FF, everybody',
      { $text: ['MAC ', receiver] },
    ],
  },
}

const note: Mapping = {
  $join: [
    '; ',
    { $text: ['transmitter MAC ', { $mac: of('transmitter_mac') }] },
    { $text: ['other MAC ', other] },
    { $text: ['channel ', { $channel: of('channel') }] },
    { $text: [{ $megahertz: of('frequency') }, ' MHz'] },
    { $text: ['device ', { $device: of('device_key') }] },
  ],
}

const rules: Rules = {
  filter: {
    $all: [
      // What has neither is no alert: a definition, a message of another kind.
      { $any: [{ $exists: of('header') }, { $exists: of('text') }] },
      { $not: { $in: [{ $upper: of('header') }, { $option: 'exclude_alert' }] } },
      {
        $any: [
          { $not: { $exists: { $option: 'minimum_severity' } } },
          { $atLeast: [of('severity'), { $option: 'minimum_severity' }] },
          // One that is no number, or is not there, is not known to be low.
          { $not: { $atMost: [of('severity'), 255] } },
        ],
      },
    ],
  },
  mapping: {
    OrganisationName: { $context: 'organisation' },
    EntityName: { $context: 'entity' },
    Type: 'Cyber',
    Category: {
      $version: {
        'V04-V06': { $category: ['V04', of('header'), of('class')] },
        V07: { $category: ['V07', of('header'), of('class')] },
        V08: { $category: ['V08', of('header'), of('class')] },
      },
    },
    Cause: { $cause: [of('header'), of('class')] },
    Description: [text, { $text: ['Kismet alert ', header] }, 'Kismet alert'],
    Priority: { $priority: [of('header'), of('severity')] },
    Note: note,
    CreateTime: { $moment: of('timestamp') },
    AltNames: [header, { $text: ['hash:', of('hash')] }],
    AltCategory: [of('class')],
    Ref: { $cves: of('text') },
    Analyzer: analyzer,
    Sensor: [sensor],
    Source: [source],
    Target: [target],
  },
  functions: { another, category, cause, channel, cves, device, mac, megahertz, moment, position, priority },
  unfold,
  identity,
}

export default rules
