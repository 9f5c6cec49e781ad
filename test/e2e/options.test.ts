import { readFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { validate } from '../../src/idmefv2/validate.ts'
import { Authority, hasOpenssl } from '../delivery/certificates.ts'
import { alert, lines, range } from './events.ts'
import { EXACT, type Message, Oracle } from './oracle.ts'
import { cli } from './program.ts'
import { Site } from './site.ts'

const ids = (messages: readonly Message[]) => messages.map(({ ID }) => ID)

test('versions of both taxonomies: all messages are valid, and of that version', async () => {
  const site = new Site()
  site.append(lines(0, 150))
  for (const version of ['2.D.V04', '2.D.V07']) {
    const oracle = await Oracle.start()
    site.configure(oracle.url, { idmefv2: { version }, state: { directory: site.path(version) } })
    expect(await site.run(['--once']).exit).toBe(0)
    expect(oracle.account(range(0, 150)), version).toEqual(EXACT)
    expect(new Set(oracle.messages.map(({ Version }) => Version))).toEqual(new Set([version]))
  }
})

test('several instances in one process, each with its own options', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  const whole = { CreateTime: '$.timestamp', Description: '$.alert.signature', Analyzer: { Name: 'ours' } }
  const extended = {
    $extends: true,
    Note: { $text: ['flow ', '$.flow_id'] },
    Analyzer: { Location: 'Rack 4' },
    Cause: null,
  }
  const write = (name: string, from: number) => site.file(name, lines(from, from + 20))
  site.file('quiet.json', `${alert(40, { category: 'Noise' })}\n${alert(41, { category: 'Trojan' })}\n`)
  site.file(
    'severe.json',
    range(60, 64)
      .map((number) => `${alert(number, { severity: number - 59 })}\n`)
      .join(''),
  )
  site.configure(oracle.url, {
    'suricata:whole': {
      filename: write('whole.json', 0),
      mapping: site.file('whole.map', JSON.stringify(whole)),
    },
    'suricata:extended': {
      filename: write('extended.json', 20),
      mapping: site.file('extended.map', JSON.stringify(extended)),
    },
    'suricata:quiet': {
      filename: site.path('quiet.json'),
      exclude_category: 'Noise, Generic Protocol Command Decode',
    },
    'suricata:severe': { filename: site.path('severe.json'), minimum_severity: 2 },
    'suricata:attached': { filename: write('attached.json', 80), attach: 'raw, payload' },
  })
  const program = site.run()
  const wanted = [...range(0, 40), 41, 60, 61, ...range(80, 100)]
  await oracle.arrival(80, 100)
  for (const number of wanted) await oracle.arrival(number, number + 1)
  const metrics = await program.metrics()
  expect(await program.stop()).toBe(0)
  expect(oracle.account(wanted)).toEqual(EXACT)
  expect(metrics.sum('messages_converted_total', { connector: 'suricata:severe' })).toBe(2)
  expect(metrics.sum('records_filtered_total', { connector: 'suricata:severe' })).toBe(2)

  expect(Object.keys(oracle.messageOf(3) ?? {}).sort()).toEqual([
    'Analyzer',
    'CreateTime',
    'Description',
    'ID',
    'Version',
  ])
  expect(oracle.messageOf(3)).toMatchObject({ Version: '2.D.V08', Analyzer: { Name: 'ours' } })
  expect(oracle.messageOf(25)).toMatchObject({
    Note: 'flow 26',
    Analyzer: { Name: 'Suricata', Location: 'Rack 4' },
  })
  expect(oracle.messageOf(25)).not.toHaveProperty('Cause')
  expect(oracle.messageOf(85)?.Attachment).toContainEqual(
    expect.objectContaining({ Name: 'Raw', Content: alert(85), Size: alert(85).length }),
  )
})

describe('where messages go', () => {
  test('delivery = array: many in a POST, also compressed, and each is accounted for', async () => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    site.append(lines(0, 1000))
    site.configure(oracle.url, { idmefv2: { delivery: 'array', gzip: 'yes', batch_messages: 100 } })
    expect(await site.run(['--once']).exit).toBe(0)
    expect(oracle.account(range(0, 1000))).toEqual(EXACT)
    expect(new Set(oracle.metas.map(({ headers }) => headers['content-encoding']))).toEqual(new Set(['gzip']))
    expect(oracle.requests).toBeLessThan(40)
  })

  test('delivery = stdout writes a message a line, and nothing else', async () => {
    const site = new Site()
    site.append(lines(0, 300))
    site.configure(undefined, { idmefv2: { delivery: 'stdout' } })
    const program = site.run(['--once'])
    expect(await program.exit).toBe(0)
    expect(program.messages).toHaveLength(300)
    for (const message of program.messages) expect(validate(message).faults).toEqual([])
  })

  test('delivery = file appends, over restarts', async () => {
    const site = new Site()
    const out = site.path('out.ndjson')
    site.configure(undefined, { idmefv2: { delivery: 'file', file: out } })
    for (const from of [0, 200]) {
      site.append(lines(from, from + 200))
      expect(await site.run(['--once']).exit).toBe(0)
    }
    const messages = readFileSync(out, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(messages).toHaveLength(400)
    expect(new Set(ids(messages)).size).toBe(400)
  })
})

test('what run sends is what convert prints; with id = content the ID too, otherwise all but the IDs', async () => {
  const site = new Site()
  site.append(lines(0, 150))
  const converted = (await cli(['convert', 'suricata', site.eve])).program.messages
  const runs: Record<string, Message[]> = {}
  for (const id of ['content', 'random']) {
    site.configure(undefined, { idmefv2: { id, delivery: 'stdout' }, state: { directory: site.path(id) } })
    const program = site.run(['--once'])
    expect(await program.exit).toBe(0)
    runs[id] = program.messages.sort(byDescription)
  }
  converted.sort(byDescription)
  expect(runs.content).toEqual(converted)
  expect(runs.random?.map(withoutIds)).toEqual(converted.map(withoutIds))
  expect(new Set(ids([...(runs.random ?? []), ...converted])).size).toBe(300)
})

const byDescription = (one: Message, other: Message) =>
  String(one.Description) < String(other.Description) ? -1 : 1

/** IDs and what points at them. */
function withoutIds(message: Message): unknown {
  return JSON.parse(JSON.stringify(message), (key, value) => (key === 'ID' ? undefined : value))
}

test.skipIf(!hasOpenssl)(
  'TLS 1.3 with an authority of our own and a client certificate; without it delivery is paused',
  async () => {
    const authority = new Authority()
    onTestFinished(() => authority.remove())
    const [server, client] = [authority.issue('server'), authority.issue('client')]
    const pem = (path: string) => readFileSync(path, 'utf8')
    const tls = { cert: pem(server.cert), key: pem(server.key), ca: pem(authority.ca) }
    const [site, oracle] = [new Site(), await Oracle.start({ tls })]
    site.append(lines(0, 100))
    site.configure(oracle.url, { idmefv2: { ca: authority.ca, drain_timeout: '50ms' } })
    const program = site.run()
    await program.says('delivery is paused, nothing is lost')
    expect(await program.stop()).toBe(75)
    expect(oracle.messages).toEqual([])
    site.configure(oracle.url, { idmefv2: { ca: authority.ca, cert: client.cert, key: client.key } })
    expect(await site.run(['--once']).exit).toBe(0)
    expect(oracle.account(range(0, 100))).toEqual(EXACT)
    const check = await cli(['check', '-c', site.conf, '--connect'])
    expect(check.stderr).toMatch(/^ok {3}tls .*TLSv1\.3/m)
    expect(check.code).toBe(0)
  },
)
