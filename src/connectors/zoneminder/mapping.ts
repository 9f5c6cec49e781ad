import type { Mapping, Rules } from '../../mapping/rules.ts'
import { TORN, unescaped } from '../../mapping/unescaped.ts'
import { picture } from '../picture.ts'
import { eventId, eventOf, identity, instant, monitorId, page, pictures } from './event.ts'
import { category, isExcluded, kind, priority, said, seen, vector } from './kinds.ts'
import { causes, objects, onOneLine, zones } from './notes.ts'

/** In the order in which the script of the Python connector prints them. */
const KEYS = ['ET', 'ED', 'MN', 'EDP']

const what: Mapping = { $kind: ['$.EC', '$.ED'] }
const found: Mapping = { $objects: ['$.ED'] }
const event: Mapping = { $eventId: ['$.EI', '$.EDP'] }
const monitor: Mapping = { $monitorId: ['$.MI', '$.EDP'] }
const common: Mapping = { $eventOf: ['$.EDP', event] }
const label: Mapping = { $first: [{ $join: ['', '$.MN'] }, { $text: ['monitor ', monitor] }] }

const is = (...kinds: string[]): Mapping => ({ $in: [what, kinds] })
const isOutage = is('lost', 'back')
const isSeen = is('detected', 'movement', 'linked', 'camera')
const asked = (word: string): Mapping => ({ $in: [word, { $option: 'attach' }] })
const began: Mapping = { $instant: ['$.start', '$.ET', { $option: 'timezone' }] }

const among = (option: string): Mapping => ({
  $any: [{ $in: ['$.MN', { $option: option }] }, { $in: [monitor, { $option: option }] }],
})

const scored: Mapping = {
  $if: [{ $atLeast: ['$.ESM', 60] }, 'High', { $if: [{ $atLeast: ['$.ESM', 20] }, 'Medium', 'Low'] }],
}
const movement: Mapping = {
  $if: [
    among('guarded'),
    'High',
    {
      $if: [
        { $all: [{ $equals: [{ $option: 'priority_by_score' }, 'true'] }, { $atLeast: ['$.ESM', 0] }] },
        scored,
        { $lookup: [{ $option: 'priority' }, { high: 'High', medium: 'Medium', low: 'Low', info: 'Info' }] },
      ],
    },
  ],
}

const note: Mapping = {
  $join: [
    '; ',
    { $onOneLine: ['$.ED'] },
    { $text: ['monitor ', monitor] },
    { $text: ['event ', event] },
    { $text: ['highest score ', '$.ESM'] },
    { $text: ['average score ', '$.ESA'] },
    { $text: ['$.EFA', ' of ', '$.EF', ' frames with an alarm'] },
    { $text: ['$.EL', ' s long'] },
    { $text: ['the line broke off in ', `$.${TORN}`] },
  ],
}

const analyzer: Mapping = {
  ID: {
    $uuid: [
      'zoneminder',
      'analyzer',
      '$.host',
      { $context: 'analyzer.hostname' },
      { $context: 'analyzer.name' },
    ],
  },
  IP: { $context: 'analyzer.ip' },
  Name: { $first: [{ $context: 'analyzer.name' }, 'ZoneMinder'] },
  Hostname: { $first: ['$.host', { $context: 'analyzer.hostname' }] },
  Model: 'ZoneMinder',
  Type: 'Physical',
  Category: {
    $version: { 'V04-V06': 'ODC', 'V07-V08': { $if: [is('detected'), 'PHY.OBJ-DET', 'PHY.MOT-SEN'] } },
  },
  Data: 'Images',
  Method: { $if: [isOutage, 'Monitor', { $if: [is('detected'), ['AI', 'Movement'], 'Movement'] }] },
  Location: { $context: 'location' },
}

const sensor: Mapping = {
  ID: { $uuid: ['zoneminder', 'sensor', '$.host', monitor, '$.MN', { $context: 'analyzer.hostname' }] },
  // ZoneMinder hands over none; drafts 04 and 05 have no sensor without one.
  IP: '$.camera_ip',
  Name: label,
  Model: 'camera',
  CaptureZone: { $zones: ['$.EC', '$.ED'] },
}

const paths: Mapping = { $pictures: ['$.EDP'] }
/** Not every event has one; unasked, nobody looks. */
const hasPicture: Mapping = {
  $all: [{ $exists: paths }, { $any: [asked('picture'), { $exists: { $option: 'url' } }] }],
}

const source: Mapping = {
  ID: { $id: 'Source' },
  Category: { $seen: [found] },
  Note: { $first: [{ $join: [', ', found] }, 'what moved'] },
  Attachment: [{ $if: [hasPicture, 'Picture'] }, { $if: [{ $exists: paths }, 'EventDirectory'] }],
}

const target: Mapping = {
  ID: { $id: 'Target' },
  Note: { $text: [{ $if: [isSeen, 'what is before ', ''] }, label] },
  Location: { $context: 'location' },
}

const rules: Rules = {
  translate: (text) => (text === '' ? undefined : unescaped(text, KEYS)),
  identity,
  filter: {
    $all: [
      { $not: { $exists: { $isExcluded: ['$.EC', '$.ED', { $option: 'exclude_cause' }] } } },
      { $not: among('exclude_monitor') },
    ],
  },
  mapping: {
    OrganisationName: { $context: 'organisation' },
    EntityName: { $context: 'entity' },
    Type: { $if: [isOutage, 'Availability', 'Physical'] },
    Category: {
      $version: {
        'V04-V06': { $category: [what, 'V04'] },
        V07: { $category: [what, 'V07'] },
        V08: { $category: [what, 'V08'] },
      },
    },
    Cause: { $if: [is('back'), 'Normal', 'Unknown'] },
    Description: {
      $join: [
        ', ',
        { $join: [' ', { $said: [what] }, { $if: [is('detected'), { $join: [', ', found] }] }] },
        label,
      ],
    },
    Priority: { $if: [{ $equals: [{ $priority: [what] }, 'movement'] }, movement, { $priority: [what] }] },
    Confidence: { $if: [isSeen, 0.5] },
    Note: note,
    CreateTime: began,
    StartTime: began,
    EndTime: { $instant: ['$.end'] },
    AltNames: ['$.EN'],
    AltCategory: [{ $causes: ['$.EC', '$.ED'] }, found],
    Ref: { $page: [{ $option: 'url' }, event] },
    CorrelID: { $if: [{ $exists: common }, { $uuid: ['zoneminder', 'event', '$.host', common] }] },
    Analyzer: analyzer,
    Sensor: [sensor],
    Source: [{ $if: [isSeen, source] }],
    Target: [target],
    Vector: [
      {
        $if: [
          { $exists: { $vector: [found] } },
          { Category: { $vector: [found] }, Name: { $join: [', ', found] } },
        ],
      },
    ],
    Attachment: [
      {
        $if: [
          hasPicture,
          {
            $picture: [
              'Picture',
              paths,
              { $option: 'directory' },
              { $page: [{ $option: 'url' }, event, 'snapshot'] },
              { $if: [asked('picture'), { $option: 'max_picture' }] },
            ],
          },
        ],
      },
      { $if: [{ $exists: paths }, { Name: 'EventDirectory', FileName: '$.EDP' }] },
      { $if: [asked('raw'), { $attachment: ['Raw', '$', 'json', 'application/json'] }] },
    ],
  },
  functions: {
    category,
    causes,
    eventId,
    eventOf,
    instant,
    isExcluded,
    kind,
    monitorId,
    objects,
    onOneLine,
    page,
    picture,
    pictures,
    priority,
    said,
    seen,
    vector,
    zones,
  },
}

export default rules
