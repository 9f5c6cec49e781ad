import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { converter } from '../../scripts/connector/convert.ts'
import { convert } from '../../src/cli/convert.ts'
import rules from '../../src/connectors/idmefv1/mapping.ts'
import { isFault, readDocument } from '../../src/idmefv1/document.ts'
import { advise } from '../../src/idmefv2/advise.ts'
import { VERSIONS, type Version } from '../../src/idmefv2/profiles.ts'
import { validator } from '../../src/idmefv2/validate.ts'
import type { Json } from '../../src/types.ts'
import { invoke } from '../cli/invoke.ts'
import { alert, around, CREATED } from '../idmefv1/documents.ts'
import { altered } from './alter.ts'

const fixtures = join(import.meta.dirname, '../../src/connectors/idmefv1/fixtures')
const corpus = join(import.meta.dirname, '../../../shared/corpus/idmefv1')
const page = readFileSync(join(fixtures, '../README.md'), 'utf8')

const folder = mkdtempSync(join(tmpdir(), 'idmefv1-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Message {
  ID: string
  CreateTime: string
  Category: string[]
  Source?: { ID: string; IP?: string; Port?: number[]; Protocol?: string[]; User?: string; Note?: string }[]
  Target?: { ID: string; IP?: string; Port?: number[]; Note?: string; User?: string }[]
  CorrelID?: string[]
  RelID?: string[]
  Ref?: string[]
  AltCategory?: string[]
  Attachment?: { Name: string; Content: string; Hash?: string[]; ContentEncoding?: string }[]
}

const recordsIn = (xml: string | Uint8Array): string[] => {
  const read = readDocument(Buffer.from(xml))
  if (isFault(read)) throw new Error(read.what)
  return read.messages.map((message) => JSON.stringify(message))
}
const options = { heartbeats: 'send' }
const messagesOf = (xml: string | Uint8Array, version: Version = '2.D.V08') =>
  // What comes out is held against the schema by other tests.
  recordsIn(xml).map(converter(rules, { version, options, name: 'Test' })) as Message[]
const messageOf = (inner: string, messageid?: string) => {
  const [message] = messagesOf(around(alert(inner, messageid)))
  if (!message) throw new Error('there is no message')
  return message
}

describe('identity', () => {
  const xml = around(
    `${alert('', 'first')}<Alert messageid="second"><Analyzer analyzerid="other"/>${CREATED}<CorrelationAlert><name>both</name><alertident analyzerid="probe-1">first</alertident><alertident>own</alertident></CorrelationAlert></Alert>`,
  )

  test('an alert that correlates others has their IDs, whoever comes first', () => {
    const [first, second] = messagesOf(xml)
    const [own] = messagesOf(
      around(`<Alert messageid="own"><Analyzer analyzerid="other"/>${CREATED}</Alert>`),
    )
    expect(second?.CorrelID).toEqual([first?.ID, own?.ID])
  })

  test('is the same in every version, and another one for another analyzer', () => {
    const ids = VERSIONS.map((version) => messagesOf(xml, version)[0]?.ID)
    expect(new Set(ids).size).toBe(1)
    expect(messageOf('', 'second').ID).not.toBe(messagesOf(xml)[1]?.ID)
  })

  test('is that of the analyzer that raised the alert, however it was relayed', () => {
    const relayed = '<Analyzer analyzerid="relay"><Analyzer analyzerid="probe-1"/></Analyzer>'
    const [message] = messagesOf(around(`<Alert messageid="first">${relayed}${CREATED}</Alert>`))
    expect(message?.ID).toBe(messagesOf(xml)[0]?.ID)
  })

  test('each of several addresses of a source has an ID of its own', () => {
    const address = (ip: string) => `<Address category="ipv4-addr"><address>${ip}</address></Address>`
    const { Source = [] } = messageOf(
      `<Source ident="s"><Node>${address('192.0.2.1')}${address('192.0.2.2')}${address('192.0.2.1')}</Node><Service><port>7</port></Service></Source>`,
    )
    expect(Source.map(({ IP, Port }) => [IP, Port])).toEqual([
      ['192.0.2.1', [7]],
      ['192.0.2.2', [7]],
    ])
    expect(new Set(Source.map(({ ID }) => ID)).size).toBe(2)
  })
})

describe('values', () => {
  test('the NTP timestamp counts, with the offset of the text', () => {
    const [message] = messagesOf(
      around(
        '<Alert messageid="t"><CreateTime ntpstamp="0xe2551126.0x80000000">2020-04-30T09:00:00+02:00</CreateTime></Alert>',
      ),
    )
    expect(message?.CreateTime).toBe('2020-04-30T10:56:06.5+02:00')
  })

  test('ports of a list are written out, up to a thousand and no zero', () => {
    const ports = (list: string) =>
      messageOf(`<Source><Service><portlist>${list}</portlist></Service></Source>`).Source?.[0]
    expect(ports('80, 443,8000-8002')?.Port).toEqual([80, 443, 8000, 8001, 8002])
    expect(ports('0-3')?.Port).toEqual([1, 2, 3])
    expect(ports('1-65535')).toMatchObject({ Note: 'ports 1-65535' })
    expect(ports('1-65535')?.Port).toHaveLength(1024)
    expect(ports('many')).toMatchObject({ Note: 'ports many' })
  })

  test('protocols stand lowest layer first, those of targets with the source', () => {
    const service = (inner: string) => `<Service ${inner}</Service>`
    const { Source } = messageOf(
      `<Source>${service('iana_protocol_number="6">')}</Source><Target>${service('iana_protocol_name="TCP"><protocol>HTTP</protocol>')}</Target>`,
    )
    expect(Source?.[0]?.Protocol).toEqual(['tcp', 'http'])
    expect(messageOf(`<Target>${service('iana_protocol_number="17">')}</Target>`).Source).toMatchObject([
      { Protocol: ['udp'] },
    ])
  })

  test('who did it is the current user, to whom it was done the target user', () => {
    const users = ['original-user', 'current-user', 'target-user', 'current-group']
    const user = `<User>${users.map((type) => `<UserId type="${type}"><name>${type}</name></UserId>`).join('')}</User>`
    const { Source, Target } = messageOf(`<Source>${user}</Source><Target>${user}</Target>`)
    expect(Source).toMatchObject([
      { User: 'current-user', Note: 'users original-user, target-user, group current-group' },
    ])
    expect(Target).toMatchObject([{ User: 'target-user' }])
  })

  test.each([
    ['origin="cve"><name>2019-0001</name>', ['urn:cve:CVE-2019-0001'], undefined],
    ['origin="bugtraqid"><name>124</name>', ['urn:bugtraq:124'], undefined],
    ['origin="bugtraqid"><name>124</name><url>http://x.example/</url>', ['http://x.example/'], undefined],
    ['origin="osvdb"><name>7</name><url>nowhere</url>', ['urn:osvdb:7'], undefined],
    ['origin="vendor-specific" meaning="rule"><name>r1</name>', undefined, ['r1 (rule)']],
  ])('a reference %s', (reference, refs, names) => {
    const [message] = messagesOf(
      around(
        `<Alert messageid="r">${CREATED}<Classification text="t"><Reference ${reference}</Reference></Classification></Alert>`,
      ),
    )
    expect(message?.Ref).toEqual(refs)
    expect(message?.AltCategory).toEqual(names)
  })

  test('what has no field is attached, the chain of relays among it', () => {
    const relayed = '<Analyzer analyzerid="relay" name="r"><Analyzer analyzerid="probe"/></Analyzer>'
    const [message] = messagesOf(around(`<Alert messageid="x">${relayed}${CREATED}</Alert>`))
    const [attached] = message?.Attachment ?? []
    expect(attached?.Name).toBe('IDMEFv1')
    expect(JSON.parse(attached?.Content ?? '')).toMatchObject({
      analyzer: [{ analyzerid: 'relay', name: 'r' }, { analyzerid: 'probe' }],
    })
    expect(messageOf('').Attachment).toBeUndefined()
  })
})

describe('whatever a record holds', () => {
  const names = readdirSync(fixtures).filter((name) => existsSync(join(fixtures, name, 'expected.json')))
  const TAXONOMIES: readonly Version[] = ['2.D.V04', '2.D.V07', '2.D.V08']
  const ways = TAXONOMIES.map((version) => ({
    validate: validator(version),
    way: converter(rules, { version, options, name: 'T' }),
  }))

  test.each(names)('%s gives valid messages with any of its fields dropped or replaced', (name) => {
    const record: Json = JSON.parse(readFileSync(join(fixtures, name, 'input.json'), 'utf8'))
    for (const { what, record: hostile } of altered(record)) {
      for (const { way, validate } of ways) {
        const message = attempt(way, hostile)
        if (message) expect([...validate(message), ...advise(message)], what).toEqual([])
      }
    }
  })

  function attempt(way: (record: string) => unknown, record: Json): unknown {
    try {
      return way(JSON.stringify(record))
    } catch (error) {
      expect(String(error)).toMatch(/missing_required|not_an_object/)
      return undefined
    }
  }
})

describe('convert', () => {
  const run = (xml: string | Uint8Array, ...more: string[]) => {
    const file = join(folder, 'document.xml')
    writeFileSync(file, xml)
    return invoke(convert, ['idmefv1', file, ...more])
  }

  test('takes a document, each message of it a line', async () => {
    const { out, err, code } = await run(around(`${alert('', 'a')}<Heartbeat/>\n${alert('', 'b')}`))
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).AltNames[0]),
    ).toEqual(['idmefv1:probe-1:a', 'idmefv1:probe-1:b'])
    expect(err).toContain('2 converted, 1 filtered')
    expect(code).toBe(0)
  })

  test('tells what is wrong with one, and takes nothing of it', async () => {
    const { out, err, code } = await run(around(`${alert()}<Alert>`))
    expect(out).toBe('')
    expect(err).toContain('not a document: ')
    expect(err).toContain('unexpected close tag')
    expect(code).toBe(1)
  })
})

describe.skipIf(!existsSync(corpus))('the corpus', () => {
  test.each(VERSIONS)('gives valid messages of %s', (version) => {
    for (const file of readdirSync(corpus).filter((name) => name.endsWith('.xml'))) {
      const bytes = readFileSync(join(corpus, file))
      if (isFault(readDocument(bytes))) continue
      for (const message of messagesOf(bytes, version))
        expect([...validator(version)(message), ...advise(message)], file).toEqual([])
    }
  })
})

test('the page shows a record and the message that is made of it', () => {
  const [record, message] = [...page.matchAll(/^```json\n(.*?)\n```$/gms)].map(([, text]) =>
    JSON.parse(text ?? ''),
  )
  expect(converter(rules, { version: '2.D.V08', options, name: 'Idmefv1' })(JSON.stringify(record))).toEqual(
    message,
  )
})
