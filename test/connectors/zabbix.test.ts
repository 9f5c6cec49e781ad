import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { afterAll, describe, expect, test } from 'vitest'
import { converter, type Setting } from '../../scripts/connector/convert.ts'
import { readConfig } from '../../src/config/read.ts'
import { category, SCOPES, TELLING, WORDS } from '../../src/connectors/zabbix/category.ts'
import zabbix from '../../src/connectors/zabbix/index.ts'
import rules from '../../src/connectors/zabbix/mapping.ts'
import { identity, unfold } from '../../src/connectors/zabbix/records.ts'
import { eventPage, hostAddress, hostName, hostNote, moment } from '../../src/connectors/zabbix/values.ts'
import { address } from '../../src/idmefv2/address.ts'
import { advise } from '../../src/idmefv2/advise.ts'
import { VERSIONS } from '../../src/idmefv2/profiles.ts'
import { timestamp } from '../../src/idmefv2/time.ts'
import { validator } from '../../src/idmefv2/validate.ts'
import type { Json } from '../../src/types.ts'
import { altered } from './alter.ts'

const folder = new URL('../../src/connectors/zabbix/', import.meta.url)
const corpus = new URL('../../../shared/corpus/zabbix/', import.meta.url)
const page = readFileSync(new URL('README.md', folder), 'utf8').replaceAll(/ {2,}/g, ' ')

const OPTIONS = zabbix.options.parse({})

interface Message {
  ID: string
  Category: string[]
  Cause: string
  Description: string
  Priority: string
  Note?: string
  CreateTime: string
  StartTime?: string
  EndTime?: string
  CorrelID?: string[]
  Analyzer: { Name: string; Hostname?: string; IP?: string }
  Source?: unknown
  Target?: { IP?: string; Hostname?: string; Note?: string; Port?: number[] }[]
}

/** The messages of a document, as `convert` gives them. */
function messagesOf(document: unknown, setting: Partial<Setting> = {}): Message[] {
  const records = unfold(document) ?? [document]
  const convert = compiled(setting)
  return records.flatMap((record) => (convert(JSON.stringify(record)) as Message | undefined) ?? [])
}

/** Without unfolding once more: a record that ended would begin again. */
const compiled = (setting: Partial<Setting>) => {
  const { unfold: _, ...bare } = rules
  return converter(bare, { version: '2.D.V08', name: 'Zabbix', options: OPTIONS, ...setting })
}

const EVENT = {
  eventid: '26',
  source: '0',
  object: '0',
  objectid: '25220',
  clock: '1795318278',
  ns: '140008297',
  value: '1',
  name: 'MySQL: Service is down',
  severity: '5',
  acknowledged: '0',
  suppressed: '0',
  r_eventid: '0',
  c_eventid: '0',
  userid: '0',
  cause_eventid: '0',
  opdata: '',
  urls: [],
  tags: [{ tag: 'scope', value: 'availability' }],
}
const messageOf = (parts: object, setting: Partial<Setting> = {}): Message => {
  const [message] = messagesOf({ ...EVENT, ...parts }, setting)
  if (message === undefined) throw new Error('the record was filtered')
  return message
}

describe('the priority', () => {
  test('follows the severity; a disaster is no more than High', () => {
    const priorities = ['0', '1', '2', '3', '4', '5'].map((severity) => messageOf({ severity }).Priority)
    expect(priorities).toEqual(['Unknown', 'Info', 'Low', 'Medium', 'High', 'High'])
  })

  test.each([[undefined], [null], ['6'], ['High'], [-1], [[]], [{}]])('is unknown for %j', (severity) => {
    expect(messageOf({ severity }).Priority).toBe('Unknown')
  })
})

describe('a problem that ended', () => {
  const ended = { ...EVENT, r_eventid: '38', r_clock: '1795318288', r_ns: '896354000', acknowledged: '1' }

  test('gives its beginning, and a message of its own with the same CorrelID', () => {
    const [begin, end] = messagesOf({ jsonrpc: '2.0', result: [ended], id: 1 })
    expect(begin).toMatchObject({
      Priority: 'High',
      Cause: 'Malfunction',
      CreateTime: '2026-11-22T03:31:18.140008297Z',
    })
    expect(begin).not.toHaveProperty('EndTime')
    expect(end).toMatchObject({
      Description: 'Resolved: MySQL: Service is down',
      Priority: 'Info',
      Cause: 'Normal',
      StartTime: begin?.CreateTime,
      CreateTime: '2026-11-22T03:31:28.896354000Z',
      EndTime: '2026-11-22T03:31:28.896354000Z',
      CorrelID: begin?.CorrelID,
      Note: 'acknowledged; severity was Disaster',
    })
    expect(end?.ID).not.toBe(begin?.ID)
  })

  test('has the same IDs whether it is asked for or pushed, before its end or after', () => {
    const [before] = messagesOf(EVENT)
    const [begin, end] = messagesOf([ended])
    const body = {
      eventid: '26',
      value: '0',
      recovery_id: '38',
      name: 'x',
      timestamp: '1795318278',
      recovery_timestamp: '1795318288',
    }
    expect(begin?.ID).toBe(before?.ID)
    expect(messagesOf(body).map(({ ID }) => ID)).toEqual([end?.ID])
    expect(messagesOf({ ...body, value: '1' }).map(({ ID }) => ID)).toEqual([begin?.ID])
  })

  test('is found among events by its recovery, which may end several', () => {
    const two = ['26', '27'].map((eventid) => ({ ...EVENT, eventid, r_eventid: '38' }))
    const recovery = { ...EVENT, eventid: '38', value: '0', clock: '1795318288', severity: '0' }
    const messages = messagesOf({ jsonrpc: '2.0', result: [...two, recovery] })
    expect(messages.map(({ Priority, EndTime }) => [Priority, EndTime])).toEqual([
      ['High', undefined],
      ['High', undefined],
      ['Info', '2026-11-22T03:31:28.140008297Z'],
      ['Info', '2026-11-22T03:31:28.140008297Z'],
    ])
    expect(new Set(messages.map(({ ID }) => ID)).size).toBe(4)
  })

  test('by hand says by whom', () => {
    expect(messagesOf([{ ...ended, userid: '1' }])[1]?.Note).toContain('closed by user 1')
  })
})

describe('the ends', () => {
  test('are the monitored host as target, Zabbix as analyzer, and no source', () => {
    const message = messageOf({
      hosts: [
        {
          hostid: '1',
          host: 'web01',
          name: 'Web 01 é',
          interfaces: [{ type: '1', main: '1', useip: '1', ip: '192.0.2.10', port: '10050' }],
        },
      ],
      zabbix: { url: 'https://zabbix.example.org/zabbix/', version: '7.0.22' },
    })
    expect(message.Target).toMatchObject([{ IP: '192.0.2.10', Hostname: 'web01' }])
    expect(message.Target?.[0]).not.toHaveProperty('Port')
    expect(message.Analyzer).toMatchObject({ Name: 'Zabbix', Hostname: 'zabbix.example.org' })
    expect(message).not.toHaveProperty('Source')
  })

  test('have no address of this host beside the name of another, where the draft allows', () => {
    const there = { zabbix: { url: 'https://zabbix.example.org/' } }
    expect(messageOf(there).Analyzer).not.toHaveProperty('IP')
    expect(messageOf(there, { version: '2.D.V04' }).Analyzer).toHaveProperty('IP', '192.0.2.10')
    expect(messageOf({ zabbix: { url: 'http://[2001:db8::9]/' } }).Analyzer).toHaveProperty(
      'IP',
      '2001:db8::9',
    )
    expect(messageOf({ zabbix: { url: 'http://localhost/' } }).Analyzer).toMatchObject({
      IP: '192.0.2.10',
      Hostname: 'sensor.example.org',
    })
  })

  test('of a host without interface, or that is known by name, have no address', () => {
    expect(hostAddress([])).toBeUndefined()
    expect(hostAddress([{ useip: '0', ip: '192.0.2.99', dns: 'db01.example.test' }])).toBeUndefined()
    expect(hostName([{ useip: '0', ip: '', dns: 'db01.example.test' }], 'db01', 'DB 1')).toBe(
      'db01.example.test',
    )
    expect(hostName([], 'Zabbix server', '192.0.2.1')).toBeUndefined()
  })

  test('are told as Zabbix reaches them, its main interface first', () => {
    const interfaces = [
      { type: '2', main: '1', useip: '1', ip: '2001:db8::43', port: '{$SNMP.PORT}' },
      { type: '1', main: '0', useip: '1', ip: '192.0.2.2', port: '10050' },
      { type: '1', main: '1', useip: '1', ip: '192.0.2.1', port: '10050' },
    ]
    expect(hostAddress(interfaces)).toBe('192.0.2.1')
    expect(hostNote(interfaces, 'v6', 'v6 host')).toBe(
      'v6 host (v6), agent 192.0.2.1:10050, SNMP [2001:db8::43]:{$SNMP.PORT}, agent 192.0.2.2:10050',
    )
  })
})

describe('the category', () => {
  const named = (name: string, scope?: string) =>
    category('V08', name, scope ? [{ tag: 'scope', value: scope }] : [])

  test.each([
    ['Zabbix agent is not available (for 3m)', undefined, 'Availability.Outage'],
    ['Interface eth0: Link down', 'notice', 'Availability.Outage'],
    ['Too many failed downloads', undefined, 'Availability.Overload'],
    ['Countdown of the download', undefined, 'Other.Uncategorised'],
    ['upload finished', undefined, 'Other.Uncategorised'],
    ['High CPU utilization (over 90% for 5m)', undefined, 'Availability.Overload'],
    ['anything', 'capacity', 'Availability.Overload'],
    ['Linux: has been restarted (uptime < 10m)', 'notice', 'Availability.Failure'],
    ['/etc/passwd has been changed', 'security', 'Sabotage.Data'],
    ['Failed SSH logins: 7 on noif', 'performance', 'Access.Forced'],
    ['Certificate expires soon', 'notice', 'Availability.Misconfiguration'],
    ['Temperature is above critical threshold: >60', 'performance', 'Meteo.Heat'],
    ['Operating system description has changed', 'security', 'Other.Undetermined'],
    ['Operating system description has changed', 'notice', 'Other.Uncategorised'],
  ])('of %j with scope %s is %s', (name, scope, expected) => {
    expect(named(name, scope)).toEqual([expected])
  })

  test('has a row on the page for each kind', () => {
    for (const [words, , { terms, cause }] of [...TELLING, ...WORDS])
      expect(page).toContain(`| ${words} | ${terms[0]} | ${terms[1]} | ${cause} |`)
    for (const [scope, { terms, cause }] of SCOPES)
      expect(page).toContain(`| tag \`scope: ${scope}\` | ${terms[0]} | ${terms[1]} | ${cause} |`)
  })
})

describe('what a webhook says', () => {
  test('without what macros leave standing when there is nothing', () => {
    const [message] = messagesOf({
      eventid: '91',
      value: '1',
      name: 'Disk',
      severity: '3',
      timestamp: '1795318547',
      host: 'Host without interface',
      ip: '*UNKNOWN*',
      port: '*UNKNOWN*',
      recovery_id: '{EVENT.RECOVERY.ID}',
      zabbix_url: '{$ZABBIX.URL}',
      tags: '{EVENT.TAGSJSON}',
    })
    expect(message?.Target).toEqual([{ ID: expect.any(String), Note: 'Host without interface' }])
    expect(JSON.stringify(message)).not.toMatch(/UNKNOWN|\{EVENT|\{\$/)
  })

  test('of a date and time is read in the configured zone', () => {
    const body = { eventid: '91', name: 'Disk', date: '2026.11.22', time: '03:35:47' }
    const [message] = messagesOf(body, { options: { ...OPTIONS, timezone: 'Europe/Paris' } })
    expect(message?.CreateTime).toBe('2026-11-22T03:35:47+01:00')
  })

  test('is an alert even when it is no more than a number, once it is known when it came', () => {
    expect(messagesOf({ eventid: '87', received: 1795318545 })).toMatchObject([
      { Description: 'Zabbix event 87', Priority: 'Unknown', CreateTime: '2026-11-22T03:35:45Z' },
    ])
    expect(() => messagesOf({ eventid: '87' })).toThrow('missing_required')
  })
})

describe('which problems are sent', () => {
  const sent = (parts: object, options: object) =>
    messagesOf({ ...EVENT, ...parts }, { options: { ...OPTIONS, ...options } }).length

  test('all, or from a severity on; those whose severity is not known always', () => {
    expect(sent({ severity: '0' }, {})).toBe(1)
    expect(sent({ severity: '3' }, { minimum_severity: 4 })).toBe(0)
    expect(sent({ severity: '4' }, { minimum_severity: 4 })).toBe(1)
    expect(sent({ severity: undefined }, { minimum_severity: 4 })).toBe(1)
  })

  test('also suppressed ones, unless they are not wanted', () => {
    expect(sent({ suppressed: '1' }, {})).toBe(1)
    expect(sent({ suppressed: '1' }, { suppressed: false })).toBe(0)
    expect(sent({ suppressed: '0' }, { suppressed: false })).toBe(1)
  })
})

test('times have all digits that Zabbix gives, and none where it gives none', () => {
  expect(moment('1795318278', '140008297')).toBe('2026-11-22T03:31:18.140008297Z')
  expect(moment(1795318278, '5')).toBe('2026-11-22T03:31:18.000000005Z')
  expect(moment('1795318278', '0')).toBe('2026-11-22T03:31:18Z')
  for (const none of ['0', 0, '', null, -1, 1e300, '999999999999', {}, [], 'now', 1.5])
    expect(moment(none, '1'), String(none)).toBeUndefined()
})

test('the page of an event is below the frontend, without what is secret in its address', () => {
  expect(eventPage('https://a:b@zabbix.example.org/z?x#y', '1', '2')).toBe(
    'https://zabbix.example.org/z/tr_events.php?triggerid=1&eventid=2',
  )
  for (const [base, trigger, event] of [
    ['javascript:1', '1', '2'],
    ['x', '1', '2'],
    ['http://z/', '0', '2'],
    ['http://z/', '1', {}],
  ])
    expect(eventPage(base, trigger, event)).toBeUndefined()
})

describe('documents', () => {
  test('that hold no events hold no records; what is no document is a record', () => {
    expect(unfold({ jsonrpc: '2.0', result: '0'.repeat(32), id: 1 })).toEqual([])
    expect(unfold({ jsonrpc: '2.0', result: [{ hostid: '1' }], id: 1 })).toEqual([])
    expect(unfold({ jsonrpc: '2.0', error: { code: -32602 }, id: 1 })).toBeUndefined()
    expect(unfold({ a: 1 })).toBeUndefined()
    expect(unfold(7)).toBeUndefined()
    expect(unfold([EVENT, 7])).toEqual([EVENT, 7])
  })

  test('never make it throw, nor what names a record', () => {
    const problem: Json = JSON.parse(fixture('webhook'))
    for (const record of [EVENT, { ...EVENT, r_eventid: '38', r_clock: '1' }, problem])
      for (const { record: odd } of altered({ jsonrpc: '2.0', result: [record as Json] })) {
        const records = unfold(odd) ?? [odd]
        for (const each of records) identity(each)
      }
  })
})

function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}/input.json`, folder), 'utf8').trimEnd()
}

/** All texts and numbers in a value. */
function leaves(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [value]
}

/** What a message says that its record does not: addresses and times. It has no ports. */
function invented(
  record: unknown,
  { CreateTime, StartTime, EndTime, Target = [], Analyzer }: Message,
): unknown[] {
  const told = leaves(record)
  const text = told.map(String)
  const ips = Target.flatMap(({ IP }) => IP ?? [])
  const times = [CreateTime, StartTime, EndTime].filter((time) => time !== undefined)
  return [
    ...ips.filter((ip) => !told.some((leaf) => typeof leaf === 'string' && address(leaf.trim()) === ip)),
    ...times.filter((time) => timestamp(time) === undefined),
    ...times.filter((time) => {
      const seconds = String(Math.floor(Date.parse(time) / 1000))
      return !text.includes(seconds) && !text.some((leaf) => leaf.includes(time.slice(11, 19)))
    }),
    ...Target.filter((target) => 'Port' in target),
    ...(Analyzer.Name === 'Zabbix' ? [] : [Analyzer.Name]),
  ]
}

describe('a record with any field dropped or of another type', () => {
  const names = [
    'several-hosts',
    'acknowledged',
    'symptom',
    'recovery-alone',
    'webhook-recovery',
    'webhook-update',
  ]

  test.each(VERSIONS)('gives a valid message of %s or none, and nothing that it does not say', (version) => {
    const setting = { version, options: { ...OPTIONS, timezone: 'Europe/Paris' } }
    const convert = compiled(setting)
    const faults = validator(version)
    for (const name of version === '2.D.V08' ? names : ['symptom', 'webhook-recovery']) {
      for (const { what, record } of altered(JSON.parse(fixture(name)))) {
        for (const each of unfold(record) ?? [record]) {
          const message = attempt(() => convert(JSON.stringify(each)) as Message | undefined)
          if (message === undefined) continue
          expect([...faults(message), ...advise(message)], `${name} ${what}`).toEqual([])
          expect(invented(record, message), `${name} ${what}`).toEqual([])
        }
      }
    }
  })
})

/** A record without a time is rejected with that reason, one that is no object with another; there are no more. */
function attempt<T>(convert: () => T): T | undefined {
  try {
    return convert()
  } catch (error) {
    expect(String(error)).toMatch(
      /missing_required: the record has nothing usable for CreateTime|not_an_object/,
    )
    return undefined
  }
}

test('the page shows a record as it is, and its message', () => {
  const [, shown = ''] = readFileSync(new URL('README.md', folder), 'utf8').split('<!-- example -->')
  const [record, message] = [...shown.matchAll(/```json\n(.*?)```/gs)].map(([, json = '']) =>
    JSON.parse(json),
  )
  const convert = converter(rules, { version: '2.D.V08', name: 'Zabbix', options: OPTIONS })
  expect(convert(JSON.stringify(record))).toEqual(message)
})

describe('the media type', () => {
  const file = readFileSync(new URL('../../config/zabbix-media-type.yaml', import.meta.url), 'utf8')
  const [, indented = ''] = /script: \|\n(.*?)\n {6}message_templates:/s.exec(file) ?? []
  const script = indented.replaceAll(/^ {8}/gm, '')
  const parameters = [...file.matchAll(/- name: (\w+)\n +value: "(.*)"/g)].map(
    ([, name = '', macro = '']) => [name, macro],
  )

  /** As the webhook engine runs it: gives the headers and the body of its request. */
  function run(given: Record<string, string>, status = 204) {
    const headers: string[] = []
    let request = { url: '', body: '' }
    class HttpRequest {
      addHeader(header: string): void {
        headers.push(header)
      }
      post(url: string, body: string): string {
        request = { url, body }
        return 'no'
      }
      getStatus(): number {
        return status
      }
    }
    // What a macro that has nothing to say is left standing as.
    const value = JSON.stringify({ ...Object.fromEntries(parameters), ...given })
    const result = runInNewContext(`(function (value) {\n${script}})(value)`, {
      value,
      HttpRequest,
      Zabbix: { log() {} },
    })
    return { result, headers, ...request }
  }

  const PROBLEM = {
    url: 'http://127.0.0.1:9090/alert',
    token: 'secret',
    eventid: '87',
    value: '1',
    name: 'Disk is full',
    severity: '4',
    triggerid: '25212',
    opdata: '',
    tags: '[{"tag":"scope","value":"capacity"}]',
    acknowledged: 'No',
    timestamp: '1795318545',
    date: '2026.11.22',
    time: '03:35:45',
    hostid: '10680',
    hostname: 'web01',
    host: 'Web 01',
    ip: '192.0.2.10',
    dns: '',
    port: '10050',
    update_status: '0',
  }

  test('has no parameter that is not understood, but those of the way', () => {
    const unused = ['url', 'token']
    const told = readFileSync(new URL('webhook.ts', folder), 'utf8')
    for (const [name = ''] of parameters) {
      const plain = name.replace(/[23]$/, '').replace(/^(?:recovery|update)_(?=timestamp|date|time)/, '')
      expect(unused.includes(name) || told.includes(plain), name).toBe(true)
    }
    expect(parameters).toHaveLength(44)
  })

  test('sends all that a message needs, with the token in the head alone', () => {
    const { result, headers, url, body } = run(PROBLEM)
    expect(result).toBe('OK')
    expect(url).toBe('http://127.0.0.1:9090/alert')
    expect(headers).toEqual(['Content-Type: application/json', 'Authorization: Bearer secret'])
    expect(body).not.toContain('secret')
    expect(messagesOf(JSON.parse(body))).toMatchObject([
      {
        Description: 'Disk is full',
        Priority: 'High',
        CreateTime: '2026-11-22T03:35:45Z',
        Target: [{ IP: '192.0.2.10', Hostname: 'web01' }],
      },
    ])
  })

  test('of a server that knows no timestamps makes them of its local times', () => {
    const { timestamp: _, ...old } = PROBLEM
    const at = (time: string) => new Date(`2026-11-22T${time}`).getTime() / 1000
    const { body } = run({
      ...old,
      value: '0',
      recovery_id: '95',
      recovery_date: '2026.11.22',
      recovery_time: '03:40:00',
    })
    expect(JSON.parse(body)).toMatchObject({
      timestamp: String(at('03:35:45')),
      recovery_timestamp: String(at('03:40:00')),
    })
    const [message] = messagesOf(JSON.parse(body))
    expect(Date.parse(message?.EndTime ?? '')).toBe(at('03:40:00') * 1000)
  })

  test('without a token shows none, and fails on any answer that is no success', () => {
    expect(run({ ...PROBLEM, token: '{$IDMEFV2.TOKEN}' }).headers).toEqual(['Content-Type: application/json'])
    expect(() => run(PROBLEM, 429)).toThrow('IDMEFv2: answered 429 no')
  })
})

describe('the file of the Python connector', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'zabbix-')), 'python.conf')
  afterAll(() => rmSync(dirname(file), { recursive: true }))
  const reading = async (sections: string) => {
    writeFileSync(file, `[idmefv2]\nurl = http://127.0.0.1:4690/\n${sections}`, { mode: 0o600 })
    const { config, warnings } = await readConfig([file], {
      env: {},
      probes: new Map([['zabbix', zabbix.options]]),
    })
    return { options: config.connectors[0]?.options, warnings: warnings.map(({ what }) => what) }
  }
  const API = '[zabbix]\nurl = http://localhost:8080/api_jsonrpc.php\nuser = Admin\npassword = zabbix\n'

  test('that polls means the same here', async () => {
    const { options, warnings } = await reading(`[connector]\nmode = polling\n${API}poll_interval = 30\n`)
    expect(warnings).toEqual([])
    expect(options).toMatchObject({ filetype: 'poll', login: 'Admin', poll_interval: 30_000 })
  })

  test('that is pushed to means the same here', async () => {
    const { options, warnings } = await reading(
      `[connector]\nmode = push\nlisten_address = 0.0.0.0\nlisten_port = 9091\n${API}`,
    )
    expect(warnings).toEqual([
      '[connector] listen_address: whoever can reach this address can send what is taken for alerts',
    ])
    expect(options).toMatchObject({
      filetype: 'http',
      path: '/alert',
      listen: { host: '0.0.0.0', port: 9091 },
      login: 'Admin',
      url: 'http://localhost:8080/api_jsonrpc.php',
    })
  })

  test('that says not where to listen has the usual port', async () => {
    expect((await reading(`[connector]\nmode = push\n${API}`)).options).toMatchObject({
      listen: { host: '127.0.0.1', port: 9090 },
    })
    expect((await reading(`[connector]\nmode = push\nlisten_address = ::1\n${API}`)).options).toMatchObject({
      listen: { host: '::1', port: 9090 },
    })
  })
})

test('without a login or a token there is nothing to ask by', () => {
  const context = { connector: 'zabbix' } as Parameters<typeof zabbix.source>[1] // it comes to nothing else
  expect(() => zabbix.source(OPTIONS, context)).toThrow('give login and password, or token')
})

describe.skipIf(!existsSync(corpus))('what Zabbix 6.0 and 7.0 answered and sent', () => {
  const answer = (version: string, name: string) =>
    JSON.parse(readFileSync(new URL(`api-${version}/${name}.json`, corpus), 'utf8'))

  test.each(['6.0', '7.0'].flatMap((version) => VERSIONS.map((draft) => [version, draft] as const)))(
    'Zabbix %s as %s: every problem and every end is a valid message',
    (version, draft) => {
      const faults = validator(draft)
      for (const name of readdirSync(new URL(`api-${version}/`, corpus))) {
        if (!/^\d\d-/.test(name)) continue
        for (const message of messagesOf(answer(version, name.replace('.json', '')), { version: draft }))
          expect([...faults(message), ...advise(message)], name).toEqual([])
      }
    },
  )

  test.each(['6.0', '7.0'])('counts of Zabbix %s are those on the page', (version) => {
    for (const name of ['02-problems.problem.get-tags', '05-again.problem.get', '05-again.event.get']) {
      const document = answer(version, name)
      const messages = messagesOf(document)
      const ends = messages.filter(({ EndTime }) => EndTime !== undefined).length
      const row = `| \`api-${version}/${name}.json\` | ${document.result.length} | ${messages.length - ends} | ${ends} | 0 |`
      expect(page).toContain(row)
    }
  })

  test('each request of the webhook engine is a message; one with no more than a number needs its time', () => {
    const lines = readFileSync(new URL('push/webhook-requests-7.0.jsonl', corpus), 'utf8')
      .trimEnd()
      .split('\n')
    const requests = lines.map((line) => JSON.parse(line))
    const rich = requests.filter(({ path }) => path === '/rich')
    const bare = requests.filter(({ path }) => path !== '/rich')
    expect(page).toContain(`| \`push/webhook-requests-7.0.jsonl\`, \`/rich\` | ${rich.length} |`)
    expect(page).toContain(`| \`push/webhook-requests-7.0.jsonl\`, others | ${bare.length} |`)
    for (const version of VERSIONS)
      for (const { body } of rich) {
        const [message] = messagesOf(JSON.parse(body), { version })
        expect([...validator(version)(message), ...advise(message)]).toEqual([])
      }
    for (const { body } of bare) expect(() => messagesOf(JSON.parse(body))).toThrow('missing_required')
  })

  test('a host without interface, one known by name, and names in other scripts come through', () => {
    const [message] = messagesOf(answer('7.0', '02-problems.event.get')).filter(({ Description }) =>
      Description.includes('中'),
    )
    expect(message?.Description).toBe('Unclassified "quoted" é 中 <b>')
    expect(message?.Target).toMatchObject([{ Hostname: 'web01', Note: 'Web 01 é (web01)' }])
  })
})
