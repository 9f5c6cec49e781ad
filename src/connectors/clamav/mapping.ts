import type { Mapping, Rules } from '../../mapping/rules.ts'
import { translate } from './records.ts'
import { scanTime } from './time.ts'
import {
  description,
  file,
  hashes,
  inner,
  innerNames,
  mediaType,
  names,
  places,
  sender,
  size,
} from './told.ts'
import { category, cause, found, priority } from './verdict.ts'

/** Functions look for themselves: what was found lies at any depth. */
const record: Mapping = '$'

const path: Mapping = { $file: ['$.FilePath', '$.FileName'] }

const analyzer: Mapping = {
  ID: { $uuid: ['clamav', 'analyzer', { $context: 'analyzer.hostname' }, { $context: 'analyzer.name' }] },
  IP: { $context: 'analyzer.ip' },
  Name: { $first: [{ $context: 'analyzer.name' }, 'ClamAV'] },
  Hostname: { $context: 'analyzer.hostname' },
  Model: 'ClamAV',
  Type: 'Cyber',
  Category: { $version: { 'V04-V06': 'AV', 'V07-V08': 'END.AV' } },
  Data: 'File',
  Method: ['Signature', 'Heuristic'],
  Location: { $context: 'location' },
}

/** The host that has the file: ClamAV reads it there. What was sent over the network is none of its files. */
const target: Mapping = {
  ID: { $id: 'Target' },
  IP: { $if: [{ $exists: path }, { $context: 'analyzer.ip' }] },
  Hostname: { $if: [{ $exists: path }, { $context: 'analyzer.hostname' }] },
  Note: { $first: [path, { $sender: ['$.FileName'] }] },
  Location: { $context: 'location' },
  Attachment: ['File', { $innerNames: [record] }],
}

/** The file that was scanned: told, not sent. */
const whole: Mapping = {
  Name: 'File',
  FileName: { $first: [path, '$.FileName'] },
  Hash: { $hashes: [record] },
  Size: { $size: [record] },
  ContentType: { $mediaType: ['$.FileType'] },
}

const categoryIn = (taxonomy: string): Mapping => ({ $category: [record, taxonomy] })

const rules: Rules = {
  filter: { $exists: { $found: [record, { $option: 'exclude_signature' }] } },
  mapping: {
    OrganisationName: { $context: 'organisation' },
    EntityName: { $context: 'entity' },
    Type: 'Cyber',
    Category: {
      $version: { 'V04-V06': categoryIn('V04'), V07: categoryIn('V07'), V08: categoryIn('V08') },
    },
    Cause: { $cause: [record] },
    Description: { $description: [record] },
    Priority: { $priority: [record] },
    Note: { $join: ['; ', { $places: [record] }, { $text: ['left in ', '$.scan.folder'] }] },
    CreateTime: { $scanTime: ['$.scan', { $option: 'timezone' }] },
    AltNames: { $names: [record] },
    Analyzer: analyzer,
    Target: [target],
    Attachment: [whole, { $inner: [record] }],
  },
  functions: {
    category,
    cause,
    description,
    file,
    found,
    hashes,
    inner,
    innerNames,
    mediaType,
    names,
    places,
    priority,
    scanTime,
    sender,
    size,
  },
  translate,
}

export default rules
