import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { diag } from 'libxml2-wasm'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { outline } from '../../src/gateway/dtd/outline.ts'
import { type Judge, loadJudge } from '../../src/gateway/dtd/validate.ts'
import { isFault, readDocument } from '../../src/idmefv1/document.ts'
import { parse } from '../../src/idmefv1/xml.ts'
import { around, CREATED, alert as withBefore } from '../idmefv1/documents.ts'

let judge: Judge
beforeAll(async () => {
  judge = await loadJudge()
})
// What a document took in the memory of libxml2 is given back, however it was judged.
beforeEach(() => diag.configure({ enabled: true }))
afterEach(() => {
  expect(diag.report()).toEqual({})
  diag.configure({ enabled: false })
})

const judged = (text: string) => judge(parse(text))
const START = `<Analyzer analyzerid="probe-1"/>${CREATED}`
const alert = (inner: string, before = '') =>
  around(`<Alert>${START}${before}<Classification text="A test"/>${inner}</Alert>`)

describe('is valid', () => {
  test.each([
    ['an alert of what it must have', around(withBefore())],
    ['a document without a message', around('')],
    [
      'a prefix and blanks between elements',
      `<i:IDMEF-Message xmlns:i="urn:iana:xml:ns:idmef" version="1.0">\n <i:Alert>\n  <i:Analyzer/>\n  <i:CreateTime ntpstamp="0x1.0x1">2020-04-30T08:56:06Z</i:CreateTime>\n  <i:Classification text="t"/>\n </i:Alert>\n</i:IDMEF-Message>`,
    ],
    ['no namespace', around(withBefore(), '')],
    ['elements and attributes of others', alert('<v:a xmlns:v="urn:v" v:b="c" xml:lang="en"><v:d/></v:a>')],
    [
      'a heartbeat',
      around(`<Heartbeat messageid="h">${START}<HeartbeatInterval>60</HeartbeatInterval></Heartbeat>`),
    ],
    [
      'analyzers in analyzers',
      around(withBefore()).replace('/>', '><Node><name>n</name></Node><Analyzer/></Analyzer>'),
    ],
    [
      'a port before its name',
      alert('', '<Source><Service><port>25</port><name>smtp</name><protocol>x</protocol></Service></Source>'),
    ],
    [
      'a file with permissions and a link to another',
      alert(
        '',
        '<Target><File category="current"><name>a</name><path>/a</path><FileAccess><UserId><number>0</number></UserId><Permission perms="read"/><Permission perms="executeAs"></Permission></FileAccess><Linkage category="hard-link"><File category="original"><name>b</name><path>/b</path></File></Linkage><Inode><c-major-device>1</c-major-device><c-minor-device>2</c-minor-device></Inode><Checksum algorithm="SHA2-256"><value>00</value></Checksum></File></Target>',
      ),
    ],
    [
      'the type xml as the RFC calls it',
      alert('<AdditionalData type="xmltext"><xmltext><a b="c"/></xmltext></AdditionalData>'),
    ],
    [
      'the type xml as others call it',
      alert('<AdditionalData type="xml"><xml>&lt;a/></xml></AdditionalData>'),
    ],
    [
      'a word with blanks around it',
      alert('<Assessment><Impact severity="&#10;high ">text</Impact></Assessment>'),
    ],
    [
      'a long value with any character',
      alert(`<AdditionalData meaning="&lt;&amp;&quot;&#9;${'𝄞'.repeat(100)}"><string/></AdditionalData>`),
    ],
  ])('%s', (_, text) => expect(judged(text)).toBeUndefined())
})

describe('is not valid, and said where', () => {
  test.each([
    [
      'an alert without an analyzer',
      around(`<Alert>${CREATED}<Classification text="t"/></Alert>`),
      '/IDMEF-Message/Alert ',
    ],
    [
      'elements in another order',
      around(`<Alert>${CREATED}<Analyzer/><Classification text="t"/></Alert>`),
      '/IDMEF-Message/Alert ',
    ],
    ['an attribute that is missing', alert('').replace(' text="A test"', ''), 'attribute text'],
    ['a time without its ntpstamp', alert('').replace(/ ntpstamp="[^"]*"/, ''), 'attribute ntpstamp'],
    [
      'a word that is none of the list',
      alert('<Assessment><Impact severity="severe"/></Assessment>'),
      '"severe"',
    ],
    ['a word in capitals', alert('<Assessment><Impact severity="HIGH"/></Assessment>'), '"HIGH"'],
    ['another version', around('', 'version="2.0"'), '/IDMEF-Message '],
    ['an unknown element', alert('<Weather/>'), '/IDMEF-Message/Alert/Weather '],
    [
      'an unknown attribute',
      alert('').replace('<Alert', '<Alert colour="red"'),
      'attribute colour of element Alert',
    ],
    ['text where elements belong', alert('', '<Source>text</Source>'), '/IDMEF-Message/Alert/Source '],
    [
      'additional data without its typed child',
      alert('<AdditionalData>text</AdditionalData>'),
      '/AdditionalData ',
    ],
    [
      'two values in one additional datum',
      alert('<AdditionalData><string/><string/></AdditionalData>'),
      '/AdditionalData ',
    ],
    [
      'a list of files, as the draft before the RFC has it',
      alert('', '<Target><FileList/></Target>'),
      '/FileList ',
    ],
    [
      'a host with a place only',
      alert('', '<Source><Node><location>x</location></Node></Source>'),
      '/Source/Node ',
    ],
    [
      'two kinds of alert in one',
      alert('<OverflowAlert><program>p</program></OverflowAlert>'.repeat(2)),
      '/Alert ',
    ],
  ])('%s', (_, text, where) => expect(judged(text)?.join('\n')).toContain(where))

  test('every fault has its message, its line and what was expected', () => {
    const text = around(
      `\n${withBefore()}\n<Alert>\n<Analyzer/></Alert>\n\n<Heartbeat\n>${START}\n<Weather/></Heartbeat>`,
    )
    expect(judged(text)?.map((fault) => fault.replace(/expecting \(.*\), /, ''))).toEqual([
      '/IDMEF-Message/Alert[2] (line 4): Element Alert content does not follow the DTD, got (Analyzer)',
      '/IDMEF-Message/Heartbeat (line 8): Element Heartbeat content does not follow the DTD, got (Analyzer CreateTime Weather)',
      '/IDMEF-Message/Heartbeat/Weather (line 9): No declaration for element Weather',
    ])
  })

  test('a line far down is told as it is', () => {
    expect(judged(around(`${'\n'.repeat(200_000)}<Alert/>`))).toEqual([
      expect.stringContaining('Alert (line 200002): '),
    ])
  })
})

describe('of a sender who means harm', () => {
  test('nothing but names, short values and the word text reaches libxml2', () => {
    const text =
      '<!DOCTYPE IDMEF-Message SYSTEM "file:///etc/passwd"><IDMEF-Message><!-- c --><?p i?>secret<Alert messageid="&lt;!DOCTYPE&quot;"><xmltext><!ENTITY></xmltext></Alert></IDMEF-Message>'.replace(
        '<!ENTITY>',
        '&lt;!ENTITY x>',
      )
    expect(outline(parse(text))).toBe(
      '<IDMEF-Message>text<Alert messageid="&lt;!DOCTYPE&quot;"><xmltext>text</xmltext></Alert></IDMEF-Message>',
    )
  })

  test('a hundred thousand faults are a few, told soon', () => {
    const faults = judged(around('<Alert><Source spoofed="q"/></Alert>'.repeat(40_000)))
    expect(faults).toHaveLength(10)
  })

  test('an answer is no longer than it helps', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `<Unknown${i}/>`).join('')
    const faults = judged(around(`<Alert>${names}</Alert>`)) ?? []
    expect(Math.max(...faults.map(({ length }) => length))).toBeLessThan(700)
  })

  test.each([
    ['name', around(`<${'n'.repeat(500_000)}/>`)],
    ['value', around(`<Alert messageid="${'&#10;'.repeat(500_000)}"/>`)],
    [
      'text',
      around(alert(`<AdditionalData><string>${'&amp;'.repeat(500_000)}</string></AdditionalData>`).slice(22)),
    ],
  ])('a very long %s is a fault like others, or none', (_, text) => {
    expect(() => judged(text)).not.toThrow()
  })

  test('elements as deep as the parser lets them are judged', () => {
    const deep = `${'<Analyzer>'.repeat(60)}${'</Analyzer>'.repeat(60)}`
    expect(judged(around(`<Alert>${deep}${CREATED}<Classification text="t"/></Alert>`))).toBeUndefined()
  })

  test('a name that is no English word', () => {
    expect(judged(around('<Älert é="1"/><__proto__/><constructor/>'))?.join('\n')).toContain(
      '/IDMEF-Message/Älert',
    )
  })
})

const corpus = join(import.meta.dirname, '../../../shared/corpus/idmefv1')

describe.skipIf(!existsSync(corpus))('of the corpus', () => {
  test.each([
    ['01-minimal-default-ns', 'valid'],
    ['02-minimal-prefixed-rfc-ns', 'valid'],
    ['03-all-classes', 'valid'],
    ['04-analyzer-chain', 'valid'],
    ['05-heartbeat', 'valid'],
    ['06-additionaldata-types', 'valid'],
    ['07-correlation-alert', 'valid'],
    ['08-tool-alert', 'valid'],
    ['09-overflow-alert', 'valid'],
    ['10-three-messages', 'valid'],
    ['11-malformed', 'malformed'],
    ['12-wrong-namespace', 'malformed'],
    ['13-dtd-invalid', '/IDMEF-Message/Alert (line 3)'],
    ['14-xxe-file', 'malformed'],
    ['15-billion-laughs', 'malformed'],
    ['16-doctype-valid', 'valid'],
    ['17-unknown-names', '/IDMEF-Message/Alert/Weather (line 2)'],
    ['18-foreign-extension', '/IDMEF-Message/Alert/AdditionalData (line 2)'],
    ['19-text-forms', 'valid'],
    ['20-latin1', 'valid'],
    ['21-rfc-style-dos', 'valid'],
    ['22-xmltext', 'valid'],
    ['23-rfc-style-web-and-policy', 'valid'],
  ])('%s: %s', (name, verdict) => {
    const bytes = readFileSync(join(corpus, `${name}.xml`))
    expect(verdictOn(bytes)).toContain(verdict)
  })

  /** A word outside of its list stops the reading before; as a tree it is judged all the same. */
  function verdictOn(bytes: Buffer): string {
    const read = readDocument(bytes)
    if (!isFault(read)) return judge(read.root)?.join('\n') ?? 'valid'
    return read.kind === 'invalid' ? (judged(bytes.toString())?.join('\n') ?? 'valid') : read.kind
  }
})
