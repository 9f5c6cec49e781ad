import { once } from 'node:events'
import { connect } from 'node:net'
import { hostname } from 'node:os'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { type Condition, startMetricsServer } from '../../src/metrics/server.ts'
import { parseExposition } from './exposition.ts'

let server: Awaited<ReturnType<typeof startMetricsServer>>
let readiness: Condition[]

beforeEach(async () => {
  readiness = []
  server = await startMetricsServer({ port: 0 }, createMetrics({ connectors: ['suricata'] }), readiness)
})
afterEach(() => server.close())

const get = (path: string, init?: RequestInit) => fetch(server.url + path, init)

/** What comes back for these bytes, without the help of a client; they must ask for the connection to be closed. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.write(bytes)
  let answer = ''
  socket.setEncoding('latin1').on('data', (chunk) => {
    answer += chunk
  })
  await once(socket, 'close')
  return answer
}

describe('/metrics', () => {
  test('is in the text format', async () => {
    const response = await get('/metrics?x=1')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(parseExposition(await response.text()).has('idmefv2_records_received_total')).toBe(true)
  })

  test.each([
    ['gzip', true],
    ['br, GZIP;q=0.5', true],
    ['*', true],
    ['identity', false],
    ['gzip;q=0, *', false],
    ['gzip; q=0.000', false],
  ])('accept-encoding %s: compressed is %s', async (accepted, compressed) => {
    const answer = await raw(
      `GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept-Encoding: ${accepted}\r\n\r\n`,
    )
    const [head = '', body = ''] = answer.split('\r\n\r\n', 2)
    expect(/content-encoding: gzip/i.test(head)).toBe(compressed)
    const bytes = Buffer.from(answer.slice(head.length + 4), 'latin1')
    const text = compressed ? gunzipSync(bytes).toString() : body
    expect(text).toContain('idmefv2_build_info')
  })

  test('a broken source of values is a 500, and the server lives on', async () => {
    await server.close()
    const metrics = createMetrics()
    let broken = true
    metrics.observe({
      deadLetter() {
        if (broken) throw new Error('no such thing')
        return { bytes: 1 }
      },
    })
    server = await startMetricsServer({ port: 0 }, metrics, [])
    expect((await get('/metrics')).status).toBe(500)
    broken = false
    expect((await get('/metrics')).status).toBe(200)
  })
})

describe('/livez and /readyz', () => {
  test('live means that the process answers, whatever is not ready', async () => {
    readiness.push(() => 'destination is down')
    const response = await get('/livez')
    expect([response.status, await response.text()]).toEqual([200, 'ok\n'])
  })

  test('ready without a reason against it', async () => {
    readiness.push(() => undefined)
    const response = await get('/readyz')
    expect([response.status, await response.text()]).toEqual([200, 'ok\n'])
  })

  test('not ready tells each reason on a line, and recovers', async () => {
    let down: string | undefined = 'destination is down since 12:00'
    readiness.push(
      () => down,
      () => undefined,
      () => 'state directory is read-only',
    )
    const response = await get('/readyz')
    expect([response.status, await response.text()]).toEqual([
      503,
      'destination is down since 12:00\nstate directory is read-only\n',
    ])
    readiness.pop()
    down = undefined
    expect((await get('/readyz')).status).toBe(200)
  })
})

describe('other requests', () => {
  test('the index links to what there is', async () => {
    const html = await (await get('/')).text()
    for (const path of ['/metrics', '/livez', '/readyz']) expect(html).toContain(`href="${path}"`)
  })

  test('HEAD has headers and no body', async () => {
    const response = await get('/livez', { method: 'HEAD' })
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([
      200,
      '3',
      '',
    ])
  })

  test('unknown paths are 404, other methods 405', async () => {
    expect((await get('/nothing')).status).toBe(404)
    const response = await get('/metrics', { method: 'POST', body: 'x' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
})

describe('S20: a name that was pointed at us', () => {
  const status = async (host: string) =>
    (await raw(`GET /metrics HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).slice(9, 12)

  test('is 421 on a loopback address, those of this host are not', async () => {
    for (const host of ['evil.example', 'localhost.evil.example:9464', ''])
      expect(await status(host)).toBe('421')
    for (const host of ['127.0.0.1:9464', 'localhost', '[::1]:9464', hostname()])
      expect(await status(host)).toBe('200')
  })

  test('is right where others are served: they may know us by any name', async () => {
    await server.close()
    server = await startMetricsServer({ host: '0.0.0.0', port: 0 }, createMetrics(), [])
    expect(await status('sensor.example:9464')).toBe('200')
  })
})

describe('S4, S5: what nobody sends in good faith', () => {
  test('a body is never read', async () => {
    const head = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1073741824\r\n\r\n'
    const answer = await raw(head)
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(answer).toMatch(/^connection: close\r$/im)
  })

  test('more than 64 headers, or 16 KiB of them, are 431', async () => {
    const many = Array.from({ length: 100 }, (_, i) => `X-${i}: 1\r\n`).join('')
    for (const headers of [many, `X: ${'x'.repeat(20_000)}\r\n`])
      expect(await raw(`GET /metrics HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`)).toMatch(
        /^HTTP\/1\.1 431 /,
      )
  })
})

describe('listening', () => {
  test('a port in use is told in words', async () => {
    const port = Number(new URL(server.url).port)
    await expect(startMetricsServer({ port }, createMetrics(), [])).rejects.toMatchObject({
      code: 'LISTEN',
      message: `cannot listen on 127.0.0.1:${port}: another process already listens there`,
    })
  })

  test('IPv6 addresses are put in brackets in the URL', async () => {
    const other = await startMetricsServer({ host: '::1', port: 0 }, createMetrics(), [])
    try {
      expect(other.url).toMatch(/^http:\/\/\[::1\]:\d+$/)
      expect((await fetch(`${other.url}/livez`)).status).toBe(200)
    } finally {
      await other.close()
    }
  })

  test('close does not wait for idle clients', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    await once(socket, 'connect')
    const gone = once(socket.resume(), 'close')
    await server.close()
    await gone
    server = await startMetricsServer({ port: 0 }, createMetrics(), readiness)
  })
})
