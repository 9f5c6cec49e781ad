import { describe, expect, onTestFinished, test } from 'vitest'
import { Client } from '../../src/client/client.ts'
import { SILENT } from '../../src/client/log.ts'
import { pollOptions } from '../../src/config/poll.ts'
import { dialectOf } from '../../src/connectors/zabbix/api.ts'
import { completing } from '../../src/connectors/zabbix/complete.ts'
import zabbixConnector from '../../src/connectors/zabbix/index.ts'
import { lookBy, settled } from '../../src/connectors/zabbix/look.ts'
import { identity } from '../../src/connectors/zabbix/records.ts'
import { until } from '../e2e/wait.ts'
import { folder } from '../sources/consumer.ts'
import { polling } from '../sources/poller.ts'
import { FakeZabbix } from './zabbix.server.ts'

const zabbixOptions = zabbixConnector.options
const ACCOUNT = { user: 'Admin', password: 'zabbix-secret' }
const VERSIONS = ['6.0.14', '6.4.0', '7.0.22', '7.2.1', '7.4.0']

function asking(
  zabbix: FakeZabbix,
  {
    credentials = ACCOUNT,
    ...changes
  }: Partial<Parameters<typeof polling>[0]> & {
    credentials?: Parameters<typeof lookBy>[0]['credentials']
  } = {},
) {
  const look = lookBy({ url: zabbix.url, credentials })
  return polling({ url: zabbix.url, look, ...changes })
}

/** What identifies the records: the numbers of problems and of their ends. */
const names = (records: readonly unknown[]) => records.map((record) => identity(record)?.join(' ended by '))

describe.each(VERSIONS)('Zabbix %s', (version) => {
  test('tells problems and their ends, each once, with the hosts and how they are reached', async () => {
    const zabbix = await FakeZabbix.start(version)
    zabbix.raise('Service is down')
    const { run, found, told, state } = asking(zabbix)
    await run.until(1)
    const second = zabbix.raise('Disk is full', { trigger: '25221' })
    await run.until(2)
    zabbix.solve(second)
    await run.until(3)
    const [record] = found()
    expect(record).toMatchObject({
      name: 'Service is down',
      hosts: [{ host: 'web01', interfaces: [{ ip: '192.0.2.10' }] }],
      tags: [{ tag: 'scope', value: 'availability' }],
      zabbix: { url: `http://127.0.0.1:${zabbix.server.port}/`, version },
    })
    expect(names(found())).toEqual(['1', '2', '2 ended by 3'])
    expect(found()[2]).toMatchObject({ clock: '1795318002', r_clock: '1795318003' })
    expect(told(40)).toEqual([])
    expect(zabbix.logins).toBe(1)
    await run.stop()
    expect(JSON.stringify([found(), state])).not.toContain('secret')
  })

  test('is asked with a session in the one place that it knows, and by a new one when that has ended', async () => {
    const zabbix = await FakeZabbix.start(version)
    zabbix.raise('a')
    const { run, told } = asking(zabbix)
    await run.until(1)
    zabbix.sessions.clear()
    zabbix.raise('b')
    await run.until(2)
    expect(zabbix.logins).toBe(2)
    expect(told(40)).toEqual([])
    const asked = zabbix.requests.filter(({ method }) => method.endsWith('.get'))
    for (const { auth, authorization } of asked)
      expect([auth !== undefined, authorization !== undefined]).toEqual(
        version < '6.4' ? [true, false] : [false, true],
      )
  })

  test('takes an API token instead of a login', async () => {
    const zabbix = await FakeZabbix.start(version)
    zabbix.raise('a')
    const { run } = asking(zabbix, { credentials: { token: 'api-token-secret' } })
    await run.until(1)
    expect(zabbix.logins).toBe(0)
  })
})

test('the parameter of the login and the place of the session follow the version', () => {
  expect(
    ['5.0.1', '5.2.9', '5.4.0', '6.0.14', '6.2.1', '6.4.0', '7.0.0', '10.0.0'].map((version) =>
      dialectOf(version),
    ),
  ).toMatchObject([
    { user: 'user', session: 'body' },
    { user: 'user', session: 'body' },
    { user: 'username', session: 'body' },
    { user: 'username', session: 'body' },
    { user: 'username', session: 'body' },
    { user: 'username', session: 'header' },
    { user: 'username', session: 'header' },
    { user: 'username', session: 'header' },
  ])
})

test('a server that is upgraded meanwhile is asked the new way', async () => {
  const zabbix = await FakeZabbix.start('6.0.14')
  zabbix.raise('a')
  const { run, found } = asking(zabbix)
  await run.until(1)
  zabbix.version = '7.2.0'
  zabbix.sessions.clear()
  zabbix.raise('b')
  await run.until(2)
  expect(found()[1]).toMatchObject({ zabbix: { version: '7.2.0' } })
})

test('a wrong password is told once, and without it', async () => {
  const zabbix = await FakeZabbix.start('7.0.22')
  zabbix.user.password = 'another'
  zabbix.raise('a')
  const { run, faults, told, lines } = asking(zabbix)
  await until('three failures', () => faults().length >= 3)
  expect(new Set(faults())).toEqual(new Set(['unauthorised']))
  expect(told(40)).toHaveLength(1)
  expect(JSON.stringify(lines)).not.toMatch(/secret|another/)
  zabbix.user.password = ACCOUNT.password
  await run.until(1)
})

test('what is not the API of Zabbix is told to be none', async () => {
  const zabbix = await FakeZabbix.start('7.0.22')
  zabbix.server.reply = (_, response) => void response.writeHead(200).end('{"hello":1}')
  const { faults, told } = asking(zabbix)
  await until('a failure', () => faults().length > 0)
  expect(faults()[0]).toBe('malformed')
  expect(String(told(40)[0]?.msg)).toContain('check url')
})

describe('what was never asked for', () => {
  test('is sent with start = all as far as it is open, page after page', async () => {
    const zabbix = await FakeZabbix.start('7.0.22')
    for (let n = 0; n < 1100; n++) zabbix.raise(`p${n}`, { trigger: String(30000 + n) })
    zabbix.solve('7')
    const { run, found } = asking(zabbix)
    await run.until(1099)
    zabbix.raise('new')
    await run.until(1100)
    const expected = Array.from({ length: 1100 }, (_, i) => String(i + 1)).filter((id) => id !== '7')
    expect(names(found())).toEqual([...expected, '1102'])
  })

  test('is not sent with start = now, but what comes then, also the end of what was open', async () => {
    const zabbix = await FakeZabbix.start('6.0.14')
    const old = zabbix.raise('old')
    const { run, found, faults } = asking(zabbix, { settings: { start: 'now' } })
    await until('a look', () => faults().length > 0)
    zabbix.raise('new', { trigger: '7' })
    zabbix.solve(old)
    await run.until(2)
    expect(names(found())).toEqual(['2', '1 ended by 3'])
  })
})

test('what comes late under a lower number is not lost, and nothing comes twice', async () => {
  const zabbix = await FakeZabbix.start('7.0.22')
  zabbix.raise('a', { id: '10' })
  const { run, found, faults } = asking(zabbix)
  await run.until(1)
  zabbix.raise('c', { id: '14' })
  await run.until(2)
  zabbix.raise('b', { id: '12' })
  await run.until(3)
  const looks = faults().length
  await until('more looks', () => faults().length > looks + 2)
  expect(names(found())).toEqual(['10', '14', '12'])
})

test('what was taken a minute ago counts as settled, and no more is remembered than is needed', () => {
  const taken: [string, number][] = [
    ['9', 0],
    ['10', 1000],
    ['8', 2000],
  ]
  expect(settled({ after: '5', taken }, 60_000)).toEqual({ after: '9', taken: [['10', 1000]] })
  expect(settled({ after: '5', taken }, 61_000)).toEqual({ after: '10', taken: [] })
  const many = Array.from({ length: 30_000 }, (_, i): [string, number] => [String(i + 1), 0])
  expect(settled({ after: '0', taken: many }, 0)).toMatchObject({ after: '10000', taken: { length: 20_000 } })
})

test('one recovery may end many problems, of long ago too', async () => {
  const zabbix = await FakeZabbix.start('7.0.22')
  const [first, second] = [zabbix.raise('a'), zabbix.raise('a')]
  const { run, found, faults } = asking(zabbix, { settings: { start: 'now' } })
  await until('a look', () => faults().length > 0)
  // Of the same trigger came more since than one answer holds.
  for (let n = 0; n < 1200; n++) zabbix.raise('flapping')
  await run.until(1200)
  zabbix.solve(first, second)
  await run.until(1202)
  expect(names(found()).slice(-2)).toEqual(['1 ended by 1203', '2 ended by 1203'])
})

test('a restart goes on where it was', async () => {
  const zabbix = await FakeZabbix.start('7.0.22')
  const state = folder()
  zabbix.raise('a')
  const before = asking(zabbix, { state })
  await before.run.until(1)
  await before.run.stop()
  zabbix.raise('b', { trigger: '7' })
  const after = asking(zabbix, { state })
  await after.run.until(1)
  expect(names(after.found())).toEqual(['2'])
})

test('a database that begins anew is followed from its beginning', async () => {
  const zabbix = await FakeZabbix.start('7.0.22')
  zabbix.raise('a', { id: '5000' })
  const { run, found } = asking(zabbix)
  await run.until(1)
  zabbix.events.length = 0
  zabbix.raise('b', { id: '3' })
  await run.until(2)
  zabbix.raise('c', { id: '4' })
  await run.until(3)
  expect(names(found())).toEqual(['5000', '3', '4'])
})

describe('a request with no more than a number', () => {
  const BARE = Buffer.from('{"eventid":"1"}\n')
  const none = new AbortController().signal
  const parsed = (lines: Buffer) =>
    lines
      .toString()
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line))

  function details(zabbix: FakeZabbix, patienceMs = 2000) {
    const { access, ...pace } = pollOptions(zabbixOptions.parse({ url: zabbix.url }))
    const client = new Client(access, { ...pace, log: SILENT })
    onTestFinished(() => client.close())
    return { url: zabbix.url, credentials: ACCOUNT, ask: client.ask.bind(client), patienceMs }
  }

  function log() {
    const told: string[] = []
    return {
      told,
      warn: (_: object, text: string) => void told.push(text),
      info: (_: object, text: string) => void told.push(text),
    }
  }

  test.each(VERSIONS)('gets its details from Zabbix %s', async (version) => {
    const zabbix = await FakeZabbix.start(version)
    zabbix.raise('Service is down')
    const complete = completing(details(zabbix), log())
    expect(parsed(await complete(BARE, none))).toMatchObject([
      {
        eventid: '1',
        name: 'Service is down',
        hosts: [{ interfaces: [{ ip: '192.0.2.10' }] }],
        r_eventid: '0',
      },
    ])
    zabbix.solve('1')
    expect(parsed(await complete(BARE, none))).toMatchObject([
      { r_eventid: '0' },
      { r_eventid: '2', r_clock: '1795318002' },
    ])
  })

  test('many at once share one login', async () => {
    const zabbix = await FakeZabbix.start('7.0.22')
    for (let n = 0; n < 5; n++) zabbix.raise(`p${n}`)
    const complete = completing(details(zabbix), log())
    const all = await Promise.all(
      [1, 2, 3, 4, 5].map((n) => complete(Buffer.from(`{"eventid":"${n}"}\n`), none)),
    )
    expect(all.flatMap(parsed)).toMatchObject([0, 1, 2, 3, 4].map((n) => ({ name: `p${n}` })))
    expect(zabbix.logins).toBe(1)
  })

  test('is taken with the time of its arrival when the API does not answer, and the next ones do not wait', async () => {
    const zabbix = await FakeZabbix.start('7.0.22')
    zabbix.raise('Service is down')
    const { reply } = zabbix.server
    let asked = 0
    zabbix.server.reply = () => void asked++
    let now = 1795318545_000
    const { told, ...tell } = log()
    const complete = completing(details(zabbix, 50), tell, () => now)
    for (let n = 0; n < 3; n++)
      expect(parsed(await complete(BARE, none))).toEqual([{ eventid: '1', received: 1795318545 }])
    expect(asked).toBe(1)
    zabbix.server.reply = reply
    now += 60_000
    expect(parsed(await complete(BARE, none))).toMatchObject([{ name: 'Service is down' }])
    expect(told).toEqual([
      'alerts are taken without their details: Zabbix cannot be asked',
      'alerts have their details again',
    ])
  })

  test('is taken so too when Zabbix does not know the event, or when nothing says how to ask', async () => {
    const zabbix = await FakeZabbix.start('7.0.22')
    const unknown = completing(details(zabbix), log())
    const alone = completing(undefined, log())
    for (const complete of [unknown, alone])
      expect(parsed(await complete(BARE, none))).toMatchObject([
        { eventid: '1', received: expect.any(Number) },
      ])
  })

  test('of an update or an end gets what it lacks, and keeps what it says', async () => {
    const zabbix = await FakeZabbix.start('7.0.22')
    zabbix.raise('Service is down')
    zabbix.solve('1')
    const complete = completing(details(zabbix), log())
    const update = { eventid: '1', name: 'as told', clock: '5', update: { clock: '9' } }
    const end = { eventid: '1', name: 'as told', clock: '5', r_eventid: '2' }
    const lines = Buffer.from(`${JSON.stringify(update)}\n${JSON.stringify(end)}\n`)
    expect(parsed(await complete(lines, none))).toMatchObject([
      { ...update, r_eventid: '0', hosts: [{ host: 'web01' }] },
      { ...end, r_clock: '1795318002', hosts: [{ host: 'web01' }] },
    ])
  })

  test('is all that is asked for: what says enough, or is no record, stays as it is', async () => {
    const zabbix = await FakeZabbix.start('7.0.22')
    const complete = completing(details(zabbix), log())
    const lines = Buffer.from('{"eventid":"1","clock":"5","name":"a","hosts":[]}\n{"eventid":\n7\n')
    expect(await complete(lines, none)).toBe(lines)
    expect(zabbix.requests).toEqual([])
  })
})
