import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { pino } from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import { startTestserver, type Testserver, type TestserverOptions } from '../../src/testserver/server.ts'
import { message, numbered } from './messages.fixture.ts'

const open: Testserver[] = []

async function start(options: TestserverOptions = {}): Promise<Testserver> {
  const server = await startTestserver({ port: 0, ...options })
  open.push(server)
  return server
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()))
})

function post(
  server: Testserver,
  body: unknown,
  { path = '/', ...init }: RequestInit & { path?: string } = {},
) {
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  const headers = { 'content-type': 'application/json', ...init.headers }
  return fetch(server.url + path, { method: 'POST', body: bytes, ...init, headers })
}

describe('acknowledgement', () => {
  test('a valid message is 204 with nothing in it, and is handed over', async () => {
    const seen: unknown[] = []
    const server = await start({
      onMessage: (message, meta) => void seen.push([message, meta.version, meta.duplicate]),
    })
    const response = await post(server, message())
    expect([response.status, await response.text()]).toEqual([204, ''])
    expect(seen).toEqual([[message(), '2.D.V08', false]])
    expect(server.stats()).toMatchObject({
      requests: 1,
      received: 1,
      valid: 1,
      invalid: 0,
      answers: { 204: 1 },
    })
  })

  test('it waits for whoever takes the message', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const server = await start({ onMessage: () => promise })
    let answered = false
    const response = post(server, message()).then((it) => {
      answered = true
      return it
    })
    while (server.stats().valid === 0) await turn()
    expect(answered).toBe(false)
    resolve()
    expect((await response).status).toBe(204)
  })

  test('a message that could not be taken is 500', async () => {
    const server = await start({
      onMessage() {
        throw new Error('disk on fire')
      },
    })
    const response = await post(server, message())
    expect([response.status, await response.json()]).toEqual([
      500,
      { error: 'the message could not be stored' },
    ])
  })

  test('an invalid message is 400, with every fault and where it is', async () => {
    const server = await start()
    const { ID: _, ...rest } = message({ Priority: 'Critical' })
    const response = await post(server, rest)
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toBe('application/json')
    const { error, faults } = (await response.json()) as {
      error: string
      faults: { pointer: string; reason: string }[]
    }
    expect(error).toBe('invalid message')
    expect(faults.map(({ pointer }) => pointer).sort()).toEqual(['/ID', '/Priority'])
    expect(faults.every(({ reason }) => reason.length > 0)).toBe(true)
    expect(server.stats()).toMatchObject({ received: 1, valid: 0, invalid: 1 })
  })

  test('an array is taken whole or not at all', async () => {
    const seen: unknown[] = []
    const server = await start({ onMessage: ({ ID }) => void seen.push(ID) })
    expect((await post(server, [numbered(1), numbered(2)])).status).toBe(204)
    const refused = await post(server, [numbered(3), numbered(4, { Nonsense: 1 })])
    expect(refused.status).toBe(400)
    expect(await refused.json()).toMatchObject({ faults: [{ pointer: '/1/Nonsense' }] })
    expect(seen).toEqual([numbered(1).ID, numbered(2).ID])
    expect(server.stats()).toMatchObject({ requests: 2, received: 4, valid: 2, invalid: 2 })
  })

  test('a message sent again is taken and counted as a duplicate', async () => {
    const duplicates: boolean[] = []
    const server = await start({ onMessage: (_, { duplicate }) => void duplicates.push(duplicate) })
    for (let i = 0; i < 3; i++) expect((await post(server, message())).status).toBe(204)
    expect(duplicates).toEqual([false, true, true])
    expect(server.stats()).toMatchObject({ valid: 3, duplicates: 2 })
  })

  test.each(['2.D.V04', '2.D.V05', '2.D.V06', '2.D.V07', '2.D.V08'])(
    '%s is held against its own schema',
    async (Version) => {
      const server = await start()
      const { ID, CreateTime } = message()
      const least = { Version, ID, CreateTime, Analyzer: { ID, IP: '192.0.2.1', Name: 'x' } }
      const older = Version < '2.D.V06' ? { ...least, Analyzer: { IP: '192.0.2.1', Name: 'x' } } : least
      expect((await post(server, older)).status).toBe(204)
      expect((await post(server, { ...older, ReportTime: CreateTime })).status).toBe(
        Version === '2.D.V08' ? 204 : 400,
      )
    },
  )
})

describe('what is not taken', () => {
  test.each([
    ['another type', { headers: { 'content-type': 'text/plain' } }, 415],
    ['another charset', { headers: { 'content-type': 'application/json; charset=utf-16' } }, 415],
    ['another content encoding', { headers: { 'content-encoding': 'br' } }, 415],
    ['one encoding over another', { headers: { 'content-encoding': 'gzip, gzip' } }, 415],
    ['an answer in XML', { headers: { accept: 'application/xml' } }, 406],
    ['PUT', { method: 'PUT' }, 405],
  ])('%s', async (_, init, status) => {
    const server = await start()
    const response = await post(server, message(), init)
    expect([response.status, Object.keys((await response.json()) as object)]).toEqual([status, ['error']])
    expect(server.stats()).toMatchObject({ valid: 0, answers: { [status]: 1 } })
  })

  test('405 says what is', async () => {
    const server = await start()
    expect((await fetch(server.url, { method: 'DELETE' })).headers.get('allow')).toBe('GET, HEAD, POST')
  })

  test('with a path of its own, others are 404', async () => {
    const server = await start({ path: '/api/idmefv2' })
    expect((await post(server, message(), { path: '/api/idmefv2?key=1' })).status).toBe(204)
    expect((await post(server, message(), { path: '/api' })).status).toBe(404)
  })

  test('JSON with parameters and any path are taken otherwise', async () => {
    const server = await start()
    const headers = { 'content-type': 'application/json; charset=UTF-8' }
    expect((await post(server, message(), { path: '/a/b?c', headers })).status).toBe(204)
  })
})

describe('gzip', () => {
  const headers = { 'content-encoding': 'gzip' }

  test('a compressed body is taken, and counted as it came', async () => {
    const server = await start()
    const body = gzipSync(JSON.stringify(Array.from({ length: 100 }, (_, i) => numbered(i))))
    expect((await post(server, body, { headers })).status).toBe(204)
    expect(server.stats()).toMatchObject({ valid: 100, bytes: body.length })
  })

  test('S4: a bomb is 413, by its size and by its ratio', async () => {
    const server = await start({ maxBodyBytes: 5 * 1024 ** 2 })
    const bySize = gzipSync(Buffer.from(Array.from({ length: 6 * 1024 ** 2 }, (_, i) => 97 + ((i * i) % 23))))
    const byRatio = gzipSync(Buffer.alloc(4 * 1024 ** 2, ' '))
    expect(byRatio.length * 100).toBeLessThan(4 * 1024 ** 2)
    expect((await post(server, bySize, { headers })).status).toBe(413)
    expect((await post(server, byRatio, { headers })).status).toBe(413)
    const member = gzipSync(Buffer.alloc(64 * 1024, ' '))
    const ofMany = Buffer.concat(Array.from({ length: 200 }, () => member))
    expect((await post(server, ofMany, { headers })).status).toBe(413)
  })

  test.each([
    ['something else', Buffer.from('{}')],
    ['half of one', gzipSync(JSON.stringify(message())).subarray(0, 60)],
  ])('%s is 400', async (_, body) => {
    const server = await start()
    const response = await post(server, body, { headers })
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: 'the body is not gzip', faults: [{ pointer: '', reason: 'is not gzip' }] },
    ])
  })
})

describe('faults on purpose', () => {
  test('a share of the requests fails with 503 and is not looked into', async () => {
    const chances = [0.1, 0.9, 0.29, 0.3]
    const server = await start({ failRate: 0.3, retryAfterSeconds: 7, random: () => chances.shift() ?? 1 })
    const responses = []
    for (let i = 0; i < 4; i++) responses.push(await post(server, numbered(i)))
    expect(responses.map(({ status }) => status)).toEqual([503, 204, 503, 204])
    expect(responses.map(({ headers }) => headers.get('retry-after'))).toEqual(['7', null, '7', null])
    expect(server.stats()).toMatchObject({ requests: 4, received: 2, valid: 2 })
  })

  test('a rate of 1 fails always', async () => {
    const server = await start({ failRate: 1 })
    for (let i = 0; i < 20; i++) expect((await post(server, message())).status).toBe(503)
  })

  test('an answer is held back by the delay', async () => {
    const server = await start({ delayMs: 60 })
    const before = performance.now()
    expect((await post(server, message())).status).toBe(204)
    expect(performance.now() - before).toBeGreaterThan(55)
  })

  test('a stalled request is taken and never answered, until the server closes', async () => {
    const server = await start({ stall: true })
    const response = post(server, message()).then(
      () => 'answered',
      () => 'cut',
    )
    while (server.stats().requests === 0) await turn()
    expect(server.stats()).toMatchObject({ valid: 0, answers: {} })
    await server.close()
    expect(await response).toBe('cut')
  })
})

describe('as the Python test server', () => {
  test('200 and nothing for a valid message', async () => {
    const response = await post(await start({ pythonCompat: true }), message(), {
      headers: { 'content-type': 'text/plain' },
    })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })

  test('500 and a line of text for an invalid one', async () => {
    const response = await post(await start({ pythonCompat: true }), message({ foo: 'bar' }))
    expect([response.status, response.headers.get('content-type')]).toEqual([
      500,
      'text/plain; charset=utf-8',
    ])
    expect(await response.text()).toContain('/foo')
  })

  test('501 for any other method', async () => {
    const server = await start({ pythonCompat: true })
    expect((await fetch(server.url)).status).toBe(501)
    expect((await fetch(server.url, { method: 'PUT', body: 'x' })).status).toBe(501)
  })

  test('503 stays what it is', async () => {
    expect((await post(await start({ pythonCompat: true, failRate: 1 }), message())).status).toBe(503)
  })
})

describe('store', () => {
  test('accepted messages are in the file, one a line, before they are acknowledged', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'store-'))
    try {
      const store = join(folder, 'received.ndjson')
      const server = await start({ store })
      await post(server, JSON.stringify(numbered(1), null, 2))
      expect(await readFile(store, 'utf8')).toBe(`${JSON.stringify(numbered(1))}\n`)
      await post(server, [numbered(2), numbered(3)])
      await post(server, numbered(4, { nonsense: true }))
      const many = Array.from({ length: 50 }, (_, i) => i + 10)
      await Promise.all(many.map((i) => post(server, numbered(i))))
      const lines = (await readFile(store, 'utf8')).trimEnd().split('\n')
      const ids = lines.map((line) => JSON.parse(line).ID)
      expect(ids.slice(0, 3)).toEqual([1, 2, 3].map((i) => numbered(i).ID))
      expect(ids.slice(3).sort()).toEqual(many.map((i) => numbered(i).ID))
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test.skipIf(process.platform !== 'linux')(
    'a message that cannot be written is not acknowledged',
    async () => {
      const lines: string[] = []
      const log = pino({ base: null }, { write: (line) => void lines.push(line) })
      const server = await start({ store: '/dev/full', log })
      expect((await post(server, message())).status).toBe(500)
      expect((await post(server, message())).status).toBe(500)
      expect(server.stats().valid).toBe(0)
      expect(lines.map((line) => JSON.parse(line).err.code)).toEqual(['ENOSPC', 'ENOSPC'])
    },
  )

  test('a file that cannot be opened is an error at the start', async () => {
    await expect(startTestserver({ port: 0, store: '/nowhere/at/all' })).rejects.toMatchObject({
      code: 'ENOENT',
    })
  })
})

describe('lifetime', () => {
  test('a port in use is told in words, and nothing is left open', async () => {
    const { port } = await start()
    await expect(startTestserver({ port })).rejects.toMatchObject({
      code: 'LISTEN',
      message: expect.stringContaining(`127.0.0.1:${port}: another process already listens there`),
    })
  })

  test('after close the port is free, though clients had connections open', async () => {
    const server = await startTestserver({ port: 0 })
    await (await post(server, message())).text()
    await server.close()
    const again = await startTestserver({ port: server.port })
    await again.close()
  })

  test('a log tells what was refused', async () => {
    const lines: string[] = []
    const log = pino({ base: null }, { write: (line) => void lines.push(line) })
    const server = await start({ log })
    await post(server, message({ Priority: 'Critical' }))
    await post(server, message())
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { msg: 'invalid message', pointer: '/Priority', faults: 1 },
    ])
  })

  test('the draft wants persistent connections', async () => {
    const server = await start()
    const { Agent, request } = await import('undici')
    const agent = new Agent({ connections: 1 })
    const sockets = new Set()
    agent.on('connect', (_, targets) => sockets.add(targets))
    for (let i = 0; i < 3; i++) {
      const options = {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        dispatcher: agent,
      } as const
      const { statusCode, body } = await request(server.url, {
        ...options,
        body: JSON.stringify(numbered(i)),
      })
      await body.dump()
      expect(statusCode).toBe(204)
    }
    expect(sockets.size).toBe(1)
    const closed = once(agent, 'disconnect')
    await server.close()
    await closed
    await agent.destroy()
  })
})
