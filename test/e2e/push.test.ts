import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { promisify } from 'node:util'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { alert, lines, range } from './events.ts'
import { EXACT, Oracle } from './oracle.ts'
import type { Metrics } from './program.ts'
import { listening, Shipper } from './shipper.ts'
import { Site } from './site.ts'
import { until } from './wait.ts'

test('several shippers at a time, in every form: each alert once', async () => {
  const { oracle, program, url } = await listening()
  const shipper = new Shipper(url)
  const array = (from: number, to: number) => `[${range(from, to).map((n) => alert(n))}]`
  const [json, plain] = ['application/json', 'text/plain']
  await Promise.all([
    shipper.ship(lines(0, 300)),
    shipper.ship(array(300, 600), { 'content-type': json }),
    shipper.ship(JSON.stringify(JSON.parse(array(600, 700)), null, 2), { 'content-type': json }),
    shipper.ship(gzipSync(lines(700, 900)), { 'content-encoding': 'gzip' }),
    shipper.ship(zstdCompressSync(Buffer.from(lines(900, 1000))), { 'content-encoding': 'zstd' }),
    ...range(1000, 1100).map((n) => shipper.ship(alert(n), { 'content-type': plain })),
  ])
  await oracle.arrival(0, 1100)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 1100))).toEqual(EXACT)
})

test('a reload: what is sent meanwhile is taken or told to come again', async () => {
  const { oracle, program, url } = await listening()
  const shipper = new Shipper(url)
  const shipping = (async () => {
    for (let n = 0; n < 200; n += 10) await shipper.ship(lines(n, n + 10))
  })()
  await until('the load', () => oracle.messages.length > 20)
  program.signal('SIGHUP')
  await shipping
  await oracle.arrival(0, 200)
  await program.says('configuration reloaded')
  expect(await program.stop()).toBe(0)
  const { twice, changed, ...rest } = oracle.account(range(0, 200))
  expect({ ...rest, twice: [], changed: [] }).toEqual(EXACT)
  // Of a shipper that got no answer, and came again.
  expect(new Set([...twice, ...changed]).size).toBeLessThanOrEqual(10 * shipper.unanswered)
})

test('with id = content, what a shipper sends again has the same ID, in whatever company', async () => {
  const { oracle, program, url } = await listening({ idmefv2: { id: 'content' } })
  const shipper = new Shipper(url)
  await shipper.ship(lines(0, 20))
  await shipper.ship(lines(10, 40))
  await shipper.ship(`[${alert(39)} , ${alert(40)}]`, { 'content-type': 'application/json' })
  await oracle.arrival(0, 41)
  await until('the second ones', () => oracle.messages.length === 52)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 41))).toEqual({ ...EXACT, twice: range(10, 20).concat(39) })
})

test('a token is asked for, and shown nowhere; what is refused is counted', async () => {
  const { program, url, site } = await listening({ suricata: { token_file: 'token' } })
  const answer = await fetch(url, { method: 'POST', body: '{}' })
  expect(answer.status).toBe(401)
  expect((await program.metrics()).sum('requests_refused_total', { reason: 'unauthorised' })).toBe(1)
  await new Shipper(url, { authorization: 'Bearer hush' }).ship(lines(0, 1))
  expect(await program.stop()).toBe(0)
  expect(program.stderr).not.toContain('hush')
  expect(statSync(site.path('state/spool')).mode & 0o777).toBe(0o700)
})

test('while another has the address the program is not ready, and says why', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo // it listens on TCP
  site.configure(oracle.url, { suricata: { filetype: 'http', listen: `127.0.0.1:${port}` } })
  const program = site.run()
  expect(await program.ready(503)).toBe(
    `suricata: cannot listen on 127.0.0.1:${port}: another process already listens there\n`,
  )
  other.close()
  await program.ready(200)
  await new Shipper(`http://127.0.0.1:${port}/`).ship(lines(0, 1))
  await oracle.arrival(0, 1)
  expect(await program.stop()).toBe(0)
})

const hasCurl = spawnSync('curl', ['--version']).status === 0

test.runIf(hasCurl)('curl --data-binary @eve.json', async () => {
  const { oracle, program, url, site } = await listening()
  site.append(lines(0, 500))
  const type = 'content-type: application/x-ndjson'
  const words = [
    '-sS',
    '--fail-with-body',
    '--noproxy',
    '*',
    '-H',
    type,
    '--data-binary',
    `@${site.eve}`,
    url,
  ]
  await promisify(execFile)('curl', words)
  await oracle.arrival(0, 500)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 500))).toEqual(EXACT)
})

test('a probe that pushes and one that is followed, side by side', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.append(lines(0, 50))
  site.configure(oracle.url, {
    suricata: {},
    'suricata:pushed': { filetype: 'http', listen: '127.0.0.1:0', path: '/eve' },
  })
  const program = site.run()
  const { url } = await program.says('taking records')
  expect(String(url)).toMatch(/\/eve$/)
  await new Shipper(String(url)).ship(lines(50, 100))
  await oracle.arrival(0, 100)
  const isCounted = (now: Metrics) =>
    now.sum('messages_delivered_total', { connector: 'suricata:pushed' }) === 50
  await until('its count', async () => isCounted(await program.metrics()))
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 100))).toEqual(EXACT)
})
