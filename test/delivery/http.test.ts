import net from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { Gate } from '../../src/delivery/gate.ts'
import { httpDestination } from '../../src/delivery/http.ts'
import { ConfigError } from '../../src/errors.ts'
import type { Destination } from '../../src/types.ts'
import { freePort } from '../e2e/port.ts'
import { memoryLog, messagesOf, never, numbered, optionsFor, Receiver } from './receiver.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

async function receiver(): Promise<Receiver> {
  const one = await new Receiver().listen()
  opened.push(one)
  return one
}

function open(port: number, more: Record<string, string> = {}, path = '/') {
  const gate = new Gate(Gate.allocate(1), 0)
  const log = memoryLog()
  const seconds: number[] = []
  const options = optionsFor(`http://127.0.0.1:${port}${path}`, more)
  const destination = httpDestination(options, gate, { log, onRequest: (time) => seconds.push(time) })
  opened.push(destination)
  return { gate, log, destination, seconds }
}

/** Whoever waits for this knows that the gate is closed. */
async function closed(gate: Gate, state: 'down' | 'paused'): Promise<void> {
  while (gate.snapshot().state !== state) await new Promise((resolve) => setImmediate(resolve))
}

describe('one message a POST', () => {
  test('each message is posted by itself, as JSON, to the path of the URL', async () => {
    const siem = await receiver()
    const { destination } = open(siem.port, {}, '/api_idmefv2/?key=1')
    expect(await destination.send(messagesOf(['{"a":"é"}', '{"b":2}']), never)).toEqual([])
    expect(siem.texts.sort()).toEqual(['{"a":"é"}', '{"b":2}'])
    expect(siem.received[0]).toMatchObject({
      method: 'POST',
      path: '/api_idmefv2/?key=1',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
    })
    expect(siem.received[0]?.headers['user-agent']).toMatch(/^idmefv2-stream\/\d/)
    expect(siem.received[0]?.headers.authorization).toBeUndefined()
  })

  test('login and password go along as Basic authentication', async () => {
    const siem = await receiver()
    const { destination } = open(siem.port, { login: 'probe', password: 'pässword' })
    await destination.send(messagesOf(numbered(1)), never)
    const expected = `Basic ${Buffer.from('probe:pässword').toString('base64')}`
    expect(siem.received[0]?.headers.authorization).toBe(expected)
  })

  test('no messages need no request', async () => {
    const { destination } = open(await freePort())
    expect(await destination.send(messagesOf([]), never)).toEqual([])
  })

  test('batches sent at the same time are each told their own fate', async () => {
    const siem = await receiver()
    siem.reply = ({ text }, response) => response.writeHead(text === '{"ID":105}' ? 400 : 200).end('ok')
    const { destination } = open(siem.port)
    const [one, other] = await Promise.all([
      destination.send(messagesOf(numbered(50)), never),
      destination.send(messagesOf(numbered(50, 100)), never),
    ])
    expect(one).toEqual([])
    expect(other).toMatchObject([{ index: 5, status: 400 }])
    expect(new Set(siem.texts)).toEqual(new Set([...numbered(50), ...numbered(50, 100)]))
    expect(siem.received).toHaveLength(100)
  })

  test('connections are kept and no more are opened than configured', async () => {
    const siem = await receiver()
    const { destination, gate, seconds } = open(siem.port, { connections: '3' })
    await destination.send(messagesOf(numbered(200)), never)
    expect(new Set(siem.received.map(({ port }) => port)).size).toBeLessThanOrEqual(3)
    expect(seconds).toHaveLength(200)
    expect(gate.snapshot()).toMatchObject({ state: 'open', inFlight: 0, retries: 0 })
    expect(Date.now() - gate.snapshot().lastSuccessMs).toBeLessThan(60_000)
  })

  test('requests in flight stay within the connections, and are counted', async () => {
    const siem = await receiver()
    const held: (() => void)[] = []
    let most = 0
    let counted = 0
    siem.reply = (_, response) => {
      held.push(() => response.end())
      most = Math.max(most, held.length)
      counted = Math.max(counted, gate.snapshot().inFlight)
      // Nobody is answered before as many are here as may be.
      if (held.length >= 2) for (const answer of held.splice(0)) answer()
    }
    const { destination, gate } = open(siem.port, { connections: '2' })
    await destination.send(messagesOf(numbered(100)), never)
    expect(most).toBe(2)
    expect(counted).toBe(2)
  })
})

describe('refusals', () => {
  test.each([
    [400, 'refused'],
    [409, 'refused'],
    [413, 'too_large'],
    [415, 'refused'],
    [422, 'refused'],
  ])('%i is final for its message, and the others pass', async (status, reason) => {
    const siem = await receiver()
    siem.reply = ({ text }, response) =>
      text === '{"ID":1}' ? response.writeHead(status).end('not valid: ID') : response.writeHead(204).end()
    const { destination, gate } = open(siem.port)
    const refusals = await destination.send(messagesOf(numbered(3)), never)
    expect(refusals).toEqual([{ index: 1, reason, status, answer: 'not valid: ID', attempts: 1 }])
    expect(siem.received).toHaveLength(3)
    expect(gate.snapshot()).toMatchObject({ state: 'open', retries: 0 })
  })

  test('no more than 1 KiB of the answer is kept', async () => {
    const siem = await receiver()
    siem.reply = (_, response) => response.writeHead(400).end('x'.repeat(50_000))
    const { destination } = open(siem.port)
    const [refusal] = await destination.send(messagesOf(numbered(1)), never)
    expect(refusal?.answer).toBe('x'.repeat(1024))
  })

  test('an answer without end is cut off', async () => {
    const siem = await receiver()
    siem.reply = (_, response) => {
      response.writeHead(400)
      const more = () => {
        while (response.write('y'.repeat(16_384)));
      }
      response.on('drain', more)
      more()
    }
    const { destination } = open(siem.port)
    const refusals = await destination.send(messagesOf(numbered(2)), never)
    expect(refusals).toMatchObject([
      { index: 0, status: 400 },
      { index: 1, status: 400 },
    ])
  })
})

describe('a receiver in trouble', () => {
  test.each([408, 425, 429, 501, 502, 503, 504])('%i is tried again with the same body', async (status) => {
    const siem = await receiver()
    siem.reply = (_, response) => response.writeHead(siem.received.length < 3 ? status : 200).end()
    const { destination, gate } = open(siem.port)
    expect(await destination.send(messagesOf(numbered(1)), never)).toEqual([])
    expect(siem.texts).toEqual(['{"ID":0}', '{"ID":0}', '{"ID":0}'])
    expect(gate.snapshot()).toMatchObject({ state: 'open', retries: 2 })
  })

  test('Retry-After closes the gate for all, and no request comes before', async () => {
    const siem = await receiver()
    const times: number[] = []
    siem.reply = (_, response) => {
      times.push(performance.now())
      if (times.length === 1) response.writeHead(429, { 'retry-after': '1' }).end()
      else response.end()
    }
    const { destination } = open(siem.port, { connections: '1', retry_max: '300ms' })
    await destination.send(messagesOf(numbered(5)), never)
    const [first = 0, second = 0] = times
    expect(second - first).toBeGreaterThan(290)
  })

  test('a Retry-After beyond all sense is capped', async () => {
    const siem = await receiver()
    siem.reply = (_, response) =>
      siem.received.length === 1
        ? response.writeHead(503, { 'retry-after': '999999999999' }).end()
        : response.end()
    const { destination } = open(siem.port)
    expect(await destination.send(messagesOf(numbered(2)), never)).toEqual([])
  })

  test.each([301, 307, 401, 403, 404, 405, 407, 421])(
    '%i pauses, says why once, and loses nothing',
    async (status) => {
      const siem = await receiver()
      siem.reply = (_, response) =>
        response.writeHead(status, { location: `http://127.0.0.1:${siem.port}/other` }).end()
      const { destination, gate, log } = open(siem.port)
      const sent = destination.send(messagesOf(numbered(20)), never)
      await siem.until(() => siem.received.length >= 8)
      expect(gate.snapshot()).toMatchObject({ state: 'paused', status })
      siem.reply = (_, response) => response.writeHead(204).end()
      const before = siem.received.length
      expect(await sent).toEqual([])
      expect(new Set(siem.texts.slice(before - 1))).toEqual(new Set(numbered(20)))
      expect(siem.received.every(({ path }) => path === '/')).toBe(true)
      expect(log.lines.map(({ level }) => level)).toEqual(['error', 'info'])
      expect(log.lines[0]?.text).toContain(String(status))
      expect(gate.snapshot()).toMatchObject({ state: 'open', status: 0 })
    },
  )

  test('while the gate is closed one probe at a time goes out', async () => {
    const siem = await receiver()
    let inside = 0
    let most = 0
    siem.reply = (_, response) => {
      const first = siem.received.length <= 4
      if (!first) most = Math.max(most, ++inside)
      setImmediate(() => {
        if (!first) inside--
        response.writeHead(siem.received.length < 12 ? 401 : 204).end()
      })
    }
    const { destination } = open(siem.port, { probe_interval: '10ms' })
    const sent = destination.send(messagesOf(numbered(4)), never)
    await siem.until(() => siem.received.length === 11)
    expect(most).toBe(1)
    expect(await sent).toEqual([])
  })

  test('a message that is always answered 500 while others pass is refused, and holds nobody up', async () => {
    const siem = await receiver()
    siem.reply = ({ text }, response) =>
      response.writeHead(text === '{"ID":7}' ? 500 : 200).end('no such field')
    const { destination, gate } = open(siem.port, { retry_attempts: '4' })
    const refusals = await destination.send(messagesOf(numbered(100)), never)
    expect(refusals).toEqual([
      { index: 7, reason: 'refused', status: 500, answer: 'no such field', attempts: 4 },
    ])
    expect(siem.texts.filter((text) => text === '{"ID":7}')).toHaveLength(4)
    expect(new Set(siem.texts).size).toBe(100)
    expect(gate.snapshot().state).toBe('open')
  })

  test('attempts that failed for another reason do not count against it', async () => {
    const siem = await receiver()
    const answers = new Map<string, number>()
    siem.reply = ({ text }, response) => {
      const times = (answers.get(text) ?? 0) + 1
      answers.set(text, times)
      if (text === '{"ID":1}') response.writeHead(times <= 6 ? 503 : times === 7 ? 500 : 204).end()
      else response.writeHead(204).end()
    }
    const { destination } = open(siem.port, { retry_attempts: '3' })
    expect(await destination.send(messagesOf(numbered(20)), never)).toEqual([])
    expect(answers.get('{"ID":1}')).toBe(8)
  })

  test('500 to everything is an ill receiver: nothing is refused, however long it takes', async () => {
    const siem = await receiver()
    siem.reply = (_, response) => response.writeHead(500).end()
    const { destination, gate, log } = open(siem.port, { retry_attempts: '2' })
    const sent = destination.send(messagesOf(numbered(10)), never)
    await siem.until(() => siem.received.length > 40)
    expect(gate.snapshot()).toMatchObject({ state: 'down', status: 500 })
    siem.reply = (_, response) => response.writeHead(200).end()
    expect(await sent).toEqual([])
    expect(log.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
  })

  test('a stumbling block among the messages cannot keep the gate closed', async () => {
    const siem = await receiver()
    siem.reply = (_, response) => response.writeHead(500).end()
    const { destination } = open(siem.port, { retry_attempts: '2' })
    const sent = destination.send(messagesOf(numbered(6)), never)
    await siem.until(() => siem.received.length > 20)
    siem.reply = ({ text }, response) => response.writeHead(text === '{"ID":0}' ? 500 : 200).end()
    expect(await sent).toMatchObject([{ index: 0, status: 500 }])
  })

  test('an answer that is not HTTP is tried again', async () => {
    let served = 0
    const server = net.createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => {
        served += 1
        socket.end(served < 3 ? 'SSH-2.0-OpenSSH_9\r\n' : 'HTTP/1.1 204 No Content\r\n\r\n')
      })
    })
    const port = await listening(server)
    const { destination, gate } = open(port)
    expect(await destination.send(messagesOf(numbered(1)), never)).toEqual([])
    expect(gate.snapshot().retries).toBeGreaterThan(0)
  })
})

describe('a network in trouble', () => {
  test('a receiver that is down is waited for, told once, and gets everything', async () => {
    const port = await freePort()
    const { destination, gate, log } = open(port)
    const sent = destination.send(messagesOf(numbered(20)), never)
    await closed(gate, 'down')
    const siem = await new Receiver().listen(port)
    opened.push(siem)
    expect(await sent).toEqual([])
    expect(new Set(siem.texts)).toEqual(new Set(numbered(20)))
    expect(log.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
    expect(log.lines[0]?.text).toContain('connection refused')
    expect(gate.snapshot()).toMatchObject({ state: 'open', inFlight: 0 })
  })

  test('a receiver that restarts in the middle gets everything', async () => {
    const first = await new Receiver().listen()
    const { destination } = open(first.port)
    const sent = destination.send(messagesOf(numbered(300)), never)
    await first.until(() => first.received.length > 50)
    const { port } = first
    await first.close()
    const second = await new Receiver().listen(port)
    opened.push(second)
    expect(await sent).toEqual([])
    expect(new Set([...first.texts, ...second.texts])).toEqual(new Set(numbered(300)))
  })

  test('an answer lost after the receiver took the message brings the same message again', async () => {
    const siem = await receiver()
    siem.reply = (_, response) => (siem.received.length % 3 === 0 ? response.destroy() : response.end())
    const { destination } = open(siem.port)
    expect(await destination.send(messagesOf(numbered(30)), never)).toEqual([])
    expect(new Set(siem.texts)).toEqual(new Set(numbered(30)))
  })

  test('an acknowledgement that breaks off is none', async () => {
    const siem = await receiver()
    siem.reply = (_, response) => {
      if (siem.received.length > 1) return response.end('ok')
      response.writeHead(200, { 'content-length': '100' })
      response.write('o', () => response.destroy())
    }
    const { destination } = open(siem.port)
    await destination.send(messagesOf(numbered(1)), never)
    expect(siem.texts).toEqual(['{"ID":0}', '{"ID":0}'])
  })

  test('a receiver that never answers is given up in time, and asked again', async () => {
    const siem = await receiver()
    siem.reply = (_, response) => {
      if (siem.received.length > 1) response.end()
    }
    const { destination, gate } = open(siem.port, { response_timeout: '100ms' })
    await destination.send(messagesOf(numbered(1)), never)
    expect(siem.texts).toEqual(['{"ID":0}', '{"ID":0}'])
    expect(gate.snapshot().retries).toBe(1)
  })

  test('a receiver that trickles its answer is given up in time as well', async () => {
    const siem = await receiver()
    siem.reply = (_, response) => {
      if (siem.received.length > 1) return response.end()
      response.writeHead(200, { 'content-length': '1000000' })
      const drip = setInterval(() => response.write('.'), 10)
      response.on('close', () => clearInterval(drip))
    }
    const { destination } = open(siem.port, { response_timeout: '150ms' })
    await destination.send(messagesOf(numbered(1)), never)
    expect(siem.received).toHaveLength(2)
  })

  test('connections the receiver closes at the moment of reuse cost nothing but a retry nobody sees', async () => {
    // Answers one request per connection, promises to keep it, and resets it when the next one arrives.
    let requests = 0
    const server = net.createServer((socket) => {
      let used = false
      socket.on('error', () => {})
      socket.on('data', () => {
        if (used) return socket.resetAndDestroy()
        used = true
        requests += 1
        socket.write('HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n')
      })
    })
    const port = await listening(server)
    const { destination, gate, log } = open(port, { connections: '1' })
    for (let index = 0; index < 20; index++) await destination.send(messagesOf(numbered(1, index)), never)
    expect(requests).toBe(20)
    expect(gate.snapshot()).toMatchObject({ state: 'open', retries: 0 })
    expect(log.lines).toEqual([])
  })

  test('the keep-alive time the receiver gives is kept', async () => {
    const siem = await receiver()
    siem.reply = (_, response) => response.setHeader('keep-alive', 'timeout=1').end()
    const { destination } = open(siem.port, { connections: '1' })
    await destination.send(messagesOf(numbered(1)), never)
    await destination.send(messagesOf(numbered(1)), never)
    // A second less one of margin: not to be used again.
    expect(new Set(siem.received.map(({ port }) => port)).size).toBe(2)
  })
})

describe('stopping', () => {
  test('an abort rejects with its reason, cancels what is out and sends nothing more', async () => {
    const siem = await receiver()
    let broken = 0
    siem.reply = (_, response) => {
      response.on('close', () => broken++)
    }
    const { destination, gate } = open(siem.port, { connections: '2' })
    const stop = new AbortController()
    const sent = destination.send(messagesOf(numbered(50)), stop.signal)
    await siem.until(() => siem.received.length === 2)
    const reason = new Error('time is up')
    stop.abort(reason)
    await expect(sent).rejects.toBe(reason)
    expect(gate.snapshot().inFlight).toBe(0)
    while (broken < 2) await new Promise((resolve) => setImmediate(resolve))
    expect(siem.received).toHaveLength(2)
  })

  test('an abort of one batch leaves the others alone', async () => {
    const siem = await receiver()
    const held: (() => void)[] = []
    siem.reply = (_, response) => void held.push(() => response.end())
    const { destination } = open(siem.port, { connections: '2' })
    const stop = new AbortController()
    const one = destination.send(messagesOf(numbered(10)), stop.signal)
    const other = destination.send(messagesOf(numbered(10, 100)), never)
    await siem.until(() => held.length === 2)
    stop.abort(new Error('stop'))
    siem.reply = (_, response) => response.end()
    await expect(one).rejects.toThrow('stop')
    expect(await other).toEqual([])
    expect(siem.texts).toEqual(expect.arrayContaining(numbered(10, 100)))
  })

  test('an abort while waiting for the receiver rejects at once and keeps no timer', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    const { destination, gate } = open(await freePort(), { retry_min: '1h', retry_max: '1h' })
    const stop = new AbortController()
    const sent = destination.send(messagesOf(numbered(5)), stop.signal)
    await closed(gate, 'down')
    expect(timers()).toBe(before + 1)
    stop.abort(new Error('stop'))
    await expect(sent).rejects.toThrow('stop')
    await destination.close()
    expect(timers()).toBe(before)
  })

  test('a signal that is already aborted sends nothing', async () => {
    const { destination } = open(await freePort())
    await expect(destination.send(messagesOf(numbered(1)), AbortSignal.abort('no'))).rejects.toBe('no')
  })

  test('close rejects what is still to be sent', async () => {
    const siem = await receiver()
    siem.reply = () => {}
    const { destination } = open(siem.port)
    const sent = destination.send(messagesOf(numbered(3)), never)
    await siem.until(() => siem.received.length === 3)
    const outcome = expect(sent).rejects.toMatchObject({ code: 'CLOSED' })
    await destination.close()
    await outcome
  })

  test('the buffer may be used again once send has settled', async () => {
    const siem = await receiver()
    siem.reply = ({ text }, response) => response.writeHead(text.includes('"ID"') ? 204 : 400).end()
    const { destination } = open(siem.port)
    const messages = messagesOf(numbered(50))
    for (let round = 0; round < 5; round++) {
      const stop = new AbortController()
      const sent = destination.send(messages, stop.signal)
      if (round % 2 === 0) stop.abort(new Error('stop'))
      await sent.catch(() => {})
      const copy = Buffer.from(messages.bytes)
      messages.bytes.fill(0x20)
      await new Promise((resolve) => setImmediate(resolve))
      messages.bytes.set(copy)
    }
    expect(siem.texts.filter((text) => !text.includes('"ID"'))).toEqual([])
  })
})

describe('arrays', () => {
  const array = { delivery: 'array', connections: '1' }

  test('messages go out as JSON arrays within both limits, none left out', async () => {
    const siem = await receiver()
    const { destination } = open(siem.port, { ...array, batch_messages: '40', batch_bytes: '1024' })
    expect(await destination.send(messagesOf(numbered(200)), never)).toEqual([])
    expect(siem.received.flatMap(({ text }) => JSON.parse(text))).toHaveLength(200)
    for (const { body, text } of siem.received) {
      expect(body.length).toBeLessThanOrEqual(1024)
      expect(JSON.parse(text).length).toBeLessThanOrEqual(40)
    }
    expect(siem.received.length).toBeLessThan(10)
  })

  test.each([400, 413, 422])(
    '%i to an array finds the messages that are at fault, and only those',
    async (status) => {
      const siem = await receiver()
      const poison = [3, 64, 65]
      const delivered: number[] = []
      siem.reply = ({ text }, response) => {
        const ids: number[] = JSON.parse(text).map(({ ID }: { ID: number }) => ID)
        if (ids.some((id) => poison.includes(id))) return response.writeHead(status).end('bad')
        delivered.push(...ids)
        response.end()
      }
      const { destination } = open(siem.port, array)
      const refusals = await destination.send(messagesOf(numbered(100)), never)
      expect(refusals.map(({ index }) => index)).toEqual(poison)
      expect(refusals[0]).toMatchObject({ status, answer: 'bad', attempts: 1 })
      expect(delivered.toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 100 }, (_, index) => index).filter((index) => !poison.includes(index)),
      )
    },
  )

  test('an array that is always answered 500 while others pass is searched for its poison', async () => {
    const siem = await receiver()
    siem.reply = ({ text }, response) => response.writeHead(text.includes('"ID":5}') ? 500 : 200).end()
    const { destination } = open(siem.port, { ...array, batch_messages: '8', retry_attempts: '3' })
    const refusals = await destination.send(messagesOf(numbered(32)), never)
    expect(refusals).toMatchObject([{ index: 5, status: 500 }])
  })

  test('gzip compresses what the receiver can read again', async () => {
    const siem = await receiver()
    const { destination } = open(siem.port, { ...array, gzip: 'yes' })
    await destination.send(messagesOf(numbered(100)), never)
    const [request] = siem.received
    expect(request?.headers['content-encoding']).toBe('gzip')
    expect(JSON.parse(gunzipSync(request?.body ?? '').toString())).toHaveLength(100)
    expect(request?.body.length).toBeLessThan(numbered(100).join().length)
  })

  test('a receiver that does not take gzip gets it plain, and nothing is refused', async () => {
    const siem = await receiver()
    siem.reply = ({ headers }, response) => response.writeHead(headers['content-encoding'] ? 415 : 200).end()
    const { destination, log } = open(siem.port, { ...array, gzip: 'yes', batch_messages: '10' })
    expect(await destination.send(messagesOf(numbered(50)), never)).toEqual([])
    expect(siem.received.filter(({ headers }) => headers['content-encoding'])).toHaveLength(1)
    expect(log.lines).toHaveLength(1)
  })
})

describe('options that cannot be used', () => {
  test.each([
    [{ url: 'ftp://siem/' }, 'url'],
    [{ url: 'siem:4690' }, 'url'],
    [{ url: 'http://user:hunter2@' }, 'url'],
    [{ url: 'http://siem/', proxy: 'socks5://proxy:1080' }, 'proxy'],
    [{ url: 'https://siem/', ca: '/no/such/file.pem' }, 'ca'],
    [{ url: 'https://siem/', verify: '/no/such/file.pem' }, 'ca'],
    [{ url: 'https://siem/', cert: new URL(import.meta.url).pathname }, 'ca, cert, key'],
  ])('%j is told with its key', ({ url, ...more }, where) => {
    let destination: Destination | undefined
    let problem: unknown
    try {
      destination = httpDestination(optionsFor(url, more), new Gate(Gate.allocate(1), 0))
    } catch (error) {
      problem = error
    }
    expect(destination).toBeUndefined()
    expect(problem).toBeInstanceOf(ConfigError)
    expect(problem).toMatchObject({ problems: [{ where }] })
    expect(String(problem)).not.toContain('hunter2')
  })
})

async function listening(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opened.push({
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  })
  // An address object: the server listens on TCP.
  return (server.address() as net.AddressInfo).port
}
