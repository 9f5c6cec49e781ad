import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import type { ServerResponse } from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Look } from '../../src/sources/poll.ts'
import { LookError } from '../../src/sources/poll.ts'
import { Authority, hasOpenssl, type Pair } from '../delivery/certificates.ts'
import { until } from '../e2e/wait.ts'
import { folder } from './consumer.ts'
import { counted, MIB, numbers, polling, Tool } from './poller.ts'

const WARN = 40
const ERROR = 50

type Mishap = (response: ServerResponse) => void

const status =
  (code: number, headers: Record<string, string> = {}): Mishap =>
  (response) => {
    response.writeHead(code, headers).end()
  }
const body =
  (text: string): Mishap =>
  (response) => {
    response.writeHead(200).end(text)
  }
const hangUp: Mishap = (response) => {
  response.destroy()
}

describe('what is asked for', () => {
  test('all pages come, in order, and then what is new', async () => {
    const tool = await Tool.start(25)
    const { run, found } = polling(tool)
    await run.until(25)
    tool.alerts = 31
    await run.until(31)
    expect(found()).toEqual(counted(1, 31))
    expect(tool.questions.slice(0, 4)).toEqual([0, 10, 20, 25].map((n) => `/alerts?after=${n}`))
    expect(run.pieces.every(({ kind }) => kind === 'range')).toBe(true)
  })

  test('a page is asked for when the one before is durable, with what was seen of it', async () => {
    const tool = await Tool.start(30)
    const state = folder()
    const onDisk: string[] = []
    const look: Look = async function* (past, ask, signal) {
      for await (const page of numbers(past, ask, signal)) {
        yield page
        onDisk.push(JSON.parse(readFileSync(join(state, 'polls/a.json'), 'utf8')).past)
        const [segment = ''] = readdirSync(join(state, 'spool/a'))
        expect(statSync(join(state, 'spool/a', segment)).size).toBeGreaterThan(0)
      }
    }
    const { run } = polling({ url: tool.url, look, state, context: { once: true } })
    await run.ended
    expect(onDisk).toEqual([10, 20, 30])
    expect(statSync(join(state, 'polls/a.json')).mode & 0o777).toBe(0o600)
  })

  test('looks never overlap, however long one takes', async () => {
    const tool = await Tool.start(0)
    let out = 0
    let most = 0
    let looks = 0
    const look: Look = async function* (_, ask) {
      out += 1
      looks += 1
      most = Math.max(most, out)
      await ask()
      await new Promise((resolve) => setTimeout(resolve, 20))
      out -= 1
    }
    polling({ url: tool.url, look, options: { intervalMs: 1 } })
    await until('five looks', () => looks >= 5)
    expect(most).toBe(1)
  })

  test('the path is below the configured one; query and headers are added, and JSON is sent as such', async () => {
    const tool = await Tool.start(0)
    const look: Look = async function* (_, ask) {
      await ask({
        path: '/api/x?b=%26',
        query: { c: 1, d: undefined },
        headers: { 'x-key': 'k', authorization: '' },
      })
      await ask({ body: { method: 'alert.get' } })
      await ask({ path: 'http://127.0.0.2/..//elsewhere' })
      yield { records: [], past: null }
    }
    const { run } = polling({
      url: `${tool.url}/zabbix/?a=0`,
      look,
      context: { once: true },
      settings: { login: 'me', password: 'secret' },
    })
    await run.ended
    const [first, second, third] = tool.server.received
    expect(first).toMatchObject({
      method: 'GET',
      path: '/zabbix/api/x?a=0&b=%26&c=1',
      headers: { 'x-key': 'k' },
    })
    expect(first?.headers.authorization).toBeUndefined()
    expect(second).toMatchObject({ method: 'POST', path: '/zabbix/?a=0', text: '{"method":"alert.get"}' })
    expect(second?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('me:secret').toString('base64')}`,
      'content-type': 'application/json',
      accept: 'application/json',
    })
    expect(third?.path).toMatch(/^\/.*elsewhere\?a=0$/)
    expect(third?.headers.host).toBe(`127.0.0.1:${tool.server.port}`)
  })

  test('a token is shown as Bearer, and a new one in its file is taken up', async () => {
    const tool = await Tool.start(0)
    const token_file = join(folder(), 'token')
    writeFileSync(token_file, 'one\nmore\n')
    polling({ url: tool.url, settings: { token_file } })
    const shown = (token: string) => () =>
      tool.server.received.some(({ headers }) => headers.authorization === `Bearer ${token}`)
    await until('the first', shown('one'))
    writeFileSync(token_file, 'second\n')
    await until('the second', shown('second'))
  })

  test('with once there is one look, and what lies in the spool comes too', async () => {
    const tool = await Tool.start(12)
    const state = folder()
    const before = polling({ url: tool.url, state, commit: false })
    await before.run.until(12)
    await before.run.stop()
    tool.alerts = 14
    const { run, found } = polling({ url: tool.url, state, context: { once: true } })
    await run.ended
    expect(found()).toEqual(counted(1, 14))
  })

  test('with once, a look that fails is told as an error, and it ends all the same', async () => {
    const tool = await Tool.start(5)
    tool.mishaps.push(status(503))
    const { run, told } = polling({ url: tool.url, context: { once: true } })
    await run.ended
    expect(told(ERROR)).toMatchObject([{ msg: 'nothing can be asked for: it answered 503' }])
  })
})

describe('where it begins', () => {
  test('now: what was there is not sent, of however many pages it was', async () => {
    const tool = await Tool.start(35)
    const { run, found, faults } = polling({ url: tool.url, settings: { start: 'now' } })
    await until('a look', () => faults().length > 0)
    tool.alerts = 37
    await run.until(2)
    expect(found()).toEqual(counted(36, 37))
  })

  test('now: a first look that fails half-way does not count', async () => {
    const tool = await Tool.start(35)
    const { state, run, faults } = polling({ url: tool.url, settings: { start: 'now' } })
    tool.mishaps.push(
      ...[0, 10].map((n) => body(JSON.stringify({ alerts: counted(n + 1, n + 10) }))),
      status(500),
    )
    await until('a failure and a look', () => faults().includes('status') && faults().includes('ok'))
    tool.alerts = 36
    await run.until(1)
    expect(run.records.map(({ text }) => text)).toEqual(['{"n":36}'])
    expect(existsSync(join(state, 'polls/a.json'))).toBe(true)
  })

  test('after a stop it goes on, whatever start says', async () => {
    const tool = await Tool.start(5)
    const first = polling({ url: tool.url })
    await first.run.until(5)
    await first.run.stop()
    tool.alerts = 8
    const { run, found } = polling({ url: tool.url, state: first.state, settings: { start: 'now' } })
    await run.until(3)
    expect(found()).toEqual(counted(6, 8))
  })

  test('--from-start: all there is', async () => {
    const tool = await Tool.start(5)
    const { run } = polling({ url: tool.url, settings: { start: 'now' }, context: { fromStart: true } })
    await run.until(5)
  })

  test('of another tool nothing was seen', async () => {
    const tool = await Tool.start(5)
    const first = polling({ url: tool.url })
    await first.run.until(5)
    await first.run.stop()
    const url = tool.url.replace('127.0.0.1', 'localhost')
    const { run, told } = polling({ url, state: first.state })
    await run.until(5)
    expect(told(WARN)).toMatchObject([{ of: '127.0.0.1', now: 'localhost' }])
  })

  test('what was seen is damaged on the disk: told, set aside, and begun anew', async () => {
    const tool = await Tool.start(5)
    const state = folder()
    mkdirSync(join(state, 'polls'))
    writeFileSync(join(state, 'polls/a.json'), '{"version":1,"of":"127')
    const { run, told } = polling({ url: tool.url, state })
    await run.until(5)
    await run.stop()
    expect(told(ERROR)).toMatchObject([{ msg: 'what was seen cannot be read: beginning anew' }])
    expect(readdirSync(join(state, 'polls')).sort()).toEqual(['a.json', 'a.json.corrupt'])
  })

  test('what a later version wrote prevents the start', async () => {
    const state = folder()
    mkdirSync(join(state, 'polls'))
    writeFileSync(join(state, 'polls/a.json'), '{"version":2}')
    expect(() => polling({ url: 'http://127.0.0.1:1', state })).toThrow(/another version \(2\)/)
  })
})

describe('what goes wrong', () => {
  const location = { location: 'http://127.0.0.1:1/' }
  test.each([
    ['500', status(500), 'status', /answered 500/],
    ['401', status(401), 'unauthorised', /other credentials \(401\): check login/],
    ['403', status(403), 'unauthorised', /forbids it \(403\)/],
    ['404', status(404), 'status', /no such path \(404\): check url/],
    ['a redirect, which is not followed', status(302, location), 'status', /redirects elsewhere \(302\)/],
    [
      'an answer over the bound',
      body(' '.repeat(MIB + 1)),
      'too_large',
      /more than 1048576 bytes: raise max/,
    ],
    ['no JSON', body('<html>secret</html>'), 'malformed', /the answer is no JSON/],
    ['half of JSON', body('{"alerts":[{"n":1}'), 'malformed', /the answer is no JSON/],
    ['other JSON', body('[]'), 'failed', /not understood \(TypeError\)/],
    ['no body', status(204), 'failed', /not understood/],
    ['an answer cut short', cutShort, 'unreachable', /./],
    ['an end without an answer', hangUp, 'unreachable', /closed/],
    ['no answer', () => {}, 'timeout', /no whole answer within 600 ms/],
    ['an answer that trickles', trickle, 'timeout', /no whole answer within 600 ms/],
  ] as const)(
    '%s: told once, counted each time, asked again, and told when it is over',
    async (_, mishap, fault, text) => {
      const tool = await Tool.start(3)
      tool.mishaps.push(mishap, mishap)
      const { run, told, faults, lines } = polling({
        url: `${tool.url}/?key=secret`,
        options: { timeoutMs: 600, maxAnswerBytes: MIB },
      })
      await run.until(3)
      expect(faults().slice(0, 2)).toEqual([fault, fault])
      expect(told(WARN)).toMatchObject([{ msg: expect.stringMatching(text), url: `${tool.url}/` }])
      await until('its end', () =>
        lines.some(({ msg }) => String(msg).startsWith('recovered: nothing can be asked for')),
      )
      expect(JSON.stringify(lines)).not.toContain('secret')
    },
  )

  test('nobody there', async () => {
    const tool = await Tool.start(0)
    const { port } = tool.server
    await tool.server.close()
    const { faults, told } = polling({ url: `http://127.0.0.1:${port}` })
    await until('two looks', () => faults().length >= 2)
    expect(new Set(faults())).toEqual(new Set(['unreachable']))
    expect(told(WARN)).toMatchObject([{ msg: expect.stringContaining('connection refused') }])
  })

  test('what the tool says with 200: in the words of the probe', async () => {
    const tool = await Tool.start(0)
    // biome-ignore lint/correctness/useYield: it never comes to a page
    const look: Look = async function* (_, ask) {
      await ask()
      throw new LookError('unauthorised', 'the session has ended')
    }
    const { faults, told } = polling({ url: tool.url, look })
    await until('two looks', () => faults().length >= 2)
    expect(told(WARN)).toMatchObject([
      { level: ERROR, msg: 'nothing can be asked for: the session has ended' },
    ])
  })

  test('what was given before a failure is kept, and not asked for again', async () => {
    const tool = await Tool.start(20)
    tool.mishaps.push(body(JSON.stringify({ alerts: counted(1, 10) })), status(500))
    const { run, found } = polling(tool)
    await run.until(20)
    expect(found()).toEqual(counted(1, 20))
    expect(tool.questions.slice(0, 3)).toEqual([0, 10, 10].map((n) => `/alerts?after=${n}`))
  })

  test('pauses grow from the interval to their bound, and begin anew after a success', async () => {
    const tool = await Tool.start(0)
    tool.mishaps.push(...Array.from({ length: 6 }, () => status(503)))
    const times: number[] = []
    const look: Look = async function* (_, ask) {
      times.push(performance.now())
      await ask()
      yield { records: [], past: null }
    }
    polling({ url: tool.url, look, options: { intervalMs: 5, maxPauseMs: 30 } })
    await until('eight looks', () => times.length >= 8)
    const pauses = times.slice(1).map((time, i) => time - (times[i] ?? 0))
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(3)
  })

  test('Retry-After is kept to, up to the bound', async () => {
    const tool = await Tool.start(1)
    tool.mishaps.push(status(429, { 'retry-after': '3600' }))
    const { run, told } = polling({ url: tool.url, options: { maxPauseMs: 200 } })
    const started = performance.now()
    await run.until(1)
    expect(performance.now() - started).toBeGreaterThan(190)
    expect(told(WARN)).toMatchObject([{ msg: expect.stringContaining('too many requests (429)') }])
  })

  test('the lag is as old as the last look that came to its end', async () => {
    const tool = await Tool.start(0)
    const { source, faults } = polling(tool)
    await until('a look', () => faults().length > 0)
    expect(source.lag()).toMatchObject({ bytes: 0, seconds: 0 })
    tool.server.reply = (_, response) => status(500)(response)
    await until('a failure', () => faults().includes('status'))
    const { seconds } = source.lag()
    expect(seconds).toBeGreaterThan(0)
    await until('more', () => source.lag().seconds > seconds)
  })

  test('what was seen must be JSON and bounded: nothing of such a page is taken', async () => {
    const tool = await Tool.start(0)
    const look: Look = async function* () {
      yield { records: [{ n: 1 }], past: 'x'.repeat(5 * MIB) }
    }
    const { faults, run } = polling({ url: tool.url, look })
    await until('two looks', () => faults().length >= 2)
    expect(new Set(faults())).toEqual(new Set(['failed']))
    expect(run.records).toEqual([])
  })
})

test('S17: nobody is asked but whom the configuration names: not where a redirect, a path or an alert points', async () => {
  const [tool, other] = [await Tool.start(3), await Tool.start(3)]
  const to = { location: `${other.url}/alerts` }
  tool.mishaps.push(status(301, to), status(302, to), status(303, to), status(307, to), status(308, to))
  const look: Look = async function* (past, ask, signal) {
    yield* numbers(past, ask, signal)
    await ask({ path: other.url })
    await ask({ path: `//127.0.0.1:${other.server.port}/alerts` })
    yield { records: [{ url: other.url }], past: 'all' }
  }
  const { run, faults } = polling({ url: tool.url, look })
  await run.until(4)
  expect(faults().filter((fault) => fault !== 'ok')).toEqual(Array(5).fill('status'))
  expect(other.questions).toEqual([])
})

describe.skipIf(!hasOpenssl)('over TLS', () => {
  let authority: Authority
  let server: Pair
  beforeAll(() => {
    authority = new Authority()
    server = authority.issue('server')
  })
  afterAll(() => authority.remove())

  const secure = () =>
    Tool.start(3, (listener) =>
      https.createServer({ cert: readFileSync(server.cert), key: readFileSync(server.key) }, listener),
    )

  test('a certificate of a known authority, and one that is pinned', async () => {
    const tool = await secure()
    const url = tool.url.replace('http:', 'https:')
    await polling({ url, settings: { ca: authority.ca } }).run.until(3)
    await polling({ url, settings: { pin_sha256: server.fingerprint } }).run.until(3)
  })

  test.each([
    ['an unknown authority', {}, /unknown authority: name that authority in ca/],
    ['another pin', { pin_sha256: 'ab'.repeat(32) }, /not a pinned one/],
  ])('%s: nothing is asked, and no credentials are shown', async (_, settings, text) => {
    const tool = await secure()
    const url = tool.url.replace('http:', 'https:')
    const { faults, told } = polling({ url, settings: { login: 'me', password: 'secret', ...settings } })
    await until('two looks', () => faults().length >= 2)
    expect(new Set(faults())).toEqual(new Set(['untrusted']))
    expect(told(WARN)).toMatchObject([{ level: ERROR, msg: expect.stringMatching(text) }])
    expect(tool.questions).toEqual([])
  })
})

describe('a crash', () => {
  test('between the spool and what was seen: the same records come again, none is missing', async () => {
    const tool = await Tool.start(30)
    const state = folder()
    const first = polling({ url: tool.url, state })
    await first.run.until(30)
    await first.run.stop()
    // As if page two had been spooled, and the process killed before that was kept.
    writeFileSync(join(state, 'polls/a.json'), '{"version":1,"of":"127.0.0.1","past":10}\n')
    const { run, found } = polling({ url: tool.url, state })
    await run.until(20)
    expect(found()).toEqual(counted(11, 30))
  })

  test('wherever a look fails and a process ends, every record comes, once and in order', async () => {
    const step = fc.constantFrom('fail', 'restart', 'more', 'garble')
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 6 }),
        fc.integer({ min: 1, max: 7 }),
        async (steps, page) => {
          const tool = await Tool.start(5)
          tool.page = page
          const state = folder()
          let running = polling({ url: tool.url, state })
          const found: unknown[] = []
          for (const each of steps) {
            if (each === 'fail') tool.mishaps.push(status(500))
            if (each === 'garble') tool.mishaps.push(body('{'))
            if (each === 'more') tool.alerts += 4
            if (each !== 'restart') continue
            await running.run.stop()
            found.push(...running.found())
            running = polling({ url: tool.url, state })
          }
          await until(
            'all',
            () =>
              new Set([...found, ...running.found()].map((one) => JSON.stringify(one))).size === tool.alerts,
          )
          await running.run.stop()
          expect([...found, ...running.found()]).toEqual(counted(1, tool.alerts))
        },
      ),
      { numRuns: 15 },
    )
  })
})

describe('stopping and waiting', () => {
  test('abort breaks off a question that is not answered, and a pause', async () => {
    const tool = await Tool.start(3)
    tool.mishaps.push(() => {})
    const { run } = polling({ url: tool.url })
    await until('the question', () => tool.questions.length > 0)
    await run.stop()
    const paused = polling({ url: tool.url, options: { intervalMs: 3_600_000 } })
    await until('the end of the look', () => paused.faults().length > 0)
    await paused.run.stop()
    expect(paused.faults()).toEqual(['ok'])
  })

  test('a full spool makes the looks wait; they go on when there is room', async () => {
    const tool = await Tool.start(3000)
    tool.page = 500
    const ledger = (state: string) => ({ directory: state, spool_max: 8192, dead_letter_max: MIB })
    const state = folder()
    const full = polling({ url: tool.url, state, commit: false, context: { ledger: ledger(state) } })
    await until('that it is full', () =>
      full.told(WARN).some(({ msg }) => String(msg).includes('spool is full')),
    )
    const asked = tool.questions.length
    expect(asked).toBeLessThan(5)
    await full.run.stop()
    const { run, found } = polling({ url: tool.url, state, context: { ledger: ledger(state) } })
    await run.until(3000)
    expect(found()).toEqual(counted(1, 3000))
  })

  test('what was seen counts although it cannot be written, which is told, and is written when it can be', async () => {
    const tool = await Tool.start(3)
    const state = folder()
    symlinkSync(join(state, 'nowhere/else'), join(state, 'polls'))
    const { run, found, faults, told } = polling({ url: tool.url, state })
    await until('looks', () => faults().length > 3)
    expect(found()).toEqual(counted(1, 3))
    expect(told(WARN)).toMatchObject([{ msg: expect.stringContaining('what was seen cannot be written') }])
    rmSync(join(state, 'polls'))
    tool.alerts = 4
    await run.until(4)
    await run.stop()
    expect(JSON.parse(readFileSync(join(state, 'polls/a.json'), 'utf8')).past).toBe(4)
  })

  test('what cannot be written is not seen, and does not hold up a stop', async () => {
    const tool = await Tool.start(3)
    const state = folder()
    mkdirSync(join(state, 'spool'))
    // It leads nowhere: nothing is found there, and nothing can be made.
    symlinkSync(join(state, 'nowhere/else'), join(state, 'spool/a'))
    const { source, run, told } = polling({ url: tool.url, state })
    await until('that nothing can be spooled', () => told(ERROR).length > 0)
    expect(run.records).toEqual([])
    const stopped = run.stop()
    await source.close()
    await stopped
    expect(existsSync(join(state, 'polls/a.json'))).toBe(false)
    rmSync(join(state, 'spool/a'))
    const next = polling({ url: tool.url, state })
    await next.run.until(3)
  })
})

function cutShort(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': '100' })
  response.write('{"alerts":', () => response.destroy())
}

function trickle(response: ServerResponse): void {
  response.writeHead(200)
  const timer = setInterval(() => response.write(' '), 5)
  response.once('close', () => clearInterval(timer))
}
