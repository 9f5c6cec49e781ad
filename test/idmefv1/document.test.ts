import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isFault, readDocument } from '../../src/idmefv1/document.ts'
import type { Message } from '../../src/idmefv1/record.ts'
import { alert, around, CREATED } from './documents.ts'

const messagesIn = (text: string | Uint8Array, charset?: string): readonly Message[] => {
  const read = readDocument(Buffer.from(text), charset)
  if (isFault(read)) throw new Error(`${read.kind}: ${read.what}`)
  return read.messages
}
const only = (text: string | Uint8Array, charset?: string): Message => {
  const [message, ...others] = messagesIn(text, charset)
  expect(others).toEqual([])
  if (!message) throw new Error('there is no message')
  return message
}
const faultOf = (text: string | Uint8Array, charset?: string) => {
  const read = readDocument(Buffer.from(text), charset)
  if (!isFault(read)) throw new Error(`it was taken: ${JSON.stringify(read.messages)}`)
  return read
}

test.each([
  ['the RFC', 'xmlns="http://iana.org/idmef"'],
  ['the draft before it', 'xmlns="urn:iana:xml:ns:idmef"'],
  ['none', ''],
])('a document in the namespace of %s is read', (_, attributes) => {
  expect(only(around(alert(), attributes))).toEqual({
    idmef: 'alert',
    messageid: 'm-1',
    analyzer: [{ analyzerid: 'probe-1' }],
    create_time: { time: '2020-04-30T08:56:06Z', ntpstamp: '0xe2551126.0x00000000' },
    classification: { text: 'A test' },
  })
})

test('prefixes mean nothing', () => {
  const text =
    '<i:IDMEF-Message xmlns:i="http://iana.org/idmef">\n <i:Alert messageid="p">\n  <i:Classification text="t"/>\n </i:Alert>\n</i:IDMEF-Message>'
  expect(only(text)).toEqual({ idmef: 'alert', messageid: 'p', classification: { text: 't' } })
})

test('alerts and heartbeats come in the order of the document', () => {
  const text = around(
    `${alert('', 'a')}<Heartbeat messageid="b"><HeartbeatInterval>600</HeartbeatInterval></Heartbeat>${alert('', 'c')}`,
  )
  expect(messagesIn(text).map(({ idmef, messageid }) => [idmef, messageid])).toEqual([
    ['alert', 'a'],
    ['heartbeat', 'b'],
    ['alert', 'c'],
  ])
})

test('a document may hold no message', () => expect(messagesIn(around(''))).toEqual([]))

test('nested analyzers are a list, the outermost first', () => {
  const text = around(
    '<Alert><Analyzer analyzerid="1"><Node><name>n</name></Node><Analyzer analyzerid="2"><Analyzer analyzerid="3"/></Analyzer></Analyzer></Alert>',
  )
  expect(only(text).analyzer).toEqual([
    { analyzerid: '1', node: { name: 'n' } },
    { analyzerid: '2' },
    { analyzerid: '3' },
  ])
})

test('the text of an element that has attributes is kept under its name', () => {
  const inner =
    '<Assessment><Impact severity="HIGH">so it is</Impact><Action category="other">one</Action><Action>two</Action><Confidence rating="numeric">0,5</Confidence></Assessment><CorrelationAlert><name>c</name><alertident>x</alertident><alertident analyzerid="a">y</alertident></CorrelationAlert>'
  const { assessment, correlation_alert } = only(around(alert(inner)))
  expect(assessment).toEqual({
    impact: { severity: 'high', description: 'so it is' },
    action: [{ category: 'other', description: 'one' }, { description: 'two' }],
    confidence: { rating: 'numeric', confidence: 0.5 },
  })
  expect(correlation_alert).toEqual({
    name: 'c',
    alertident: [{ alertident: 'x' }, { alertident: 'y', analyzerid: 'a' }],
  })
})

test('names in any of their spellings are those of the model', () => {
  const inner =
    '<Target><Service ip_version="6" iana_protocol_number="17"><portlist>1,2-4</portlist><SNMPService><contextEngineID>80</contextEngineID></SNMPService></Service><FileList><File fstype="ext4x"/></FileList></Target>'
  expect(faultOf(around(alert(inner)))).toEqual({
    kind: 'invalid',
    what: '/IDMEF-Message/Alert[1]/Target/FileList[1]@fstype (line 2): "ext4x" is not one of ufs, efs, nfs, afs, ntfs, fat16, fat32, pcfs, joliet, iso9660',
  })
  expect(only(around(alert(inner.replace('ext4x', 'NTFS')))).target).toEqual([
    {
      service: {
        ip_version: 6,
        iana_protocol_number: 17,
        portlist: '1,2-4',
        snmp_service: { context_engine_id: '80' },
      },
      file: [{ fstype: 'ntfs' }],
    },
  ])
})

test('permissions are read as the RFC writes them and as the draft before it did', () => {
  const files = (inner: string) => `<Target><File><FileAccess>${inner}</FileAccess></File></Target>`
  const rfc = only(around(alert(files('<Permission perms="read"/><Permission perms="write"/>'))))
  const draft = only(around(alert(files('<permission>read</permission><permission>write</permission>'))))
  expect(rfc.target).toEqual([{ file: [{ file_access: [{ permission: ['read', 'write'] }] }] }])
  expect(draft.target).toEqual(rfc.target)
})

test('additional data keeps its type, its blanks, and markup as it was written', () => {
  const data = (type: string, inner: string) => `<AdditionalData${type}>${inner}</AdditionalData>`
  const inner = [
    data(' type="real" meaning="m"', '<real>62.5</real>'),
    data('', '<string> a<!-- no -->b <![CDATA[<c>]]></string>'),
    data(' type="xmltext"', '<xmltext><v:n xmlns:v="urn:v" a="1">hi &amp; bye</v:n></xmltext>'),
    data(' type="xml"', '<xml>&lt;a/&gt;</xml>'),
    data(' type="string"', '<string></string>'),
    data(' type="string"', 'as the draft had it'),
  ].join('')
  expect(only(around(alert(inner))).additional_data).toEqual([
    { type: 'real', meaning: 'm', data: '62.5' },
    { type: 'string', data: ' ab <c>' },
    { type: 'xml', data: '<v:n xmlns:v="urn:v" a="1">hi &amp; bye</v:n>' },
    { type: 'xml', data: '<a/>' },
    { type: 'string' },
    { type: 'string', data: 'as the draft had it' },
  ])
})

test('elements of others are left out with all that is in them', () => {
  const inner =
    '<v:Before xmlns:v="urn:v"><v:Inner>x</v:Inner><Source xmlns="http://iana.org/idmef"/></v:Before>'
  expect(only(around(alert(inner)))).toEqual(only(around(alert())))
})

test('what the model does not have costs nothing, and is kept', () => {
  const text = around('<Alert messageid="u" colour="red" xml:lang="en"><Weather>rain</Weather></Alert>')
  expect(only(text)).toEqual({
    idmef: 'alert',
    messageid: 'u',
    unknown: ['/IDMEF-Message/Alert[1]@colour: red', '/IDMEF-Message/Alert[1]/Weather: rain'],
  })
})

test.each([
  ['a number out of range', '<Source><Service><port>70000</port></Service></Source>', 'Source/Service/port'],
  ['a negative process', '<Source><Process><pid>-1</pid></Process></Source>', 'Source/Process/pid'],
  ['a word of no list', '<Assessment><Impact severity="awful"/></Assessment>', 'Assessment/Impact@severity'],
  ['a time that is none', '<DetectTime>yesterday</DetectTime>', 'DetectTime'],
  ['a second source', '<Source/><Source spoofed="perhaps"/>', 'Source[2]@spoofed'],
])('%s is told with its place', (_, inner, place) => {
  const { kind, what } = faultOf(around(alert(inner)))
  expect(kind).toBe('invalid')
  expect(what).toContain(`/IDMEF-Message/Alert[1]/${place} (line 2): `)
})

test.each([
  ['ends in another case', around(alert()).replace('</Alert>', '</alert>')],
  ['has a root of another namespace', around(alert(), 'xmlns="urn:other"')],
  ['has another root', '<Alert/>'],
  ['is empty', ''],
  ['is no XML', '{"a":1}'],
  ['has an attribute twice', '<IDMEF-Message version="1" version="1"/>'],
  ['goes on behind its end', `${around('')}<a/>`],
])('a document that %s is refused', (_, text) => expect(faultOf(text).kind).toBe('malformed'))

describe('characters', () => {
  const text = around(`<Alert><Classification text="café 🦉 &#xE9;&quot;"/></Alert>`)
  const expected = { idmef: 'alert', classification: { text: 'café 🦉 é"' } }
  const declared = (encoding: string) => text.replace('?>', ` encoding="${encoding}"?>`)

  test.each([
    ['in UTF-8', Buffer.from(text), undefined],
    ['in UTF-8 with a mark', Buffer.from(`\ufeff${text}`), undefined],
    ['in UTF-16 with a mark', Buffer.from(`\ufeff${text}`, 'utf16le'), undefined],
    ['in UTF-16 without one', Buffer.from(declared('utf-16'), 'utf16le'), undefined],
    ['as the Content-Type says', Buffer.from(declared('iso-8859-1')), 'utf-8'],
  ])('are read %s', (_, bytes, charset) => expect(only(bytes, charset)).toEqual(expected))

  test('are read in the encoding that the document declares', () => {
    const latin = Buffer.from(declared('ISO-8859-1').replace(' 🦉', ''), 'latin1')
    expect(only(latin)).toEqual({ idmef: 'alert', classification: { text: 'café é"' } })
  })

  test('that are none of their encoding are refused, not replaced', () => {
    expect(faultOf(Buffer.from(text.replace(' 🦉', ''), 'latin1')).kind).toBe('charset')
    expect(faultOf(text, 'ebcdic-of-mars').kind).toBe('charset')
  })
})

const corpus = join(import.meta.dirname, '../../../shared/corpus/idmefv1')

/** Messages of each file, or how it is refused; what is unknown to the model is refused only where documents are validated. */
const CORPUS: readonly (readonly [file: string, is: number | 'malformed' | 'invalid'])[] = [
  ['01-minimal-default-ns', 1],
  ['02-minimal-prefixed-rfc-ns', 1],
  ['03-all-classes', 1],
  ['04-analyzer-chain', 1],
  ['05-heartbeat', 1],
  ['06-additionaldata-types', 1],
  ['07-correlation-alert', 1],
  ['08-tool-alert', 1],
  ['09-overflow-alert', 1],
  ['10-three-messages', 3],
  ['11-malformed', 'malformed'],
  ['12-wrong-namespace', 'malformed'],
  ['13-dtd-invalid', 'invalid'],
  ['14-xxe-file', 'malformed'],
  ['15-billion-laughs', 'malformed'],
  ['16-doctype-valid', 1],
  ['17-unknown-names', 1],
  ['18-foreign-extension', 1],
  ['19-text-forms', 1],
  ['20-latin1', 1],
  ['21-rfc-style-dos', 1],
  ['22-xmltext', 1],
  ['23-rfc-style-web-and-policy', 2],
]

describe.skipIf(!existsSync(corpus))('the corpus', () => {
  test.each(CORPUS)('%s gives %s', (file, is) => {
    const read = readDocument(readFileSync(join(corpus, `${file}.xml`)))
    expect(isFault(read) ? read.kind : read.messages.length).toBe(is)
  })
})

test('a time without its text is its NTP timestamp', () => {
  const text = around(`<Alert>${CREATED.replace(/>2020[^<]*/, '>')}</Alert>`)
  expect(only(text).create_time).toEqual({ ntpstamp: '0xe2551126.0x00000000' })
})
