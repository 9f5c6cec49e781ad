import type { Mapping, Rules } from '../../mapping/rules.ts'
import { TORN, unescaped } from '../../mapping/unescaped.ts'
import { picture } from '../picture.ts'
import { camera, category, eventOf, filePath, kind, priority, said, servedAt, stream } from './events.ts'

/** In the order in which the script of the Python connector prints them. */
const KEYS = ['event_name', 'date', 'host', 'camera_id', 'event_id', 'file']

const event: Mapping = { $kind: ['$.event_name', '$.type', '$.file'] }
const name: Mapping = { $camera: [{ $option: 'cameras' }, '$.camera_id', '$.camera_name'] }
const common: Mapping = { $eventOf: [event, '$.event', '$.event_id', '$.date'] }
const isPart: Mapping = { $exists: common }

const at = (time: string): Mapping => ({ $zoned: [time, { $option: 'timezone' }] })
const is = (...kinds: string[]): Mapping => ({ $in: [event, kinds] })
const asked = (word: string): Mapping => ({ $in: [word, { $option: 'attach' }] })

const movement: Mapping = {
  $if: [
    {
      $any: [{ $in: ['$.camera_id', { $option: 'guarded' }] }, { $in: [name, { $option: 'guarded' }] }],
    },
    'High',
    { $lookup: [{ $option: 'priority' }, { high: 'High', medium: 'Medium', low: 'Low', info: 'Info' }] },
  ],
}

const note: Mapping = {
  $join: [
    '; ',
    { $text: ['camera ', '$.camera_id'] },
    { $if: [isPart, { $text: ['event ', '$.event_id'] }] },
    { $text: ['$.pixels', ' changed pixels'] },
    { $text: ['noise ', '$.noise'] },
    { $text: ['area ', '$.width', '×', '$.height', ' around ', '$.x', ',', '$.y'] },
    { $text: ['$.labels', ' labels'] },
    { $text: ['the line broke off in ', `$.${TORN}`] },
  ],
}

const analyzer: Mapping = {
  ID: {
    $uuid: ['motion', 'analyzer', '$.host', { $context: 'analyzer.hostname' }, { $context: 'analyzer.name' }],
  },
  IP: { $context: 'analyzer.ip' },
  Name: { $first: [{ $context: 'analyzer.name' }, 'Motion'] },
  Hostname: { $first: ['$.host', { $context: 'analyzer.hostname' }] },
  Model: { $first: [{ $text: ['Motion ', '$.version'] }, 'Motion'] },
  Type: 'Physical',
  Category: { $version: { 'V04-V06': 'ODC', 'V07-V08': 'PHY.MOT-SEN' } },
  Data: 'Images',
  Method: { $if: [is('camera_lost', 'camera_found'), 'Monitor', 'Movement'] },
  Location: { $context: 'location' },
}

const sensor: Mapping = {
  ID: { $uuid: ['motion', 'sensor', '$.host', '$.camera_id', { $context: 'analyzer.hostname' }] },
  IP: '$.camera_ip',
  Name: { $text: ['camera ', name] },
  Model: 'camera',
}

const hasFile: Mapping = { $exists: { $filePath: ['$.file', `$.${TORN}`] } }
const isPicture: Mapping = { $all: [is('picture_save', 'snapshot'), hasFile] }
const isFilm: Mapping = { $all: [is('movie_start', 'movie_end', 'timelapse'), hasFile] }
const streamed: Mapping = {
  $stream: [{ $context: 'analyzer.ip' }, { $option: 'stream_port' }, '$.camera_id'],
}
const isStreamed: Mapping = { $all: [is('event_start'), { $exists: streamed }] }

const address: Mapping = { $servedAt: ['$.file', { $option: 'directory' }, { $option: 'url' }] }
const file = (what: string, most: Mapping): Mapping => ({
  $picture: [what, '$.file', { $option: 'directory' }, address, most],
})

/** What was seen; nobody knows who it was. */
const source: Mapping = {
  ID: { $id: 'Source' },
  Category: 'ElectroMag.Light.MotionOptical',
  Note: 'what moved',
  Attachment: [{ $if: [isPicture, 'Picture'] }, { $if: [isFilm, 'Film'] }, { $if: [isStreamed, 'Stream'] }],
}

const target: Mapping = {
  ID: { $id: 'Target' },
  Note: { $text: [{ $if: [isPart, 'what is before camera ', 'camera '] }, name] },
  Location: { $context: 'location' },
}

const rules: Rules = {
  translate: (text) => (text === '' ? undefined : unescaped(text, KEYS)),
  filter: { $not: { $in: [event, { $option: 'exclude_event' }] } },
  mapping: {
    OrganisationName: { $context: 'organisation' },
    EntityName: { $context: 'entity' },
    Type: { $if: [is('camera_lost', 'camera_found'), 'Availability', 'Physical'] },
    Category: {
      $version: {
        'V04-V06': { $category: [event, 'V04'] },
        V07: { $category: [event, 'V07'] },
        V08: { $category: [event, 'V08'] },
      },
    },
    Cause: { $if: [is('camera_found'), 'Normal', 'Unknown'] },
    Description: { $join: [', camera ', { $said: [event] }, name] },
    Priority: { $if: [{ $equals: [{ $priority: [event] }, 'movement'] }, movement, { $priority: [event] }] },
    Confidence: { $if: [isPart, 0.5] },
    Note: note,
    CreateTime: at('$.date'),
    StartTime: { $if: [isPart, { $first: [at('$.event'), { $if: [is('event_start'), at('$.date')] }] }] },
    EndTime: { $if: [is('event_end', 'movie_end'), at('$.date')] },
    AltCategory: '$.event_name',
    CorrelID: { $if: [isPart, { $uuid: ['motion', 'event', '$.host', '$.camera_id', common] }] },
    Analyzer: analyzer,
    Sensor: [sensor],
    Source: [{ $if: [isPart, source] }],
    Target: [target],
    Attachment: [
      { $if: [isPicture, file('Picture', { $if: [asked('picture'), { $option: 'max_picture' }] })] },
      { $if: [isFilm, file('Film', null)] },
      {
        $if: [
          isStreamed,
          { Name: 'Stream', ContentType: 'multipart/x-mixed-replace', ExternalURI: streamed },
        ],
      },
      { $if: [asked('raw'), { $attachment: ['Raw', '$', 'json', 'application/json'] }] },
    ],
  },
  functions: { camera, category, eventOf, filePath, kind, picture, priority, said, servedAt, stream },
}

export default rules
