import { readFileSync } from 'node:fs'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { Gate } from '../../src/delivery/gate.ts'
import { httpDestination } from '../../src/delivery/http.ts'
import { Authority, hasOpenssl } from './certificates.ts'
import { memoryLog, messagesOf, never, numbered, optionsFor, Receiver } from './receiver.ts'
import { Tunneller } from './tunneller.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

async function start(more: Record<string, string> = {}) {
  const siem = await new Receiver().listen()
  const proxy = await new Tunneller().listen()
  const gate = new Gate(Gate.allocate(1), 0)
  const log = memoryLog()
  const options = optionsFor(`http://127.0.0.1:${siem.port}/`, {
    proxy: `http://127.0.0.1:${proxy.port}`,
    ...more,
  })
  const destination = httpDestination(options, gate, { log })
  opened.push(siem, proxy, destination)
  return { siem, proxy, gate, log, destination }
}

test('messages go through the tunnel of the proxy, which hears who we are; the receiver does not', async () => {
  const { siem, proxy, destination } = await start({ proxy_login: 'u', proxy_password: 'p' })
  expect(await destination.send(messagesOf(numbered(50)), never)).toEqual([])
  expect(siem.received).toHaveLength(50)
  const authorization = `Basic ${Buffer.from('u:p').toString('base64')}`
  expect(proxy.tunnels[0]).toEqual({ to: `127.0.0.1:${siem.port}`, authorization })
  expect(proxy.tunnels.length).toBeLessThanOrEqual(8)
  expect(JSON.stringify(siem.received.map(({ headers }) => headers))).not.toContain('proxy-auth')
})

test.each([407, 403])('a proxy that answers %i pauses delivery, and nothing is lost', async (status) => {
  const { siem, proxy, gate, log, destination } = await start()
  proxy.refuse = status
  const sent = destination.send(messagesOf(numbered(5)), never)
  while (gate.snapshot().state !== 'paused') await new Promise((resolve) => setImmediate(resolve))
  expect(gate.snapshot().status).toBe(status)
  expect(log.lines[0]?.text).toContain('proxy')
  proxy.refuse = undefined
  expect(await sent).toEqual([])
  expect(new Set(siem.texts)).toEqual(new Set(numbered(5)))
})

test('a proxy that cannot reach the receiver, or dies, is waited for', async () => {
  const { siem, proxy, gate, destination } = await start()
  await destination.send(messagesOf(numbered(5)), never)
  const { port } = proxy
  await proxy.close()
  const sent = destination.send(messagesOf(numbered(5, 10)), never)
  while (gate.snapshot().state !== 'down') await new Promise((resolve) => setImmediate(resolve))
  const again = await new Tunneller().listen(port)
  again.refuse = 502
  opened.splice(opened.indexOf(proxy), 1, again)
  while (again.tunnels.length < 2) await new Promise((resolve) => setImmediate(resolve))
  expect(gate.snapshot().state).toBe('down')
  again.refuse = undefined
  expect(await sent).toEqual([])
  expect(siem.texts).toEqual(expect.arrayContaining(numbered(5, 10)))
})

test.skipIf(!hasOpenssl)('TLS goes through the tunnel to the receiver itself', async () => {
  const authority = new Authority()
  const { cert, key } = authority.issue('server')
  const identity = { cert: readFileSync(cert), key: readFileSync(key) }
  const siem = await new Receiver((listener) => https.createServer(identity, listener)).listen()
  const proxy = await new Tunneller().listen()
  const more = { ca: authority.ca, proxy: `http://127.0.0.1:${proxy.port}` }
  const gate = new Gate(Gate.allocate(1), 0)
  const destination = httpDestination(optionsFor(`https://127.0.0.1:${siem.port}/`, more), gate)
  opened.push(siem, proxy, destination)
  expect(await destination.send(messagesOf(numbered(10)), never)).toEqual([])
  expect(proxy.tunnels.every(({ to }) => to === `127.0.0.1:${siem.port}`)).toBe(true)
  authority.remove()
})

test.skipIf(!hasOpenssl)(
  'S8: a proxy with a certificate of its own making hears nothing, whatever the environment says',
  async () => {
    const authority = new Authority()
    const { cert, key } = authority.selfSigned('proxy')
    const heard: string[] = []
    const proxy = https.createServer({ cert: readFileSync(cert), key: readFileSync(key) })
    proxy.on('connect', (request, socket) => {
      heard.push(String(request.url))
      socket.destroy()
    })
    await new Promise((resolve) => proxy.listen(0, '127.0.0.1', () => resolve(undefined)))
    const { port } = proxy.address() as AddressInfo // not a pipe
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    try {
      const { gate, log, destination } = await start({ proxy: `https://127.0.0.1:${port}` })
      const stop = new AbortController()
      const sent = destination.send(messagesOf(numbered(1)), stop.signal)
      while (gate.snapshot().state !== 'paused') await new Promise((resolve) => setImmediate(resolve))
      expect(log.lines[0]?.text).toContain('self-signed')
      stop.abort()
      await expect(sent).rejects.toThrow()
      expect(heard).toEqual([])
    } finally {
      vi.unstubAllEnvs()
      proxy.closeAllConnections()
      proxy.close()
      authority.remove()
    }
  },
)
