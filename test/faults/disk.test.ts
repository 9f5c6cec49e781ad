import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { alert, lines, range } from '../e2e/events.ts'
import { front } from '../e2e/front.ts'
import { EXACT, Oracle } from '../e2e/oracle.ts'
import { cli, type Program } from '../e2e/program.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { expectSafe, live } from './run.ts'
import { RANGES } from './trial.ts'

const runs = (command: string, ...words: string[]) => spawnSync(command, words).status === 0

const EIO = ['-qq', '-f', '-e', 'trace=fsync', '-e', 'inject=fsync:error=EIO:when=3..6']

test.skipIf(!runs('strace', '-o', '/dev/null', 'true'))(
  'F11: fsync fails with EIO: what was written is not trusted, and written again (needs strace)',
  async () => {
    const [site, oracle] = [new Site(), await Oracle.start({ delayMs: 5 })]
    site.configure(oracle.url, { workers: RANGES })
    site.append(lines(0, 400))
    // The tracer as a grandchild (-D), so that signals reach the program.
    const program = site.run([], { through: ['strace', '-D', '-o', '/dev/null', ...EIO] })
    await oracle.arrival(0, 400)
    await program.says('recovered: positions cannot be written')
    expect((await program.metrics()).sum('checkpoint_errors_total')).toBeGreaterThanOrEqual(2)
    await program.ready(200)
    await live(site, oracle, program, 400)
    expect(await site.run(['--once']).exit).toBe(0)
    expectSafe(oracle, 401, 0)
    expect(program.log.find(({ reason }) => reason === 'EIO')).toMatchObject({ level: 'error' })
  },
)

describe('the state cannot grow', () => {
  /** What each tenth line is: it goes to the dead letters, where there is room for only some. */
  const broken = (number: number) => `{"event_type":"alert","broken":"${'x'.repeat(2000)}${number}"\n`

  function load(from: number, to: number): string {
    return range(from, to)
      .map((number) => (number % 10 === 0 ? broken(number) : '') + lines(number, number + 1))
      .join('')
  }

  async function outlast(
    site: Site,
    oracle: Oracle,
    program: Program,
    state: string,
    code: string,
    mend: () => void,
  ) {
    site.append(load(150, 2000))
    await program.says(`dead-letters.ndjson cannot be written: ${code}`)
    await until('it stands still', async () => {
      const { length } = oracle.messages
      await program.says('; waiting', program.logged('; waiting').length + 2)
      return oracle.messages.length === length
    })
    expect(oracle.messages.length).toBeLessThan(1500)
    expect((await program.metrics()).sum('ranges_in_flight')).toBeLessThanOrEqual(5)
    mend()
    await oracle.arrival(0, 2000)
    await program.ready(200)
    const raws = () => lettersOf(readFileSync(`${state}/dead-letters.ndjson`, 'utf8'))
    await until('the letters', () => raws().length >= 185)
    // What a full disk cut short is set off, and written again whole.
    expect(new Set(raws())).toEqual(
      new Set(range(150, 2000).flatMap((number) => (number % 10 === 0 ? broken(number).trimEnd() : []))),
    )
    await live(site, oracle, program, 2000)
    expectSafe(oracle, 2001, 0)
  }

  function lettersOf(text: string): string[] {
    return text.split('\n').flatMap((line) => {
      try {
        return line === '' ? [] : JSON.parse(line).raw
      } catch {
        return []
      }
    })
  }

  test.skipIf(!runs('unshare', '-m', 'mount', '-t', 'tmpfs', 'none', '/mnt'))(
    'F12: ENOSPC: what needs room waits, the rest goes on, and all of it when there is room again (needs a mount namespace)',
    { timeout: 60_000 },
    async () => {
      const [site, oracle] = [new Site(), await Oracle.start()]
      site.configure(oracle.url, { workers: RANGES })
      site.append(lines(0, 100))
      mkdirSync(site.path('state'))
      const mount = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"'
      const program = site.run([], { through: ['unshare', '-m', 'sh', '-c', mount, site.path('state')] })
      await oracle.arrival(0, 100)
      await until('a checkpoint', async () => (await program.metrics()).sum('checkpoint_age_seconds') === 0)
      const state = `/proc/${program.child.pid}/root${site.path('state')}`
      const ballast = `${state}/ballast`
      for (let bytes = 4096; bytes >= 1; bytes /= 4) fill(ballast, Buffer.alloc(bytes))
      // What needs no room goes on: the log file keeps what a restart would repeat.
      site.append(lines(100, 150))
      await oracle.arrival(100, 150)
      expect(await program.ready(503)).toContain('positions cannot be written')
      await outlast(site, oracle, program, state, 'ENOSPC', () => rmSync(ballast))
      expect(program.logged('recovered: positions cannot be written')).toHaveLength(1)
    },
  )

  function fill(path: string, bytes: Buffer): void {
    for (;;) {
      try {
        appendFileSync(path, bytes)
      } catch {
        return // full
      }
    }
  }

  test.skipIf(!runs('prlimit', '--version'))(
    'F13: EFBIG: reading waits, and goes on by itself when larger files are allowed (needs prlimit)',
    { timeout: 60_000 },
    async () => {
      const [site, oracle] = [new Site(), await Oracle.start()]
      site.configure(oracle.url, { workers: RANGES })
      site.append(lines(0, 150))
      const program = site.run()
      await oracle.arrival(0, 150)
      const allow = (bytes: string) => runs('prlimit', '--pid', String(program.child.pid), `--fsize=${bytes}`)
      expect(allow('16384:unlimited')).toBe(true)
      await outlast(site, oracle, program, site.path('state'), 'EFBIG', () => allow('unlimited'))
    },
  )
})

describe('F51: dead letters', () => {
  async function refused(options: { dead_letter_max?: string } = {}) {
    const [site, oracle] = [new Site(), await Oracle.start()]
    let isOpen = false
    const url = await front(oracle, (number) => (!isOpen && number % 10 === 0 ? 400 : undefined))
    site.configure(url, { state: { ...options } })
    const open = () => {
      isOpen = true
    }
    return { site, oracle, open, path: site.path('state/dead-letters.ndjson') }
  }

  const tenth = (from: number, to: number) => range(from, to).filter((number) => number % 10 === 0)

  test('a corrupt one and a torn end: only these are passed over, that is told, and they stay', async () => {
    const { site, oracle, open, path } = await refused()
    site.append(lines(0, 100))
    const program = site.run()
    await until('the letters', () => site.deadLetters.length >= 10)
    const bytes = readFileSync(path)
    // In the middle of the first letter, and the last one cut short.
    const [first = 0, last = 0] = [bytes.indexOf('\n') / 2, bytes.lastIndexOf('\n', bytes.length - 2) + 50]
    bytes[Math.floor(first)] = 0
    writeFileSync(path, bytes.subarray(0, last))
    site.append(lines(100, 111))
    await until('a letter behind them', () => readFileSync(path, 'latin1').split('\n').length >= 11)
    const listed = await cli(['dlq', 'ls', '-c', site.conf])
    expect(listed).toMatchObject({ code: 0, stderr: '2 damaged line(s) passed over\n' })
    expect(listed.stdout).toContain('10 letter(s): 10 refused')

    open()
    const replayed = await cli(['dlq', 'replay', '-c', site.conf])
    const damaged = new Set(tenth(0, 100).filter((number) => !oracle.numbers.has(number)))
    expect(damaged.size).toBe(2)
    expect(replayed.stdout).toContain('10 delivered')
    expect(
      readFileSync(path, 'latin1')
        .split('\n')
        .filter((line) => line !== ''),
    ).toHaveLength(2)
    expect(oracle.account(range(0, 111).filter((number) => !damaged.has(number)))).toEqual(EXACT)
    await live(site, oracle, program, 111)
  })

  test('removed while it is written to: the next one goes to a new file', async () => {
    const { site, oracle, path } = await refused()
    site.append(lines(0, 10))
    const program = site.run()
    await until('a letter', () => site.deadLetters.length === 1)
    rmSync(path)
    site.append(lines(10, 20))
    // The first one too, if its file went before it was seen to be on the disk.
    await until('a new one', () => site.deadLetters.some(({ raw }) => raw === alert(10)))
    await live(site, oracle, program, 21)
  })

  test('full: reading waits and says so, and goes on by itself after dlq purge', async () => {
    const { site, oracle, path } = await refused({ dead_letter_max: '8KiB' })
    site.append(lines(0, 10))
    const program = site.run()
    await until('a letter', () => site.deadLetters.length === 1)
    for (let from = 10; program.logged('has reached its limit').length === 0; from += 10) {
      const next = from + 10
      if (next <= 200) site.append(lines(from, next))
      await until(
        'a letter, or the limit',
        () => site.deadLetters.length >= next / 10 || program.logged('has reached its limit')[0],
      )
    }
    const kept = site.deadLetters.length
    expect(statSync(path).size).toBeLessThanOrEqual(8192)
    expect((await program.metrics()).sum('lag_bytes')).toBeGreaterThan(0)
    expect((await cli(['dlq', 'purge', '--yes', '-c', site.conf])).code).toBe(0)
    await until('the letter that waited', () => site.deadLetters.some(({ raw }) => raw === alert(kept * 10)))
    const written = (kept + 1) * 10
    expect(oracle.account(range(0, written).filter((number) => number % 10 !== 0))).toEqual(EXACT)
    await live(site, oracle, program, written + 1)
  })
})
