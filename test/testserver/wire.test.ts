import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTestserver, type Testserver, type TestserverOptions } from '../../src/testserver/server.ts'
import { message, numbered } from './messages.fixture.ts'

// What no well-behaved client would send, byte by byte.

let server: Testserver
const errors: string[] = []

async function restart(options: TestserverOptions = {}): Promise<void> {
  await server?.close()
  const log = pino({ level: 'error' }, { write: (line) => void errors.push(line) })
  server = await startTestserver({ port: 0, log, ...options })
}

beforeEach(() => restart())
afterEach(async () => {
  await server.close()
  expect(errors.splice(0)).toEqual([])
})

interface Talk {
  socket: Socket
  answer(): string
  /** Resolves when the answer has this in it, or the connection has ended. */
  until(text: string): Promise<string>
  closed: Promise<unknown>
}

async function dial(): Promise<Talk> {
  const socket = connect(server.port, '127.0.0.1').setEncoding('latin1')
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk
  })
  socket.on('error', () => undefined) // a reset is an end like another here
  await once(socket, 'connect')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const until = async (text: string): Promise<string> => {
    while (!answer.includes(text) && !socket.closed)
      await Promise.race([new Promise((resolve) => socket.once('data', resolve)), closed])
    return answer
  }
  return { socket, answer: () => answer, until, closed }
}

const HEAD = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
const whole = (body: string) => `${HEAD}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

describe('S4: chunked bodies', () => {
  test('a body in chunks is taken, split anywhere', async () => {
    const body = Buffer.from(JSON.stringify(message({ Description: 'naïve 日本 🦊' })))
    const { socket, until } = await dial()
    socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`)
    for (const byte of body) {
      socket.write('1\r\n')
      socket.write(Uint8Array.of(byte))
      socket.write('\r\n')
    }
    socket.write('0\r\n\r\n')
    expect(await until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 204 /)
    expect(server.stats()).toMatchObject({ valid: 1, bytes: body.length })
    socket.destroy()
  })

  test('an endless body is 413 while it is still being sent, and the answer arrives', async () => {
    await restart({ maxBodyBytes: 100_000 })
    const { socket, answer, closed } = await dial()
    socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`)
    const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`
    let sent = 0
    while (!answer().includes('\r\n\r\n') && !socket.destroyed) {
      sent += chunk.length
      if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), closed])
    }
    expect(answer()).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer()).toMatch(/^connection: close\r$/im)
    expect(answer()).toContain('{"error":"a body may have 100000 bytes"}')
    expect(sent).toBeLessThan(50 * 1024 ** 2)
    socket.write('0\r\n\r\n')
    await closed
    expect(server.stats()).toMatchObject({ valid: 0, answers: { 413: 1 } })
  })

  test('a sender that never stops after its 413 is cut off', async () => {
    await restart({ maxBodyBytes: 1000 })
    const { socket, answer, closed } = await dial()
    socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`)
    const flood = setInterval(() => socket.write(`3e8\r\n${' '.repeat(1000)}\r\n`), 5)
    await closed
    clearInterval(flood)
    expect(answer()).toMatch(/^HTTP\/1\.1 413 /)
  })
})

describe('S4: Content-Length', () => {
  test('over the limit is 413 before anything is sent', async () => {
    const { socket, until, closed } = await dial()
    socket.write(`${HEAD}Content-Length: 99999999\r\n\r\n`)
    expect(await until('bytes"}')).toMatch(/^HTTP\/1\.1 413 /)
    socket.end()
    await closed
  })

  test('that promises more than comes ends with no message taken', async () => {
    const body = JSON.stringify(message())
    const { socket, answer, closed } = await dial()
    socket.end(`${HEAD}Content-Length: ${body.length + 10}\r\n\r\n${body}`)
    await closed
    expect(answer()).not.toContain('204')
    expect(server.stats()).toMatchObject({ requests: 0, valid: 0 })
  })

  test('that promises less cuts the message, and the rest is not a request', async () => {
    const body = JSON.stringify(message())
    const { socket, until, closed } = await dial()
    socket.write(`${HEAD}Content-Length: ${body.length - 5}\r\n\r\n${body}`)
    await closed
    const answer = await until('never')
    expect(answer.match(/HTTP\/1\.1 \d+/g)?.at(-1)).toBe('HTTP/1.1 400')
    expect(server.stats().valid).toBe(0)
  })
})

describe('S4: all bodies together', () => {
  test('hold no more than their room: the largest that are not whole have to leave, small ones are taken', async () => {
    const large = await Promise.all(Array.from({ length: 9 }, dial))
    const part = Buffer.alloc(9 * 1024 ** 2, ' ')
    for (const { socket } of large) {
      socket.write(`${HEAD}Content-Length: ${part.length + 1}\r\n\r\n`)
      socket.write(part)
    }
    const first = await Promise.race(large.map(({ until }) => until('"}')))
    expect(first).toMatch(/^HTTP\/1\.1 429 /)
    expect(first).toMatch(/^retry-after: 1\r$/im)
    const small = await dial()
    small.socket.write(whole(JSON.stringify(message())))
    expect(await small.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 204 /)
    for (const { socket } of [...large, small]) socket.destroy()
    await Promise.all(large.map(({ closed }) => closed))
    expect(large.filter(({ answer }) => answer() !== '').length).toBeLessThanOrEqual(3)
  })

  test('give their room back, taken or refused or broken off', async () => {
    await restart({ maxBodyBytes: 20 * 1024 ** 2 })
    for (let i = 0; i < 8; i++) {
      const { socket, until, closed } = await dial()
      socket.write(`${HEAD}Content-Length: ${19 * 1024 ** 2}\r\n\r\n`)
      socket.write(Buffer.alloc((i % 2 === 0 ? 19 : 18) * 1024 ** 2, ' '))
      if (i % 2 === 0) expect(await until('"}')).toMatch(/^HTTP\/1\.1 400 /)
      socket.end(() => socket.destroy())
      await closed
    }
    expect(server.stats().answers).toEqual({ 400: 4 })
  })
})

describe('S18: what two parsers could understand differently', () => {
  test.each([
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    ['a length beside Transfer-Encoding', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a length with a sign', 'Content-Length: +5\r\n\r\nhello'],
    ['a transfer coding besides chunked', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['chunked that is not last', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['a blank before the colon', 'Content-Length : 5\r\n\r\nhello'],
    ['a header on two lines', 'X-Folded: a\r\n Content-Length: 5\r\n\r\nhello'],
    ['lines that end in LF', 'Content-Length: 5\nX: y\n\nhello'],
    ['a NUL in a header', 'X-Nul: a\0b\r\nContent-Length: 5\r\n\r\nhello'],
    ['a chunk whose size is no number', 'Transfer-Encoding: chunked\r\n\r\n5g\r\nhello\r\n0\r\n\r\n'],
    ['a chunk longer than it says', 'Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n'],
    [
      'no end of chunk extensions',
      `Transfer-Encoding: chunked\r\n\r\n5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`,
    ],
  ])('%s: refused, and the connection ends', async (_, rest) => {
    const { socket, answer, closed } = await dial()
    socket.write(`${HEAD}${rest}${whole(JSON.stringify(message()))}`)
    await closed
    expect(
      answer()
        .match(/^HTTP\/1\.1 \d+/gm)
        ?.every((line) => /4\d\d$/.test(line)),
    ).toBe(true)
    expect(server.stats().valid).toBe(0)
  })
})

describe('S5: patience', () => {
  test('headers that do not end are 408', async () => {
    await restart({ headersTimeoutMs: 100 })
    const { socket, answer, closed } = await dial()
    socket.write('POST / HTTP/1.1\r\nHost: x\r\n')
    const drip = setInterval(() => socket.write('X-Slow: 1\r\n'), 20)
    await closed
    clearInterval(drip)
    expect(answer()).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('a body that does not end is 408', async () => {
    await restart({ headersTimeoutMs: 100, requestTimeoutMs: 150 })
    const { socket, answer, closed } = await dial()
    socket.write(`${HEAD}Content-Length: 1000\r\n\r\n`)
    const drip = setInterval(() => socket.write(' '), 20)
    await closed
    clearInterval(drip)
    expect(answer()).toMatch(/^HTTP\/1\.1 408 /)
    expect(server.stats().valid).toBe(0)
  })

  test('a connection on which nothing is sent ends', async () => {
    await restart({ headersTimeoutMs: 100 })
    const { answer, closed } = await dial()
    await closed
    expect(answer()).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('more than 64 headers are 431', async () => {
    const { socket, until } = await dial()
    const many = Array.from({ length: 100 }, (_, i) => `X-${i}: 1\r\n`).join('')
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${many}Content-Type: application/json\r\n\r\n`)
    expect(await until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 431 /)
    socket.destroy()
  })

  test('others are served meanwhile', async () => {
    const slow = await dial()
    slow.socket.write('POST / HTTP/1.1\r\nHost')
    const quick = await dial()
    quick.socket.write(whole(JSON.stringify(message())))
    expect(await quick.until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 204 /)
    for (const { socket } of [slow, quick]) socket.destroy()
  })

  test('headers over 16 KiB are 431', async () => {
    const { socket, answer, closed } = await dial()
    socket.write(`${HEAD}X-Large: ${'x'.repeat(20_000)}\r\n\r\n`)
    await closed
    expect(answer()).toMatch(/^HTTP\/1\.1 431 /)
  })
})

describe('one connection', () => {
  test('pipelined requests are answered in order', async () => {
    const { socket, until } = await dial()
    const bodies = Array.from({ length: 1200 }, (_, i) => numbered(i, i % 3 === 0 ? { nonsense: 1 } : {}))
    socket.write(bodies.map((body) => whole(JSON.stringify(body))).join(''))
    socket.write(whole('"last"'))
    const answer = await until('must be an object')
    const statuses = answer.match(/HTTP\/1\.1 \d+/g)?.map((line) => line.slice(-3))
    expect(statuses).toEqual([...bodies.map((_, i) => (i % 3 === 0 ? '400' : '204')), '400'])
    socket.destroy()
  })

  test('a refused request leaves the connection usable', async () => {
    const { socket, until } = await dial()
    socket.write(whole('{}').replace('application/json', 'text/plain'))
    expect(await until('"}')).toMatch(/^HTTP\/1\.1 415 /)
    socket.write(whole(JSON.stringify(message())))
    expect(await until('HTTP/1.1 204')).toContain('HTTP/1.1 204')
    socket.destroy()
  })
})

describe('Expect: 100-continue', () => {
  test('the body is asked for when it is wanted', async () => {
    const body = JSON.stringify(message())
    const { socket, until } = await dial()
    socket.write(`${HEAD}Expect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`)
    expect(await until('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    socket.write(body)
    expect(await until('HTTP/1.1 204')).toContain('HTTP/1.1 204')
    socket.destroy()
  })

  test.each([
    ['too large', `${HEAD}Content-Length: 99999999\r\n`, 413],
    ['of another type', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 5\r\n', 415],
  ])('a body that is %s is not, and the connection ends', async (_, head, status) => {
    const { socket, until, closed } = await dial()
    socket.write(`${head}Expect: 100-continue\r\n\r\n`)
    const answer = await until('"}')
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer).toMatch(/^connection: close\r$/im)
    socket.end()
    await closed
  })
})

describe('the client leaves', () => {
  test('in the middle of its body: nothing is taken, nothing is wrong', async () => {
    const { socket, closed } = await dial()
    socket.write(`${HEAD}Content-Length: 1000\r\n\r\n{"Ver`)
    socket.resetAndDestroy()
    await closed
    const next = await dial()
    next.socket.write(whole(JSON.stringify(message())))
    await next.until('\r\n\r\n')
    next.socket.destroy()
    expect(server.stats()).toMatchObject({ requests: 1, valid: 1 })
  })
})
