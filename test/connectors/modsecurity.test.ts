import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { converter } from '../../scripts/connector/convert.ts'
import { convert } from '../../src/cli/convert.ts'
import { readConfig } from '../../src/config/read.ts'
import { CLASSES, classOf, RANGES, TAGS } from '../../src/connectors/modsecurity/classes.ts'
import modsecurity from '../../src/connectors/modsecurity/index.ts'
import rules from '../../src/connectors/modsecurity/mapping.ts'
import { matchesIn } from '../../src/connectors/modsecurity/matches.ts'
import { commonLogTime, transactionTime } from '../../src/connectors/modsecurity/time.ts'
import { maskedUri, outcome, rulesTold } from '../../src/connectors/modsecurity/told.ts'
import {
  category,
  cause,
  description,
  others,
  priority,
  references,
  tags,
} from '../../src/connectors/modsecurity/verdict.ts'
import { header, hostName, model, protocols } from '../../src/connectors/modsecurity/web.ts'
import { advise } from '../../src/idmefv2/advise.ts'
import { VERSIONS, type Version } from '../../src/idmefv2/profiles.ts'
import { validator } from '../../src/idmefv2/validate.ts'
import { wallTime } from '../../src/idmefv2/zone.ts'
import type { Json } from '../../src/types.ts'
import { invoke } from '../cli/invoke.ts'
import { type Altered, altered } from './alter.ts'

const fixtures = new URL('../../src/connectors/modsecurity/fixtures/', import.meta.url)
const corpus = new URL('../../../shared/corpus/modsecurity/', import.meta.url)
const page = readFileSync(new URL('../README.md', fixtures), 'utf8')

const folder = mkdtempSync(join(tmpdir(), 'modsecurity-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface End {
  IP?: string
  Port?: number[]
  Hostname?: string
  Note?: string
  Protocol?: string[]
}

interface Message {
  CreateTime: string
  Category: string[]
  Cause: string
  Description: string
  Priority: string
  Note?: string
  AltNames?: string[]
  Source?: [End]
  Target?: [End]
  Attachment?: [{ Name: string; Content: string }]
}

const defaults = modsecurity.options.parse({})

/** Converts records one by one: a message, nothing where the filter says no, an error where it is rejected. */
function conversion(options: object = {}, version: Version = '2.D.V08') {
  const convert = converter(rules, { version, options: { ...defaults, ...options }, name: 'ModSecurity' })
  return (record: object) => convert(JSON.stringify(record)) as Message | undefined
}

const fixture = (name: string) => JSON.parse(readFileSync(new URL(`${name}/input.json`, fixtures), 'utf8'))

/** A rule as libmodsecurity logs it, with these details. */
const match = (details: Record<string, unknown> = {}, message = 'A rule') => ({ message, details })
const crs = (ruleId: string, severity = '2', more: object = {}) =>
  match({ ruleId, severity, ver: 'OWASP_CRS/3.3.4', tags: [], data: '', ...more }, `Rule ${ruleId}`)

describe('the rules that matched', () => {
  test('are read as libmodsecurity writes them; what is unset is absent', () => {
    const [read] = matchesIn([match({ ruleId: '1234', severity: '0', data: '', tags: [] }, '')], 'unset')
    expect(read).toEqual({ id: '1234', message: '', data: '', severity: undefined, version: '', tags: [] })
  })

  test('have severity 0 only where it is known to be meant', () => {
    const severity = (value: unknown, zero = 'unset') =>
      matchesIn([match({ severity: value })], zero)[0]?.severity
    expect([severity('0'), severity(0), severity('0', 'emergency'), severity('EMERGENCY')]).toEqual([
      undefined,
      undefined,
      0,
      0,
    ])
    expect(['2', 2, 'critical', '8', '', null, 'x'].map((value) => severity(value))).toEqual([
      2,
      2,
      2,
      ...Array(4).fill(undefined),
    ])
  })

  test('are read from the lines of mod_security2, quotes and all', () => {
    const line = String.raw`Access denied with code 403 (phase 2). Pattern match "(?:a\"b)" at ARGS:a. [file "/x.conf"] [line "7"] [id "941100"] [msg "It is \"so\" [id \"1\"]"] [data "a]b\\"] [severity "WARNING"] [ver "OWASP_CRS/3.3.4"] [tag "attack-xss"] [tag "PCI/6.5.7"]`
    expect(matchesIn([line], 'unset')).toEqual([
      {
        id: '941100',
        message: 'It is "so" [id "1"]',
        data: 'a]b\\',
        severity: 4,
        version: 'OWASP_CRS/3.3.4',
        tags: ['attack-xss', 'PCI/6.5.7'],
      },
    ])
    expect(matchesIn(['Audit log: Failed to lock'], 'unset')[0]?.message).toBe('Audit log: Failed to lock')
  })
})

describe('the priority', () => {
  const of = (...severities: string[]) =>
    priority(
      severities.map((severity) => match({ severity })),
      'unset',
    )

  test.each([
    [['1'], 'High'],
    [['2'], 'High'],
    [['3'], 'Medium'],
    [['4'], 'Medium'],
    [['5'], 'Low'],
    [['6'], 'Info'],
    [['7'], 'Info'],
    [['0'], 'Unknown'],
    [['5', '2', '0', '4'], 'High'],
    [['0', '5'], 'Low'],
  ])('of severities %j is %s: the most severe that is set', (severities, expected) => {
    expect(of(...severities)).toBe(expected)
  })

  test('of no rule is Info', () => {
    expect(priority([], 'unset')).toBe('Info')
  })
})

describe('the category', () => {
  const of = (messages: unknown[], taxonomy = 'V04') => category(messages, 'unset', taxonomy)

  test.each([
    ['942100', 'Attempt.Exploit', 'Access.Other'],
    ['921150', 'Attempt.Exploit', 'Access.Other'],
    ['913100', 'Recon.Scanning', 'Recon.Network'],
    ['912120', 'Availability.DoS', 'Availability.DoS'],
    ['951230', 'Information.DataLeak', 'Theft.Breaches'],
    ['955100', 'Intrusion.AppCompromise', 'Access.Backdoor'],
    ['950100', 'Availability.Failure', 'Availability.Failure'],
    ['910100', 'Other.Undetermined', 'Other.Undetermined'],
    ['980130', 'Other.Uncategorised', 'Other.Uncategorised'],
  ])('of rule %s without tags is %s, from V07 %s', (id, old, current) => {
    expect([of([crs(id)]), of([crs(id)], 'V08')]).toEqual([[old], [current]])
  })

  test('is not decided by the sums, which have the tags of an attack', () => {
    const sum = crs('949110', '2', { tags: ['attack-generic'] })
    expect(of([sum])).toEqual(['Other.Uncategorised'])
    expect(of([crs('913100'), sum])).toEqual(['Recon.Scanning'])
  })

  test('comes from tags where the rule is somebody’s own, whatever its id', () => {
    const own = (tag: string, ruleId = '942999') => match({ ruleId, ver: '', tags: [tag] })
    expect(of([own('attack-dos')])).toEqual(['Availability.DoS'])
    expect(of([own('attack-disclosure', '7')])).toEqual(['Information.DataLeak'])
    expect(of([own('attack-sqli', '7')])).toEqual(['Attempt.Exploit'])
    expect(of([own('bruteforce', '7')])).toEqual(['Attempt.Login'])
    expect(of([own('platform-mysql', '7')])).toEqual(['Other.Uncategorised'])
    expect(of([own('resource-x', '7')])).toEqual(['Other.Uncategorised'])
  })

  test('of a violation of the protocol is an attack when it is critical, else somebody trying', () => {
    expect(of([crs('920350', '4')])).toEqual(['Recon.Scanning'])
    expect(of([crs('920350', '4'), crs('949110', '2')])).toEqual(['Recon.Scanning'])
    expect(of([crs('200002', '2', { ver: '' })])).toEqual(['Attempt.Exploit'])
    expect(of([crs('920350', '4'), crs('913100')])).toEqual(['Recon.Scanning'])
    expect(of([crs('920270', '2'), crs('951230')])).toEqual(['Information.DataLeak'])
  })

  test('names all that was found, what says most first, in the spelling of draft 07', () => {
    const both = [crs('913100'), crs('942100')]
    expect(of(both)).toEqual(['Attempt.Exploit', 'Recon.Scanning'])
    expect(of(both, 'V07')).toEqual(['Access.Other', 'Recon.Netword'])
  })

  test.each(Object.values(CLASSES))('of $name is a term of every version', ({ name, terms }) => {
    const id = { 'password guessing': '7' }[name as string]
    for (const version of VERSIONS) {
      const taxonomy = version < '2.D.V07' ? 'V04' : version.slice(4)
      const found = Object.entries(CLASSES).find(([, one]) => one.name === name)?.[0]
      const range = RANGES.find(([, one]) => one === found)?.[0][0]
      const own = match({
        ruleId: id ?? (range ? `${range}150` : '950100'),
        severity: '5',
        tags: id ? ['bruteforce'] : [],
      })
      expect(of([own], taxonomy)).toHaveLength(1)
      const message = conversion(
        {},
        version,
      )({ transaction: { ...fixture('sqli').transaction, messages: [own] } })
      expect(validator(version)(message), version).toEqual([])
      if (taxonomy !== 'V07') expect(message?.Category).toEqual([terms[taxonomy === 'V04' ? 0 : 1]])
    }
  })

  test('and the cause follow from the same rules', () => {
    const of = (messages: unknown[], status?: number) => cause(messages, 'unset', status)
    expect(of([crs('942100')])).toBe('Malicious')
    expect(of([crs('913100')])).toBe('Malicious')
    expect(of([crs('200002', '2', { ver: '' })])).toBe('Malicious')
    expect(of([crs('920350', '4')])).toBe('Unknown')
    expect(of([crs('951230')])).toBe('Unknown')
    expect(of([crs('950100')])).toBe('Error')
    expect([of([], 500), of([], 404)]).toEqual(['Error', 'Unknown'])
  })

  test('survives anything', () => {
    for (const odd of [undefined, null, 7, 'x', {}, [null], [[]], [{}], [{ details: { tags: 'x' } }], ['']]) {
      expect(of(odd as unknown[])).toHaveLength(1)
      expect(priority(odd, 'unset')).toBeTypeOf('string')
      expect(rulesTold(odd, 'unset', true)).toSatisfy(
        (text) => text === undefined || typeof text === 'string',
      )
    }
  })
})

describe('the time', () => {
  const STAMP = 'Sat Nov 21 22:10:45 2026'

  test('is exact where the unique id proves the offset', () => {
    expect(transactionTime(STAMP, '179531704568.982675', 'auto')).toBe('2026-11-21T22:10:45-05:00')
    expect(transactionTime('Sun Nov 22 03:08:07 2026', '179531688756.520185', 'auto')).toBe(
      '2026-11-22T03:08:07Z',
    )
  })

  test('is exact in the hour that comes twice', () => {
    // 00:30 and 01:30 UTC are both 02:30 in Paris that night.
    expect(transactionTime('Sun Oct 25 02:30:00 2026', '179288820011.1', 'auto')).toBe(
      '2026-10-25T02:30:00+02:00',
    )
    expect(transactionTime('Sun Oct 25 02:30:00 2026', '179289180011.1', 'auto')).toBe(
      '2026-10-25T02:30:00+01:00',
    )
  })

  test('is what the operator says, whatever the id', () => {
    expect(transactionTime(STAMP, '179531704568.982675', 'Europe/Paris')).toBe('2026-11-21T22:10:45+01:00')
    expect(transactionTime('Mon Feb  2 12:40:01 2026', undefined, '+02:00')).toBe('2026-02-02T12:40:01+02:00')
  })

  test.each([
    'b1946ac92492d2347c6235b4d2611184',
    '179531704668.982675',
    '1795317045',
    '999999999911.5',
    undefined,
  ])('with the id %s is that of this host', (id) =>
    expect(transactionTime(STAMP, id, 'auto')).toBe(transactionTime(STAMP, undefined, 'local')),
  )

  test('is nothing where there is none', () => {
    for (const odd of [undefined, null, 7, '', 'yesterday', 'Sat Nov 31 22:10:45 2026'])
      expect(transactionTime(odd, '179531704568.982675', 'auto')).toBeUndefined()
  })

  test('of mod_security2 has its offset', () => {
    expect(commonLogTime('22/Nov/2026:09:41:11.640124 +0100')).toBe('2026-11-22T09:41:11.640124+01:00')
    expect(commonLogTime('22/Nov/2026:09:41:11 +0000')).toBe('2026-11-22T09:41:11Z')
    for (const odd of ['22/Nov/2026:09:41:11', '31/Feb/2026:09:41:11 +0000', 7])
      expect(commonLogTime(odd)).toBeUndefined()
  })
})

describe('the outcome', () => {
  const evaluated = [crs('942100'), crs('949110')]

  test.each([
    ['Enabled', undefined, 403, evaluated, 'action blocked, HTTP 403'],
    ['Enabled', undefined, 403, [crs('942100')], 'action probably blocked, HTTP 403'],
    ['Enabled', undefined, 200, [crs('920350')], 'action not known, HTTP 200'],
    ['DetectionOnly', undefined, 403, evaluated, 'action allowed (DetectionOnly), HTTP 403'],
    ['Disabled', undefined, 200, evaluated, 'action allowed (Disabled), HTTP 200'],
    ['Enabled', true, 200, evaluated, 'action blocked, HTTP 200'],
    ['Enabled', false, 403, evaluated, 'action allowed, HTTP 403'],
    ['DETECTION_ONLY', false, 200, evaluated, 'action allowed (DETECTION_ONLY), HTTP 200'],
    [undefined, undefined, undefined, evaluated, undefined],
    ['Enabled', undefined, 0, [], undefined],
  ])(
    'with engine %s, interrupted %s, status %s is told',
    (engine, interrupted, status, messages, expected) => {
      expect(outcome(engine, interrupted, status, messages)).toBe(expected)
    },
  )
})

describe('what is told', () => {
  test('holds every rule, with severity and data', () => {
    const { Note } = conversion()(fixture('sqli-untagged')) ?? {}
    expect(Note).toContain(
      "rule 942100 (CRITICAL): SQL Injection Attack Detected via libinjection [Matched Data: s&sos found within ARGS:id: 1' OR '1'='1]",
    )
    expect(Note).toContain('rule 949110 (CRITICAL): Inbound Anomaly Score Exceeded (Total Score: 5)')
  })

  test('has an end, however many rules matched and however long the data', () => {
    const many = Array.from({ length: 1000 }, (_, i) => crs(String(i), '2', { data: 'x'.repeat(10_000) }))
    const text = String(rulesTold(many, 'unset', true))
    expect(text.length).toBeLessThan(20_000)
    expect(text).toMatch(/; and 160 more rules$/)
  })

  test.each([
    ["Matched Data: ' OR found within ARGS:password: hunter2' OR", 'found within ARGS:password: ***'],
    [
      'Matched Data: x found within REQUEST_HEADERS:Authorization: Basic eHg=',
      'found within REQUEST_HEADERS:Authorization: ***',
    ],
    ['Matched Data: x found within ARGS:author: x', 'Matched Data: x found within ARGS:author: x'],
  ])('hides the values of secret parameters: %s', (data, expected) => {
    const text = (mask: boolean) => rulesTold([match({ ruleId: '1', data })], 'unset', mask)
    expect(text(true)).toBe(`rule 1: A rule [${expected}]`)
    expect(text(false)).toBe(`rule 1: A rule [${data}]`)
  })

  test('hides them in the URI', () => {
    const uri = '/login?user=a&Password=b&x=c&api_key=d;token=e#f'
    expect(maskedUri(uri, true)).toBe('/login?user=a&Password=***&x=c&api_key=***;token=***#f')
    expect(maskedUri(uri, false)).toBe(uri)
  })

  test('describes the alert by its most severe rule; of several by the one that says most', () => {
    const of = (...messages: unknown[]) => description(messages, 'unset')
    expect(of(crs('920350', '4'), crs('942100', '2'))).toBe('Rule 942100')
    expect(of(crs('920440', '2'), crs('942100', '2'), crs('941100', '2'))).toBe('Rule 942100')
    expect(of(crs('949110', '2'), crs('942100', '5'))).toBe('Rule 942100')
    expect(of(crs('949110', '2'))).toBe('Rule 949110')
    expect(of(match({ ruleId: '7' }, ''))).toBe('ModSecurity rule 7')
    expect(of()).toBeUndefined()
  })

  test('names tags without noise, attack patterns and CVEs', () => {
    const messages = [
      match(
        {
          tags: [
            'application-multi',
            'language-php',
            'attack-rce',
            'capec/1000/152/248/88',
            'PCI/6.5.2',
            'paranoia-level/1',
          ],
        },
        'Shellshock (cve-2014-6271)',
      ),
      match({ ruleId: '949110', tags: ['attack-generic'] }),
    ]
    expect(tags(messages, 'unset')).toEqual(['attack-rce', 'CAPEC-88', 'PCI/6.5.2'])
    expect(references(messages, 'unset')).toEqual([
      'urn:cve:CVE-2014-6271',
      'https://capec.mitre.org/data/definitions/88.html',
    ])
  })
})

describe('headers', () => {
  test('are found whatever the case of their names, one or several', () => {
    expect(header({ host: 'a' }, 'Host')).toBe('a')
    expect(header({ HOST: ['a', 'b'] }, 'Host')).toBe('a')
    for (const odd of [undefined, null, 'x', ['Host'], { Host: 7 }, { Host: '' }])
      expect(header(odd, 'Host')).toBeUndefined()
  })

  test.each([
    ['shop.example.test', 'shop.example.test'],
    ['shop.example.test.:8443', 'shop.example.test'],
    ['127.0.0.1:18080', undefined],
    ['[2001:db8::1]:443', undefined],
    ['a b', undefined],
    ['<script>', undefined],
    ['a..b', undefined],
    [`${'a'.repeat(64)}.b`, undefined],
    ['', undefined],
  ])('of a request: the host %j is %s', (host, expected) => {
    expect(hostName(host)).toBe(expected)
  })

  test('tell the protocols, and the trailer what runs there', () => {
    expect([protocols(1.1), protocols('2.0'), protocols(3), protocols(undefined), protocols({})]).toEqual([
      ['tcp', 'http'],
      ['tcp', 'http'],
      ['udp', 'quic', 'http'],
      undefined,
      undefined,
    ])
    expect(model('ModSecurity v3.0.9 (Linux)', '', ['OWASP_CRS/3.3.4"'])).toBe(
      'ModSecurity v3.0.9 (Linux), OWASP_CRS/3.3.4',
    )
    expect(model(undefined, 7, null)).toBeUndefined()
  })
})

describe('what is sent', () => {
  test('is no request that only excluded rules matched, sums aside', () => {
    const excluded = ['920350', '920300']
    expect(others([crs('920350'), crs('949110')], 'unset', excluded)).toBeUndefined()
    expect(others([crs('920350'), crs('942100')], 'unset', excluded)).toBe(true)
    expect(others([], 'unset', excluded)).toBe(true)
  })

  test('is a request with a severe rule, or one whose severity nobody set', () => {
    const convert = conversion({ minimum_severity: 3 })
    const record = (severity: string) => ({
      transaction: { ...fixture('sqli').transaction, messages: [crs('1', severity)] },
    })
    expect(['2', '3', '4', '0'].map((severity) => convert(record(severity)) !== undefined)).toEqual([
      true,
      true,
      false,
      true,
    ])
  })

  test('is nothing for a request that no rule matched, unless it is asked for', () => {
    for (const messages of [[], undefined, 'x', null]) {
      const record = { transaction: { ...fixture('sqli').transaction, messages } }
      expect(conversion()(record)).toBeUndefined()
      expect(conversion({ status_only: true })(record)?.Priority).toBe('Info')
    }
  })

  test('holds bodies only on request', () => {
    const convert = (attach: string[]) => conversion({ attach })(fixture('attachments'))?.Attachment
    expect(convert([])).toBeUndefined()
    const [body] = convert(['request']) ?? []
    expect(Buffer.from(body?.Content ?? '', 'base64').toString()).toBe("user=root' OR 1=1--&password=hunter2")
  })
})

test('invalid UTF-8 and keys that come twice cost no alert', async () => {
  const raw = '/?a=\xe9\xff'
  const record = JSON.stringify(fixture('sqli'))
    .replace('/?id=1%27%20OR%20%271%27=%271', raw)
    .replace('"headers":{"Host"', '"headers":{"Cookie":"a=1","Cookie":"b=2","Host"')
  const file = join(folder, 'audit.json')
  writeFileSync(file, `${record}\n`, 'latin1')
  const { code, out, err } = await invoke(convert, ['modsecurity', file])
  expect([code, err]).toEqual([0, '1 converted, 0 filtered, 0 rejected, 1 with invalid UTF-8 replaced\n'])
  expect(JSON.parse(out).Target[0]).toMatchObject({
    Hostname: 'shop.example.test',
    Note: 'GET /?a=\ufffd\ufffd',
  })
})

test('a record that is rejected ends convert with 1, and says why', async () => {
  const file = join(folder, 'other.json')
  writeFileSync(file, '{"message":"another log"}\n--a--A--\n')
  const { code, err } = await invoke(convert, ['modsecurity', file])
  expect(code).toBe(1)
  expect(err).toContain('missing_required')
  expect(err).toContain('0 converted, 0 filtered, 2 rejected')
})

describe('a record with any field dropped or of another type', () => {
  const all = readdirSync(fixtures)
  const attach = ['request', 'response', 'raw']

  function check({ what, record }: Altered, version: Version) {
    const message = messageOf(converters(version), Object(record))
    if (message === undefined) return
    const faults = [...validator(version)(message), ...advise(message), ...inventions(message, record)]
    if (faults.length > 0) expect(faults, what).toEqual([])
  }
  const known = new Map<Version, ReturnType<typeof conversion>>()
  function converters(version: Version) {
    const found = known.get(version) ?? conversion({ attach, status_only: true }, version)
    known.set(version, found)
    return found
  }

  test.each(['sqli', 'attachments', 'status-only-sent', 'apache-attachments'])(
    'is a valid message or none, with nothing invented: every alteration of %s',
    (name) => {
      for (const one of altered(fixture(name))) check(one, '2.D.V08')
    },
  )

  test('is a valid message or none, with nothing invented: any alteration of any record, in any version', () => {
    const alterations = new Map(all.map((name) => [name, [...altered(fixture(name))]]))
    const pick = fc.constantFrom(...all).chain((name) => fc.constantFrom(...(alterations.get(name) ?? [])))
    fc.assert(fc.property(pick, fc.constantFrom(...VERSIONS), check), { numRuns: 3000 })
  })
})

/** Rejection is for want of a time alone. */
function messageOf(convert: ReturnType<typeof conversion>, record: object): Message | undefined {
  try {
    return convert(record)
  } catch (error) {
    expect(String(error)).toMatch(/nothing usable for CreateTime|one JSON object/)
    return undefined
  }
}

/** Addresses, ports and times of a message that are not in the record. */
function inventions({ CreateTime, Source, Target }: Message, record: Json): unknown[] {
  const text = JSON.stringify(record)
  const ends = [Source?.[0], Target?.[0]]
  const addresses = ends.flatMap(({ IP } = {}) => (IP === undefined || text.includes(IP) ? [] : IP))
  const ports = ends.flatMap(({ Port = [] } = {}) => Port.filter((port) => !text.includes(String(port))))
  const { time_stamp, time } = Object(Object(record).transaction)
  const clock = CreateTime.slice(11, 19)
  const isTime =
    wallTime(String(time_stamp)) === Date.parse(`${CreateTime.slice(0, 19)}Z`) || String(time).includes(clock)
  return [...addresses, ...ports, ...(isTime ? [] : [CreateTime])]
}

test('the configuration of the Python connector works unchanged', async () => {
  const file = join(folder, 'python.conf')
  const text = `[logging]
level = DEBUG
# file = /var/log/modsecurity-idmefv2.log
[idmefv2]
url = http://127.0.0.1:9999
# login = admin
[connector]
log_file = /var/log/modsecurity/audit.json
`
  writeFileSync(file, text, { mode: 0o600 })
  const probes = new Map([['modsecurity', modsecurity.options]])
  const { config, warnings } = await readConfig([file], { env: {}, probes })
  expect(warnings).toEqual([])
  expect(config.connectors).toMatchObject([
    {
      probe: 'modsecurity',
      instance: 'modsecurity',
      options: { filename: ['/var/log/modsecurity/audit.json'] },
    },
  ])
})

describe('the page', () => {
  const squeezed = page.replaceAll(/ {2,}/g, ' ')

  test('has every class with its rules, categories and cause', () => {
    for (const [key, { name, terms, cause }] of Object.entries(CLASSES)) {
      const ids = RANGES.filter(([, one]) => one === key).flatMap(([ids]) => ids)
      const shown = key === 'failure' ? ['950100'] : ids
      expect(squeezed).toContain(`| ${name} | ${shown.join(', ') || '–'} |`)
      expect(squeezed).toContain(`| ${terms[0]} | ${terms[1]} | ${cause} |`)
    }
    expect(TAGS.length).toBeGreaterThan(0)
    expect(classOf({ id: '942100', message: '', data: '', severity: 2, version: '', tags: [] })).toBe(
      'exploit',
    )
  })

  test('shows a record and the message it becomes', () => {
    const [, shown = ''] = page.split('<!-- example -->')
    const [record, message] = [...shown.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) =>
      JSON.parse(json),
    )
    const expected = JSON.parse(readFileSync(new URL('sqli/expected.json', fixtures), 'utf8'))
    expect(record).toEqual(fixture('sqli'))
    expect({ ...message, ID: '' }).toEqual({ ...expected, ID: '' })
  })
})

describe.skipIf(!existsSync(corpus))('the logs of the real tool', () => {
  const COUNTS: Record<string, [converted: number, filtered: number]> = {
    'audit-3.0.9-crs3.3.4-detectiononly.jsonl': [59, 2],
    'audit-3.0.9-crs3.3.4-blocking-pl2.jsonl': [63, 1],
    'audit-3.0.14-crs3.3.7-blocking-pl1.jsonl': [59, 2],
    'audit-3.0.9-custom-rules-and-request-body.jsonl': [14, 0],
    'audit-3.0.9-TZ-America_New_York.jsonl': [5, 0],
  }

  test.each(Object.entries(COUNTS))(
    '%s: each record is a valid message in every version, or had no rule',
    (file, counts) => {
      const lines = readFileSync(new URL(file, corpus), 'utf8').trimEnd().split('\n')
      for (const version of VERSIONS) {
        const convert = conversion({ attach: ['request', 'response', 'raw'] }, version)
        const messages = lines.map((line) => convert(JSON.parse(line)))
        for (const message of messages)
          if (message) expect([...validator(version)(message), ...advise(message)], version).toEqual([])
        const converted = messages.filter((message) => message !== undefined).length
        expect([converted, lines.length - converted]).toEqual(counts)
        expect(squeezedRow(page)).toContain(`| ${file} | ${counts[0]} | ${counts[1]} | 0 |`)
      }
    },
  )

  test('concurrent/: each file is a valid message; the index beside them is rejected line by line', async () => {
    const root = fileURLToPath(new URL('concurrent/', corpus))
    const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /\/\d{8}-\d{6}-/.test(path),
    )
    for (const path of paths) {
      const { code, out, err } = await invoke(convert, ['modsecurity', join(root, path)])
      expect([code, err]).toEqual([0, '1 converted, 0 filtered, 0 rejected\n'])
      expect(validator('2.D.V08')(JSON.parse(out))).toEqual([])
    }
    expect(squeezedRow(page)).toContain(`| concurrent/ | ${paths.length} | 0 | 0 |`)
    expect((await invoke(convert, ['modsecurity', join(root, 'index.log')])).code).toBe(1)
  })
})

const squeezedRow = (text: string) => text.replaceAll(/ {2,}/g, ' ').replaceAll('`', '')
