import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { parseArgs, stripVTControlCharacters } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { testserverCommand, testserverOptions, usage } from '../../src/cli/testserver.ts'
import { message, numbered } from './messages.fixture.ts'

const running: (() => Promise<unknown>)[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((stop) => stop()))
})

async function run(args: string[], { isTTY = false } = {}) {
  const { values } = parseArgs({ options: testserverOptions, args: ['--port', '0', ...args] })
  const stdout = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY })
  const stderr = new PassThrough({ encoding: 'utf8' })
  const stopping = new AbortController()
  const exit = testserverCommand(values, { stdout, stderr }, stopping.signal)
  exit.catch(() => undefined) // looked at by the tests that expect it
  running.push(async () => {
    stopping.abort()
    await exit.catch(() => undefined)
  })
  let told = ''
  stderr.on('data', (chunk) => {
    told += chunk
  })
  let ended = false
  exit
    .finally(() => {
      ended = true
    })
    .catch(() => undefined)
  while (!told.includes('listening on') && !ended) await turn()
  const url = /listening on (\S+)/.exec(told)?.[1] ?? ''
  const stop = async () => {
    stopping.abort()
    return exit
  }
  return { url, exit, stop, stdout, told: () => told }
}

const post = (url: string, body: unknown) =>
  fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })

describe('what is printed', () => {
  test('a line a message, with what a reader wants', async () => {
    const { url, stdout } = await run([])
    await post(url, message())
    await post(url, message())
    const lines = String(stdout.read()).trimEnd().split('\n')
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} {2}01890a5d {2}High {5}Recon\.Network {2}ET SCAN Potential SSH Scan {2}198\.51\.100\.7:5353 → \[2001:db8::1\]:22$/,
    )
    expect(lines[1]).toMatch(/\(duplicate\)$/)
  })

  test('S19: text from a message cannot drive the terminal or forge a line', async () => {
    const { url, stdout } = await run([], { isTTY: true })
    await post(url, message({ Description: 'a\u001b[2Jb\nforged\u009b31m' }))
    const line = String(stdout.read())
    expect(stripVTControlCharacters(line)).toContain('a\\u001b[2Jb\\u000aforged\\u009b31m')
    expect(line.trimEnd()).not.toContain('\n')
  })

  test('S19: nor does a whole message, which stays the same value', async () => {
    const { url, stdout } = await run(['--json'])
    const evil = message({ Description: 'a\u001b[2J\u007f\u009b31m\u202e\u2028' })
    await post(url, evil)
    const line = String(stdout.read()).trimEnd()
    expect(line).not.toMatch(/[\p{Cc}\u202e\u2028]/u)
    expect(JSON.parse(line)).toEqual(evil)
  })

  test('what was refused, with the reason, on standard error', async () => {
    const { url, stdout, told } = await run([])
    await post(url, message({ Category: ['No\u001bpe'], CreateTime: 'yesterday' }))
    await fetch(url, { method: 'POST', body: '{}' })
    const [, first, second] = told().trimEnd().split('\n')
    expect(first).toMatch(
      /^[\d:.]{12} {2}refused \(400\) {2}invalid message: \/Category\/0 ".*" is not .* \(and 1 more\)$/,
    )
    expect(first).not.toContain('\u001b')
    expect(second).toMatch(/refused \(415\) {2}messages are taken as application\/json/)
    expect(stdout.read()).toBeNull()
  })

  test('--json prints whole messages', async () => {
    const { url, stdout } = await run(['--json'])
    await post(url, [numbered(1), numbered(2)])
    const lines = String(stdout.read()).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual([numbered(1), numbered(2)])
  })

  test('--quiet prints none', async () => {
    const { url, stdout, told } = await run(['--quiet'])
    expect((await post(url, message())).status).toBe(204)
    expect((await post(url, {})).status).toBe(400)
    expect(stdout.read()).toBeNull()
    expect(told()).not.toContain('refused')
  })

  test('a slow reader holds acknowledgements back, and gets every line', async () => {
    const { url, stdout } = await run(['--json'])
    const all = Array.from({ length: 400 }, (_, i) => numbered(i))
    let answered = 0
    const responses = all.map((each) =>
      post(url, each).then((response) => {
        answered += 1
        return response.status
      }),
    )
    while (!stdout.writableNeedDrain) await turn()
    expect(answered).toBeLessThan(all.length)
    let text = ''
    stdout.on('data', (chunk) => {
      text += chunk
    })
    expect(await Promise.all(responses)).toEqual(all.map(() => 204))
    expect(text.trimEnd().split('\n')).toHaveLength(all.length)
  })
})

describe('its life', () => {
  test('it ends well when told to, with the totals', async () => {
    const { url, stop, told } = await run([])
    await post(url, message())
    await post(url, {})
    expect(await stop()).toBe(0)
    expect(told()).toContain('2 requests: 1 messages accepted, 1 refused, 0 duplicates')
  })

  test('it ends well when nobody reads its output any longer', async () => {
    const { exit, stdout } = await run([])
    stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    expect(await exit).toBe(0)
  })

  test('a port in use is exit 69, in words', async () => {
    const { url } = await run([])
    const second = await run(['--port', new URL(url).port])
    expect(await second.exit).toBe(69)
    expect(second.told()).toMatch(/already listens there; choose another with --port or --host\n$/)
  })

  test('S6: an address that others can reach is warned about, and refused with --strict', async () => {
    expect((await run(['--host', '0.0.0.0'])).told()).toMatch(/^warning: anyone/)
    const refused = await run(['--host', '0.0.0.0', '--strict'])
    await expect(refused.exit).rejects.toThrow('--host 0.0.0.0: anyone')
    expect((await run(['--strict'])).told()).toContain('listening on http://127.0.0.1')
    expect((await run([])).told()).not.toContain('warning')
  })
})

describe('S7: user name and password', () => {
  const word = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'password-'))
    running.push(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'word'), 'päss:word\nnot this\n', { mode: 0o600 })
    return join(folder, 'word')
  }
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })

  test('are asked for, of senders and of browsers', async () => {
    const { url } = await run(['--login', 'sensor', '--password-file', await word()])
    const send = (headers: Record<string, string>) =>
      fetch(url, {
        method: 'POST',
        body: JSON.stringify(message()),
        headers: { 'content-type': 'application/json', ...headers },
      })
    const unknown = await send({})
    expect([unknown.status, unknown.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^Basic/),
    ])
    expect((await fetch(url)).status).toBe(401)
    expect((await send(basic('sensor:päss:word'))).status).toBe(204)
    expect((await fetch(url, { headers: basic('sensor:päss:word') })).status).toBe(200)
    expect((await send(basic('sensor:wrong'))).status).toBe(401)
    expect((await send(basic('sensor:päss:word'))).status).toBe(429)
  })

  test('are no guard without TLS, which is said', async () => {
    const account = ['--login', 'sensor', '--password-file', await word()]
    expect((await run(['--host', '0.0.0.0', ...account])).told()).toMatch(/^warning: without TLS/)
    const refused = await run(['--host', '0.0.0.0', '--strict', ...account])
    await expect(refused.exit).rejects.toThrow('without TLS')
    const half = await run(['--login', 'sensor'])
    await expect(half.exit).rejects.toThrow('--password-file')
  })
})

describe('options', () => {
  test('reach the server', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'command-'))
    try {
      const store = join(folder, 'all.ndjson')
      const { url } = await run(['--path', '/in', '--store', store, '--max-body', '1000'])
      expect(url).toMatch(/\/in$/)
      expect((await post(url, message())).status).toBe(204)
      expect((await post(new URL('/', url).href, message())).status).toBe(405)
      expect((await post(url, message({ Note: 'x'.repeat(1000) }))).status).toBe(413)
      expect(await readFile(store, 'utf8')).toBe(`${JSON.stringify(message())}\n`)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('--fail and --retry-after', async () => {
    const response = await post((await run(['--fail', '1', '--retry-after', '3'])).url, message())
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '3'])
  })

  test('--python-compat', async () => {
    expect((await post((await run(['--python-compat'])).url, message())).status).toBe(200)
  })

  test.each([
    [['--port', '70000'], /^--port must be a number from 0 to 65535/],
    [['--port', 'http'], /^--port/],
    [['--port', '1.5'], /^--port must be a whole number/],
    [['--fail', '2'], /^--fail must be a number from 0 to 1/],
    [['--fail', ''], /^--fail/],
    [['--delay=-1'], /^--delay/],
    [['--path', 'in'], /^--path must begin with/],
    [['--tls-cert', 'x'], /^TLS needs both/],
    [['--tls-ca', 'x'], /^TLS needs both/],
    [['--store', '/nowhere/x'], /^--store: ENOENT/],
    [['--tls-cert', '/nowhere', '--tls-key', '/nowhere'], /^--tls-cert: ENOENT/],
  ])('%j is a usage error', async (args, text) => {
    const { exit } = await run(args)
    await expect(exit).rejects.toMatchObject({ code: 'USAGE', message: expect.stringMatching(text) })
  })

  test('each is in the usage text, with its default', () => {
    for (const name of Object.keys(testserverOptions))
      expect(usage, name).toMatch(new RegExp(`^  --${name} `, 'm'))
    expect(usage).toContain('(127.0.0.1)')
    expect(usage).toContain('(9999)')
  })

  test('a certificate that is not one is told at the start', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'command-'))
    try {
      const file = join(folder, 'x.pem')
      await writeFile(file, 'not a certificate')
      const { exit } = await run(['--tls-cert', file, '--tls-key', file])
      await expect(exit).rejects.toThrow()
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
