import type { Kind, Version } from './profiles.ts'

type Span = readonly Version[]
export type Shape = Kind | `${Kind}[]` | 'class' | 'class[]'
/** Name, shape, the versions that have the field (default: all), the versions that require it (default: none). */
export type Row = readonly [name: string, shape: Shape, present?: Span, required?: Span]

const TO_V05: Span = ['2.D.V04', '2.D.V05']
const TO_V06: Span = [...TO_V05, '2.D.V06']
const TO_V07: Span = [...TO_V06, '2.D.V07']
const ONLY_V07: Span = ['2.D.V07']
const ONLY_V08: Span = ['2.D.V08']
const FROM_V07: Span = [...ONLY_V07, ...ONLY_V08]
const FROM_V06: Span = ['2.D.V06', ...FROM_V07]
const ALWAYS: Span = [...TO_V07, ...ONLY_V08]

const PLACE: readonly Row[] = [
  ['GeoLocation', 'geolocation'],
  ['UnLocation', 'unlocode'],
  ['Location', 'string'],
]

/**
 * What each version consists of, class by class, after the JSON schemas published with drafts 04 to 08. Where text
 * and schema of a draft disagree the schema decides, because that is what receivers check.
 */
export const CLASSES: Readonly<Record<string, readonly Row[]>> = {
  Message: [
    ['Version', 'enum', ALWAYS, ALWAYS],
    ['ID', 'uuid', ALWAYS, ALWAYS],
    ['OrganisationName', 'string'],
    ['OrganisationId', 'string'],
    ['EntityName', 'string'],
    ['EntityId', 'string'],
    ['EntitySector', 'enum[]', FROM_V07],
    ['Type', 'enum[]', FROM_V07],
    ['Category', 'enum[]'],
    ['ext-Category', 'string', TO_V06],
    ['ext-Category', 'string[]', FROM_V07],
    ['Cause', 'enum'],
    ['Description', 'string'],
    ['Status', 'enum', TO_V07],
    ['Status', 'enum[]', ONLY_V08],
    ['Priority', 'enum'],
    ['Confidence', 'number', TO_V05],
    ['Confidence', 'confidence', FROM_V06],
    ['Note', 'string'],
    ['CreateTime', 'timestamp', ALWAYS, ALWAYS],
    ['StartTime', 'timestamp'],
    ['EndTime', 'timestamp'],
    ['ReportTime', 'timestamp', ONLY_V08],
    ['AltNames', 'string[]'],
    ['AltCategory', 'string[]'],
    ['Ref', 'uri[]'],
    ['CorrelID', 'uuid[]'],
    ['AggrCondition', 'string[]'],
    ['PredID', 'uuid[]'],
    ['RelID', 'uuid[]'],
    ['Analyzer', 'class', ALWAYS, ALWAYS],
    ['Sensor', 'class[]'],
    ['Source', 'class[]'],
    ['Target', 'class[]'],
    ['Vector', 'class[]', TO_V06],
    ['Attachment', 'class[]'],
  ],
  Analyzer: [
    ['ID', 'uuid', FROM_V06, ONLY_V07],
    ['IP', 'ip', ALWAYS, TO_V05],
    ['Name', 'string', ALWAYS, ALWAYS],
    ['Hostname', 'string'],
    ['Model', 'string'],
    ['Type', 'enum[]', TO_V06],
    ['Category', 'enum[]'],
    ['ext-Category', 'string', TO_V06],
    ['ext-Category', 'string[]', FROM_V07],
    ['Data', 'enum[]'],
    ['ext-Data', 'string', TO_V06],
    ['ext-Data', 'string[]', FROM_V07],
    ['Method', 'enum[]'],
    ['ext-Method', 'string', TO_V06],
    ['ext-Method', 'string[]', FROM_V07],
    ...PLACE,
  ],
  Sensor: [
    ['ID', 'uuid', FROM_V06, ONLY_V07],
    ['IP', 'ip', ALWAYS, TO_V05],
    ['Name', 'string', ALWAYS, ALWAYS],
    ['Hostname', 'string'],
    ['Model', 'string'],
    ...PLACE,
    ['CaptureZone', 'string'],
  ],
  Source: [
    ['ID', 'uuid', FROM_V06, FROM_V07],
    ['IP', 'ip'],
    ['Hostname', 'string'],
    ['Category', 'enum[]', ONLY_V08],
    ['Note', 'string'],
    ['TI', 'string[]'],
    ['User', 'string'],
    ['Email', 'email'],
    ['Protocol', 'protocol[]'],
    ['Port', 'port[]'],
    ...PLACE,
    ['Attachment', 'attachmentName[]'],
  ],
  Target: [
    ['ID', 'uuid', FROM_V06, FROM_V07],
    ['IP', 'ip'],
    ['Hostname', 'string'],
    ['Category', 'enum[]', ONLY_V08],
    ['Note', 'string'],
    ['Service', 'string'],
    ['User', 'string'],
    ['Email', 'email'],
    ['Port', 'port[]'],
    ...PLACE,
    ['Attachment', 'attachmentName[]'],
  ],
  Vector: [
    ['ID', 'uuid', FROM_V06],
    ['Category', 'enum[]', ALWAYS, TO_V05],
    ['ext-Category', 'string'],
    ['Name', 'string'],
    ['Note', 'string'],
    ['TI', 'string[]'],
    ['GeoLocation', 'geolocation'],
    ['GeoRadius', 'number'],
    ['UnLocation', 'unlocode'],
    ['Location', 'string'],
    ['Attachment', 'attachmentName[]'],
  ],
  Attachment: [
    ['Name', 'attachmentName', ALWAYS, ALWAYS],
    ['FileName', 'string'],
    ['Hash', 'hash[]'],
    ['Size', 'size'],
    ['Ref', 'uri[]'],
    ['ExternalURI', 'uri[]'],
    ['Note', 'string'],
    ['ContentType', 'mediaType'],
    ['ContentEncoding', 'string'],
    ['Content', 'content'],
  ],
}
