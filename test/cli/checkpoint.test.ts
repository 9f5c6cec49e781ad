import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { checkpoint } from '../../src/cli/checkpoint.ts'
import { UsageError } from '../../src/errors.ts'
import { encode } from '../../src/state/checkpoint.ts'
import { alert, range } from '../e2e/events.ts'
import { EXACT, Oracle } from '../e2e/oracle.ts'
import { cli } from '../e2e/program.ts'
import { Site } from '../e2e/site.ts'
import { invoke } from './invoke.ts'

/** The verb on the state directory, in this process. */
const on = (site: Site, action: string, ...args: string[]) =>
  invoke(checkpoint, [action, '--state', site.path('state'), ...args])

const positions = async (site: Site) =>
  (await on(site, 'ls', '--json')).out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

const write = (site: Site, from: number, to: number) =>
  site.append(
    range(from, to)
      .map((number) => `${alert(number)}\n`)
      .join(''),
  )

/** Where the line of an alert starts, counted from alert `from`, with which the file begins. */
const startOf = (number: number, from = 0) =>
  range(from, number).reduce((sum, each) => sum + alert(each).length + 1, 0)

const delivered = async (site: Site) => expect(await site.run(['--once']).exit).toBe(0)

/** A site of which the first `alerts` were delivered. */
async function setUp(alerts: number): Promise<{ site: Site; oracle: Oracle }> {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(oracle.url)
  write(site, 0, alerts)
  await delivered(site)
  return { site, oracle }
}

describe('ls', () => {
  test('tells how far each file was delivered, and whether it is still the same', async () => {
    const { site } = await setUp(5)
    const [size, more] = [startOf(5), alert(5).length + 1]
    const { stdout, code } = await cli(['checkpoint', 'ls', '-c', site.conf])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      new RegExp(
        `^suricata  ${site.eve}  [0-9a-f]{16}  ${size} of ${size}  0 behind  seen \\d{4}-\\S+Z  matches\n$`,
      ),
    )
    write(site, 5, 6)
    const entry = {
      connector: 'suricata',
      path: site.eve,
      offset: size,
      behind: more,
      found: 'same',
      at: site.eve,
    }
    expect(await positions(site)).toMatchObject([{ ...entry, size: size + more }])
    renameSync(site.eve, `${site.eve}.1`)
    expect(await positions(site)).toMatchObject([{ ...entry, at: `${site.eve}.1` }])
    expect((await on(site, 'ls')).out).toContain(`matches as ${site.eve}.1\n`)
    writeFileSync(`${site.eve}.1`, 'x'.repeat(50))
    expect(await positions(site)).toMatchObject([{ found: 'replaced', behind: 50 }])
    writeFileSync(`${site.eve}.1`, `${alert(0)}\n`.repeat(2))
    renameSync(`${site.eve}.1`, site.path('elsewhere'))
    expect(await positions(site)).toMatchObject([{ found: 'gone' }])
    expect((await on(site, 'ls')).out).toContain('not found\n')
  })

  test('finds the days of Wazuh, to which alerts.json was only a link, where they lie', async () => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    const log = site.path('alerts.json')
    const [before, today] = ['27', '28'].map((day) => site.path(`2026/Feb/ossec-alerts-${day}.json`))
    mkdirSync(site.path('2026/Feb'), { recursive: true })
    site.configure(oracle.url, { wazuh: { logfile: log, start: 'beginning' } })
    for (const [day, line] of [
      [before, '{"day":1}\n'],
      [today, '{"day":2}\n'],
    ] as const) {
      rmSync(log, { force: true })
      writeFileSync(String(day), line)
      linkSync(String(day), log)
      await delivered(site)
    }
    const places = async () => (await positions(site)).map(({ found, at }) => [found, at])
    expect(await places()).toEqual([
      ['same', before],
      ['same', log],
    ])
    writeFileSync(`${before}.gz`, gzipSync(readFileSync(String(before))))
    rmSync(String(before))
    expect(await places()).toEqual([
      ['gone', undefined],
      ['same', log],
    ])
    expect((await on(site, 'ls')).out).toContain('not found, or compressed\n')
  })

  test('changes nothing, also where positions are damaged: then it tells those of before', async () => {
    const { site } = await setUp(5)
    const stored = site.path('state/checkpoint.json')
    copyFileSync(stored, `${stored}.prev`)
    writeFileSync(stored, 'nonsense')
    const before = readdirSync(site.path('state')).map((name) => [
      name,
      statSync(site.path(`state/${name}`)).mtimeMs,
    ])
    const { code, out, err } = await on(site, 'ls')
    expect([code, err]).toEqual([1, `${stored} cannot be used: not a checkpoint\n`])
    expect(out).toContain('matches')
    const after = readdirSync(site.path('state')).map((name) => [
      name,
      statSync(site.path(`state/${name}`)).mtimeMs,
    ])
    expect(after).toEqual(before)
  })

  test('knows the segment of a spool by its name', async () => {
    const site = new Site()
    mkdirSync(site.path('state'))
    const file = '0123456789abcdef'
    const path = site.file(`000000000001-${file}.lines`, 'x\n'.repeat(10))
    const none = { length: 0, hash: '' }
    const state = {
      connector: 'suricata',
      path,
      file,
      dev: '',
      ino: '',
      head: none,
      offset: 4,
      frontier: none,
    }
    const files = [{ ...state, size: 20, changed: 1, seen: 1 }]
    writeFileSync(site.path('state/checkpoint.json'), encode({ files, started: {} }))
    expect(await positions(site)).toMatchObject([{ found: 'same', offset: 4, size: 20, behind: 16 }])
  })

  test('says when there is nothing', async () => {
    const site = new Site()
    mkdirSync(site.path('state'))
    expect(await on(site, 'ls')).toEqual({ code: 0, out: '', err: 'no positions are stored\n' })
  })
})

test('while run goes on, ls works, and what would change a position refuses and names the process', async () => {
  const { site, oracle } = await setUp(5)
  const program = site.run()
  await program.says('going on with file')
  expect(await positions(site)).toMatchObject([{ found: 'same' }])
  for (const args of [
    ['set', site.eve, '0'],
    ['rewind', site.eve],
  ]) {
    const { code, stderr } = await cli(['checkpoint', ...args, '-c', site.conf])
    expect([code, stderr]).toEqual([75, expect.stringContaining(`process ${program.child.pid}`)])
  }
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 5))).toEqual(EXACT)
})

describe('what is rewound is delivered again with the same IDs', () => {
  test('by lines, by bytes, or to the beginning', async () => {
    const { site, oracle } = await setUp(10)
    const [before] = await positions(site)
    const [end, last] = [startOf(10), startOf(10) - startOf(8)]
    const ways: [string[], number][] = [
      [['--lines', '0'], 10],
      [['--lines', '1'], 9],
      [['--lines', '99'], 0],
      [['--bytes', String(last)], 8],
      [['--bytes', '1GiB'], 0],
      [['--to', 'beginning'], 0],
      [[], 0],
      [['--bytes', String(last + 1)], 7],
    ]
    for (const [args, from] of ways) {
      await on(site, 'set', site.eve, String(end))
      const { out } = await on(site, 'rewind', site.eve, ...args)
      expect(out, args.join(' ')).toContain(`${end} → ${startOf(from)}`)
      if (from < 10) expect(out, args.join(' ')).toContain(`${end - startOf(from)} bytes are delivered again`)
    }
    expect(await positions(site)).toMatchObject([{ file: before.file, offset: startOf(7), found: 'same' }])
    await delivered(site)
    expect(oracle.account(range(0, 10))).toEqual({ ...EXACT, twice: [7, 8, 9] })
  })

  test('also of a file that was rotated, and over lines longer than what is read at once', async () => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    site.configure(oracle.url)
    write(site, 0, 2)
    site.append(`{"event_type":"flow","x":"${'x'.repeat(200_000)}"}\n`)
    write(site, 2, 3)
    await delivered(site)
    renameSync(site.eve, `${site.eve}.1`)
    write(site, 3, 5)
    await delivered(site)
    expect((await on(site, 'rewind', `${site.eve}.1`, '--lines', '3')).code).toBe(0)
    expect(await positions(site)).toMatchObject([
      { offset: startOf(1), at: `${site.eve}.1` },
      { at: site.eve },
    ])
    await delivered(site)
    expect(oracle.account(range(0, 5))).toEqual({ ...EXACT, twice: [1, 2] })
  })
})

test('set passes over what lies between, and rounds down to the start of a line', async () => {
  const { site, oracle } = await setUp(5)
  write(site, 5, 10)
  const { out } = await on(site, 'set', site.eve, String(startOf(8) + 3))
  expect(out).toContain(`→ ${startOf(8)} (rounded down from ${startOf(8) + 3} to the start of its line)`)
  expect(out).toContain(`${startOf(8) - startOf(5)} bytes are passed over`)
  await delivered(site)
  expect(oracle.account(range(0, 10))).toEqual({ ...EXACT, lost: [5, 6, 7] })
  expect((await on(site, 'set', site.eve, String(startOf(10)))).out).toContain(': as it was\n')
})

test('of a file that two instances follow, the one that is named is moved', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(oracle.url, { suricata: {}, 'suricata:dmz': {} })
  write(site, 0, 3)
  await delivered(site)
  await expect(on(site, 'rewind', site.eve)).rejects.toThrow('--connector')
  await on(site, 'rewind', site.eve, '--connector', 'suricata:dmz')
  expect(await positions(site)).toMatchObject([
    { connector: 'suricata', offset: startOf(3) },
    { connector: 'suricata:dmz', offset: 0 },
  ])
  await expect(on(site, 'rewind', site.eve, '--connector', 'zeek')).rejects.toThrow('no position of zeek')
})

test('what cannot be done is said, and changes nothing', async () => {
  const { site } = await setUp(3)
  const before = readFileSync(site.path('state/checkpoint.json'))
  const faults: [string[], string][] = [
    [['set', site.eve], 'set FILE OFFSET'],
    [['set', site.eve, '1e3'], 'a whole number'],
    [['set', site.eve, String(startOf(3) + 1)], `ends at ${startOf(3)}`],
    [['set', site.path('none'), '0'], 'none: cannot be read: no such file'],
    [['set', site.file('other', 'another file\n'), '0'], 'no position'],
    [['rewind', site.eve, '--to', 'end'], 'expected beginning'],
    [['rewind', site.eve, '--bytes', '1', '--lines', '1'], 'one of'],
    [['rewind', site.eve, '--bytes', 'some'], 'a size'],
    [['rewind'], 'name the file'],
    [['move', site.eve], 'ls, set or rewind?'],
  ]
  for (const [[action = '', ...args], help] of faults) {
    const refused = on(site, action, ...args)
    await expect(refused, help).rejects.toThrow(help)
    await expect(refused, help).rejects.toBeInstanceOf(UsageError)
  }
  writeFileSync(site.eve, 'rewritten\n')
  await expect(on(site, 'rewind', site.eve)).rejects.toThrow('holds another content')
  expect(readFileSync(site.path('state/checkpoint.json'))).toEqual(before)
})
