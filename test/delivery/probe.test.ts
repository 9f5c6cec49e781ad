import { readFileSync } from 'node:fs'
import https from 'node:https'
import net from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Step } from '../../src/client/steps.ts'
import { probe } from '../../src/delivery/probe.ts'
import { freePort } from '../e2e/port.ts'
import { Authority, hasOpenssl, type Pair } from './certificates.ts'
import { optionsFor, Receiver } from './receiver.ts'
import { Tunneller } from './tunneller.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

async function run(url: string, more: Record<string, string> = {}) {
  const steps: Step[] = []
  const ok = await probe(optionsFor(url, more), (step) => steps.push(step))
  const last = steps.at(-1)
  return { ok, steps, names: steps.map(({ name }) => name), detail: last?.detail ?? '' }
}

async function receiver(status = 405): Promise<Receiver> {
  const one = await new Receiver().listen()
  one.reply = (_, response) => response.writeHead(status, { allow: 'POST' }).end()
  opened.push(one)
  return one
}

test.each([200, 204, 400, 405, 501])('a receiver that answers %i to OPTIONS is reachable', async (status) => {
  const siem = await receiver(status)
  const { ok, names, steps, detail } = await run(`http://127.0.0.1:${siem.port}/path`)
  expect(ok).toBe(true)
  expect(names).toEqual(['dns', 'tcp', 'http'])
  expect(steps.every((step) => step.ok && step.ms >= 0)).toBe(true)
  expect(detail).toContain('no alert was sent')
  expect(siem.received.map(({ method, path, text }) => [method, path, text])).toEqual([
    ['OPTIONS', '/path', ''],
  ])
})

test.each([
  [302, 'redirects'],
  [401, 'login and password'],
  [403, 'forbids'],
  [404, 'url'],
  [500, '500'],
  [503, 'overloaded'],
])('%i is told in words', async (status, words) => {
  const siem = await receiver(status)
  const { ok, names, detail } = await run(`http://127.0.0.1:${siem.port}/`)
  expect([ok, names.at(-1)]).toEqual([false, 'http'])
  expect(detail).toContain(words)
})

test('credentials are shown to the receiver', async () => {
  const siem = await receiver()
  await run(`http://127.0.0.1:${siem.port}/`, { login: 'u', password: 'p' })
  expect(siem.received[0]?.headers.authorization).toBe('Basic dTpw')
})

test('a name that does not resolve ends the way at DNS', async () => {
  const { ok, names, detail } = await run('http://no-such-host.invalid/')
  expect([ok, names]).toEqual([false, ['dns']])
  expect(detail).toMatch(/does not resolve|name server/)
})

test('every address of a name is told', async () => {
  const siem = await receiver()
  const { steps } = await run(`http://localhost:${siem.port}/`)
  expect(steps[0]?.detail).toContain('127.0.0.1')
})

test('nobody listening ends the way at TCP', async () => {
  const { ok, names, detail } = await run(`http://127.0.0.1:${await freePort()}/`)
  expect([ok, names]).toEqual([false, ['dns', 'tcp']])
  expect(detail).toContain('connection refused')
})

test('a receiver that never answers is told as such', async () => {
  const siem = await receiver()
  siem.reply = () => {}
  const { ok, detail } = await run(`http://127.0.0.1:${siem.port}/`, { response_timeout: '50ms' })
  expect(ok).toBe(false)
  expect(detail).toContain('no whole answer in time')
})

test('the way through a proxy is tried as well', async () => {
  const siem = await receiver()
  const proxy = await new Tunneller().listen()
  opened.push(proxy)
  const more = { proxy: `http://127.0.0.1:${proxy.port}` }
  const good = await run(`http://127.0.0.1:${siem.port}/`, more)
  expect([good.ok, good.steps[1]?.detail]).toEqual([true, expect.stringContaining('the proxy')])
  proxy.refuse = 407
  const bad = await run(`http://127.0.0.1:${siem.port}/`, more)
  expect(bad).toMatchObject({ ok: false, detail: expect.stringContaining('proxy_login') })
})

test('standard output and files have no way to try', async () => {
  expect(await run('http://unused.invalid/', { delivery: 'stdout' })).toMatchObject({ ok: true, steps: [] })
})

describe.skipIf(!hasOpenssl)('TLS', () => {
  let authority: Authority
  beforeAll(() => {
    authority = new Authority()
  })
  afterAll(() => authority.remove())

  async function secured(pair: Pair): Promise<string> {
    const identity = { cert: readFileSync(pair.cert), key: readFileSync(pair.key) }
    const one = await new Receiver((listener) => https.createServer(identity, listener)).listen()
    opened.push(one)
    return `https://127.0.0.1:${one.port}/`
  }

  test('version, cipher, names, issuer and days left are told', async () => {
    const url = await secured(authority.issue('server', 'IP:127.0.0.1', 20))
    const { ok, names, steps } = await run(url, { ca: authority.ca })
    expect([ok, names]).toEqual([true, ['dns', 'tcp', 'tls', 'http']])
    expect(steps[2]?.detail).toMatch(
      /^TLSv1\.3, TLS_\w+; certificate for server .*issued by Test CA, (19|20) days left$/,
    )
  })

  test.each([
    ['unknown authority', () => authority.issue('unknown'), {}, /unknown authority.*issued by Test CA/],
    ['self-signed', () => authority.selfSigned('alone'), {}, /self-signed/],
    [
      'another name',
      () => authority.issue('other', 'DNS:other.example'),
      'ca',
      /another name.*other\.example/,
    ],
    [
      'expired',
      () => authority.issue('old', 'IP:127.0.0.1', -1),
      'ca',
      /has expired.*expired on \d{4}-\d\d-\d\d/,
    ],
    ['not pinned', () => authority.issue('pin'), { pin_sha256: 'ab'.repeat(32) }, /not a pinned one/],
  ] as const)('%s is told in words', async (_, issue, more, words) => {
    const url = await secured(issue())
    const { ok, names, detail } = await run(url, more === 'ca' ? { ca: authority.ca } : more)
    expect([ok, names.at(-1)]).toEqual([false, 'tls'])
    expect(detail).toMatch(words)
  })

  test('verify = no is not told as checked', async () => {
    const { ok, steps } = await run(await secured(authority.selfSigned('any')), { verify: 'no' })
    expect([ok, steps[2]?.detail]).toEqual([true, expect.stringContaining('NOT CHECKED')])
  })

  test('a server that says nothing in TLS is told in time', async () => {
    const sockets: net.Socket[] = []
    const server = net.createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    // An address object: the server listens on TCP.
    const { port } = server.address() as net.AddressInfo
    const { names, detail } = await run(`https://127.0.0.1:${port}/`, { connect_timeout: '50ms' })
    expect(names.at(-1)).toBe('tls')
    expect(detail).toContain('no connection in time')
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
})
