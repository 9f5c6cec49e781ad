import type { Mapping, Rules } from '../../mapping/rules.ts'
import { attachments, sentByClient, sentByServer, wholeRecord } from './attachments.ts'
import { id, messages, request, response, transaction } from './paths.ts'
import { commonLogTime, transactionTime } from './time.ts'
import { lineMethod, lineUri, lineVersion, maskedUri, outcome, rulesTold } from './told.ts'
import {
  category,
  cause,
  description,
  others,
  priority,
  references,
  ruleIds,
  severity,
  tags,
} from './verdict.ts'
import { header, hostName, model, protocols } from './web.ts'

const zero: Mapping = { $option: 'zero_severity' }
const mask: Mapping = { $option: 'mask' }

const status = response.status

const summary: Mapping = {
  $first: [{ $description: [messages, zero] }, { $text: ['Request answered with HTTP ', status] }, 'Request'],
}

const categoryIn = (taxonomy: string): Mapping => ({ $category: [messages, zero, taxonomy] })

const note: Mapping = {
  $join: [
    '; ',
    { $outcome: [transaction.engine, transaction.interrupted, status, messages] },
    { $rulesTold: [messages, zero, mask] },
  ],
}

const analyzer: Mapping = {
  ID: {
    $uuid: ['modsecurity', 'analyzer', { $context: 'analyzer.hostname' }, { $context: 'analyzer.name' }],
  },
  IP: { $context: 'analyzer.ip' },
  Name: { $first: [{ $context: 'analyzer.name' }, 'ModSecurity'] },
  Hostname: { $context: 'analyzer.hostname' },
  Model: {
    $first: [
      {
        $model: [
          transaction.producer,
          '$.transaction.producer.connector',
          '$.transaction.producer.components',
        ],
      },
      'ModSecurity',
    ],
  },
  Type: 'Cyber',
  Category: { $version: { 'V04-V06': 'WAF', 'V07-V08': 'NET.WAF' } },
  Data: ['Protocol', 'Content'],
  Method: { $version: { 'V04-V06': 'Signature', 'V07-V08': ['Signature', 'Rule-based'] } },
  Location: { $context: 'location' },
}

const source: Mapping = {
  ID: { $id: 'Source' },
  IP: transaction.clientIp,
  Port: transaction.clientPort,
  Protocol: { $protocols: [request.version] },
  Note: {
    $join: [
      '; ',
      { $text: ['forwarded for ', { $header: [request.headers, 'X-Forwarded-For'] }] },
      { $text: ['User-Agent ', { $header: [request.headers, 'User-Agent'] }] },
    ],
  },
  Attachment: [...sentByClient, ...wholeRecord],
}

const target: Mapping = {
  ID: { $id: 'Target' },
  IP: transaction.hostIp,
  Port: transaction.hostPort,
  Hostname: { $hostName: [{ $header: [request.headers, 'Host'] }] },
  Service: { $if: [{ $exists: { $protocols: [request.version] } }, 'http'] },
  Note: { $join: [' ', request.method, { $maskedUri: [request.uri, mask] }] },
  Attachment: sentByServer,
}

const unset = (option: string): Mapping => ({ $not: { $exists: { $option: option } } })

const rules: Rules = {
  filter: {
    $all: [
      {
        $any: [
          // What is no transaction is no record of ModSecurity: it goes on, and is rejected for want of a time.
          { $not: { $exists: '$.transaction' } },
          { $exists: '$.transaction.messages[0]' },
          { $exists: '$.audit_data.messages[0]' },
          { $equals: [{ $option: 'status_only' }, 'true'] },
        ],
      },
      {
        $any: [
          unset('exclude_rule'),
          { $exists: { $others: [messages, zero, { $option: 'exclude_rule' }] } },
        ],
      },
      {
        $any: [
          unset('minimum_severity'),
          { $not: { $exists: { $severity: [messages, zero] } } },
          { $atMost: [{ $severity: [messages, zero] }, { $option: 'minimum_severity' }] },
        ],
      },
    ],
  },
  mapping: {
    OrganisationName: { $context: 'organisation' },
    EntityName: { $context: 'entity' },
    Type: 'Cyber',
    Category: {
      $version: { 'V04-V06': categoryIn('V04'), V07: categoryIn('V07'), V08: categoryIn('V08') },
    },
    Cause: { $cause: [messages, zero, status] },
    Description: summary,
    Priority: { $priority: [messages, zero] },
    Note: note,
    CreateTime: {
      $first: [
        { $transactionTime: ['$.transaction.time_stamp', id, { $option: 'timezone' }] },
        { $commonLogTime: ['$.transaction.time'] },
      ],
    },
    AltNames: [id, { $ruleIds: [messages, zero] }],
    AltCategory: { $tags: [messages, zero] },
    Ref: { $references: [messages, zero] },
    Analyzer: analyzer,
    Source: [source],
    Target: [target],
    Attachment: [...attachments],
  },
  functions: {
    category,
    cause,
    commonLogTime,
    description,
    header,
    hostName,
    lineMethod,
    lineUri,
    lineVersion,
    maskedUri,
    model,
    others,
    outcome,
    priority,
    protocols,
    references,
    ruleIds,
    rulesTold,
    severity,
    tags,
    transactionTime,
  },
}

export default rules
