import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { dlq } from '../../src/cli/dlq.ts'
import { UsageError } from '../../src/errors.ts'
import { toDeadLetter } from '../../src/state/deadletter.ts'
import type { DeadLetter } from '../../src/types.ts'
import { alert, numberOf, other, range } from '../e2e/events.ts'
import { front, type Verdict } from '../e2e/front.ts'
import { EXACT, Oracle } from '../e2e/oracle.ts'
import { cli, NODE, Program, ROOT } from '../e2e/program.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { invoke } from './invoke.ts'

const FILE = '0123456789abcdef'
const isMade = (number: number, offset: number): Partial<DeadLetter> => ({
  file: FILE,
  offset: offset + number,
})

/** A letter as `run` writes it. */
function letter(raw: string | Buffer, fields: Partial<DeadLetter> = {}): string {
  const { time, ...rest } = fields
  const made = toDeadLetter(
    {
      connector: 'suricata',
      reason: 'refused',
      detail: 'the receiver answered 400',
      origin: '/eve.json',
      ...rest,
    },
    Buffer.from(raw),
    1e9,
  )
  return `${JSON.stringify({ ...made, ...(time && { time }) })}\n`
}

/** A site with dead letters that no run has made. */
function siteWith(...lines: string[]): Site {
  const site = new Site()
  mkdirSync(site.path('state'))
  writeFileSync(site.path('state/dead-letters.ndjson'), lines.join(''))
  return site
}

const text = (site: Site) => readFileSync(site.path('state/dead-letters.ndjson'), 'utf8')

/** The verb on the state directory, in this process. */
const on = (site: Site, action: string, ...args: string[]) =>
  invoke(dlq, [action, '--state', site.path('state'), ...args])

/** The same with the configuration. */
const replay = (site: Site, ...args: string[]) => invoke(dlq, ['replay', '-c', site.conf, ...args])

const numbers = (site: Site) =>
  site.deadLetters.map(({ raw }) => numberOf({ Description: JSON.parse(raw).alert.signature }))

test('letters that a run left are listed, shown, tried again with the same ID, and purged', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  const verdicts = new Map<number, Verdict>([
    [5, { status: 400, text: 'no such \u001b[31mcategory' }],
    [6, 413],
    [7, { status: 422, text: 'never' }],
  ])
  const url = await front(oracle, (number) => verdicts.get(number))
  site.configure(url, { workers: { max_line: '64KiB' } })
  const [cut, long] = [
    '{"event_type":"alert","alert":{',
    `{"event_type":"alert","x":"${'x'.repeat(100_000)}"}`,
  ]
  site.append([...range(0, 10).map((number) => alert(number)), cut, long].map((line) => `${line}\n`).join(''))
  expect(await site.run(['--once']).exit).toBe(0)
  const first = new Map(site.deadLetters.map(({ raw, message }) => [raw, message && JSON.parse(message).ID]))
  const place = (line: string) => `${site.eve}:${readFileSync(site.eve).indexOf(line)}`

  const listed = await cli(['dlq', 'ls', '-c', site.conf])
  expect(listed.code).toBe(0)
  const lines = listed.stdout.trimEnd().split('\n')
  expect(lines.pop()).toMatch(/^5 letter\(s\): 2 refused, /)
  expect(lines.find((line) => line.includes('400'))).toMatch(
    new RegExp(
      `^ +\\d  \\d{4}-\\S+Z  suricata  refused +${place(alert(5))}  ${alert(5).length} B  400  the receiver`,
    ),
  )
  const one = (await on(site, 'ls', '--json')).out.split('\n').find((line) => line.includes('"status":400'))
  const { number } = JSON.parse(one ?? '')
  const shown = await on(site, 'show', String(number))
  expect(shown.out).toContain('answer      no such \\u001b[31mcategory\n')
  expect(shown.out).toContain(`record      ${alert(5)}\n`)
  expect((await on(site, 'show', String(number), '--raw')).out).toBe(alert(5))

  const before = text(site)
  const dry = await replay(site, '--dry-run')
  expect([dry.code, dry.out]).toEqual([1, '3 would be delivered, 1 still refused, 1 skipped\n'])
  expect(text(site)).toBe(before)
  verdicts.delete(5)
  verdicts.delete(6)
  const again = await cli(['dlq', 'replay', '-c', site.conf])
  expect([again.code, again.stdout]).toEqual([1, '2 delivered, 2 still refused, 1 skipped\n'])
  expect(again.stderr).toContain('skipped 1: only the head of the record was kept')
  expect(oracle.account(range(0, 10))).toEqual({ ...EXACT, lost: [7] })
  for (const each of [5, 6]) expect(oracle.messageOf(each)?.ID, String(each)).toBe(first.get(alert(each)))
  const left = new Map(site.deadLetters.map((each) => [each.reason, each]))
  expect([...left.keys()].sort()).toEqual(['invalid_json', 'line_too_long', 'refused'])
  expect(left.get('refused')).toMatchObject({ status: 422, answer: 'never', attempts: 2, raw: alert(7) })
  expect(left.get('invalid_json')?.attempts).toBe(2)
  expect(left.get('line_too_long')?.attempts).toBeUndefined()

  const unsure = await cli(['dlq', 'purge', '-c', site.conf])
  expect([unsure.code, site.deadLetters.length]).toEqual([64, 3])
  const purged = await cli(['dlq', 'purge', '-c', site.conf, '--reason', 'refused', '--yes'])
  expect([purged.code, purged.stdout]).toEqual([0, '1 of 3 letter(s) removed\n'])
  expect(site.deadLetters.map(({ reason }) => reason).sort()).toEqual(['invalid_json', 'line_too_long'])
})

test('letters are tried again while run goes on and rejects others, and none is lost or delivered twice', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  // Every alert is refused the first time and taken the second.
  const met = new Set<number>()
  const url = await front(oracle, (number) => {
    if (met.has(number)) return undefined
    met.add(number)
    return 400
  })
  site.configure(url)
  const program = site.run()
  await program.says('started')
  for (let turn = 0; turn < 6; turn++) {
    for (const number of range(turn * 50, turn * 50 + 50)) site.append(`${alert(number)}\n`)
    await until('the first letters of this turn', () => met.size > turn * 50)
    const { err } = await replay(site)
    expect(err).toBe('')
  }
  await until(
    'all letters',
    () => met.size === 300 && oracle.messages.length + site.deadLetters.length === 300,
  )
  expect(await program.stop()).toBe(0)
  const last = await replay(site)
  expect(last.code).toBe(0)
  expect(oracle.account(range(0, 300))).toEqual(EXACT)
  expect((await on(site, 'ls')).out).toBe('0 letter(s)\n')
})

describe('a replay that is killed', () => {
  const script = `
    const [, root, conf, state, fatal] = process.argv
    const { readChecked } = await import(root + 'src/cli/config.ts')
    const { replay } = await import(root + 'src/cli/replay.ts')
    const streams = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr }
    const checked = await readChecked([conf], false)
    const call = { values: {}, positionals: [], streams }
    await replay(call, { state, checked }, { numbers: new Set() }, (step) => {
      if (step === fatal) process.kill(process.pid, 'SIGKILL')
    })
  `

  test.each(['moved', 'kept', 'all kept', 'removed'])(
    'after the step "%s" loses no letter, and the next one delivers them with the same IDs',
    async (step) => {
      const oracle = await Oracle.start()
      let isMended = false
      const url = await front(oracle, (number) => (isMended || number % 2 === 0 ? undefined : 400))
      const site = siteWith(...range(0, 20).map((number) => letter(alert(number), isMade(number, 1000))))
      site.configure(url)
      const child = spawn(
        NODE,
        ['--input-type=module', '-e', script, ROOT, site.conf, site.path('state'), step],
        { stdio: 'inherit' },
      )
      expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
      const listed = (await on(site, 'ls', '--json')).out.trimEnd().split('\n')
      const there = new Set(listed.map((line) => JSON.parse(line).offset - 1000))
      const safe = new Set([...there, ...oracle.numbers])
      expect([...safe].sort((a, b) => a - b)).toEqual(range(0, 20))
      isMended = true
      const next = await replay(site)
      expect([next.code, next.out]).toEqual([
        0,
        expect.stringMatching(/^\d+ delivered, 0 still refused, 0 skipped\n$/),
      ])
      expect(oracle.account(range(0, 20))).toMatchObject({ lost: [], changed: [], foreign: [], invalid: 0 })
      expect(await on(site, 'ls')).toEqual({ code: 0, out: '0 letter(s)\n', err: '' })
    },
  )
})

describe('a replay that cannot go on', () => {
  test('gives up when the receiver acknowledges nothing, and keeps every letter', async () => {
    const lines = range(0, 3).map((number) => letter(alert(number)))
    const [site, oracle] = [siteWith(...lines), await Oracle.start()]
    await oracle.down()
    site.configure(oracle.url)
    const { code, out, err } = await replay(site, '--wait', '300ms')
    expect([code, out]).toEqual([1, '0 delivered, 0 still refused, 3 skipped\n'])
    expect(err).toContain('broken off, what was not tried stays: the receiver acknowledged nothing')
    expect(text(site)).toBe(lines.join(''))
  })

  test('ends with a signal, and keeps what was not delivered', async () => {
    const oracle = await Oracle.start()
    const site = siteWith(...range(0, 3).map((number) => letter(alert(number))))
    site.configure(await front(oracle, (number) => (number === 1 ? 503 : undefined)))
    const program = new Program(['dlq', 'replay', '-c', site.conf])
    await until('the others', () => oracle.numbers.size === 2)
    const second = await cli(['dlq', 'replay', '-c', site.conf])
    expect(second.code).toBe(75)
    expect(second.stderr).toContain(String(program.child.pid))
    program.signal('SIGINT')
    expect(await program.exit).toBe(1)
    expect(program.stderr).toContain('broken off, what was not tried stays: SIGINT')
    expect(numbers(site)).toContain(1)
  })
})

test('only the letters that were meant are tried', async () => {
  const oracle = await Oracle.start()
  const times = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z', '2026-01-03T00:00:00.000Z']
  const site = siteWith(
    ...times.map((time, number) => letter(alert(number), { time })),
    letter(alert(3), { reason: 'too_large' }),
    letter(alert(4), { connector: 'suricata:dmz' }),
    letter(alert(5), { connector: 'zeek' }),
    letter(other(1)),
  )
  site.configure(oracle.url, { suricata: {}, 'suricata:dmz': {} })
  expect(await replay(site, '--since', '2026-01-02', '--before', '2026-01-03')).toMatchObject({ code: 0 })
  expect([...oracle.numbers]).toEqual([1])
  expect(await replay(site, '--reason', 'too_large')).toMatchObject({ code: 0 })
  expect(await replay(site, '--connector', 'suricata:dmz')).toMatchObject({ code: 0 })
  expect([...oracle.numbers]).toEqual([1, 3, 4])
  expect(await replay(site, '2', '9')).toEqual({
    code: 1,
    out: '1 delivered, 0 still refused, 0 skipped\n',
    err: '1 of the numbers name no such letter\n',
  })
  expect([...oracle.numbers]).toEqual([1, 3, 4, 2])
  const rest = await replay(site)
  expect([rest.code, rest.out]).toEqual([1, '1 delivered, 0 still refused, 2 skipped\n'])
  expect(rest.err).toContain('skipped 1: the configuration has no [zeek]\n')
  expect(rest.err).toContain('skipped 1: the mapping in force does not take it for an alert\n')
  expect(site.deadLetters).toHaveLength(2)
})

test('a record of a stream has the ID of its bytes again, also when they are not UTF-8', async () => {
  const oracle = await Oracle.start()
  const bytes = Buffer.from(alert(1).replace(' #1"', ' X #1"'))
  bytes[bytes.indexOf(' X #1') + 1] = 0xff
  const site = siteWith(letter(bytes, { origin: 'stdin', offset: 77 }))
  site.configure(oracle.url)
  const converted = await cli([
    'convert',
    'suricata',
    site.file('record', Buffer.concat([bytes, Buffer.from('\n')])),
  ])
  expect((await on(site, 'show', '1')).out).toContain('not valid UTF-8')
  expect(await replay(site)).toMatchObject({ code: 0 })
  expect(oracle.messageOf(1)?.ID).toBe(converted.program.messages[0]?.ID)
})

test('a record of text, and a document whose place tells its time, become what they were to be', async () => {
  const oracle = await Oracle.start()
  const document = { Magic: 'CLAMJSONv0', FileName: 'a.exe', Viruses: ['Win.Trojan.Agent-1'] }
  const scan = '/var/tmp/clamav/20260722_090807-a.exe.0123456789/metadata.json'
  const site = siteWith(
    letter('Sun Nov 22 03:19:03 2026 -> /srv/{x}.exe: Win.Worm.X-1 FOUND', {
      connector: 'clamav',
      ...isMade(0, 100),
    }),
    letter(JSON.stringify(document), { connector: 'clamav', ...isMade(0, 0), origin: scan }),
    letter('/srv/clean.txt: OK', { connector: 'clamav', ...isMade(0, 0) }),
  )
  site.configure(oracle.url, { clamav: { timezone: '+02:00' } })
  const { out } = await replay(site)
  expect(out).toBe('2 delivered, 0 still refused, 1 skipped\n')
  const told = oracle.messages.map(({ CreateTime, Description }) => `${CreateTime} ${Description}`)
  expect(told.sort()).toEqual([
    '2026-07-22T09:08:07+02:00 Win.Trojan.Agent-1 in a.exe',
    '2026-11-22T03:19:03+02:00 Win.Worm.X-1 in {x}.exe',
  ])
})

test('messages go to standard output alone when that is where they are delivered', async () => {
  const site = siteWith(letter(alert(1), isMade(1, 0)))
  site.configure(undefined, { idmefv2: { delivery: 'stdout' } })
  const { code, program, stderr } = await cli(['dlq', 'replay', '-c', site.conf])
  expect([code, program.messages.map(numberOf)]).toEqual([0, [1]])
  expect(stderr).toBe('1 delivered, 0 still refused, 0 skipped\n')
})

describe('purge', () => {
  const site = () => siteWith(letter('1'), letter('2', { reason: 'too_large' }), letter('3'))

  test.each([
    ['y\n', 0, 2],
    ['yes\n', 0, 2],
    ['n\n', 1, 3],
    ['\n', 1, 3],
    ['', 1, 3],
  ])('asks on a terminal: %j', async (typed, code, left) => {
    const here = site()
    const answer = await invoke(dlq, ['purge', '--state', here.path('state'), '--reason', 'too_large'], typed)
    expect([answer.code, here.deadLetters.length]).toEqual([code, left])
    expect(answer.err).toContain('remove 1 of 3 letter(s)? [y/N] ')
  })

  test('does nothing where nobody can be asked', async () => {
    const here = site()
    await expect(on(here, 'purge')).rejects.toThrow('--yes removes 3 of 3 letter(s)')
    expect(here.deadLetters).toHaveLength(3)
  })

  test('of everything takes damaged lines along, of a part it leaves them', async () => {
    const here = site()
    appendFileSync(here.path('state/dead-letters.ndjson'), '{"time":"20')
    await on(here, 'purge', '--yes', '1', '2')
    expect(await on(here, 'ls')).toMatchObject({ err: '1 damaged line(s) passed over\n' })
    expect((await on(here, 'purge', '--yes')).out).toBe('1 of 1 letter(s) and 1 damaged line(s) removed\n')
    expect(await on(here, 'ls')).toEqual({ code: 0, out: '0 letter(s)\n', err: '' })
    expect((await on(here, 'purge', '--yes')).out).toBe('nothing to remove: 0 of 0 letter(s)\n')
  })
})

test('S19: nothing that stands in a letter can drive the terminal', async () => {
  const evil = '\u001b[2J\u202e\u009b31m\r\n'
  const site = siteWith(
    letter(`{"a":"${evil}"}`, { detail: evil, origin: evil, connector: evil, answer: evil }),
  )
  for (const { out } of [await on(site, 'ls'), await on(site, 'show', '1'), await on(site, 'ls', '--json')])
    expect(out).not.toMatch(/[^\P{Cc}\n]/u)
  expect((await on(site, 'show', '1', '--raw')).out).toBe(`{"a":"${evil}"}`)
})

test.each([
  [['ls', '--reason', 'refusd'], 'did you mean refused?'],
  [['ls', '--since', 'yesterday'], 'a time such as'],
  [['ls', '3'], 'dlq show 3'],
  [['show'], 'one letter at a time'],
  [['show', '0'], 'no number of a letter'],
  [['replay'], 'needs the configuration'],
  [['list'], 'ls, show, replay or purge?'],
])('%j is not understood, and the answer helps', async ([action = '', ...args], help) => {
  const site = siteWith(letter('1'))
  const refused = on(site, action, ...args)
  await expect(refused).rejects.toThrow(help)
  await expect(refused).rejects.toBeInstanceOf(UsageError)
})

test('a state directory that is not there is said', async () => {
  await expect(invoke(dlq, ['ls', '--state', '/nowhere'])).rejects.toThrow('no state directory /nowhere')
  await expect(invoke(dlq, ['ls'])).rejects.toThrow('-c FILE')
})
