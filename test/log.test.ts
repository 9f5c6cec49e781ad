import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { LoggingOptions } from '../src/config/options.ts'
import { Secret } from '../src/config/secret.ts'
import { createLog, limited, oneLine } from '../src/log.ts'

const run = promisify(execFile)
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'log-'))
})
afterAll(() => rm(folder, { recursive: true }))

const defaults: LoggingOptions = { level: 'info', format: 'auto' }

function capture(options: Partial<LoggingOptions>, isTTY = false) {
  const stderr = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY })
  const log = createLog({ ...defaults, ...options }, { stderr })
  const text = () => String(stderr.read() ?? '')
  return {
    log,
    text,
    lines: () =>
      text()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
  }
}

describe('format', () => {
  test('auto writes JSON lines with a level name and an ISO time where there is no terminal', () => {
    const { log, lines } = capture({})
    log.info({ connector: 'suricata' }, 'started')
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        connector: 'suricata',
        msg: 'started',
      },
    ])
  })

  test('auto writes for people on a terminal', () => {
    const { log, text } = capture({}, true)
    log.warn({ connector: 'suricata' }, 'slow')
    const line = text()
    expect(line).toContain('WARN')
    expect(line).toContain('slow')
    expect(line).not.toMatch(/^\{/)
  })

  test('json is kept on a terminal when asked for', () => {
    const { log, lines } = capture({ format: 'json' }, true)
    log.info('started')
    expect(lines()).toMatchObject([{ msg: 'started' }])
  })

  test('pretty has no colours away from a terminal', () => {
    const { log, text } = capture({ format: 'pretty' })
    log.error('broken')
    expect(text()).toMatch(/^\[\d{4}-[^\]]+\] ERROR: broken\n$/)
  })
})

describe('levels', () => {
  test.each([
    ['warning', ['warn', 'error', 'fatal']],
    ['critical', ['fatal']],
    ['fatal', ['fatal']],
    ['trace', ['trace', 'debug', 'info', 'warn', 'error', 'fatal']],
  ] as const)('%s shows %j', (level, shown) => {
    const { log, lines } = capture({ level })
    for (const each of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) log[each]('x')
    expect(lines().map((line) => line.level)).toEqual(shown)
  })
})

describe('what must not be seen', () => {
  test('S9: a secret prints as stars wherever it stands', () => {
    const { log, text } = capture({})
    const password = new Secret('hunter2')
    log.info({ password, options: { deep: [password] } }, 'login %s', password)
    const line = text()
    expect(line).not.toContain('hunter2')
    expect(JSON.parse(line)).toMatchObject({ password: '***', options: { deep: ['***'] }, msg: 'login ***' })
  })

  test('S19: control characters from the data are escaped in pretty lines', () => {
    const { log, text } = capture({ format: 'pretty' })
    log.info({ rule: 'a\u001b]0;owned\u0007b\u009b31m', nested: { deep: 'c\u202ed' } }, 'one\nERROR: two')
    const line = text()
    expect(line.trimEnd()).not.toMatch(/[\p{Cc}\u202e]/u)
    expect(line).toContain('one\\u000aERROR: two')
  })

  test('S19: an error keeps the lines of its stack, and only those', () => {
    const { log, text } = capture({ format: 'pretty' })
    log.error(new Error('bad\u001b[31m'), 'failed')
    const lines = text().split('\n')
    expect(lines.length).toBeGreaterThan(3)
    expect(lines.join('')).not.toMatch(/\p{Cc}/u)
  })

  test('oneLine leaves ordinary text of any script alone', () => {
    expect(oneLine('naïve 日本 🦊 "quoted" \\')).toBe('naïve 日本 🦊 "quoted" \\')
    expect(oneLine('\u0000\t\r\n\u007f\u0085\u2028')).toBe(
      '\\u0000\\u0009\\u000d\\u000a\\u007f\\u0085\\u2028',
    )
  })
})

describe('file', () => {
  test('lines are appended, and reopen continues in a new file after rotation', async () => {
    const file = join(folder, 'stream.log')
    createLog({ ...defaults, file }).info('first')
    const log = createLog({ ...defaults, file })
    log.info('second')
    await rename(file, `${file}.1`)
    log.info('third')
    log.reopen()
    await vi.waitFor(async () => expect(await readFile(file, 'utf8')).toBe(''))
    log.info('fourth')
    const messages = async (path: string) =>
      (await readFile(path, 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).msg)
    expect(await messages(`${file}.1`)).toEqual(['first', 'second', 'third'])
    expect(await messages(file)).toEqual(['fourth'])
  })

  test('a file that cannot be opened is an error at once', () => {
    expect(() => createLog({ ...defaults, file: join(folder, 'absent', 'x.log') })).toThrow(/ENOENT/)
  })
})

describe('standard error of a process', () => {
  const script = (body: string) => `
    import { createLog } from ${JSON.stringify(new URL('../src/log.ts', import.meta.url).href)}
    import { fstatSync } from 'node:fs'
    ${body}`
  const node = async (body: string) =>
    (await run(process.execPath, ['--input-type=module', '-e', script(body)])).stderr

  test('nothing is lost when the process exits right after the last line', async () => {
    const stderr = await node(`
      const log = createLog({ level: 'info', format: 'pretty' })
      for (let i = 0; i < 500; i++) log.info('line %d', i)
      process.exit(0)`)
    expect(stderr.trimEnd().split('\n')).toHaveLength(500)
  })

  test.skipIf(!existsSync('/dev/full'))(
    'a full disk is told once and does not stop the process',
    async () => {
      const stderr = await node(`
      const log = createLog({ level: 'info', format: 'json', file: '/dev/full' })
      for (let i = 0; i < 100; i++) log.info('line %d', i)
      console.error('still here')`)
      expect(stderr).toMatch(/^log file \/dev\/full: ENOSPC.*\nstill here\n$/)
    },
  )

  test('lines carry the severity when standard error is the journal', async () => {
    const stderr = await node(`
      const { dev, ino } = fstatSync(2)
      process.env.JOURNAL_STREAM = dev + ':' + ino
      const log = createLog({ level: 'info', format: 'auto' })
      log.error('bad')
      log.info('good')`)
    expect(stderr).toMatch(/^<3>\{"level":"error".*\n<6>\{"level":"info".*\n$/)
  })
})

describe('limited', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test('repeats within a minute are held back, then told with their number', () => {
    vi.useFakeTimers()
    const { log, lines } = capture({})
    const say = limited(log, 2)
    for (let i = 0; i < 5; i++) say.warn({ attempt: i }, 'receiver is down')
    say.warn({}, 'something else')
    expect(lines().map((line) => line.msg)).toEqual([
      'receiver is down',
      'receiver is down',
      'something else',
    ])
    vi.advanceTimersByTime(60_000)
    expect(lines()).toMatchObject([{ level: 'warn', msg: 'receiver is down', attempt: 4, suppressed: 3 }])
  })

  test('a new minute starts afresh and silence is not reported', () => {
    vi.useFakeTimers()
    const { log, text, lines } = capture({})
    const say = limited(log, 1)
    say.info({ i: 1 }, 'again')
    vi.advanceTimersByTime(60_000)
    say.info({ i: 2 }, 'again')
    expect(lines().map((line) => line.msg)).toEqual(['again', 'again'])
    vi.advanceTimersByTime(120_000)
    expect(text()).toBe('')
  })

  test('the memory of texts is bounded and what it forgets is told', () => {
    vi.useFakeTimers()
    const { log, lines } = capture({})
    const say = limited(log, 1)
    say.info({}, 'first')
    say.info({}, 'first')
    for (let i = 0; i < 1000; i++) say.debug({}, `hidden ${i}`)
    expect(lines()).toMatchObject([{ msg: 'first' }, { msg: 'first', suppressed: 1 }])
    expect(vi.getTimerCount()).toBe(1000)
  })
})
