import type { Mapping, Rules } from '../../mapping/rules.ts'
import {
  analyzerCategory,
  analyzerClass,
  analyzerHost,
  analyzerIp,
  analyzerLocation,
  analyzerModel,
  analyzerName,
} from './analyzer.ts'
import { category, confidence, names, note, refs } from './assessment.ts'
import { documentRecords } from './documents.ts'
import { sources, targets } from './ends.ts'
import { additionalData, files, overflowBuffer } from './files.ts'
import { analyzerId, messageId, messageName, references } from './ids.ts'
import { rest } from './rest.ts'
import { instant } from './times.ts'

const isHeartbeat: Mapping = { $equals: ['$.idmef', 'heartbeat'] }

/** Of an alert, and of a heartbeat where these are sent. */
const either = (ofAlert: Mapping, ofHeartbeat: Mapping): Mapping => ({
  $if: [isHeartbeat, ofHeartbeat, ofAlert],
})

const name: Mapping = { $analyzerName: ['$.analyzer', { $context: 'analyzer.name' }] }
const id: Mapping = { $first: [{ $messageId: ['$.messageid', '$.analyzer'] }, { $id: [] }] }
const impact = '$.assessment.impact'
const categoryIn = (taxonomy: string): Mapping => ({ $category: [impact, taxonomy] })
const classIn = (taxonomy: string): Mapping => ({ $analyzerCategory: ['$.analyzer', taxonomy] })

const analyzer: Mapping = {
  ID: { $analyzerId: ['$.analyzer', name] },
  IP: {
    $version: {
      // These two want one; a later message says nothing rather than where it was converted.
      'V04-V05': { $first: [{ $analyzerIp: ['$.analyzer'] }, { $context: 'analyzer.ip' }] },
      'V06-V08': { $analyzerIp: ['$.analyzer'] },
    },
  },
  Name: { $first: [name, 'unknown'] },
  Hostname: { $analyzerHost: ['$.analyzer'] },
  Model: { $analyzerModel: ['$.analyzer'] },
  Type: 'Cyber',
  Category: { $version: { 'V04-V06': classIn('V04'), 'V07-V08': classIn('V08') } },
  'ext-Category': { $analyzerClass: ['$.analyzer'] },
  Method: { $if: [{ $exists: '$.correlation_alert' }, 'Correlation'] },
  Location: { $first: [{ $analyzerLocation: ['$.analyzer'] }, { $context: 'location' }] },
}

const rules: Rules = {
  filter: {
    $any: [{ $not: isHeartbeat }, { $equals: [{ $option: 'heartbeats' }, 'send'] }],
  },
  mapping: {
    ID: id,
    OrganisationName: { $context: 'organisation' },
    EntityName: { $context: 'entity' },
    Type: either('Cyber', 'Availability'),
    Category: {
      $version: {
        'V04-V06': either(categoryIn('V04'), 'Other.Uncategorised'),
        V07: either(categoryIn('V07'), 'Availability.HeartBeat'),
        V08: either(categoryIn('V08'), 'Availability.HeartBeat'),
      },
    },
    Cause: either(
      { $if: [{ $in: [`${impact}.type`, ['admin', 'dos', 'user', 'recon']] }, 'Malicious', 'Unknown'] },
      'Normal',
    ),
    Description: either('$.classification.text', { $text: ['Heartbeat ', name] }),
    Status: either([], 'Event'),
    Priority: either(
      {
        $lookup: [
          `${impact}.severity`,
          { info: 'Info', low: 'Low', medium: 'Medium', high: 'High' },
          'Unknown',
        ],
      },
      'Info',
    ),
    Confidence: { $confidence: ['$.assessment.confidence'] },
    Note: { $note: ['$.assessment', '$.tool_alert', '$.correlation_alert', '$.overflow_alert'] },
    CreateTime: { $instant: ['$.create_time'] },
    StartTime: { $instant: ['$.detect_time'] },
    ReportTime: { $instant: ['$.analyzer_time'] },
    AltNames: [{ $messageName: ['$.messageid', '$.analyzer'] }, '$.classification.ident'],
    AltCategory: { $names: ['$.classification.reference', `${impact}.completion`] },
    Ref: { $refs: ['$.classification.reference'] },
    CorrelID: { $references: ['$.correlation_alert.alertident', '$.analyzer'] },
    RelID: { $references: ['$.tool_alert.alertident', '$.analyzer'] },
    Analyzer: analyzer,
    Source: { $sources: ['$.source', '$.target', id] },
    Target: { $targets: ['$.target', id] },
    Attachment: [
      { $files: ['$.target'] },
      { $additionalData: ['$.additional_data'] },
      { $overflowBuffer: ['$.overflow_alert.buffer'] },
      { $rest: ['$', { $version: { V08: 'analyzer_time' } }] },
    ],
  },
  functions: {
    additionalData,
    analyzerCategory,
    analyzerClass,
    analyzerHost,
    analyzerId,
    analyzerIp,
    analyzerLocation,
    analyzerModel,
    analyzerName,
    category,
    confidence,
    files,
    instant,
    messageId,
    messageName,
    names,
    note,
    overflowBuffer,
    references,
    refs,
    rest,
    sources,
    targets,
  },
  cut: documentRecords,
}

export default rules
