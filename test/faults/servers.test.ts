import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Program } from '../e2e/program.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { message } from '../testserver/messages.fixture.ts'
import { memoryOf } from './run.ts'

// Of all receivers: the test server, the metrics server and HTTP push, as processes of their own.

const MIB = 1024 ** 2
const MOST_GROWTH_BYTES = 100 * MIB
/** After this and a bit a server turns slow clients away. */
const PATIENCE_MS = 10_000

class Client {
  readonly socket: Socket
  text = ''
  readonly closed: Promise<unknown>

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1').setEncoding('latin1')
    this.socket.on('data', (chunk) => {
      this.text += chunk
    })
    this.socket.on('error', () => undefined) // a reset is an end like another here
    this.closed = new Promise((resolve) => this.socket.once('close', resolve))
    onTestFinished(() => void this.socket.destroy())
  }

  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.text)?.[1] ?? 0)
  }

  /** Writes until `bytes` are sent, or the server has had enough. */
  async pour(chunk: string | Buffer, bytes: number): Promise<number> {
    let sent = 0
    while (sent < bytes && !this.socket.destroyed && this.socket.writable) {
      sent += chunk.length
      if (!this.socket.write(chunk))
        await Promise.race([once(this.socket, 'drain').catch(() => {}), this.closed])
    }
    return sent
  }
}

/** At its best Brotli takes a minute for this. */
const quickly = (bytes: Buffer) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })

const HEAD = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'

async function testserver() {
  const program = new Program(['testserver', '--port', '0', '--quiet'])
  const url = await until(
    'its address',
    () => /http:\/\/127\.0\.0\.1:\d+/.exec(program.stdout + program.stderr)?.[0],
  )
  const port = Number(new URL(url).port)
  const post = (body: string | Buffer, headers = {}) =>
    fetch(url, {
      method: 'POST',
      body: new Uint8Array(Buffer.from(body)),
      headers: { 'content-type': 'application/json', ...headers },
    })
  const isServed = async () => expect((await post(JSON.stringify(message()))).status).toBe(204)
  await isServed()
  return { program, port, post, isServed, before: memoryOf(program, 'VmRSS') }
}

async function metricsServer() {
  const site = new Site()
  site.append('')
  site.configure('http://127.0.0.1:1/')
  const program = site.run()
  const { metrics } = await program.says('started')
  const port = Number(new URL(String(metrics)).port)
  const isServed = async () => expect((await program.get('/livez')).status).toBe(200)
  await isServed()
  return { program, port, isServed, before: memoryOf(program, 'VmRSS') }
}

async function pushServer() {
  const site = new Site()
  site.configure('http://127.0.0.1:1/', {
    suricata: { filetype: 'http', listen: '127.0.0.1:0' },
    workers: { count: 1 },
  })
  const program = site.run()
  const url = String((await program.says('taking records')).url)
  const post = (body: string | Buffer, headers = {}) =>
    fetch(url, {
      method: 'POST',
      body: new Uint8Array(Buffer.from(body)),
      headers: { 'content-type': 'application/json', ...headers },
    })
  const isServed = async () => expect((await post('{"event_type":"flow"}')).status).toBe(204)
  await isServed()
  // The worker is there, with all that it needs.
  await until('its delivery', async () => (await program.metrics()).sum('records_filtered_total') === 1)
  return { program, port: Number(new URL(url).port), post, isServed, before: memoryOf(program, 'VmRSS') }
}

test('F52: slowloris at all servers: others are served, and the slow ones are turned away', async () => {
  const servers = await Promise.all([testserver(), metricsServer(), pushServer()])
  const slow = servers.flatMap(({ port }) => Array.from({ length: 80 }, () => new Client(port)))
  const began = performance.now()
  const drip = setInterval(() => {
    for (const { socket } of slow) if (socket.writable) socket.write('X')
  }, 200)
  onTestFinished(() => clearInterval(drip))
  for (const { socket } of slow) socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
  for (const { isServed } of servers) await isServed()
  await Promise.all(slow.map(({ closed }) => closed))
  expect(performance.now() - began).toBeGreaterThan(PATIENCE_MS - 1000)
  for (const { status } of slow) expect(status).toBe(408)
  for (const { isServed } of servers) await isServed()
})

describe.each([
  ['test server', testserver],
  ['metrics server', metricsServer],
  ['HTTP push', pushServer],
] as const)('F52: %s', (_, start) => {
  test('a body of 1 GiB: refused, never held', async () => {
    const { program, port, isServed, before } = await start()
    const announced = new Client(port)
    announced.socket.write(`${HEAD}Content-Length: ${1024 * MIB}\r\n\r\n`)
    await announced.pour(Buffer.alloc(MIB, ' '), 1024 * MIB)
    await until('an answer', () => announced.status > 0 || announced.socket.destroyed)
    const endless = new Client(port)
    endless.socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`)
    await endless.pour(`100000\r\n${' '.repeat(MIB)}\r\n`, 1024 * MIB)
    await until('an answer', () => endless.status > 0 || endless.socket.destroyed)
    for (const { status } of [announced, endless]) expect([0, 405, 413]).toContain(status)
    expect(memoryOf(program, 'VmHWM') - before).toBeLessThan(MOST_GROWTH_BYTES)
    await isServed()
  })

  test('a flood of connections and requests: those who come after are served', async () => {
    const { program, port, isServed, before } = await start()
    const clients = Array.from({ length: 1500 }, () => new Client(port))
    for (const { socket } of clients) socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(5))
    await until('all are answered or dropped', () =>
      clients.every(({ status, socket }) => status > 0 || socket.destroyed),
    )
    expect(clients.filter(({ status }) => status > 0).length).toBeGreaterThan(50)
    for (const { socket } of clients) socket.destroy()
    await until('it is served', () =>
      isServed().then(
        () => true,
        () => false,
      ),
    )
    expect(memoryOf(program, 'VmHWM') - before).toBeLessThan(MOST_GROWTH_BYTES)
  })
})

test.each([
  ['test server', 'gzip', testserver, gzipSync],
  ['HTTP push', 'gzip', pushServer, gzipSync],
  ['HTTP push', 'zstd', pushServer, zstdCompressSync],
  ['HTTP push', 'br', pushServer, quickly],
] as const)('F52: %s: bombs of %s are 413, and others are served', async (_, coding, start, compress) => {
  // First, for it takes longer than a connection is kept for.
  const bomb = compress(Buffer.alloc(512 * MIB, ' '))
  const { program, post, isServed, before } = await start()
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => post(bomb, { 'content-encoding': coding })),
  )
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(413))
  expect(memoryOf(program, 'VmHWM') - before).toBeLessThan(MOST_GROWTH_BYTES)
  await isServed()
})
