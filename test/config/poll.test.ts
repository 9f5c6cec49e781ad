import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import { dumpConfig } from '../../src/config/dump.ts'
import { type PollSettings, poll, pollOptions } from '../../src/config/poll.ts'
import { type PushSettingsBesidePoll, pushBesidePoll, pushOptionsBesidePoll } from '../../src/config/push.ts'
import { readConfig } from '../../src/config/read.ts'
import { always, choice, text } from '../../src/config/values.ts'
import { ConfigError } from '../../src/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'poll-'))
afterAll(() => rmSync(folder, { recursive: true }))

const probes = new Map<string, z.ZodObject>([
  ['polled', z.strictObject(poll({ url: 'http://localhost:9090', interval: '30s' }))],
  [
    'both',
    z.strictObject({
      filetype: choice('poll', 'http').default('poll'),
      ...poll({ url: 'http://localhost', interval: '30s' }),
      ...pushBesidePoll,
    }),
  ],
  [
    'asker',
    z.strictObject({
      filetype: choice('poll', 'http').default('poll'),
      ...poll({ url: 'http://localhost', interval: '30s' }),
      url: always(text()).prefault('http://localhost'),
      ...pushBesidePoll,
    }),
  ],
])

function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

/** What is found in a section of these lines, which begin at line 4. */
async function read(lines: string, name = 'polled') {
  const conf = file('a.conf', `[idmefv2]\nurl = http://127.0.0.1/\n[${name}]\n${lines}\n`)
  const told = ({ where, what }: { where: string; what: string }) =>
    `${where.replace(conf, 'A')}: ${what.replaceAll(folder, '')}`
  try {
    const { config, warnings } = await readConfig([conf], { env: {}, probes, strict: false })
    // The probe has these options and no others.
    const options = config.connectors[0]?.options as unknown as PollSettings
    return { config, options, told: warnings.map(told) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { config: undefined, options: undefined, told: error.problems.map(told) }
  }
}

test('what nobody sets', async () => {
  const { options, told } = await read('')
  expect(told).toEqual([])
  expect(options && pollOptions(options)).toEqual({
    access: {
      url: 'http://localhost:9090',
      verify: true,
      tls_min_version: '1.2',
      pin_sha256: [],
      connect_timeout: 5000,
      http2: 'off',
    },
    intervalMs: 30_000,
    timeoutMs: 30_000,
    maxPauseMs: 300_000,
    maxAnswerBytes: 32 * 1024 ** 2,
    start: 'now',
  })
})

test('a number alone is seconds, as the Python connectors have it', async () => {
  expect((await read('poll_interval = 7')).options?.poll_interval).toBe(7000)
})

test('user name and password come out of the address', async () => {
  const { options } = await read('url = https://me:p%40ss@tool.example/prefix')
  expect(options?.url).toBe('https://tool.example/prefix')
  expect(options?.login).toBe('me')
  expect(options?.password?.reveal()).toBe('p@ss')
})

test('secrets come out of files, and are shown nowhere', async () => {
  const token = file('token', 'hidden\n')
  const { options, config, told } = await read(`token_file = ${token}`)
  expect(options?.token?.reveal()).toBe('hidden')
  expect(told).toEqual([])
  expect(config && dumpConfig(config, probes)).not.toContain('hidden')
  const password = file('password', 'sesame\n')
  expect((await read(`login = me\npassword_file = ${password}`)).options?.password?.reveal()).toBe('sesame')
})

test.each([
  [
    'url = tool:9090',
    'A:4: [polled] url: expected a URL that begins with http:// or https://, got "tool:9090"',
  ],
  [
    'poll_interval = 0',
    'A:4: [polled] poll_interval: expected a duration such as 30s, from 100ms to 1d, got "0"',
  ],
  ['start = end', 'A:4: [polled] start: expected one of: now, all, got "end"'],
  ['cert = /c.pem', 'A:4: [polled] key: is required beside cert'],
  ['ca = /none.pem', 'A:4: [polled] ca: not a readable file, got "/none.pem"'],
  [
    'verify = no',
    'A:4: [polled] verify: the certificate is not checked: whoever stands between can read and change alerts',
  ],
  ['login = me', 'A:4: [polled] login: is not used without password'],
  ['password = x', 'A:4: [polled] password: is not used without login'],
  ['token = a b', 'A:4: [polled] token: contains a blank or a control character, which Bearer cannot carry'],
  ['token = a\ntoken_file = /none', 'A:5: [polled] token_file: give this or token, not both'],
  [
    'url = http://tool.example/\ntoken = a',
    'A:4: [polled] url: http:// sends the token over the network for all to read',
  ],
  ['login = me\npassword = x\ntoken = a', 'A:6: [polled] token: is shown instead of login and password'],
])('%j is told with its line', async (lines, problem) => {
  expect((await read(lines)).told).toContain(problem)
})

test('beside them, what senders must show has names of its own', async () => {
  const password = file('sender', 'sesame\n')
  const lines = `filetype = http\nlogin = me\npassword = ours\nsender_login = you\nsender_password_file = ${password}`
  const { options, told } = await read(lines, 'both')
  expect(told).toEqual([])
  // The probe has these options too.
  const pushed = options as unknown as PushSettingsBesidePoll
  expect(pushOptionsBesidePoll(pushed)).toMatchObject({ account: { login: 'you', password: 'sesame' } })
  expect(options?.password?.reveal()).toBe('ours')
})

test.each([
  ['sender_login = a', 'A:5: [both] sender_login: needs sender_password or sender_password_file beside it'],
  ['sender_token = a b', 'A:5: [both] sender_token: contains a blank, which Bearer cannot carry'],
  [
    'listen = 0.0.0.0:1\nlogin = me\npassword = x',
    'A:5: [both] listen: whoever can reach this address can send what is taken for alerts',
  ],
])('beside them, %j is told by its own name', async (lines, problem) => {
  expect((await read(`filetype = http\n${lines}`, 'both')).told).toContain(problem)
  const idle = (await read(`filetype = poll\n${lines}`, 'both')).told
  expect(idle.every((text) => /is used with filetype = http only|not used|sends the/.test(text))).toBe(true)
})

test('an address that is always asked at is held to the same with filetype = http', async () => {
  const password = file('asked', 'sesame\n')
  const { options, told } = await read(
    `filetype = http\nurl = http://me@127.0.0.1/\npassword_file = ${password}`,
    'asker',
  )
  expect(told).toEqual([])
  expect(options).toMatchObject({ url: 'http://127.0.0.1/', login: 'me' })
  expect(options?.password?.reveal()).toBe('sesame')
  expect((await read('filetype = http\nurl = ftp://a/', 'asker')).told).toEqual([
    'A:5: [asker] url: expected a URL that begins with http:// or https://, got "ftp://a/"',
  ])
  expect((await read('filetype = http\nurl = http://a/', 'both')).told).toEqual([
    'A:5: [both] url: is used with filetype = poll only',
  ])
})
