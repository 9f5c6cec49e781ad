import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { converter, type Setting } from '../../scripts/connector/convert.ts'
import { convert as command } from '../../src/cli/convert.ts'
import { readConfig } from '../../src/config/read.ts'
import { identity, stateOf } from '../../src/connectors/prometheus/alert.ts'
import { category, kindOf, wordsIn } from '../../src/connectors/prometheus/category.ts'
import { compare, MAX_KEYS } from '../../src/connectors/prometheus/episodes.ts'
import { placeOf } from '../../src/connectors/prometheus/host.ts'
import prometheus from '../../src/connectors/prometheus/index.ts'
import { ALIVE, KINDS, OTHER } from '../../src/connectors/prometheus/kinds.ts'
import rules from '../../src/connectors/prometheus/mapping.ts'
import { unfold } from '../../src/connectors/prometheus/records.ts'
import { priority, WORDS } from '../../src/connectors/prometheus/severity.ts'
import { labels, links, value } from '../../src/connectors/prometheus/told.ts'
import { address } from '../../src/idmefv2/address.ts'
import { advise } from '../../src/idmefv2/advise.ts'
import { VERSIONS } from '../../src/idmefv2/profiles.ts'
import { validator } from '../../src/idmefv2/validate.ts'
import { Checkpoints } from '../../src/state/checkpoint.ts'
import type { Json } from '../../src/types.ts'
import { invoke } from '../cli/invoke.ts'
import { Receiver } from '../delivery/receiver.ts'
import { until } from '../e2e/wait.ts'
import { consume, silent, folder as temporary } from '../sources/consumer.ts'
import { altered } from './alter.ts'

const folder = new URL('../../src/connectors/prometheus/', import.meta.url)
const corpus = new URL('../../../shared/corpus/prometheus/', import.meta.url)
const page = readFileSync(new URL('README.md', folder), 'utf8')

const DEFAULTS = prometheus.options.parse({})
const plain = (parts: Partial<Setting> = {}) =>
  converter(rules, { version: '2.D.V08', name: 'Prometheus', options: DEFAULTS, ...parts })

/** What the tests look at. Anything can be absent in a real message; a test then fails by what it expects. */
interface Message {
  ID: string
  Category: string[]
  Description: string
  Priority: string
  Note?: string
  CreateTime: string
  StartTime: string
  EndTime?: string
  CorrelID: string[]
  Ref?: string[]
  Source?: [{ IP?: string }]
  Target?: [{ IP?: string; Hostname?: string; Port?: number[]; Note?: string; Service?: string }]
}

const fixture = (name: string, file: string) =>
  readFileSync(new URL(`fixtures/${name}/${file}`, folder), 'utf8')
/** Alerts of every form, and none that differs from another in its values alone. */
const inputs = [
  'brute-force',
  'down',
  'ended',
  'error',
  'odd-name',
  'silenced',
  'url',
  'webhook',
  'webhook-ended',
].map((name) => fixture(name, 'input.json').trimEnd())

type Alert = Record<string, Json>
const ALERT: Alert = JSON.parse(fixture('down', 'input.json'))
const alert = (labels: Record<string, Json>, more: Alert = {}): Alert => ({
  ...ALERT,
  labels: { alertname: 'Rule', ...labels },
  ...more,
})
const message = (record: Alert, options: object = {}) =>
  plain({ options: { ...DEFAULTS, ...options } })(JSON.stringify(record)) as Message

describe('the records in what is answered and sent', () => {
  test('are the alerts of an answer, of its rules, and of a webhook, which says for whom', () => {
    const [one, other] = [{ a: 1 }, { a: 2 }]
    expect(unfold({ status: 'success', data: { alerts: [one, other] } })).toEqual([one, other])
    const groups = [{ rules: [{ alerts: [one] }, { type: 'recording' }] }, { rules: [{ alerts: [other] }] }]
    expect(unfold({ status: 'success', data: { groups } })).toEqual([one, other])
    expect(unfold({ version: '4', receiver: 'siem', alerts: [one, 7] })).toEqual([
      { a: 1, receiver: 'siem' },
      7,
    ])
    expect(unfold({ status: 'success', data: { alerts: [] } })).toEqual([])
  })

  test('are themselves where there is no envelope', () => {
    for (const one of [ALERT, [ALERT], { status: 'error', error: 'x' }, null, 7, 'x', { data: null }])
      expect(unfold(one)).toBeUndefined()
  })
})

describe('the state', () => {
  test.each([
    [{ state: 'firing' }, 'firing'],
    [{ state: 'pending' }, 'pending'],
    [{ status: 'resolved' }, 'resolved'],
    [{ status: 'firing' }, 'firing'],
    [{ status: { state: 'active' } }, 'firing'],
    [{ status: { state: 'suppressed' } }, 'silent'],
    [{ state: 'Alerting' }, 'firing'],
    [{ state: 'Normal' }, 'pending'],
    [{ state: 7 }, 'firing'],
    [{}, 'firing'],
  ])('of %j is %s', (record, state) => {
    expect(stateOf(record)).toBe(state)
  })
})

describe('the host', () => {
  test.each([
    ['db01.example.test:9100', { hostname: 'db01.example.test', port: 9100 }],
    ['localhost', { hostname: 'localhost' }],
    ['192.0.2.7:80', { ip: '192.0.2.7', port: 80 }],
    ['192.0.2.7', { ip: '192.0.2.7' }],
    ['[::1]:1', { ip: '::1', port: 1 }],
    ['[2001:DB8:0::5]', { ip: '2001:db8::5' }],
    ['2001:db8::5', { ip: '2001:db8::5' }],
    ['fe80::1%eth0', { ip: 'fe80::1' }],
    ['https://shop.example.test/login?x=1', { hostname: 'shop.example.test', scheme: 'https' }],
    ['https://me:secret@[2001:db8::5]:8443/x', { ip: '2001:db8::5', port: 8443, scheme: 'https' }],
    ['snmp://192.0.2.1', { ip: '192.0.2.1', scheme: 'snmp' }],
    ['example.test/path', { hostname: 'example.test' }],
    ['unix:///run/x.sock', { scheme: 'unix' }],
    ['0.0.0.0:80', {}],
    ['R 12/é', {}],
    ['host:99999', { hostname: 'host' }],
    ['host:0', { hostname: 'host' }],
    ['', {}],
    [':9100', {}],
  ])('in %j is %j', (text, place) => {
    expect(placeOf(text)).toEqual(place)
  })

  test('is that of the next label where instance has none', () => {
    const [target] = message(alert({ instance: 'unix:///run/x', node: 'node-3.example.test' })).Target ?? []
    expect(target).toMatchObject({ Hostname: 'node-3.example.test', Note: expect.stringContaining('unix:') })
    expect(target?.Port).toBeUndefined()
  })

  test('is never named with a password', () => {
    const told = message(
      alert({ instance: 'https://me:secret@shop.example.test/x', proxy: 'http://a:secret@p/' }),
    )
    expect(JSON.stringify(told)).not.toContain('secret')
    expect(told.Target?.[0]).toMatchObject({ Hostname: 'shop.example.test', Service: 'https' })
  })

  test('that sends is only what a label says is an address', () => {
    expect(message(alert({ src_ip: '198.51.100.7:4711' })).Source).toMatchObject([{ IP: '198.51.100.7' }])
    expect(message(alert({ src: 'left' })).Source).toBeUndefined()
  })
})

describe('the priority', () => {
  test.each(Object.entries(WORDS).flatMap(([name, words]) => words.map((word) => [word, name])))(
    'of %s is %s, in any case',
    (word, name) => {
      expect([word, word.toUpperCase(), ` ${word} `].map((one) => priority([], one))).toEqual(
        Array(3).fill(name),
      )
    },
  )

  test('is Unknown where nobody knows, and what the operator says where he does', () => {
    expect([priority([], undefined), priority([], 'purple'), priority([], '')]).toEqual(
      Array(3).fill('Unknown'),
    )
    expect(priority(['purple = medium', 'page=Low'], 'Purple')).toBe('Medium')
    expect(priority(['purple = medium', 'page=Low'], 'page')).toBe('Low')
    expect(priority([], 3)).toBe('Medium')
  })

  test('of an end is Info, and pairs are checked when they are read', () => {
    expect(message({ ...ALERT, state: 'resolved', endsAt: '2026-11-22T03:20:00Z' }).Priority).toBe('Info')
    expect(prometheus.options.safeParse({ severities: 'page=Very High' }).success).toBe(false)
  })
})

describe('the category', () => {
  test.each([
    ['InstanceDown', 'Availability.Outage'],
    ['instance_down', 'Availability.Outage'],
    ['KubePodNotReady', 'Availability.Outage'],
    ['BlackboxProbeFailed', 'Availability.Outage'],
    ['PrometheusJobMissing', 'Availability.Outage'],
    ['etcdNoLeader', 'Availability.Outage'],
    ['SlowDownload', 'Availability.Failure'],
    ['DownloadsWaiting', 'Other.Uncategorised'],
    ['K8sPodCrashLooping', 'Availability.Failure'],
    ['HostClockSkew', 'Availability.Failure'],
    ['HTTPErrorsHigh', 'Availability.Failure'],
    ['HostRaidDiskFailure', 'Availability.Failure'],
    ['HighCPULoad', 'Availability.Overload'],
    ['Host out of memory', 'Availability.Overload'],
    ['NodeFilesystemSpaceFillingUp', 'Availability.Overload'],
    ['KubeClientCertificateExpiration', 'Availability.Misconfiguration'],
    ['BlackboxSslCertificateWillExpireSoon', 'Availability.Misconfiguration'],
    ['PrometheusBadConfig', 'Availability.Misconfiguration'],
    ['DDoSAttack', 'Availability.DDoS'],
    ['SynFlood', 'Availability.DoS'],
    ['SSHBruteForce', 'Access.Forced'],
    ['TooManyFailedLogins', 'Access.Forced'],
    ['AuthServiceDown', 'Availability.Outage'],
    ['PortScanDetected', 'Recon.Network'],
    ['BackupScanFailed', 'Availability.Failure'],
    ['RoomTemperatureHigh', 'Meteo.Heat'],
    ['LowTemperature', 'Meteo.Cold'],
    ['HostPhysicalComponentTooHot', 'Availability.Failure'],
    ['Watchdog', 'Other.Test'],
    ['DeadMansSwitch', 'Other.Test'],
    ['InfoInhibitor', 'Other.Test'],
    ['WatchdogDown', 'Availability.Outage'],
    ['Anything', 'Other.Uncategorised'],
    ['', 'Other.Uncategorised'],
  ])('of %j is %s', (name, term) => {
    expect(category(name, undefined, 'V08')).toEqual([term])
  })

  test('is that of the label where it is a term of the version', () => {
    const label = 'Availability.Overload, Nonsense'
    expect(category('InstanceDown', label, 'V08')).toEqual(['Availability.Overload'])
    expect(category('InstanceDown', label, 'V04')).toEqual(['Availability.Outage'])
    expect(category('InstanceDown', 'Other.ext-value', 'V08')).toEqual(['Availability.Outage'])
    expect(category('InstanceDown', 7, 'V08')).toEqual(['Availability.Outage'])
  })

  test('is a term of every version, of every kind', () => {
    for (const version of VERSIONS) {
      const taxonomy = version < '2.D.V07' ? 'V04' : version.slice(4)
      for (const kind of [...KINDS.map(([, , kind]) => kind), OTHER, ALIVE]) {
        const [term = ''] = [kind.terms[taxonomy === 'V04' ? 0 : 1]]
        const label = taxonomy === 'V07' ? term.replace('Recon.Network', 'Recon.Netword') : term
        expect(category('', label, taxonomy), version).toEqual([label])
      }
    }
  })

  test('comes from words, whatever separates them', () => {
    expect(wordsIn('KubePodCrashLooping')).toBe('kube pod crash looping')
    expect(wordsIn('SSHBruteForce-v2 "é中"')).toBe('ssh brute force v 2 é中')
    expect(kindOf(undefined)).toBe(OTHER)
  })

  test('is found by the beginning of a name that has no end', () => {
    expect(kindOf(`InstanceDown${'Temp'.repeat(1_000_000)}`).terms[1]).toBe('Availability.Outage')
  })
})

describe('what is told', () => {
  test('labels that have a place of their own are not told twice; of many, some', () => {
    expect(labels({ alertname: 'a', severity: 'b', instance: 'host:1', job: 'j', n: 7, o: {}, e: '' })).toBe(
      'job=j, n=7',
    )
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`label${i}`, 'x'.repeat(1000)]))
    expect(String(labels(many)).length).toBeLessThan(10_000)
  })

  test('values as people write them', () => {
    expect(['3.7e+01', '1e+21', 'NaN', '+Inf', '', 7].map((one) => value(one))).toEqual([
      '37',
      '1e+21',
      'NaN',
      '+Inf',
      undefined,
      '7',
    ])
  })

  test('links are web addresses, without passwords, each once', () => {
    expect(links('https://a:b@x.test/', 'javascript:alert(1)', 'https://x.test/', 7)).toEqual([
      'https://x.test/',
    ])
  })

  test('the end of an alert has its own ID, its times, and the correlation of its beginning', () => {
    const [begun, ended] = ['down', 'ended'].map(
      (name) => JSON.parse(fixture(name, 'expected.json')) as Message,
    )
    expect(ended?.CorrelID).toEqual(begun?.CorrelID)
    expect(ended?.ID).not.toBe(begun?.ID)
    expect([ended?.StartTime, ended?.CreateTime]).toEqual([begun?.StartTime, ended?.EndTime])
    expect(begun?.EndTime).toBeUndefined()
  })

  test('the same alert, told again, has the same ID: its value and annotations may change', () => {
    const again = {
      ...ALERT,
      value: '1e+00',
      annotations: {},
      labels: Object.fromEntries(Object.entries(ALERT.labels as Alert).toReversed()),
    }
    expect(message(again).ID).toBe(message(ALERT).ID)
    expect(message({ ...ALERT, activeAt: '2026-11-22T04:00:00Z' }).ID).not.toBe(message(ALERT).ID)
  })

  test('what ends is sent only where it is asked for; what always fires only where it is', () => {
    const end = { ...ALERT, state: 'resolved', endsAt: '2026-11-22T04:00:00Z' }
    expect(message(end, { resolved: false })).toBeUndefined()
    expect(message(alert({}), { exclude_alert: ['Rule'] })).toBeUndefined()
    expect(message(alert({ severity: 'info' }), { exclude_severity: ['info', 'none'] })).toBeUndefined()
    expect(message({ ...ALERT, endsAt: '2026-11-22T04:00:00Z' }).EndTime).toBeUndefined()
  })
})

const AT = Date.parse('2026-11-22T04:00:00Z')
const circumstances = { at: AT, resolveAfterMs: 60_000, isSeeding: false }
const firing = (name: string, activeAt = '2026-11-22T03:00:00Z', state = 'firing') =>
  alert({ alertname: name }, { activeAt, state, value: String(Math.random()) })
const told = (records: readonly Json[]) =>
  (records as Alert[]).map(({ labels, state, endsAt }) => [
    (labels as Alert).alertname,
    state,
    ...(endsAt ? [endsAt] : []),
  ])

describe('what began and what ended between two answers', () => {
  test('pending then firing is one alert, told when it fires', () => {
    const first = compare([firing('A', undefined, 'pending')], undefined, circumstances)
    expect(first.records).toEqual([])
    const second = compare([firing('A')], first.past, circumstances)
    expect(told(second.records)).toEqual([['A', 'firing']])
    expect(compare([firing('A'), firing('A')], second.past, circumstances).records).toEqual([])
  })

  test('an alert has ended when it was missing for long enough; its end is when it was missed', () => {
    const { past } = compare([firing('A')], undefined, circumstances)
    const missed = compare([], past, { ...circumstances, at: AT + 1000 })
    expect(missed.records).toEqual([])
    const waited = compare([], missed.past, { ...circumstances, at: AT + 60_000 })
    expect(waited.records).toEqual([])
    expect(waited.past).toEqual(missed.past)
    const ended = compare([], waited.past, { ...circumstances, at: AT + 61_000 })
    expect(told(ended.records)).toEqual([['A', 'resolved', '2026-11-22T04:00:01.000Z']])
    expect(ended.past).toEqual({ alerts: [] })
  })

  test('no end is before its beginning, though the clock of answers has no fractions', () => {
    const since = '2026-11-22T04:00:00.9Z'
    const { past } = compare([firing('A', since)], undefined, circumstances)
    const { records } = compare([], past, { ...circumstances, resolveAfterMs: 0 })
    expect(told(records)).toEqual([['A', 'resolved', since]])
  })

  test('one that comes back meanwhile as it was has not ended, as after a restart', () => {
    const { past } = compare([firing('A')], undefined, circumstances)
    const missed = compare([], past, circumstances)
    const back = compare([firing('A')], missed.past, { ...circumstances, at: AT + 30_000 })
    expect(back.records).toEqual([])
    const missedAgain = compare([], back.past, { ...circumstances, at: AT + 70_000 })
    expect(missedAgain.records).toEqual([])
  })

  test('one that fires again is another one', () => {
    const { past } = compare([firing('A')], undefined, { ...circumstances, resolveAfterMs: 0 })
    const again = compare([firing('A', '2026-11-22T03:30:00Z')], past, {
      ...circumstances,
      resolveAfterMs: 0,
    })
    expect(told(again.records)).toEqual([
      ['A', 'resolved', '2026-11-22T04:00:00.000Z'],
      ['A', 'firing'],
    ])
  })

  test('what was there before the first look is not told, and neither is its end', () => {
    const seeded = compare([firing('A')], undefined, { ...circumstances, isSeeding: true })
    const { records, past } = compare([firing('B')], seeded.past, { ...circumstances, resolveAfterMs: 0 })
    expect(told(records)).toEqual([['B', 'firing']])
    expect(JSON.stringify(past)).not.toContain('"A"')
  })

  test('what is kept is bounded; beyond it the end of an alert is not told, and its beginning not twice', () => {
    const many = Array.from({ length: 5000 }, (_, i) => firing(`A${i}${'x'.repeat(500)}`))
    const { past, records } = compare(many, undefined, circumstances)
    expect(records).toHaveLength(5000)
    expect(JSON.stringify(past).length).toBeLessThan(4 * 1024 ** 2)
    const next = compare(many, past, circumstances)
    expect(next.records).toEqual([])
    expect(next.past).toEqual(past)
    const ends = compare([], past, { ...circumstances, resolveAfterMs: 0 }).records
    expect(ends.length).toBeGreaterThan(1000)
    expect(ends.length).toBeLessThan(5000)
  })

  test('more than can be kept in mind is refused as a whole', () => {
    const small = (i: number) => ({ labels: { alertname: `A${i}` }, activeAt: 'x', state: 'firing' })
    const most = Array.from({ length: MAX_KEYS }, (_, i) => small(i))
    const { past, isTooMuch } = compare(most, undefined, circumstances)
    expect(isTooMuch).toBe(false)
    expect(JSON.stringify(compare([], past, circumstances).past).length).toBeLessThan(4 * 1024 ** 2)
    expect(compare([...most, small(-1)], undefined, circumstances).isTooMuch).toBe(true)
  })

  test('any row of answers tells every beginning once, and every end once after it', () => {
    const answer = fc.uniqueArray(
      fc.record({ name: fc.constantFrom('A', 'B', 'C'), since: fc.constantFrom('1', '2') }),
      {
        selector: ({ name, since }) => name + since,
      },
    )
    fc.assert(
      fc.property(
        fc.array(answer, { maxLength: 12 }),
        fc.constantFrom(0, 1500),
        (answers, resolveAfterMs) => {
          let past: Json | undefined
          const open = new Set<string>()
          for (const [i, one] of answers.entries()) {
            const alerts = one.map(({ name, since }) => firing(name, since))
            const found = compare(alerts, past, { at: AT + i * 1000, resolveAfterMs, isSeeding: false })
            for (const record of found.records as Alert[]) {
              const key = `${(record.labels as Alert).alertname}${record.activeAt}`
              expect(open.has(key)).toBe(record.state === 'resolved')
              if (record.state === 'resolved') open.delete(key)
              else open.add(key)
            }
            for (const { name, since } of one) expect(open.has(name + since)).toBe(true)
            past = found.past
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})

/** A source of this connector, and what comes out of it. */
function start(settings: Record<string, string>, state: string) {
  const checkpoints = new Checkpoints({ path: join(state, 'checkpoint'), intervalMs: 10_000, log: silent })
  const lines: string[] = []
  const write = (fields: { url?: string }, text: string) => void lines.push(`${text} ${fields.url ?? ''}`)
  const log = { debug: write, info: write, warn: write, error: write }
  const source = prometheus.source(prometheus.options.parse({ poll_interval: '100ms', ...settings }), {
    connector: 'prometheus',
    checkpoints,
    workers: 1,
    range_min: 1024,
    range_max: 4096,
    max_line: 1024 ** 2,
    poll_interval: 10,
    once: false,
    fromStart: false,
    ledger: { directory: state, spool_max: 1024 ** 2, dead_letter_max: 1024 ** 2 },
    log: log as typeof silent,
  })
  const run = consume(source, [], true, () => checkpoints.close())
  return { run, lines, records: () => run.records.map(({ text }) => JSON.parse(text) as Alert) }
}

describe('asking', () => {
  async function server() {
    const answers = { alerts: [] as Json[], body: undefined as string | undefined }
    const one = new Receiver()
    one.reply = (_, response) => {
      const body = answers.body ?? JSON.stringify({ status: 'success', data: { alerts: answers.alerts } })
      response.writeHead(200, { 'content-type': 'application/json' }).end(body)
    }
    await one.listen()
    onTestFinished(() => one.close())
    return { answers, one, url: `http://127.0.0.1:${one.port}/prefix/` }
  }

  test('what fires from now on, and its end; over a stop, too', async () => {
    const { answers, one, url } = await server()
    const state = temporary()
    answers.alerts = [firing('Old'), firing('New', undefined, 'pending')]
    const first = start({ url, resolve_after: '0' }, state)
    await until('a look', () => one.received.length >= 2)
    expect(one.received[0]?.path).toBe('/prefix/api/v1/alerts')
    answers.alerts = [firing('New')]
    await first.run.until(1)
    await first.run.stop()
    answers.alerts = []
    const second = start({ url, resolve_after: '0' }, state)
    await second.run.until(1)
    expect(told([...first.records(), ...second.records()])).toMatchObject([
      ['New', 'firing'],
      ['New', 'resolved', expect.stringMatching(/^20\d\d-/)],
    ])
  })

  test.each(['start = all', 'disable_seeding = yes'])('what fires already, with %s', async (setting) => {
    const { answers, url } = await server()
    answers.alerts = [firing('Old')]
    const [key = '', text = ''] = setting.split(' = ')
    const { run, records } = start({ url, [key]: text }, temporary())
    await run.until(1)
    expect(told(records())).toEqual([['Old', 'firing']])
  })

  test('what answers otherwise is told of', async () => {
    const { answers, url } = await server()
    answers.body = '{"status":"success","data":{"result":[]}}'
    const { lines } = start({ url }, temporary())
    await until('a word', () =>
      lines.some((line) => line.includes('none of /api/v1/alerts of Prometheus: check url')),
    )
  })

  test.skipIf(!existsSync(corpus))(
    'a series of answers: each alert once when it fires, each end once',
    async () => {
      const { answers, one, url } = await server()
      const series = new URL('polls-2.53/', corpus)
      const bodies = readdirSync(series)
        .filter((name) => /^alerts-\d+\.json$/.test(name))
        .map((name) => readFileSync(new URL(name, series), 'utf8'))
      answers.body = bodies[0]
      const { records, run } = start({ url, start: 'all', resolve_after: '0' }, temporary())
      for (const body of bodies) {
        answers.body = body
        const { length } = one.received
        await until('two looks', () => one.received.length >= length + 2)
      }
      answers.body = '{"status":"success","data":{"alerts":[]}}'
      const fired = () => records().filter(({ state }) => state === 'firing')
      const ended = () => records().filter(({ state }) => state === 'resolved')
      await until('all ends', () => fired().length > 0 && fired().length === ended().length)
      await run.stop()
      const names = (all: Alert[]) =>
        new Set(all.map((one) => JSON.stringify(identity({ ...one, state: 'x' }))))
      expect(names(fired()).size).toBe(fired().length)
      expect(names(ended())).toEqual(names(fired()))
      const pending = fired().filter(({ labels }) => (labels as Alert).alertname === 'PendingForever')
      expect(pending).toEqual([])
    },
  )
})

test('what Alertmanager posts is taken, told again and all: an ID for each beginning and each end', async () => {
  const settings = { filetype: 'http', listen: '127.0.0.1:0', sender_login: 'am', sender_password: 'sesame' }
  const { run, records, lines } = start(settings, temporary())
  const line = await until('its address', () => lines.find((one) => one.startsWith('taking records')))
  const one = { ...JSON.parse(fixture('webhook', 'input.json')), receiver: undefined }
  const ended = { ...one, status: 'resolved', endsAt: '2026-11-22T09:20:42Z' }
  const post = (alerts: object[], login = 'am:sesame') =>
    fetch(line.split(' ').at(-1) ?? '', {
      method: 'POST',
      // Version 4 of the webhook (Alertmanager, notify/webhook).
      body: JSON.stringify({
        version: '4',
        groupKey: '{}:{}',
        truncatedAlerts: 0,
        status: 'firing',
        receiver: 'siem',
        groupLabels: {},
        commonLabels: {},
        commonAnnotations: {},
        externalURL: 'http://am.example.test:9093',
        alerts,
      }),
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from(login).toString('base64')}`,
      },
    })
  expect((await post([one])).status).toBe(204)
  expect((await post([one, ended])).status).toBe(204)
  expect((await post([one], 'am:guess')).status).toBe(401)
  await run.until(3)
  expect(records().map(({ receiver, status }) => [receiver, status])).toEqual([
    ['siem', 'firing'],
    ['siem', 'firing'],
    ['siem', 'resolved'],
  ])
  const [first, again, end] = records().map((record) => message(record))
  expect(again?.ID).toBe(first?.ID)
  expect(end?.ID).not.toBe(first?.ID)
  expect(end?.CorrelID).toEqual(first?.CorrelID)
})

test('a configuration of the Python connector works unchanged', async () => {
  const conf = join(temporary(), 'prometheus-idmefv2.conf')
  writeFileSync(
    conf,
    '[logging]\nlevel = DEBUG\n[idmefv2]\nurl = http://127.0.0.1:9999\n[prometheus]\nurl = http://localhost:9592\npoll_interval = 30\ndisable_seeding = false\n',
  )
  const { config, warnings } = await readConfig([conf], {
    env: {},
    probes: new Map([['prometheus', prometheus.options]]),
  })
  expect(warnings).toEqual([])
  expect(config.connectors[0]?.options).toMatchObject({
    filetype: 'poll',
    url: 'http://localhost:9592',
    poll_interval: 30_000,
    disable_seeding: false,
  })
})

describe.each(VERSIONS)('damaged alerts, in %s', (version) => {
  const faults = validator(version)
  const convert = plain({ version, options: { ...DEFAULTS, watchdog: true, attach: ['raw'] } })

  test('with any field of any of them dropped, emptied or retyped are valid, rejected or filtered; nothing is invented', () => {
    for (const input of inputs) {
      for (const { what, record } of altered(JSON.parse(input))) {
        const text = JSON.stringify(record)
        const found = attempt(() => convert(text) as Message | undefined)
        if (found === undefined) continue
        expect([...faults(found), ...advise(found)], what).toEqual([])
        expect(text, what).toContain(JSON.stringify(found.CreateTime))
        for (const { IP, Port = [] } of [...(found.Source ?? []), ...(found.Target ?? [])] as NonNullable<
          Message['Target']
        >) {
          if (IP) expect(said(text), what).toContain(IP)
          for (const port of Port) expect(text, what).toContain(`:${port}`)
        }
      }
    }
  })
})

/** Every address that stands in a text, in its one form. */
function said(text: string): (string | undefined)[] {
  return [...text.matchAll(/[\da-fA-F:.]{3,}/g)].flatMap(([found]) => [
    address(found),
    address(found.replace(/:\d+$/, '')),
  ])
}

function attempt<T>(convert: () => T): T | undefined {
  try {
    return convert()
  } catch (error) {
    expect(String(error)).toMatch(/missing_required|not_an_object/)
    return undefined
  }
}

describe.skipIf(!existsSync(corpus))('the corpus', () => {
  const series = ['polls-2.42', 'polls-2.53']
  const answers = existsSync(corpus)
    ? series.flatMap((name) =>
        readdirSync(new URL(`${name}/`, corpus))
          .filter((file) => /^alerts-\d+\.json$/.test(file))
          .map((file) => new URL(`${name}/${file}`, corpus)),
      )
    : []
  const records = answers.flatMap((file) => unfold(JSON.parse(readFileSync(file, 'utf8'))) ?? [])

  test.each(VERSIONS)('becomes valid messages of %s: all that fires', (version) => {
    const convert = plain({ version })
    const counts = { converted: 0, pending: 0, always: 0 }
    for (const record of records) {
      const found = convert(JSON.stringify(record))
      if (found) expect([...validator(version)(found), ...advise(found)]).toEqual([])
      if (found) counts.converted += 1
      else if (stateOf(record) === 'pending') counts.pending += 1
      else counts.always += 1
    }
    const { converted, pending, always } = counts
    expect(page).toContain(
      `Of the ${records.length} alerts in the ${answers.length} answers: ${converted} converted, ${pending + always} filtered (${pending} pending, ${always} that always fire), 0 rejected`,
    )
  })

  test('is taken by convert as Prometheus answered it', async () => {
    const files = series.flatMap((name) => [`${name}/alerts-040.json`, `${name}/rules.json`])
    for (const file of files) {
      const { code, err } = await invoke(command, ['prometheus', new URL(file, corpus).pathname])
      expect(`${code} ${err}`).toMatch(/^0 \d+ converted, \d+ filtered, 0 rejected/)
    }
  })
})

describe('the page', () => {
  test('has every kind and every word of severity', () => {
    const squeezed = page.replaceAll(/ {2,}/g, ' ')
    for (const [words, , { terms, cause }] of KINDS)
      expect(squeezed).toContain(`| ${words} | ${terms[0]} | ${terms[1]} | ${cause} |`)
    for (const [name, words] of Object.entries(WORDS))
      expect(squeezed).toContain(`| ${name} | ${words.join(', ')} |`)
  })

  test('shows an alert and the message it becomes', () => {
    const [, shown = ''] = page.split('<!-- example -->')
    const [event, made] = [...shown.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) =>
      JSON.parse(json),
    )
    expect(event).toEqual(ALERT)
    expect(made).toEqual(JSON.parse(fixture('down', 'expected.json')))
  })
})
