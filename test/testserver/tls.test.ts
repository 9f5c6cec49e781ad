import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectHttp2, constants } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startTestserver, type Testserver } from '../../src/testserver/server.ts'
import { message, numbered } from './messages.fixture.ts'

const hasOpenssl = (() => {
  try {
    return execFileSync('openssl', ['version']).length > 0
  } catch {
    return false
  }
})()

describe.skipIf(!hasOpenssl)('over TLS', () => {
  let folder = ''
  let server: Testserver
  const pem = (name: string) => readFileSync(join(folder, name), 'utf8')

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tls-'))
    for (const name of ['server', 'client', 'stranger']) {
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`]
      const about = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
      execFileSync('openssl', ['req', '-x509', ...key, ...about, '-out', `${name}.pem`], {
        cwd: folder,
        stdio: 'ignore',
      })
    }
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  afterEach(() => server.close())

  const start = async (mutual = false) => {
    const tls = { key: pem('server.key'), cert: pem('server.pem') }
    server = await startTestserver({ port: 0, tls: mutual ? { ...tls, ca: pem('client.pem') } : tls })
    return server
  }

  async function overHttp2(body: string, headers: Record<string, string> = {}) {
    const session = connectHttp2(server.url, { ca: pem('server.pem') })
    try {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/',
        'content-type': 'application/json',
        ...headers,
      })
      const answered = once(stream, 'response')
      stream.end(body)
      const [answer] = await answered
      let text = ''
      for await (const chunk of stream.setEncoding('utf8')) text += chunk
      return { status: answer[constants.HTTP2_HEADER_STATUS], text }
    } finally {
      session.destroy()
    }
  }

  async function overHttp1(extra: object) {
    const socket = connect({ port: server.port, host: '127.0.0.1', ca: pem('server.pem'), ...extra })
    let answer = ''
    let error: NodeJS.ErrnoException | undefined
    socket.setEncoding('latin1').on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', (it) => {
      error = it
    })
    const body = JSON.stringify(message())
    const length = `Content-Length: ${Buffer.byteLength(body)}`
    socket.write(
      `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n${length}\r\n\r\n${body}`,
    )
    await once(socket, 'close').catch(() => undefined) // the error is kept above
    return { answer, error, alpn: socket.alpnProtocol }
  }

  test('HTTP/2 is offered, and answers the same', async () => {
    await start()
    expect(server.url).toMatch(/^https:/)
    expect(await overHttp2(JSON.stringify(message()))).toEqual({ status: 204, text: '' })
    const refused = await overHttp2(JSON.stringify(numbered(1, { nonsense: 1 })))
    expect(refused.status).toBe(400)
    expect(JSON.parse(refused.text)).toMatchObject({ faults: [{ pointer: '/nonsense' }] })
    expect((await overHttp2('x', { 'content-type': 'text/plain' })).status).toBe(415)
    expect(server.stats()).toMatchObject({ valid: 1, invalid: 1 })
  })

  test('S4: a body over the limit is 413 over HTTP/2 too', async () => {
    await start()
    expect((await overHttp2(' '.repeat(11 * 1024 ** 2))).status).toBe(413)
  })

  test('HTTP/1.1 is still taken', async () => {
    await start()
    const { answer } = await overHttp1({ ALPNProtocols: ['http/1.1'] })
    expect(answer).toMatch(/^HTTP\/1\.1 204 /)
  })

  test('S8: nothing below TLS 1.3', async () => {
    await start()
    const { answer, error } = await overHttp1({ maxVersion: 'TLSv1.2' })
    expect(answer).toBe('')
    expect(error?.message).toMatch(/protocol version/)
  })

  test('S7: with an authority, only clients it vouches for', async () => {
    await start(true)
    const client = { key: pem('client.key'), cert: pem('client.pem'), ALPNProtocols: ['http/1.1'] }
    const stranger = { key: pem('stranger.key'), cert: pem('stranger.pem') }
    expect((await overHttp1(client)).answer).toMatch(/^HTTP\/1\.1 204 /)
    expect((await overHttp1({ ...client, ...stranger })).answer).toBe('')
    expect((await overHttp1({})).answer).toBe('')
    expect(server.stats().requests).toBe(1)
  })

  describe('S5: over HTTP/2, where Node sets no limits,', () => {
    const impatient = async (patience: { headersTimeoutMs?: number; requestTimeoutMs?: number }) => {
      await start()
      await server.close()
      const tls = { key: pem('server.key'), cert: pem('server.pem') }
      server = await startTestserver({ port: 0, tls, ...patience })
    }

    test('a body that does not end is 408, and others are served meanwhile', async () => {
      await impatient({ headersTimeoutMs: 2000, requestTimeoutMs: 2000 })
      const session = connectHttp2(server.url, { ca: pem('server.pem') })
      const stream = session.request({ ':method': 'POST', ':path': '/', 'content-type': 'application/json' })
      stream.on('error', () => undefined) // it is reset after the answer
      const closed = new Promise((resolve) => stream.once('close', resolve))
      stream.write(JSON.stringify(message()))
      const drip = setInterval(() => stream.writable && stream.write(' '), 20)
      const answered = once(stream, 'response')
      expect(await overHttp2(JSON.stringify(message()))).toEqual({ status: 204, text: '' })
      const [answer] = await answered
      expect(answer[constants.HTTP2_HEADER_STATUS]).toBe(408)
      stream.resume()
      await closed
      clearInterval(drip)
      expect(server.stats()).toMatchObject({ valid: 1, answers: { 204: 1, 408: 1 } })
      session.destroy()
    })

    test('a body that is broken off is not taken for a whole one', async () => {
      await start()
      const session = connectHttp2(server.url, { ca: pem('server.pem') })
      const stream = session.request({ ':method': 'POST', ':path': '/', 'content-type': 'application/json' })
      stream.write(JSON.stringify(message()))
      await new Promise((resolve) => session.ping(resolve)) // so that it is there before the end of it
      stream.close(constants.NGHTTP2_CANCEL)
      await once(stream, 'close')
      expect(await overHttp2(JSON.stringify(numbered(1)))).toEqual({ status: 204, text: '' })
      expect(server.stats()).toMatchObject({ requests: 1, valid: 1 })
      session.destroy()
    })

    test('a connection on which nothing is asked ends, whatever else is sent on it', async () => {
      await impatient({ headersTimeoutMs: 200 })
      const idle = connectHttp2(server.url, { ca: pem('server.pem') })
      const pings = setInterval(() => idle.destroyed || idle.ping(() => undefined), 20)
      const mute = connect({
        port: server.port,
        host: '127.0.0.1',
        ca: pem('server.pem'),
        ALPNProtocols: ['h2'],
      })
      mute.resume().on('error', () => undefined) // a reset is an end like another here
      await Promise.all([once(idle, 'close'), once(mute, 'close')])
      clearInterval(pings)
    })

    test('requests at a time are limited', async () => {
      await start()
      const session = connectHttp2(server.url, { ca: pem('server.pem') })
      const [settings] = await once(session, 'remoteSettings')
      expect(settings.maxConcurrentStreams).toBe(256)
      session.destroy()
    })
  })

  test('S5: slow headers are cut over TLS too', async () => {
    await start()
    await server.close()
    const tls = { key: pem('server.key'), cert: pem('server.pem') }
    server = await startTestserver({ port: 0, tls, headersTimeoutMs: 100 })
    const socket = connect({
      port: server.port,
      host: '127.0.0.1',
      ca: pem('server.pem'),
      ALPNProtocols: ['http/1.1'],
    })
    await once(socket, 'secureConnect')
    socket.write('POST / HTTP/1.1\r\nHost')
    const [answer] = await once(socket.setEncoding('latin1'), 'data')
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
  })
})
