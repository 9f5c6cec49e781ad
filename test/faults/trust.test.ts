import { copyFileSync, readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { Authority, hasOpenssl, type Pair } from '../delivery/certificates.ts'
import { Tunneller } from '../delivery/tunneller.ts'
import { lines } from '../e2e/events.ts'
import { Oracle } from '../e2e/oracle.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { Faulty } from './faulty.ts'
import { FaultProxy } from './proxy.ts'
import { expectSafe, live, WINDOW } from './run.ts'

describe('F42: names', () => {
  test('a name that does not resolve, then does, then leads elsewhere: told in words, and followed', async () => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    const first = await FaultProxy.to(oracle.url)
    const second = await FaultProxy.to(oracle.url, { host: '127.0.0.2', port: first.port })
    site.configure(`http://siem.test:${first.port}/`)
    site.append(lines(0, 200))
    const faulty = new Faulty(site, { hosts: { 'siem.test': null } })
    const { program } = faulty
    const { msg } = await program.says('delivery waits')
    expect(msg).toContain('the name does not resolve')
    faulty.set({ hosts: { 'siem.test': '127.0.0.1' } })
    await oracle.arrival(0, 200)
    expect(second.connections).toBe(0)
    // The old address goes with its connections.
    faulty.set({ hosts: { 'siem.test': '127.0.0.2' } })
    await first.refuse()
    site.append(lines(200, 400))
    await oracle.arrival(200, 400)
    expect(second.connections).toBeGreaterThan(0)
    await live(site, oracle, program, 400)
    expectSafe(oracle, 401, WINDOW)
  })
})

describe.skipIf(!hasOpenssl)('F42: certificates (needs openssl)', () => {
  const authority = new Authority()
  const stranger = new Authority('Another CA')
  afterAll(() => {
    authority.remove()
    stranger.remove()
  })

  const tls = ({ cert, key }: Pair) => ({
    tls: { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') },
  })

  test('wrong name, expired, self-signed, unknown: each told in words, not one message is sent; a right one ends it', async () => {
    const bad: [Pair, string][] = [
      [authority.issue('elsewhere', 'DNS:elsewhere.test'), 'is for another name'],
      [authority.issue('expired', 'IP:127.0.0.1', -1), 'has expired'],
      [authority.selfSigned('self'), 'is self-signed'],
      [stranger.issue('strange'), 'unknown authority'],
    ]
    const [site, oracle] = [new Site(), await Oracle.start(tls(authority.issue('right')))]
    const impostors = await Promise.all(bad.map(([pair]) => Oracle.start(tls(pair))))
    const proxy = await FaultProxy.to(oracle.url)
    site.configure(proxy.url.replace('http:', 'https:'), { idmefv2: { ca: authority.ca } })
    site.append(lines(0, 200))
    proxy.target = Number(new URL(impostors[0]?.url ?? '').port)
    const program = site.run()
    for (const [index, [, words]] of bad.entries()) {
      proxy.target = Number(new URL(impostors[index]?.url ?? '').port)
      await program.says(words)
      expect(await program.ready(503)).toContain('the receiver is paused')
    }
    proxy.target = Number(new URL(oracle.url).port)
    await oracle.arrival(0, 200)
    await live(site, oracle, program, 200)
    for (const { requests } of impostors) expect(requests).toBe(0)
    expectSafe(oracle, 201, 0)
    expect(site.deadLetters).toEqual([])
  })

  test('the receiver gets a certificate of a new authority: paused until ca has it too, without a restart', async () => {
    const [site, old] = [new Site(), await Oracle.start(tls(authority.issue('old')))]
    const oracle = await Oracle.start(tls(stranger.issue('new')))
    const proxy = await FaultProxy.to(old.url)
    const ca = site.path('ca.pem')
    copyFileSync(authority.ca, ca)
    site.configure(proxy.url.replace('http:', 'https:'), { idmefv2: { ca } })
    site.append(lines(0, 100))
    const program = site.run()
    await old.arrival(0, 100)
    proxy.target = Number(new URL(oracle.url).port)
    proxy.hangUp()
    site.append(lines(100, 300))
    await program.says('unknown authority')
    site.file('ca.pem', `${readFileSync(authority.ca)}${readFileSync(stranger.ca)}`)
    await oracle.arrival(100, 300)
    await live(site, oracle, program, 300)
    // What the old one did not get to acknowledge is with both of them.
    expect([old.numbers.size, new Set([...old.numbers, ...oracle.numbers]).size]).toEqual([100, 301])
    expect(site.deadLetters).toEqual([])
  })
})

test('F43: proxy refuses CONNECT with 407, then lets through, dies and comes back: paused, down, and all arrives', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  let tunneller = await new Tunneller().listen()
  tunneller.refuse = 407
  const { port } = tunneller
  site.configure(oracle.url, { idmefv2: { proxy: `http://127.0.0.1:${port}` } })
  site.append(lines(0, 200))
  const program = site.run()
  try {
    expect(await program.ready(503)).toContain('the receiver is paused (HTTP 407)')
    await program.says('the proxy wants credentials (407)')
    tunneller.refuse = undefined
    await oracle.arrival(0, 200)
    await tunneller.close()
    site.append(lines(200, 600))
    expect(await program.ready(503)).toContain('the receiver is down')
    tunneller = await new Tunneller().listen(port)
    await oracle.arrival(200, 600)
    await until('it is open', async () => (await program.get('/readyz')).status === 200)
    await live(site, oracle, program, 600)
    expectSafe(oracle, 601, WINDOW)
    expect(site.deadLetters).toEqual([])
  } finally {
    await tunneller.close()
  }
})
