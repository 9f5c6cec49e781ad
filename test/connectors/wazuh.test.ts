import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { converter, type Setting } from '../../scripts/connector/convert.ts'
import { category, cause } from '../../src/connectors/wazuh/category.ts'
import { GROUPS } from '../../src/connectors/wazuh/groups.ts'
import wazuh, { archive } from '../../src/connectors/wazuh/index.ts'
import rules from '../../src/connectors/wazuh/mapping.ts'
import { references } from '../../src/connectors/wazuh/references.ts'
import * as terms from '../../src/connectors/wazuh/terms.ts'
import { account, address, epoch, excerpt, hostname, protocol } from '../../src/connectors/wazuh/values.ts'
import { address as ipOf } from '../../src/idmefv2/address.ts'
import { advise } from '../../src/idmefv2/advise.ts'
import { VERSIONS } from '../../src/idmefv2/profiles.ts'
import { V04 } from '../../src/idmefv2/taxonomy/v04.ts'
import { V07 } from '../../src/idmefv2/taxonomy/v07.ts'
import { V08 } from '../../src/idmefv2/taxonomy/v08.ts'
import { wordsOf } from '../../src/idmefv2/terms.ts'
import { timestamp } from '../../src/idmefv2/time.ts'
import { validator } from '../../src/idmefv2/validate.ts'
import type { Json } from '../../src/types.ts'

const folder = new URL('../../src/connectors/wazuh/', import.meta.url)
const corpus = new URL('../../../shared/corpus/wazuh/', import.meta.url)
const page = readFileSync(new URL('README.md', folder), 'utf8')

const DEFAULTS = wazuh.options.parse({})
const plain = (parts: Partial<Setting> = {}) =>
  converter(rules, { version: '2.D.V08', name: 'Wazuh', options: DEFAULTS, ...parts })

/** What the tests look at. Anything can be absent in a real message; a test then fails by what it expects. */
interface Message {
  Category: string[]
  Priority: string
  CreateTime: string
  StartTime?: string
  Note?: string
  Sensor?: [{ IP?: string; Name: string }]
  Source?: [End]
  Target?: [End]
}

interface End {
  IP?: string
  Hostname?: string
  User?: string
  Port?: number[]
  Note?: string
  Protocol?: string[]
}

const ALERT = {
  timestamp: '2026-03-02T14:25:36.123+0100',
  rule: { level: 5, description: 'A rule', id: '100001', groups: ['local'] },
  agent: { id: '001', name: 'web-1', ip: '198.51.100.20' },
  manager: { name: 'siem' },
  id: '1772457936.48213',
  decoder: { name: 'sshd' },
  location: '/var/log/auth.log',
}

const messageOf = (parts: object, setting: Partial<Setting> = {}) =>
  // The shape is what the tests look for, and they fail where it is another.
  plain(setting)(JSON.stringify({ ...ALERT, ...parts })) as Message
const ruled = (rule: object) => messageOf({ rule: { ...ALERT.rule, ...rule } })

const fixture = (name: string, file: string) =>
  readFileSync(new URL(`fixtures/${name}/${file}`, folder), 'utf8')
const inputs = readdirSync(new URL('fixtures/', folder)).map((name) => fixture(name, 'input.json').trimEnd())

describe('the priority', () => {
  test('follows the level, from 0 to 16', () => {
    const priorities = Array.from({ length: 17 }, (_, level) => ruled({ level }).Priority)
    expect(priorities).toEqual([
      ...Array(4).fill('Info'),
      ...Array(3).fill('Low'),
      ...Array(5).fill('Medium'),
      ...Array(5).fill('High'),
    ])
  })

  test.each([[undefined], [null], ['high'], [-1], [[]], [{}]])('is unknown for the level %j', (level) => {
    expect(ruled({ level }).Priority).toBe('Unknown')
  })
})

describe('the category', () => {
  const of = (taxonomy: string, groups: Json, rule: Json = '100001', level: Json = 5, ...more: Json[]) =>
    category(taxonomy, groups, rule, level, ...more)

  test.each(VERSIONS)('is one of %s, whatever the rule', (version) => {
    const taxonomy = version < '2.D.V07' ? 'V04' : version === '2.D.V07' ? 'V07' : 'V08'
    const allowed = { V04, V07, V08 }[taxonomy].Category
    const all = Object.values(terms)
    expect(all.length).toBeGreaterThan(20)
    for (const word of wordsOf(all, taxonomy)) expect(allowed).toContain(word)
    for (const { groups, from = 5 } of GROUPS)
      for (const word of Object(of(taxonomy, [...groups], '1', from))) expect(allowed).toContain(word)
  })

  test('is guessing when logins fail again and again, and no more than an access when one does', () => {
    expect(of('V08', ['sshd', 'authentication_failed'])).toEqual(['Access.Other'])
    expect(of('V08', ['sshd', 'authentication_failures'], '5712', 10)).toEqual(['Access.Forced'])
    expect(of('V08', ['windows', 'win_authentication_failed'], '1', 10)).toEqual(['Access.Forced'])
    expect(of('V04', ['sshd', 'authentication_failed'])).toEqual(['Attempt.Login'])
  })

  test('is a break-in when a login succeeds after many that failed', () => {
    expect(of('V08', ['syslog', 'attacks'], '40112', 12)).toEqual(['Access.Compromise'])
  })

  test('of files tells added, modified and deleted ones apart', () => {
    const file = (event: string) => [
      of('V04', ['syscheck'], '1', 7, '', [], [], event),
      of('V08', ['syscheck'], '1', 7, '', [], [], event),
    ]
    expect(file('added')).toEqual([['Information.UnauthorizedModification'], ['Other.Uncategorised']])
    expect(file('modified')).toEqual([['Information.UnauthorizedModification'], ['Sabotage.Data']])
    expect(file('deleted')).toEqual([
      ['Information.UnauthorizedModification', 'Information.DataLoss'],
      ['Sabotage.Data'],
    ])
  })

  test('asks MITRE ATT&CK only where groups say nothing, and never for what is ordinary', () => {
    const facts = ['', ['T1046'], ['Discovery']]
    expect(of('V08', ['sysmon'], '1', 4, ...facts)).toEqual(['Recon.Network'])
    expect(of('V07', ['sysmon'], '1', 4, ...facts)).toEqual(['Recon.Netword'])
    expect(of('V08', ['sysmon'], '1', 3, ...facts)).toEqual(['Other.Uncategorised'])
    expect(of('V08', ['authentication_success'], '1', 5, ...facts)).toEqual(['Other.Uncategorised'])
    expect(of('V08', ['sysmon'], '1', 4, '', [], ['Exfiltration'])).toEqual(['Theft.Breaches'])
  })

  test('is undetermined where nothing is known of an event of high importance', () => {
    expect(of('V08', ['local'], '1', 12)).toEqual(['Other.Undetermined'])
    expect(of('V08', ['local'], '1', 11)).toEqual(['Other.Uncategorised'])
  })

  test.each([
    ['UnauthorizedAccess:EC2/SSHBruteForce', 'Access.Forced'],
    ['CryptoCurrency:EC2/BitcoinTool.B!DNS', 'Malware.Cryptominer'],
    ['Exfiltration:S3/ObjectRead.Unusual', 'Theft.Breaches'],
    ['Recon', 'Other.Uncategorised'],
    ['constructor:EC2/x', 'Other.Uncategorised'],
  ])('of the GuardDuty finding %s is %s', (type, expected) => {
    const facts = ['', [], [], '', '', '', '', '', '', type]
    expect(of('V08', ['aws_guardduty'], '80302', 6, ...facts)).toEqual([expected])
  })

  test('of rootcheck tells hidden things, trojans and settings apart', () => {
    const found = (title: string, level = 7) =>
      of('V08', ['ossec', 'rootcheck'], '510', level, '', [], [], '', '', '', '', '', title)
    expect(found('Process hidden from ps')).toEqual(['Malware.Rootkit'])
    expect(found('Trojaned version of file detected.')).toEqual(['Malware.Trojan'])
    expect(found('CIS - Debian Linux: 1.4 - Robust partition scheme')).toEqual([
      'Availability.Misconfiguration',
    ])
    expect(found('File is owned by root and has written permissions to anyone.')).toEqual([
      'Access.Compromise',
    ])
  })

  test('and the cause survive facts of any shape', () => {
    const odd = fc.anything()
    fc.assert(
      fc.property(fc.array(odd, { minLength: 14, maxLength: 14 }), (facts) => {
        expect(category('V08', ...facts)).not.toHaveLength(0)
        expect(cause(...facts)).toMatch(/^(Malicious|Malfunction|Error|Normal|Unknown)$/)
      }),
    )
  })
})

describe('values of logs', () => {
  test('are addresses with or without a port, and no others', () => {
    expect(address('-', '', '0.0.0.0', 'host', '203.0.113.5:51234')).toBe('203.0.113.5')
    expect(address('[2001:db8::5]:51234')).toBe('2001:db8::5')
    expect(address('2001:DB8::5')).toBe('2001:db8::5')
    expect(address(undefined, 7, 'any', '::', '1.2.3')).toBeUndefined()
  })

  test('are names of hosts where they can be', () => {
    expect(hostname('203.0.113.5', '-', 'a b', 'web-1.example.org')).toBe('web-1.example.org')
    expect(hostname('x'.repeat(300), '12')).toBeUndefined()
  })

  test('are accounts without the number that PAM adds', () => {
    expect(account('-', 'N/A', 'root(uid=0)')).toBe('root')
  })

  test('are protocols, of which a method of the web is one', () => {
    expect(protocol('GET')).toBe('http')
    expect(protocol('-', 'TCP')).toBe('TCP')
  })

  test('are the time in the ID of an alert, if it has one', () => {
    expect(epoch('1772457936.48213')).toBe(1772457936)
    for (const odd of ['13487387333847', '1.2', 1772457936.4, undefined]) expect(epoch(odd)).toBeUndefined()
  })

  test('are cut where they are long', () => {
    expect(excerpt(undefined, ' a\r\n\tb ')).toBe('a b')
    expect(excerpt('x'.repeat(5000))).toHaveLength(1001)
  })

  test('are CVEs and addresses, however they are glued to each other', () => {
    const given = [
      'CVE-2014-6271https://a.example/1https://b.example/2',
      ['https://c.example/, http://d.example/'],
    ]
    expect(references(given, ['T1110.001', 'TA0006'])).toEqual([
      'urn:cve:CVE-2014-6271',
      'https://a.example/1',
      'https://b.example/2',
      'https://c.example/',
      'http://d.example/',
      'https://attack.mitre.org/techniques/T1110/001/',
    ])
    expect(references([], [])).toBeUndefined()
  })
})

describe('the ends', () => {
  test('of an alert of the manager itself have no address that nobody told', () => {
    const { Sensor, Target } = messageOf({ agent: { id: '000', name: 'siem' } })
    expect(Sensor?.[0]).not.toHaveProperty('IP')
    expect(Target?.[0]).toMatchObject({ Hostname: 'siem' })
    expect(Target?.[0]).not.toHaveProperty('IP')
  })

  test('of an agent that was registered for any address have none either', () => {
    const { Sensor, Target } = messageOf({ agent: { id: '002', name: 'web-2', ip: 'any' } })
    expect([Sensor?.[0], Target?.[0]].filter((end) => end && 'IP' in end)).toEqual([])
  })

  test('of a connection are those of the connection, not the host that saw it', () => {
    const data = { srcip: '203.0.113.5', dstip: '203.0.113.9', dstport: '0', protocol: 'UDP' }
    const { Source, Target } = messageOf({ data })
    expect(Source?.[0]).toMatchObject({ IP: '203.0.113.5', Protocol: ['udp'] })
    expect(Target?.[0]).toMatchObject({ IP: '203.0.113.9' })
    expect(Target?.[0]).not.toHaveProperty('Port')
    expect(Target?.[0]).not.toHaveProperty('Hostname')
  })

  test('are named where an old decoder gives a name for an address', () => {
    expect(messageOf({ data: { srcip: 'host.example.org' } }).Source?.[0]).toMatchObject({
      Hostname: 'host.example.org',
    })
  })
})

describe('which alerts are sent', () => {
  const sent = (rule: object, options: object = {}) =>
    plain({ options: { ...DEFAULTS, ...options } })(
      JSON.stringify({ ...ALERT, rule: { ...ALERT.rule, ...rule } }),
    ) !== undefined

  test('all of them, by default, but not events that no rule matched', () => {
    expect(sent({ level: 0 })).toBe(true)
    expect(sent({ level: undefined, id: undefined })).toBe(true)
    expect(plain()(JSON.stringify({ ...ALERT, rule: {} }))).toBeUndefined()
    expect(plain()(JSON.stringify({ ...ALERT, rule: undefined }))).toBeUndefined()
  })

  test('not those of excluded groups and rules, nor below a level', () => {
    const options = { exclude_group: ['syscheck', 'local'], exclude_rule: [5710], minimum_level: 4 }
    expect(sent({ groups: ['a', 'b'] }, options)).toBe(true)
    expect(sent({ groups: ['a', 'local'] }, options)).toBe(false)
    expect(sent({ groups: [], id: '5710' }, options)).toBe(false)
    expect(sent({ groups: [], level: 3 }, options)).toBe(false)
  })
})

test('the files of its archive are sorted by day, then by count; others are none of the log', () => {
  const names = [
    '2025/Dec/ossec-alerts-31.json.gz',
    '2026/Jan/ossec-alerts-02.json',
    '2026/Apr/ossec-alerts-01.json',
    '2026/Apr/ossec-alerts-01-001.json',
    '2026/Apr/ossec-alerts-01-010.json.gz',
    '2026/Apr/ossec-alerts-01-1000.json',
    '2026/Oct/ossec-alerts-01.json',
  ]
  const keys = names.map((name) => archive.order(name))
  expect(keys).not.toContain(undefined)
  expect(keys.toSorted()).toEqual(keys)
  for (const name of ['01.json.sum', '01.log', '01.json.bz2', '1.json', '01-x.json'])
    expect(archive.order(`2026/Apr/ossec-alerts-${name}`)).toBeUndefined()
  expect(archive.order('2026/Foo/ossec-alerts-01.json')).toBeUndefined()
})

// Damage: any field of any record dropped, or with another value.

const ODD: readonly Json[] = [null, 0, -1, 7, 65536, 1e308, true, '', 'x', '-', '\ud800\u0000', [], {}]
const NESTED: readonly Json[] = [[null], [[{ a: 1 }]], { __proto__: 'x' }, 'y'.repeat(5000), '<"\n%s']

/** Every place in a value, as the keys that lead there. */
function places(value: Json, at: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [at]
  return [at, ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...at, key]))]
}

function damaged(value: Json, place: readonly string[], by: Json | undefined): Json {
  const copy = structuredClone(value)
  const inner = place.slice(0, -1).reduce((holder, key) => Object(holder)[key], copy)
  const last = place.at(-1) ?? ''
  if (by !== undefined) Object(inner)[last] = by
  else if (Array.isArray(inner)) inner.splice(Number(last), 1)
  else delete Object(inner)[last]
  return copy
}

/** All texts and numbers in a value. */
function leaves(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [value]
}

const IP = /\[?([0-9A-Fa-f:.]+)\]?/g

function invented(record: Json, message: Message): string[] {
  const told = leaves(record)
  const addresses = told.flatMap((leaf) =>
    [...String(leaf).matchAll(IP)].flatMap(([, text = '']) => [text, text.replace(/:\d+$/, '')].map(ipOf)),
  )
  const ends = [...(message.Sensor ?? []), ...(message.Source ?? []), ...(message.Target ?? [])]
  const ips = ends.flatMap(({ IP }) => IP ?? []).filter((ip) => !addresses.includes(ip))
  const ports = [...(message.Source ?? []), ...(message.Target ?? [])]
    .flatMap(({ Port }) => Port ?? [])
    .filter((port) => !told.some((leaf) => Number(leaf) === port))
  const moments = told.flatMap((leaf) => {
    const seconds = epoch(leaf)
    const told = typeof leaf === 'string' ? timestamp(leaf) : undefined
    return [told, typeof seconds === 'number' && new Date(seconds * 1000).toISOString().replace('.000', '')]
  })
  const times = [message.CreateTime, message.StartTime ?? message.CreateTime].filter(
    (time) => !moments.includes(time),
  )
  return [...ips, ...ports.map(String), ...times]
}

describe('a record with any field dropped or of another type', () => {
  const records = inputs.map((input): Json => JSON.parse(input))
  const damages = fc
    .constantFrom(...records)
    .chain((record) =>
      fc.tuple(
        fc.constant(record),
        fc.array(
          fc.tuple(
            fc.constantFrom(...places(record).slice(1)),
            fc.constantFrom<Json | undefined>(undefined, ...ODD, ...NESTED),
          ),
          { minLength: 1, maxLength: 4 },
        ),
      ),
    )

  test.each(VERSIONS)('gives a valid message of %s or none, and nothing that it does not say', (version) => {
    const convert = plain({ version, options: { ...DEFAULTS, attach: ['log', 'previous', 'diff', 'raw'] } })
    const faults = validator(version)
    fc.assert(
      fc.property(damages, ([whole, changes]) => {
        let record = whole
        for (const [place, by] of changes) {
          if (places(record).some((each) => each.join('\0') === place.join('\0')))
            record = damaged(record, place, by)
        }
        const message = attempt(() => convert(JSON.stringify(record)))
        if (message === undefined) return
        expect([...faults(message), ...advise(message)]).toEqual([])
        expect(invented(record, message as Message)).toEqual([])
      }),
      { numRuns: 600 },
    )
  })

  test('costs no more than itself at each single place', () => {
    const convert = plain()
    const faults = validator('2.D.V08')
    for (const record of records) {
      for (const place of places(record).slice(1)) {
        for (const by of [undefined, ...ODD]) {
          const message = attempt(() => convert(JSON.stringify(damaged(record, place, by))))
          if (message) expect([...faults(message), ...advise(message)]).toEqual([])
        }
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

describe.skipIf(!existsSync(corpus))('the documented alerts', () => {
  const files = existsSync(corpus) ? readdirSync(corpus).filter((name) => name.endsWith('.jsonl')) : []
  const records = files.flatMap((name) => readFileSync(new URL(name, corpus), 'utf8').trimEnd().split('\n'))

  test.each(VERSIONS)('all become valid messages of %s', (version) => {
    const convert = plain({ version })
    expect(records).toHaveLength(15)
    for (const record of records) {
      const message = convert(record)
      expect([...validator(version)(message), ...advise(message)], record).toEqual([])
    }
  })
})

describe('the page', () => {
  test('has every group with its categories and cause', () => {
    const squeezed = page.replaceAll(/ {2,}/g, ' ')
    for (const { groups, terms: words, cause: why, from, below } of GROUPS) {
      const levels = from !== undefined ? `${from} and above` : below !== undefined ? `below ${below}` : 'all'
      const names = groups.map((group) => `\`${group}\``).join(', ')
      expect(squeezed).toContain(`| ${names} | ${levels} | ${words[0]} | ${words[1]} | ${why} |`)
    }
  })

  test('shows an alert and the message it becomes', () => {
    const [, shown = ''] = page.split('<!-- example -->')
    const [event, message] = [...shown.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) =>
      JSON.parse(json),
    )
    expect(event).toEqual(JSON.parse(fixture('login-failed', 'input.json')))
    expect(message).toEqual(JSON.parse(fixture('login-failed', 'expected.json')))
  })

  test('gives a mapping that can be used', () => {
    const [, extension = '{}'] = /```json\n(\{\n {2}"\$extends"[\s\S]*?)```/.exec(page) ?? []
    const { $extends, ...fields } = JSON.parse(extension)
    expect($extends).toBe(true)
    const convert = converter(
      { ...rules, mapping: { ...Object(rules.mapping), ...fields } },
      { version: '2.D.V08', name: 'Wazuh', options: DEFAULTS },
    )
    const record = { ...ALERT, rule: { ...ALERT.rule, pci_dss: ['10.2.4'], mitre: { id: ['T1110'] } } }
    expect(convert(JSON.stringify(record))).toMatchObject({ AltCategory: ['local', 'T1110', '10.2.4'] })
  })
})
