import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { converter, type Setting } from '../../scripts/connector/convert.ts'
import {
  ALERTS,
  CLASSES,
  category,
  cause,
  DEFINITIONS,
  priority,
} from '../../src/connectors/kismet/alerts.ts'
import kismet from '../../src/connectors/kismet/index.ts'
import rules from '../../src/connectors/kismet/mapping.ts'
import { identity, unfold } from '../../src/connectors/kismet/records.ts'
import {
  another,
  channel,
  cves,
  device,
  mac,
  megahertz,
  moment,
  position,
} from '../../src/connectors/kismet/values.ts'
import { advise } from '../../src/idmefv2/advise.ts'
import { VERSIONS } from '../../src/idmefv2/profiles.ts'
import { fromEpoch } from '../../src/idmefv2/time.ts'
import { validator } from '../../src/idmefv2/validate.ts'
import type { Json } from '../../src/types.ts'
import { altered } from './alter.ts'

const folder = new URL('../../src/connectors/kismet/', import.meta.url)
const corpus = new URL('../../../shared/corpus/kismet/', import.meta.url)
const page = readFileSync(new URL('README.md', folder), 'utf8')

const DEFAULTS = kismet.options.parse({})
const plain = (parts: Partial<Setting> = {}) =>
  converter(rules, { version: '2.D.V08', name: 'Kismet', options: DEFAULTS, ...parts })

/** What the tests look at. Anything can be absent in a real message; a test then fails by what it expects. */
interface Message {
  Category: string[]
  Description: string
  Priority: string
  Note?: string
  CreateTime: string
  Sensor?: object[]
  Source?: [{ Note?: string; TI?: string[] }]
  Target?: [{ Note?: string }]
}

const fixture = (name: string, file: string) =>
  readFileSync(new URL(`fixtures/${name}/${file}`, folder), 'utf8')
const inputs = readdirSync(new URL('fixtures/', folder)).map((name) => fixture(name, 'input.json').trimEnd())
const ALERT: Readonly<Record<string, Json>> = JSON.parse(fixture('spoof', 'input.json'))

/** An alert with these fields, named without what all their names begin with; `undefined` takes one away. */
const alert = (fields: Record<string, unknown>): string =>
  JSON.stringify({
    ...ALERT,
    ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`kismet.alert.${name}`, value])),
  })
const messageOf = (fields: Record<string, unknown>, setting: Partial<Setting> = {}) =>
  // The shape is what the tests look for, and they fail where it is another.
  plain(setting)(alert(fields)) as Message

describe('the category', () => {
  test.each([
    ['DENIAL', 'Availability.DoS', 'Availability.DoS'],
    ['EXPLOIT', 'Attempt.Exploit', 'Access.Other'],
    ['SPOOF', 'Fraud.Masquerade', 'Fraud.Masquerade'],
    ['PROBE', 'Recon.Scanning', 'Recon.Network'],
    ['SYSTEM', 'Other.Uncategorised', 'Other.Uncategorised'],
    ['OTHER', 'Other.Undetermined', 'Other.Undetermined'],
    ['HOUSE', 'Other.Uncategorised', 'Other.Uncategorised'],
  ])('of the class %s is %s, since draft 07 %s', (name, old, current) => {
    expect(category('V04', 'AN ALERT', name)).toEqual([old])
    expect(category('V08', 'AN ALERT', name)).toEqual([current])
  })

  test('of an alert that says more than its class is its own', () => {
    expect(category('V08', 'WPSBRUTE', 'EXPLOIT')).toEqual(['Access.Forced'])
    expect(category('V04', 'NONCEREUSE', 'EXPLOIT')).toEqual(['Attempt.Exploit', 'Vulnerable.Crypto'])
    expect(category('V08', 'NONCEREUSE', 'EXPLOIT')).toEqual(['Access.Other'])
    expect(cause('SOURCEERROR', 'SYSTEM')).toBe('Malfunction')
  })

  test('of versions that tell no class is that of the definition', () => {
    expect(category('V08', 'APSPOOF', undefined)).toEqual(['Fraud.Masquerade'])
    expect(category('V07', 'NETSTUMBLER', null)).toEqual(['Recon.Netword'])
    expect(DEFINITIONS.size).toBe(50)
    for (const { alertClass } of DEFINITIONS.values()) expect(CLASSES).toHaveProperty(alertClass)
    for (const header of Object.keys(ALERTS)) expect([...DEFINITIONS.keys()]).toContain(header)
  })

  test('and cause and priority survive values of any shape', () => {
    const names = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString'), fc.anything())
    fc.assert(
      fc.property(names, names, (header, other) => {
        expect(category('V08', header, other)).not.toHaveLength(0)
        expect(cause(header, other)).toMatch(/^(Malicious|Malfunction|Error|Unknown)$/)
        expect(priority(header, other)).toMatch(/^(High|Medium|Low|Info|Unknown)$/)
      }),
    )
  })
})

describe('the priority', () => {
  test.each([
    [0, 'Info'],
    [5, 'Low'],
    [10, 'Medium'],
    [15, 'High'],
    [20, 'High'],
    ['10', 'Medium'],
    [7, 'Low'],
    [-1, 'Unknown'],
    ['high', 'Unknown'],
    [null, 'Unknown'],
  ])('of severity %j is %s', (severity, expected) => {
    expect(priority('AN ALERT', severity)).toBe(expected)
  })

  test('of versions that tell no severity is that of the definition', () => {
    expect(priority('LONGSSID', undefined)).toBe('High')
    expect(priority('CHANCHANGE', undefined)).toBe('Low')
  })

  test('of what is raised at each start, or was asked for, is the least', () => {
    for (const header of ['ROOTUSER', 'DEVICEFOUND', 'DEVICELOST']) expect(priority(header, 15)).toBe('Info')
  })
})

describe('values', () => {
  test('are hardware addresses where there is one, and zeros are none', () => {
    expect(mac('00:00:00:00:00:00', '', undefined, 7, '02:00:5e:10:00:01')).toBe('02:00:5E:10:00:01')
    expect(mac('02:00:5E:10:00:01/FF:FF:FF:FF:FF:FF')).toBe('02:00:5E:10:00:01')
    for (const odd of ['02:00:5E:10:00', '02-00-5E-10-00-01', '192.0.2.1', '::1'])
      expect(mac(odd)).toBeUndefined()
    expect(another('02:00:5E:10:00:01', '02:00:5e:10:00:01')).toBeUndefined()
  })

  test('are times unless the clock was not set', () => {
    expect(moment(1795318235.06)).toBe(1795318235.06)
    expect(moment('1795318235.06')).toBe(1795318235.06)
    for (const odd of [0, -1, '', 'now', null, {}]) expect(moment(odd)).toBeUndefined()
  })

  test('are channels and frequencies, of which zero is none', () => {
    expect([channel('36HT40'), channel('0'), channel(''), channel(11)]).toEqual([
      '36HT40',
      undefined,
      undefined,
      '11',
    ])
    expect([megahertz(2437000), megahertz(0), megahertz('x')]).toEqual(['2437', undefined, undefined])
    expect([device('0_0'), device('4202770D00000000_8A35')]).toEqual([undefined, '4202770D00000000_8A35'])
  })

  test('are the place of a receiver that had a fix, and no place otherwise', () => {
    const at = (fields: object) =>
      position(
        Object.fromEntries(
          Object.entries(fields).map(([key, value]) => [`kismet.common.location.${key}`, value]),
        ),
      )
    expect(at({ geopoint: [2.35, 48.85], fix: 2 })).toBe('48.85,2.35')
    expect(at({ lat: 48.85, lon: 2.35, valid: 1 })).toBe('48.85,2.35')
    for (const none of [{ geopoint: [0, 0], fix: 3 }, { geopoint: [2.35, 48.85], fix: 0 }, { valid: 0 }, {}])
      expect(at(none)).toBeUndefined()
    expect(position(0)).toBeUndefined()
  })

  test('are the vulnerabilities that a text names, each once', () => {
    expect(cves('CVE-2019-17666, (CVE-2019-17666) CVE-19-1')).toEqual(['urn:cve:CVE-2019-17666'])
    expect(cves(undefined)).toEqual([])
  })
})

describe('an alert', () => {
  test('tells hardware addresses in notes and never an address of the IP layer', () => {
    const { Note, Source, Target } = messageOf({ other_mac: '02:00:5E:10:00:33' })
    expect(Source).toMatchObject([{ Note: 'MAC 02:00:5E:10:00:01', TI: ['mac:02:00:5E:10:00:01'] }])
    expect(Target).toMatchObject([{ Note: 'MAC 02:00:5E:10:00:20' }])
    expect(Note).toContain('other MAC 02:00:5E:10:00:33')
    expect(JSON.stringify([Source, Target])).not.toContain('"IP"')
  })

  test('without addresses has neither source nor target', () => {
    const none = '00:00:00:00:00:00'
    const message = messageOf({ source_mac: none, transmitter_mac: none, dest_mac: none })
    expect(message).not.toHaveProperty('Source')
    expect(message).not.toHaveProperty('Target')
  })

  test('keeps the bytes that an attacker chose for a name harmless', () => {
    const { Description } = messageOf({ text: 'SSID \u0000\u001b[2J"\\' })
    expect(Description).toBe('SSID \u2400\u241b[2J"\\')
  })

  test('is sent by default whatever it is, and not when it was excluded or is below the minimum', () => {
    const sent = (fields: object, options: object = {}) =>
      plain({ options: { ...DEFAULTS, ...options } })(alert({ ...fields })) !== undefined
    expect(sent({ header: 'ROOTUSER' })).toBe(true)
    expect(sent({ header: 'RootUser' }, { exclude_alert: ['ROOTUSER'] })).toBe(false)
    expect(sent({ severity: 5 }, { minimum_severity: 10 })).toBe(false)
    for (const severity of [10, '20', undefined, 'high'])
      expect(sent({ severity }, { minimum_severity: 10 })).toBe(true)
  })
})

describe('an answer', () => {
  const alerts = [ALERT, { ...ALERT, 'kismet.alert.hash': 1 }]

  test('is a list, or holds one, or is an event; an alert is none of these', () => {
    expect(unfold(alerts)).toBe(alerts)
    expect(unfold({ 'kismet.alert.list': alerts, 'kismet.alert.timestamp': 1795318368.07 })).toBe(alerts)
    expect(unfold({ ALERT })).toEqual([ALERT])
    for (const one of [ALERT, 'x', null, 7, {}]) expect(unfold(one)).toBeUndefined()
  })

  test('may have underscores for dots', () => {
    const underscored = Object.fromEntries(
      Object.entries(ALERT).map(([key, value]) => [key.replaceAll('.', '_'), value]),
    )
    expect(unfold(underscored)).toEqual([ALERT])
  })

  test('has alerts that differ by time, name, address or text, whatever their hash', () => {
    const of = (fields: Record<string, unknown>) => identity(JSON.parse(alert(fields)))
    expect(of({})).toEqual(of({ location: { 'kismet.common.location.fix': 3 } }))
    const fields = ['timestamp', 'header', 'source_mac', 'dest_mac', 'transmitter_mac', 'other_mac', 'text']
    for (const field of fields) expect(of({ [field]: 'x' })).not.toEqual(of({}))
    for (const none of [{}, null, 'x', []]) expect(identity(none)).toBeUndefined()
  })
})

// Damage: any field of any record dropped, or with another value.

describe('a record with any field dropped or of another type', () => {
  test.each(VERSIONS)('gives a valid message of %s or none, and nothing that it does not say', (version) => {
    const convert = plain({ version })
    const faults = validator(version)
    for (const input of inputs) {
      for (const { what, record } of altered(JSON.parse(input))) {
        const message = attempt(() => convert(JSON.stringify(record)))
        if (message === undefined) continue
        expect([...faults(message), ...advise(message)], what).toEqual([])
        expect(invented(record, message as Message), what).toEqual([])
      }
    }
  })
})

/** Addresses beside those of the analyzer, ports, and times that the record does not tell. */
function invented(record: Json, message: Message): string[] {
  const told = moment(Object(record)['kismet.alert.timestamp'])
  const ends = JSON.stringify([message.Source, message.Target])
  return [
    ...(ends.match(/"(?:IP|Port|Hostname)"/g) ?? []),
    ...[message.CreateTime].filter((time) => typeof told !== 'number' || time !== fromEpoch(told)),
  ]
}

/** A record without a time is rejected with that reason; no other reason is one. */
function attempt(convert: () => unknown): unknown {
  try {
    return convert()
  } catch (error) {
    expect(String(error)).toContain('missing_required: the record has nothing usable for CreateTime')
    return undefined
  }
}

describe.skipIf(!existsSync(corpus))('the constructed answers', () => {
  const answers = ['CONSTRUCTED-all_alerts.json', 'CONSTRUCTED-wrapped-last-time.json']
  const records = existsSync(corpus)
    ? answers.flatMap((name) => unfold(JSON.parse(readFileSync(new URL(name, corpus), 'utf8'))) ?? [])
    : []

  test.each(VERSIONS)('become valid messages of %s, every alert of them', (version) => {
    const convert = plain({ version })
    expect(records).toHaveLength(30)
    for (const record of records) {
      const message = convert(JSON.stringify(record))
      expect([...validator(version)(message), ...advise(message)]).toEqual([])
    }
  })

  test('tell an alert that is in both of them by its identity', () => {
    expect(new Set(records.map((record) => JSON.stringify(identity(record)))).size).toBe(25)
  })

  test('name no alert that is not defined here, and the definitions are those of its source', () => {
    const rows = readFileSync(new URL('alert-definitions.tsv', corpus), 'utf8').trimEnd().split('\n').slice(1)
    expect(rows).toHaveLength(50)
    for (const row of rows) {
      const [header = '', alertClass, , severity] = row.split('\t')
      expect(DEFINITIONS.get(header)).toEqual({ alertClass, severity: Number(severity) })
    }
  })
})

describe('the page', () => {
  test('has every class and every alert that is judged by itself', () => {
    const squeezed = page.replaceAll(/ {2,}/g, ' ')
    for (const [name, { terms, cause: why }] of Object.entries({ ...CLASSES, ...ALERTS })) {
      const [old, current] = [0, 1].map((column) =>
        [...new Set(terms.map((pair) => pair[column]))].join(', '),
      )
      expect(squeezed).toContain(`| \`${name}\` | ${old} | ${current} | ${why} |`)
    }
  })

  test('shows an alert and the message it becomes', () => {
    const [, shown = ''] = page.split('<!-- example -->')
    const [event, message] = [...shown.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) =>
      JSON.parse(json),
    )
    expect(event).toEqual(JSON.parse(fixture('spoof', 'input.json')))
    expect(message).toEqual(JSON.parse(fixture('spoof', 'expected.json')))
  })
})
