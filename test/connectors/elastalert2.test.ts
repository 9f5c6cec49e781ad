import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { converter } from '../../scripts/connector/convert.ts'
import { readConfig } from '../../src/config/read.ts'
import json from '../../src/connectors/json/index.ts'
import rulesFor from '../../src/connectors/json/mapping.ts'
import { VERSIONS, type Version } from '../../src/idmefv2/profiles.ts'
import { validator } from '../../src/idmefv2/validate.ts'
import { applyDocument } from '../../src/mapping/file.ts'
import { Checkpoints } from '../../src/state/checkpoint.ts'
import { until } from '../e2e/wait.ts'
import { consume, folder, silent } from '../sources/consumer.ts'

// What the alerters `post2` and `post` of ElastAlert 2 sent for these rules, byte for byte, is under fixtures/elastalert2-*; here it
// is sent with the head that they gave it, to the section of the page.

const root = new URL('../../', import.meta.url)
const own = new URL('src/connectors/json/', root)
const page = readFileSync(new URL('elastalert2.md', own), 'utf8')
const conf = readFileSync(new URL('config/elastalert2.conf', root), 'utf8')
const document = readFileSync(new URL('config/mappings/elastalert2.json', root), 'utf8')

const matches = Object.fromEntries(
  readdirSync(new URL('fixtures/', own))
    .filter((name) => name.startsWith('elastalert2-'))
    .map((name) => [
      name.slice('elastalert2-'.length),
      readFileSync(new URL(`fixtures/${name}/input.json`, own), 'utf8').trimEnd(),
    ]),
)

const HEAD = {
  'User-Agent': 'python-requests/2.32.5',
  'Accept-Encoding': 'gzip, deflate',
  Accept: 'application/json;charset=utf-8',
  Connection: 'keep-alive',
  'Content-Type': 'application/json',
}
const TOKEN = 'dGhpcyBpcyBhIHRlc3Q='

interface Message {
  ID: string
  Description: string
  Priority: string
  Category: string[]
  Source?: [{ IP?: string; Port?: number[] }]
  Target?: [{ IP?: string; Hostname?: string; User?: string }]
}

const convert = (version: Version = '2.D.V08') => {
  const rules = applyDocument(rulesFor({ identity: ['$._index', '$._id', '$.rule_param_name'] }), document)
  const run = converter(rules, { version, options: {}, name: 'ElastAlert 2' })
  // The shape is what the tests look for, and they fail where it is another.
  return (record: string) => run(record) as Message
}

/** The section of the page, listening on a port of its own. */
async function section() {
  const state = folder()
  writeFileSync(join(state, 'token'), `${TOKEN}\n`, { mode: 0o600 })
  const file = join(state, 'a.conf')
  const text = conf.replace(':9880', ':0').replace('= token', `= ${join(state, 'token')}`)
  writeFileSync(file, text, { mode: 0o600 })
  const { config, warnings } = await readConfig([file], {
    env: {},
    probes: new Map([['json', json.options]]),
  })
  expect(warnings).toEqual([])

  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) })
  const checkpoints = new Checkpoints({ path: join(state, 'checkpoint'), intervalMs: 10, log: silent })
  // The cast: these options were parsed by the connector's own schema.
  const source = json.source(config.connectors[0]?.options as ReturnType<typeof json.options.parse>, {
    connector: 'json:elastalert2',
    checkpoints,
    workers: 1,
    range_min: 1000,
    range_max: 100_000,
    max_line: 1024 ** 2,
    poll_interval: 10,
    once: false,
    fromStart: false,
    ledger: { directory: state, spool_max: 16 * 1024 ** 2, dead_letter_max: 1024 ** 2 },
    log,
  })
  const run = consume(source, [], true, () => checkpoints.close())
  const { url } = await until('its address', () => lines.find(({ msg }) => msg === 'taking records'))
  const post = (body: string, token = TOKEN) =>
    new Promise<number | undefined>((resolve, reject) => {
      const call = request(String(url), {
        method: 'POST',
        headers: { ...HEAD, Authorization: `Bearer ${token}` },
      })
      call.on('response', (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
      call.on('error', reject)
      call.end(body)
    })
  return { run, post, records: () => run.records.map(({ text }) => text) }
}

describe('what ElastAlert 2 sends', () => {
  test('is taken, match by match, as it was sent', async () => {
    const { run, post, records } = await section()
    const bodies = Object.values(matches)
    expect(bodies).toHaveLength(6)
    for (const body of bodies) expect(await post(body)).toBe(204)
    await run.until(bodies.length)
    expect(records()).toEqual(bodies)
    expect(await post(bodies[0] ?? '', 'another')).toBe(401)
    await run.stop()
  })

  test('has the same ID when it has to be sent again, though its time is then written another way', () => {
    const { whole = '' } = matches
    const again = whole.replace('12:44.718000+00:00', '12:44.718Z')
    expect(again).not.toBe(whole)
    expect(convert()(again).ID).toBe(convert()(whole).ID)
    expect(convert()(whole.replace('"SSH guessing"', '"Other rule"')).ID).not.toBe(convert()(whole).ID)
  })

  test('is never one message where matches have no document', () => {
    const { metric = '' } = matches
    expect(convert()(metric.replace('0.97', '0.98')).ID).not.toBe(convert()(metric).ID)
  })

  test('may have its fields nested or with dots', () => {
    const nested = convert()(matches.whole ?? '')
    expect(nested.Source?.[0]).toMatchObject({ IP: '203.0.113.5', Port: [51234] })
    expect(nested.Target?.[0]).toMatchObject({ IP: '198.51.100.20', Hostname: 'web-1', User: 'admin' })
    const dotted = convert()(matches.dotted ?? '')
    expect(dotted.Source?.[0]).toMatchObject({ IP: '2001:db8::5' })
    expect(dotted.Target?.[0]).toMatchObject({ Hostname: 'web-2', User: 'root' })
  })

  test('tells what the rule says by its own parameters, a static payload or a rendered one', () => {
    const told = (name: string) => convert()(matches[name] ?? '')
    expect(told('whole')).toMatchObject({ Priority: 'High', Category: ['Access.Forced'] })
    expect(told('static')).toMatchObject({ Description: 'SSH guessing', Priority: 'High' })
    expect(told('payload').Description).toMatch(/^SSH guessing: Failed logins from 203\.0\.113\.5 /)
    expect(told('include')).toMatchObject({ Description: 'SSH guessing', Priority: 'Unknown' })
  })

  test.each(VERSIONS)('has the categories of %s', (version) => {
    const { whole = '' } = matches
    const words = [
      'login',
      'scan',
      'exploit',
      'intrusion',
      'malware',
      'leak',
      'dos',
      'outage',
      'failure',
      'policy',
    ]
    for (const word of words) {
      expect(page).toContain(`\`${word}\``)
      const message = convert(version)(whole.replace('"login"', `"${word}"`))
      expect(validator(version)(message)).toEqual([])
      expect(message.Category).not.toEqual(['Other.Undetermined'])
    }
    expect(convert(version)(whole.replace('"login"', '"other"')).Category).toEqual(['Other.Undetermined'])
  })
})

describe('the page', () => {
  const blockOf = (name: string) =>
    new RegExp(`<!-- ${name} -->\\n\`\`\`\\w+\\n([\\s\\S]*?)\\n\`\`\``).exec(page)?.[1] ?? ''

  test('shows the configuration that is shipped', () => {
    expect(conf).toContain(blockOf('conf'))
  })

  test('shows what was sent, and the message', () => {
    expect(blockOf('match')).toBe(matches.whole)
    expect(JSON.parse(blockOf('message'))).toEqual(convert()(matches.whole ?? ''))
  })
})
