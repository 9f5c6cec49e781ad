import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { VERSIONS } from '../../src/idmefv2/profiles.ts'
import { validator } from '../../src/idmefv2/validate.ts'
import { isAvailable, officialCheck } from '../idmefv2/official.ts'
import { alert } from './events.ts'
import { front } from './front.ts'
import { Oracle } from './oracle.ts'
import { cli, Program, ROOT } from './program.ts'
import { Site } from './site.ts'
import { until } from './wait.ts'

const CORPUS = fileURLToPath(new URL('../../../shared/corpus/suricata/eve-sample.jsonl', import.meta.url))
const SAMPLE = existsSync(CORPUS) ? CORPUS : `${ROOT}config/demo/eve.json`

describe('convert', () => {
  const alerts = readFileSync(SAMPLE, 'utf8')
    .trimEnd()
    .split('\n')
    .filter((line) => JSON.parse(line).event_type === 'alert').length

  test.each(VERSIONS)('gives one valid message for each alert of the sample: %s', async (version) => {
    const { code, program, stderr } = await cli([
      'convert',
      'suricata',
      SAMPLE,
      '--idmefv2-version',
      version.slice(4),
    ])
    expect(code).toBe(0)
    expect(stderr).toMatch(new RegExp(`^${alerts} converted, \\d+ filtered, 0 rejected`))
    expect(program.messages).toHaveLength(alerts)
    const check = validator(version)
    const official = isAvailable ? officialCheck(version) : () => true
    for (const message of program.messages) {
      expect(message.Version).toBe(version)
      expect([check(message), official(message)]).toEqual([[], true])
    }
  })

  test('standard input gives the same as the file, and validate accepts it', async () => {
    const file = await cli(['convert', 'suricata', SAMPLE])
    const piped = await cli(['convert', 'suricata', '-'], { input: readFileSync(SAMPLE, 'utf8').trimEnd() })
    expect(piped.stdout).toBe(file.stdout)
    const verdict = await cli(['validate'], { input: file.stdout })
    expect(verdict).toMatchObject({ code: 0, stdout: `${alerts} valid, 0 invalid\n` })
  })

  test('a broken record is told with its place, is exit 1, and spoils no other', async () => {
    const input = `${alert(0)}\n{"event_type":"alert",\n${alert(1)}\n`
    const { code, program, stderr } = await cli(['convert', 'suricata'], { input })
    expect(code).toBe(1)
    expect(program.messages).toHaveLength(2)
    expect(stderr).toContain(`stdin, byte ${alert(0).length + 1}: invalid_json: `)
    expect(stderr).toContain('2 converted, 0 filtered, 1 rejected')
  })

  test("--mapping and --config: a mapping of one's own, and the options of the probe", async () => {
    const site = new Site()
    const mapping = site.file('my.json', '{"$extends":true,"Note":"mine"}')
    site.configure('http://127.0.0.1:1/', { suricata: { minimum_severity: 1 }, idmefv2: { version: 'V07' } })
    const input = `${alert(0, { severity: 1 })}\n${alert(1, { severity: 2 })}\n`
    const words = ['convert', 'suricata', '--config', site.conf, '--mapping', mapping]
    const { program } = await cli(words, { input })
    expect(program.messages).toMatchObject([{ Version: '2.D.V07', Note: 'mine' }])
    const bad = await cli(['convert', 'suricata', '--mapping', site.file('bad.json', '{"Descripton":"x"}')], {
      input,
    })
    expect(bad.code).toBe(78)
    expect(bad.stderr).toContain('bad.json: /Descripton: ')
  })

  test('a reader that leaves early is no failure', async () => {
    const program = new Program(['convert', 'suricata', SAMPLE])
    program.child.stdout?.once('data', () => program.child.stdout?.destroy())
    expect(await program.exit).toBe(0)
    expect(program.stderr).not.toContain('EPIPE')
  })
})

test('validate names what is wrong, and is exit 1', async () => {
  const { code, stdout } = await cli(['validate', '-'], {
    input: '{"Version":"2.D.V08","Priority":"Huge"}\n',
  })
  expect(code).toBe(1)
  expect(stdout).toContain('stdin:1 (message 1): /Priority ')
  expect(stdout).toContain('0 valid, 1 invalid')
})

describe('help', () => {
  test('the overview names every verb, and each has help of its own', async () => {
    const { code, stdout } = await cli(['--help'])
    const verbs = [...stdout.matchAll(/^ {2}(\w+) {2,}\S/gm)].map(([, verb]) => verb ?? '')
    expect(code).toBe(0)
    expect(verbs).toEqual(
      expect.arrayContaining(['run', 'init', 'convert', 'validate', 'check', 'testserver', 'list', 'demo']),
    )
    const helps = await Promise.all(verbs.map((verb) => cli([verb, '--help'])))
    for (const [index, help] of helps.entries()) {
      expect([help.code, help.stderr]).toEqual([0, ''])
      expect(help.stdout.startsWith(`idmefv2 ${verbs[index]} `), help.stdout).toBe(true)
    }
  })

  test('list names probes and versions, also as JSON; --version the version', async () => {
    const [plain, json, version] = await Promise.all([
      cli(['list']),
      cli(['list', '--json']),
      cli(['--version']),
    ])
    expect(plain.stdout).toMatch(/^suricata {2,}\S/m)
    expect(JSON.parse(json.stdout)).toMatchObject({ versions: VERSIONS })
    expect(JSON.parse(json.stdout).probes).toContainEqual({ probe: 'suricata', summary: expect.any(String) })
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('check --connect', () => {
  test('a receiver that answers is 0, and gets no alert', async () => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    site.configure(oracle.url)
    const { code, stderr } = await cli(['check', '-c', site.conf, '--connect'])
    expect(code).toBe(0)
    expect(stderr.match(/^ok {2}/gm)?.length).toBeGreaterThanOrEqual(3)
    expect(oracle.messages).toEqual([])
  })

  test('one that refuses the credentials, and one that is not there, are 69', async () => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    site.configure(await refusing(oracle))
    const refused = await cli(['check', '-c', site.conf, '--connect'])
    expect(refused.code).toBe(69)
    expect(refused.stderr).toMatch(/^FAIL .*401/m)
    site.configure(oracle.url)
    await oracle.down()
    const absent = await cli(['check', '-c', site.conf, '--connect'])
    expect(absent.code).toBe(69)
    expect(absent.stderr).toMatch(/^FAIL .*nothing listens/im)
  })

  const refusing = (oracle: Oracle) => front(oracle, () => 401)
})

test('testserver takes what run sends, prints it and ends with its totals', async () => {
  const site = new Site()
  const receiver = new Program(['testserver', '--port', '0', '--json', '--store', site.path('store.ndjson')])
  const url = await until('the address', () => /listening on (\S+)/.exec(receiver.stderr)?.[1])
  site.configure(url)
  site.append(`${alert(1)}\n${alert(2)}\n`)
  expect(await site.run(['--once']).exit).toBe(0)
  expect(await receiver.stop()).toBe(0)
  expect(receiver.messages).toHaveLength(2)
  expect(readFileSync(site.path('store.ndjson'), 'utf8').trimEnd().split('\n').sort()).toEqual(
    receiver.stdout.trimEnd().split('\n').sort(),
  )
  expect(receiver.stderr).toContain('2 messages accepted, 0 refused')
})

test('demo shows the whole way and ends with 0', async () => {
  const { code, stdout } = await cli(['demo', '--seconds', '1'])
  expect(stdout).toContain('Every alert arrived once, and each is valid IDMEFv2 2.D.V08.')
  expect(stdout).toMatch(/received 600 valid, 0 invalid, 0 twice/)
  expect(code).toBe(0)
})
