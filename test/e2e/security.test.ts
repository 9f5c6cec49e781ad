import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import https from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Authority, hasOpenssl } from '../delivery/certificates.ts'
import { message } from '../testserver/messages.fixture.ts'
import { onTestFinished } from './ending.ts'
import { lines } from './events.ts'
import { Oracle } from './oracle.ts'
import { cli, Program } from './program.ts'
import { Site } from './site.ts'
import { until } from './wait.ts'

// What only the whole process can show: everything it prints, writes and listens on.

const WORD = 'Tr0ub4dor-word'
const KEY = 'k3y-in-the-query'

/** All the text in the files of a folder. */
function textsIn(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n')
}

test('S9: the password is in nothing that is printed, logged, measured or kept, nor in the list of processes; no alert is logged', async () => {
  const oracle = await Oracle.start()
  const site = new Site()
  site.append(`${lines(0, 20)}{"event_type":"alert" broken\n`)
  const address = `${oracle.url.replace('//', `//sensor:${WORD}@`)}?key=${KEY}`
  site.configure(address, { logging: { level: 'trace' } })
  const program = site.run()
  await until('20 messages', () => oracle.messages.length === 20)
  const metrics = await program.get('/metrics')
  const processes = readFileSync(`/proc/${program.child.pid}/cmdline`, 'latin1')
  expect(await program.stop()).toBe(0)

  expect(oracle.metas[0]?.headers.authorization).toBe(
    `Basic ${Buffer.from(`sensor:${WORD}`).toString('base64')}`,
  )
  const checked = await cli(['check', '-c', site.conf, '--connect'])
  const told = [program.stdout, program.stderr, metrics.text, processes, textsIn(site.path('state'))]
  for (const text of [...told, checked.stdout, checked.stderr]) {
    expect(text).not.toContain(WORD)
    expect(text).not.toContain(Buffer.from(`sensor:${WORD}`).toString('base64'))
  }
  for (const text of told) expect(text).not.toContain(KEY)
  for (const { Description } of oracle.messages) expect(program.stderr).not.toContain(Description)
  expect(checked.stdout).toContain('password = ***')
  expect(site.deadLetters).toHaveLength(1)
})

test('S8: verify = no is warned of at each start and at each reload', async () => {
  const oracle = await Oracle.start()
  const site = new Site()
  site.append('')
  site.configure(oracle.url, { idmefv2: { verify: 'no' } })
  for (let start = 1; start <= 2; start++) {
    const program = site.run()
    await program.says('the certificate is not checked')
    await program.says('started')
    program.signal('SIGHUP')
    expect((await program.says('the certificate is not checked', 2)).level).toBe('warn')
    await program.says('configuration reloaded')
    await program.stop()
  }
})

test('S6: metrics that others can reach: a warning at the start, with strict no start', async () => {
  const site = new Site()
  site.append('')
  site.configure('http://127.0.0.1:1/', { metrics: { listen: '0.0.0.0:0' } })
  const program = site.run()
  expect((await program.says('whoever can reach this address')).level).toBe('warn')
  await program.stop()
  const strict = await cli(['run', '-c', site.conf, '--strict'])
  expect([strict.code, strict.stderr]).toEqual([
    78,
    expect.stringContaining('whoever can reach this address'),
  ])
})

test('S23: whatever the umask, what is kept is for its owner alone', async () => {
  const site = new Site()
  const out = site.path('out.ndjson')
  const store = site.path('store.ndjson')
  const listening = site.path('socket.sock')
  site.append(`${lines(0, 5)}{"event_type":"alert" broken\n`)
  const receiver = new Program(['testserver', '--port', '0', '--store', store], {
    through: ['sh', '-c', 'umask 0; exec "$@"', 'sh'],
  })
  await until('it listens', () => receiver.stderr.includes('listening'))
  site.configure(undefined, {
    idmefv2: { delivery: 'file', file: out },
    suricata: {},
    'suricata:socket': { filetype: 'unix_stream', filename: listening },
  })
  const program = site.run([], { through: ['sh', '-c', 'umask 0; exec "$@"', 'sh'] })
  await program.says('started')
  const writer = await until(
    'the socket',
    () =>
      new Promise<ReturnType<typeof connect> | undefined>((resolve) => {
        const socket = connect(listening, () => resolve(socket)).on('error', () => resolve(undefined))
      }),
  )
  writer.end(lines(5, 10))
  await until('ten messages', () => existsSync(out) && readFileSync(out, 'utf8').split('\n').length === 11)
  await until('positions', () => readdirSync(site.path('state')).includes('checkpoint.json.prev'))

  const modes = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name)
      const mode = (statSync(path).mode & 0o777).toString(8)
      return [
        `${entry.isDirectory() ? 'folder' : 'file'} ${mode}`,
        ...(entry.isDirectory() ? modes(path) : []),
      ]
    })
  expect((statSync(site.path('state')).mode & 0o777).toString(8)).toBe('700')
  expect(new Set(modes(site.path('state')))).toEqual(new Set(['folder 700', 'file 600']))
  expect(readdirSync(site.path('state'))).toEqual(
    expect.arrayContaining(['checkpoint.json', 'dead-letters.ndjson', 'lock', 'spool']),
  )
  for (const path of [out, store]) expect(statSync(path).mode & 0o777).toBe(0o600)
  await program.stop()
})

describe('S18: with NODE_OPTIONS=--insecure-http-parser', () => {
  const env = { NODE_OPTIONS: '--insecure-http-parser' }
  const body = JSON.stringify(message())
  const head = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
  const doubtful = `${head}Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`

  /** By Node itself; the servers' own refusals say more. */
  const REFUSED = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'

  async function answerTo(port: number): Promise<string> {
    const socket = connect(port, '127.0.0.1').setEncoding('latin1')
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.end(doubtful)
    await new Promise((resolve) => socket.once('close', resolve))
    return answer
  }

  test('the test server parses strictly', async () => {
    const program = new Program(['testserver', '--port', '0'], { env })
    const port = await until('its port', () => /:(\d+)\/\n/.exec(program.stderr)?.[1])
    expect(await answerTo(Number(port))).toBe(REFUSED)
  })

  test('the metrics server parses strictly', async () => {
    const site = new Site()
    site.append('')
    site.configure('http://127.0.0.1:1/')
    const program = site.run([], { env })
    const { metrics } = await program.says('started')
    expect(await answerTo(Number(new URL(String(metrics)).port))).toBe(REFUSED)
  })
})

describe('S19: the terminal is not driven', () => {
  const CONTROL = /[^\P{Cc}\n]/u
  const EVIL = '\u001b]0;owned\u0007\u009b31m'

  test('by what a configuration says wrong, nor by the command line', async () => {
    const site = new Site()
    const conf = site.file('evil.conf', `[x${EVIL}]\ny${EVIL} = 1\n[suricata]\nfiletype = ${EVIL}\n`)
    for (const words of [['check', '-c', conf], [`run${EVIL}`], ['run', `--${EVIL}`], ['convert', EVIL]]) {
      const { code, stdout, stderr } = await cli(words)
      expect(code).toBeGreaterThan(0)
      expect(stderr).toContain('\\u001b]0;owned')
      expect(stdout + stderr).not.toMatch(CONTROL)
    }
  })

  test.skipIf(!hasOpenssl)('by the names in the certificate of whoever answers', async () => {
    const authority = new Authority()
    onTestFinished(() => authority.remove())
    const { cert, key } = authority.selfSigned(`evil${EVIL}`)
    const server = https.createServer({ cert: readFileSync(cert), key: readFileSync(key) })
    onTestFinished(() => server.close())
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
    const { port } = server.address() as AddressInfo // not a pipe
    const site = new Site()
    site.configure(`https://127.0.0.1:${port}/`)
    const { code, stderr } = await cli(['check', '-c', site.conf, '--connect'])
    expect([code, stderr]).toEqual([69, expect.stringContaining('certificate for evil')])
    expect(stderr).not.toMatch(CONTROL)
  })
})
