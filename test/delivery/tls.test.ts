import { copyFileSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import http2 from 'node:http2'
import https from 'node:https'
import type { TlsOptions } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Gate } from '../../src/delivery/gate.ts'
import { httpDestination } from '../../src/delivery/http.ts'
import { Authority, hasOpenssl, type Pair } from './certificates.ts'
import { memoryLog, messagesOf, never, numbered, optionsFor, Receiver } from './receiver.ts'

describe.skipIf(!hasOpenssl)('TLS', () => {
  let authority: Authority
  let server: Pair
  beforeAll(() => {
    authority = new Authority()
    server = authority.issue('server')
  })
  afterAll(() => authority.remove())

  const opened: { close(): Promise<void> }[] = []
  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.close()
  })

  async function receiver(pair: Pair = server, more: TlsOptions = {}): Promise<Receiver> {
    const identity = { cert: readFileSync(pair.cert), key: readFileSync(pair.key) }
    const one = await new Receiver((listener) =>
      https.createServer({ ...identity, ...more }, listener),
    ).listen()
    opened.push(one)
    return one
  }

  function open(port: number, more: Record<string, string>) {
    const gate = new Gate(Gate.allocate(1), 0)
    const log = memoryLog()
    const destination = httpDestination(optionsFor(`https://127.0.0.1:${port}/`, more), gate, { log })
    opened.push(destination)
    return { gate, log, destination }
  }

  /** What the log says when nothing passes; and nothing must have passed. */
  async function complaint(siem: Receiver, more: Record<string, string>): Promise<string> {
    const { destination, gate, log } = open(siem.port, more)
    const stop = new AbortController()
    const sent = destination.send(messagesOf(numbered(3)), stop.signal)
    while (log.lines.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(gate.snapshot().state).toBe('paused')
    expect(siem.received).toEqual([])
    stop.abort(new Error('enough'))
    await expect(sent).rejects.toThrow('enough')
    return log.lines[0]?.text ?? ''
  }

  test('a certificate of a known authority is accepted, with TLS 1.3', async () => {
    const siem = await receiver()
    const { destination } = open(siem.port, { ca: authority.ca })
    expect(await destination.send(messagesOf(numbered(50)), never)).toEqual([])
    expect(siem.received).toHaveLength(50)
  })

  test('the path of a CA file may stand in verify', async () => {
    const siem = await receiver()
    const { destination } = open(siem.port, { verify: authority.ca })
    expect(await destination.send(messagesOf(numbered(1)), never)).toEqual([])
  })

  test('S8: an unknown authority is refused, and the words say what to do', async () => {
    expect(await complaint(await receiver(), {})).toMatch(/unknown authority.*ca/)
  })

  test('S8: a self-signed certificate is refused, and the words say what to do', async () => {
    expect(await complaint(await receiver(authority.selfSigned('alone')), {})).toMatch(
      /self-signed.*pin_sha256/,
    )
  })

  test('S8: a certificate for another name is refused', async () => {
    const other = authority.issue('other', 'DNS:other.example')
    expect(await complaint(await receiver(other), { ca: authority.ca })).toContain('another name')
  })

  test('S8: an expired certificate is refused', async () => {
    const old = authority.issue('old', 'IP:127.0.0.1', -1)
    expect(await complaint(await receiver(old), { ca: authority.ca })).toContain('expired')
  })

  test('S8: a server with TLS 1.2 only is refused, unless that is allowed', async () => {
    const siem = await receiver(server, { maxVersion: 'TLSv1.2' })
    expect(await complaint(siem, { ca: authority.ca })).toContain('tls_min_version')
    const { destination } = open(siem.port, { ca: authority.ca, tls_min_version: '1.2' })
    expect(await destination.send(messagesOf(numbered(1)), never)).toEqual([])
  })

  test('verify = no accepts any certificate', async () => {
    const siem = await receiver(authority.selfSigned('any'))
    const { destination } = open(siem.port, { verify: 'no' })
    expect(await destination.send(messagesOf(numbered(1)), never)).toEqual([])
  })

  test('a plain HTTP server behind https is told as such', async () => {
    const siem = await new Receiver().listen()
    opened.push(siem)
    expect(await complaint(siem, {})).toContain('no TLS')
  })

  describe('S8: pinning', () => {
    test('a pinned certificate is trusted, self-signed and whatever its name', async () => {
      const pair = authority.selfSigned('pinned')
      const siem = await receiver(pair)
      const pin_sha256 = `${'00'.repeat(32)},${pair.fingerprint.toLowerCase()}`
      const { destination } = open(siem.port, { pin_sha256 })
      expect(await destination.send(messagesOf(numbered(20)), never)).toEqual([])
    })

    test.each(['yes', 'no'])(
      'another certificate gets not a byte of a request, with verify = %s',
      async (verify) => {
        const siem = await receiver(authority.selfSigned('impostor'))
        const text = await complaint(siem, { pin_sha256: server.fingerprint, verify })
        expect(text).toContain('not a pinned one')
      },
    )

    test('with ca and pins both must hold', async () => {
      const alone = authority.selfSigned('alone2')
      const more = { ca: authority.ca, pin_sha256: alone.fingerprint }
      expect(await complaint(await receiver(alone), more)).toContain('self-signed')
      expect(await complaint(await receiver(), more)).toContain('not a pinned one')
    })
  })

  describe('client certificates', () => {
    const wanting = () => ({ requestCert: true, ca: readFileSync(authority.ca) })

    test('ours is shown to a server that wants one', async () => {
      const siem = await receiver(server, wanting())
      const { cert, key } = authority.issue('client')
      const { destination } = open(siem.port, { ca: authority.ca, cert, key })
      expect(await destination.send(messagesOf(numbered(3)), never)).toEqual([])
    })

    test('a server that wants one and gets none: delivery is paused, the words say what to do', async () => {
      expect(await complaint(await receiver(server, wanting()), { ca: authority.ca })).toContain(
        'set cert and key',
      )
    })

    test('replaced files are taken up without a restart; a broken pair is not', async () => {
      const siem = await receiver(server, wanting())
      const stranger = new Authority('Stranger')
      const wrong = stranger.issue('client')
      const right = authority.issue('client2')
      const [cert, key] = [authority.path('live.pem'), authority.path('live.key')]
      copyFileSync(wrong.cert, cert)
      copyFileSync(wrong.key, key)
      stranger.remove()
      const { destination, log, gate } = open(siem.port, { ca: authority.ca, cert, key })
      const sent = destination.send(messagesOf(numbered(5)), never)
      while (gate.snapshot().state === 'open') await new Promise((resolve) => setImmediate(resolve))
      // The certificate comes before its key, as it happens.
      copyFileSync(right.cert, cert)
      utimesSync(cert, 1, 1)
      while (!log.lines.some(({ text }) => text.includes('old ones stay'))) {
        await new Promise((resolve) => setImmediate(resolve))
      }
      copyFileSync(right.key, key)
      expect(await sent).toEqual([])
      expect(siem.received).toHaveLength(5)
    })
  })

  test('a new password in its file ends a pause for 401', async () => {
    const siem = await receiver()
    const password_file = authority.path('password')
    writeFileSync(password_file, 'old\n')
    const expected = `Basic ${Buffer.from('probe:new').toString('base64')}`
    siem.reply = ({ headers }, response) =>
      response.writeHead(headers.authorization === expected ? 204 : 401).end()
    const { destination } = open(siem.port, { ca: authority.ca, login: 'probe', password_file })
    const sent = destination.send(messagesOf(numbered(4)), never)
    await siem.until(() => siem.received.length > 5)
    writeFileSync(password_file, 'new\nsecond line\n')
    expect(await sent).toEqual([])
  })

  describe('HTTP/2', () => {
    async function modern(): Promise<Receiver> {
      const identity = { cert: readFileSync(server.cert), key: readFileSync(server.key), allowHTTP1: true }
      const sessions = new Set<http2.ServerHttp2Session>()
      const one = new Receiver((listener) => {
        // Its compatibility requests and responses have what a receiver uses of those of node:http.
        const made = http2.createSecureServer(
          identity,
          listener as unknown as (
            request: http2.Http2ServerRequest,
            response: http2.Http2ServerResponse,
          ) => void,
        )
        return made.on('session', (session) => void sessions.add(session))
      })
      await one.listen()
      opened.push(one, {
        async close() {
          for (const session of sessions) session.destroy()
        },
      })
      return one
    }

    test('it is used where the server offers it, many requests on one connection', async () => {
      const siem = await modern()
      const held: (() => void)[] = []
      siem.reply = (_, response) => {
        held.push(() => response.end())
        if (siem.received.length >= 2) for (const answer of held.splice(0)) answer()
      }
      const { destination, gate } = open(siem.port, { ca: authority.ca, max_in_flight: '16' })
      expect(await destination.send(messagesOf(numbered(200)), never)).toEqual([])
      expect(new Set(siem.received.map(({ httpVersion }) => httpVersion))).toEqual(new Set(['2.0']))
      expect(new Set(siem.received.map(({ port }) => port)).size).toBe(1)
      expect(new Set(siem.texts)).toEqual(new Set(numbered(200)))
      expect(gate.snapshot()).toMatchObject({ inFlight: 0, retries: 0 })
    })

    test('http2 = off keeps to HTTP/1.1', async () => {
      const siem = await modern()
      const { destination } = open(siem.port, { ca: authority.ca, http2: 'off' })
      expect(await destination.send(messagesOf(numbered(3)), never)).toEqual([])
      expect(new Set(siem.received.map(({ httpVersion }) => httpVersion))).toEqual(new Set(['1.1']))
    })

    test('refusals and retries work as well, and an abort cancels', async () => {
      const siem = await modern()
      const seen = new Set<string>()
      siem.reply = ({ text }, response) => {
        const first = !seen.has(text)
        seen.add(text)
        if (text === '{"ID":3}') return response.writeHead(400).end('bad')
        if (text === '{"ID":99}') return
        response.writeHead(first && text === '{"ID":5}' ? 503 : 204).end()
      }
      const { destination, gate } = open(siem.port, { ca: authority.ca })
      const refusals = await destination.send(messagesOf(numbered(20)), never)
      expect(refusals).toMatchObject([{ index: 3, status: 400, answer: 'bad' }])
      const stop = new AbortController()
      const sent = destination.send(messagesOf(['{"ID":99}']), stop.signal)
      await siem.until(() => siem.texts.includes('{"ID":99}'))
      stop.abort(new Error('stop'))
      await expect(sent).rejects.toThrow('stop')
      expect(gate.snapshot().inFlight).toBe(0)
      expect(await destination.send(messagesOf(numbered(1, 200)), never)).toEqual([])
    })
  })
})
