import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { converter, type Setting } from '../../scripts/connector/convert.ts'
import { category, data, KINDS, type Kind, kindOf, priority } from '../../src/connectors/tpot/events.ts'
import tpot from '../../src/connectors/tpot/index.ts'
import rules from '../../src/connectors/tpot/mapping.ts'
import { identity, unfold } from '../../src/connectors/tpot/records.ts'
import { description } from '../../src/connectors/tpot/told.ts'
import {
  account,
  address,
  credential,
  decoy,
  excerpt,
  hostname,
  listed,
  position,
  protocol,
  sensor,
  unhex,
} from '../../src/connectors/tpot/values.ts'
import { address as ipOf } from '../../src/idmefv2/address.ts'
import { advise } from '../../src/idmefv2/advise.ts'
import { VERSIONS } from '../../src/idmefv2/profiles.ts'
import { V04 } from '../../src/idmefv2/taxonomy/v04.ts'
import { V08 } from '../../src/idmefv2/taxonomy/v08.ts'
import { fromEpoch, timestamp } from '../../src/idmefv2/time.ts'
import { validator } from '../../src/idmefv2/validate.ts'
import type { Json } from '../../src/types.ts'
import { altered } from './alter.ts'

const folder = new URL('../../src/connectors/tpot/', import.meta.url)
const corpus = new URL('../../../shared/corpus/t-pot/', import.meta.url)
const page = readFileSync(new URL('README.md', folder), 'utf8')

const DEFAULTS = tpot.options.parse({})
const plain = (parts: Partial<Setting> = {}) =>
  converter(rules, { version: '2.D.V08', name: 'T-Pot', options: DEFAULTS, ...parts })

/** What the tests look at. Anything can be absent in a real message; a test then fails by what it expects. */
interface Message {
  Category: string[]
  Description: string
  Priority: string
  Note?: string
  CreateTime: string
  CorrelID?: string[]
  Analyzer: { IP?: string }
  Source?: [End]
  Target?: [End, End?]
}

interface End {
  IP?: string
  Hostname?: string
  User?: string
  Port?: number[]
}

const fixture = (name: string, file: string) =>
  readFileSync(new URL(`fixtures/${name}/${file}`, folder), 'utf8')
const names = readdirSync(new URL('fixtures/', folder))
const inputs = names.map((name) => fixture(name, 'input.json').trimEnd())
const EVENT: Readonly<Record<string, Json>> = JSON.parse(fixture('connection', 'input.json'))

const byDefault = plain()
const messageOf = (fields: object, options?: object) => {
  const convert = options ? plain({ options: { ...DEFAULTS, ...options } }) : byDefault
  // The shape is what the tests look for, and they fail where it is another.
  return convert(JSON.stringify({ ...EVENT, ...fields })) as Message
}
const cowrie = (eventid: string, fields: object = {}) =>
  messageOf({ eventid: `cowrie.${eventid}`, message: 'as Cowrie says it', ...fields })

describe('an event', () => {
  test.each<[eventid: string, fields: object, category: string, priority: string]>([
    ['session.connect', {}, 'Recon.Network', 'Low'],
    ['client.version', {}, 'Recon.Network', 'Low'],
    ['client.fingerprint', { username: 'git' }, 'Access.Forced', 'Medium'],
    ['login.failed', { username: 'root', password: 'x' }, 'Access.Forced', 'Medium'],
    ['login.success', { username: 'pi', password: 'x' }, 'Access.Compromise', 'High'],
    ['login.success', { username: 'root', password: 'x' }, 'Access.Escalation', 'High'],
    ['command.input', { input: 'id' }, 'Access.Other', 'High'],
    ['command.failed', { input: 'idd' }, 'Access.Other', 'High'],
    ['session.file_download', { url: 'http://198.51.100.7/x' }, 'Malware.Downloader', 'High'],
    ['session.file_download.failed', {}, 'Malware.Downloader', 'High'],
    ['session.file_upload', { filename: 'x' }, 'Malware.Downloader', 'High'],
    ['direct-tcpip.request', {}, 'Operational.Misuse', 'Medium'],
    ['something.new', {}, 'Other.Undetermined', 'Low'],
  ])('of Cowrie, %s %j, is %s, %s', (eventid, fields, expected, grave) => {
    expect(cowrie(eventid, fields)).toMatchObject({
      Category: [expected],
      Priority: grave,
      Cause: 'Malicious',
    })
  })

  test('of another honeypot is judged by what it tells', () => {
    expect(kindOf(undefined, 'root')).toBe('attempt')
    expect(kindOf(undefined, undefined, 'secret')).toBe('attempt')
    expect(kindOf(undefined, undefined, undefined, 'id')).toBe('command')
    expect(kindOf(undefined, undefined, undefined, undefined, 14)).toBe('exploit')
    expect(kindOf(undefined, undefined, undefined, undefined, 14, 1)).toBe('file')
    expect(kindOf('elasticpot.attack')).toBe('exploit')
    expect(kindOf('elasticpot.recon')).toBe('connection')
    expect(kindOf()).toBe('connection')
  })

  test('has words of each taxonomy, whatever its kind', () => {
    for (const { terms, data: looked } of Object.values(KINDS)) {
      expect(V04.Category).toContain(terms[0])
      expect(V08.Category).toContain(terms[1])
      expect(V04['Analyzer.Data']).toContain(looked[0])
      expect(V08['Analyzer.Data']).toContain(looked[1])
    }
  })

  test('survives facts of any shape', () => {
    const facts = fc.array(fc.anything(), { minLength: 6, maxLength: 6 })
    fc.assert(
      fc.property(facts, fc.array(fc.anything(), { minLength: 7, maxLength: 7 }), (all, others) => {
        expect(category('V08', ...all)).not.toHaveLength(0)
        expect(priority(...all)).toMatch(/^(High|Medium|Low|Info)$/)
        expect(data(1, ...all)).not.toBe('')
        expect(description(...others, ...all)).toMatch(/: ./)
        for (const read of [
          account,
          address,
          credential,
          decoy,
          excerpt,
          hostname,
          listed,
          position,
          protocol,
          sensor,
          unhex,
        ])
          read(...all)
      }),
    )
  })

  test('of one session has what the others have too, and no other session', () => {
    const [connect, login, other] = [
      cowrie('session.connect'),
      cowrie('login.failed', { username: 'root' }),
      cowrie('session.connect', { session: 'ffff00001111' }),
    ]
    expect(connect.CorrelID).toHaveLength(1)
    expect(login.CorrelID).toEqual(connect.CorrelID)
    expect(other.CorrelID).not.toEqual(connect.CorrelID)
  })

  test('without ports and destination is sent without them', () => {
    const { Source, Target } = cowrie('login.failed', {
      username: 'root',
      src_port: undefined,
      dst_ip: undefined,
      dst_port: undefined,
    })
    expect(Source?.[0]).not.toHaveProperty('Port')
    expect(Target?.[0]).not.toHaveProperty('Port')
    expect(Target?.[0]).not.toHaveProperty('IP')
  })

  test('of a tunnel tells where it was to lead beside the honeypot, and no port that the client made up', () => {
    const { Source, Target, Description } = cowrie('direct-tcpip.request', {
      dst_ip: '198.51.100.9',
      dst_port: 25,
      src_port: 61528,
    })
    expect(Source?.[0]).not.toHaveProperty('Port')
    expect(Target?.[0]).not.toHaveProperty('IP')
    expect(Target?.[1]).toMatchObject({ IP: '198.51.100.9', Port: [25] })
    expect(Description).toBe('Cowrie: tunnel asked for to 198.51.100.9:25')
  })
})

describe('passwords', () => {
  const SECRET = 'hunter2'
  const tried: [string, object][] = [
    [
      'login.failed',
      { username: 'root', password: SECRET, message: `login attempt [root/${SECRET}] failed` },
    ],
    [
      'login.success',
      { username: 'root', password: SECRET, message: `login attempt [root/${SECRET}] succeeded` },
    ],
  ]

  test.each(tried)('are not sent by default: %s', (eventid, fields) => {
    expect(JSON.stringify(cowrie(eventid, fields))).not.toContain(SECRET)
  })

  test.each(names.filter((name) => fixture(name, 'input.json').includes('hunter')))(
    'of the fixture %s are not sent by default, whoever wrote them',
    (name) => {
      expect(JSON.stringify(plain()(fixture(name, 'input.json').trimEnd()))).not.toContain('hunter')
    },
  )

  test('are sent where the operator wants them', () => {
    for (const [eventid, fields] of tried) {
      const { Description, Note } = messageOf(
        { eventid: `cowrie.${eventid}`, ...fields },
        { passwords: true },
      )
      expect(Description).toContain(`with password ${SECRET}`)
      expect(Note).toContain(`password ${SECRET}`)
    }
  })
})

describe('which events are sent', () => {
  const sent = (fields: object, options?: object) => messageOf(fields, options) !== undefined

  test('not endings and parameters by default, nor what is no honeypot', () => {
    for (const eventid of ['cowrie.session.closed', 'cowrie.session.params', 'cowrie.log.closed'])
      expect(sent({ eventid })).toBe(false)
    for (const type of ['Suricata', 'P0f', 'Fatt', 'NGINX'])
      expect(sent({ type, eventid: undefined })).toBe(false)
    expect(sent({ connection: { type: 'listen' }, eventid: undefined })).toBe(false)
    expect(plain()('{"timestamp":"2026-11-22T03:50:18Z","hello":"world"}')).toBeUndefined()
  })

  test('what is named otherwise', () => {
    expect(sent({ eventid: 'cowrie.session.closed' }, { exclude_event: [] })).toBe(true)
    expect(sent({ type: 'Suricata', eventid: undefined }, { exclude_type: [] })).toBe(true)
    expect(sent({ type: 'Ciscoasa', eventid: undefined }, { exclude_type: ['CiscoASA'] })).toBe(false)
  })
})

/** What Logstash writes for a variable that has no value. */
const UNSET = ['$', '{MY_EXTIP}'].join('')

describe('values', () => {
  test('are addresses, mapped ones as what they are', () => {
    expect(address('', '::ffff:198.51.100.23')).toBe('198.51.100.23')
    expect(address('2001:DB8::bad')).toBe('2001:db8::bad')
    expect(address(UNSET, 'mail.example.net', 7, '0.0.0.0', '::')).toBeUndefined()
  })

  test('are the address at which the honeypot was met', () => {
    const [outer, inner] = ['192.0.2.1', '10.0.2.15']
    expect(decoy('203.0.113.10', '172.20.0.2', outer, inner)).toBe(outer)
    expect(decoy('10.0.2.77', '172.20.0.2', outer, inner)).toBe(inner)
    expect(decoy('203.0.113.10', '198.51.100.1', outer, inner)).toBe('198.51.100.1')
    expect(decoy('203.0.113.10', '172.20.0.2', UNSET, inner)).toBe('172.20.0.2')
    expect(decoy('203.0.113.10', undefined, undefined, undefined)).toBeUndefined()
  })

  test('are accounts in all the shapes that Dionaea and Logstash give them', () => {
    expect(credential('username', [{ username: 'sa', password: 'x' }, { username: 'admin' }])).toBe(
      'sa, admin',
    )
    expect(credential('username', { username: ['sa', 'admin'] })).toBe('sa, admin')
    expect(account('%{[credentials][username]}', 'root')).toBe('root')
    expect(account('', undefined, {})).toBeUndefined()
  })

  test('are honeypots, and the type of a key is none', () => {
    expect(sensor('ssh-ed25519', 'cowrie.client.fingerprint')).toBe('Cowrie')
    expect(sensor('ElasticPot', 'elasticpot.recon')).toBe('ElasticPot')
    expect(sensor(undefined, 'adbhoney.session.connect')).toBe('Adbhoney')
    expect(sensor(undefined, undefined, {})).toBe('Honeytrap')
    expect(sensor(undefined, undefined, undefined, { protocol: 'smbd' })).toBe('Dionaea')
    expect(sensor(undefined, 'nothing', [], 'x')).toBeUndefined()
  })

  test('are protocols by their names, and no names of parts of Dionaea', () => {
    expect(protocol('SipSession')).toBe('sip')
    expect(protocol('Blackhole', 'smbd')).toBe('microsoft-ds')
    expect(protocol('pcap')).toBeUndefined()
  })

  test('are bytes, places and excerpts', () => {
    expect(unhex('474554')).toBe(Buffer.from('GET').toString('base64'))
    for (const odd of ['4', 'xx', '', 7]) expect(unhex(odd)).toBeUndefined()
    expect(position({ lat: 52.5, lon: 13.25 })).toBe('52.5,13.25')
    expect(position({ lat: '52.5' })).toBeUndefined()
    expect(excerpt(' a\n\tb ')).toBe('a b')
    expect(excerpt('x'.repeat(5000), 200)).toHaveLength(201)
    expect(excerpt([])).toBeUndefined()
    expect(hostname('mail.example.net')).toBe('mail.example.net')
    expect(hostname('192.0.2.1', 'a b')).toBeUndefined()
  })
})

describe('an answer of Elasticsearch', () => {
  const hit = { _index: 'logstash-2026.11.22', _id: 'a', _source: EVENT, sort: [1] }

  test('has the sources of its hits, with what names them', () => {
    const event = { ...EVENT, _id: 'a', _index: 'logstash-2026.11.22' }
    expect(unfold({ hits: { total: { value: 1 }, hits: [hit] } })).toEqual([event])
    expect(unfold([hit])).toEqual([event])
    expect(unfold(hit)).toEqual([event])
    expect(unfold({ hits: { hits: [] } })).toEqual([])
    for (const one of [EVENT, null, 'x', 7, {}]) expect(unfold(one)).toBeUndefined()
  })

  test('names an event by index and ID; the line of a log has no name', () => {
    expect(identity(unfold(hit)?.[0])).toEqual(['logstash-2026.11.22', 'a'])
    expect(identity(EVENT)).toBeUndefined()
  })
})

// Damage: any field of any record dropped, or with another value.

/** All texts and numbers in a value. */
function leaves(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [value]
}

const ANALYZER_IP = '192.0.2.10'

function invented(record: Json, message: Message): string[] {
  const told = leaves(record)
  const addresses = told.flatMap((leaf) =>
    [String(leaf), String(leaf).replace(/^::ffff:/i, '')].map((text) => ipOf(text.trim())),
  )
  const ends = [...(message.Source ?? []), ...(message.Target ?? [])]
  const ips = ends.flatMap((end) => end?.IP ?? []).filter((ip) => !addresses.includes(ip))
  const own = [message.Analyzer.IP].filter(
    (ip) => ip !== undefined && ip !== ANALYZER_IP && !addresses.includes(ip),
  )
  const ports = ends
    .flatMap((end) => end?.Port ?? [])
    .filter((port) => !told.some((leaf) => typeof leaf !== 'boolean' && Number(leaf) === port))
  const moments = told.flatMap((leaf) => {
    if (typeof leaf === 'number') return [fromEpoch(leaf)]
    return typeof leaf === 'string' ? [timestamp(leaf), timestamp(`${leaf}Z`)] : []
  })
  const times = [message.CreateTime].filter((time) => !moments.includes(time))
  return [...ips, ...own, ...ports, ...times].map(String)
}

describe('a record with any field dropped or of another type', () => {
  // Those that are all alike but for a value would only cost time.
  const records = inputs.map((input): Json => JSON.parse(input))

  test.each(VERSIONS)('gives a valid message of %s or none, and nothing that it does not say', (version) => {
    const options = {
      ...DEFAULTS,
      exclude_event: [],
      exclude_type: [],
      passwords: true,
      attach: ['payload', 'raw'],
    }
    const convert = plain({ version, options })
    const faults = validator(version)
    // Every change of every record takes its turn: half of them and some more in each version.
    const turn = VERSIONS.indexOf(version)
    for (const record of records) {
      for (const [number, { what, record: changed }] of [...altered(record)].entries()) {
        if (number % VERSIONS.length !== turn && number % 2 === turn % 2) continue
        const message = attempt(() => convert(JSON.stringify(changed)))
        if (message === undefined) continue
        expect([...faults(message), ...advise(message)], what).toEqual([])
        expect(invented(changed, message as Message), what).toEqual([])
      }
    }
  })
})

/** A record without a time is rejected with that reason; no other reason is one. */
function attempt(convert: () => unknown): unknown {
  try {
    return convert()
  } catch (error) {
    expect(String(error)).toContain('missing_required: the record has nothing usable for CreateTime')
    return undefined
  }
}

describe.skipIf(!existsSync(corpus))('the events of a real Cowrie', () => {
  const read = (name: string) => readFileSync(new URL(name, corpus), 'utf8')
  const lines = existsSync(corpus) ? read('cowrie.json').trimEnd().split('\n') : []
  const stored = existsSync(corpus)
    ? ['derived-search-response-page1.json', 'derived-search-response-page2.json'].flatMap(
        (name) => unfold(JSON.parse(read(name))) ?? [],
      )
    : []

  test.each(VERSIONS)('become valid messages of %s, or are endings and parameters of sessions', (version) => {
    const convert = plain({ version })
    for (const events of [lines, stored.map((event) => JSON.stringify(event))]) {
      const messages = events.map((event) => convert(event)).filter((message) => message !== undefined)
      expect([events.length, messages.length]).toEqual([123, 94])
      for (const message of messages) expect([...validator(version)(message), ...advise(message)]).toEqual([])
    }
  })

  test('tell logins, commands and connections apart', () => {
    const counts = new Map<string, number>()
    const convert = plain()
    for (const line of lines) {
      // The shape is what the test looks for.
      const message = convert(line) as Message | undefined
      const word = message?.Category[0] ?? 'filtered'
      counts.set(word, (counts.get(word) ?? 0) + 1)
    }
    expect(Object.fromEntries(counts)).toEqual({
      'Recon.Network': 63,
      'Access.Forced': 17,
      'Access.Escalation': 1,
      'Access.Compromise': 6,
      'Access.Other': 7,
      filtered: 29,
    })
  })

  test('have no password in their messages', () => {
    const convert = plain()
    const tried = lines.filter((line) => JSON.parse(line).password?.length > 3)
    expect(tried.length).toBeGreaterThan(5)
    for (const line of tried) {
      const { username, password } = JSON.parse(line)
      const told = JSON.stringify(convert(line)).replaceAll(username, '')
      expect(told.includes(JSON.stringify(password).slice(1, -1)), `${username} ${password}`).toBe(false)
    }
  })
})

describe('the page', () => {
  test('has every kind with its category and priority', () => {
    const squeezed = page.replaceAll(/ {2,}/g, ' ')
    // The keys of a record of that type.
    for (const kind of Object.keys(KINDS) as Kind[]) {
      const { terms, priority: grave } = KINDS[kind]
      expect(squeezed, kind).toContain(`| ${terms[0]} | ${terms[1]} | ${grave} |`)
    }
  })

  test('shows an event and the message it becomes', () => {
    const [, shown = ''] = page.split('<!-- example -->')
    const [event, message] = [...shown.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) =>
      JSON.parse(json),
    )
    expect(event).toEqual(JSON.parse(fixture('login-failed', 'input.json')))
    expect(message).toEqual(JSON.parse(fixture('login-failed', 'expected.json')))
  })
})
