import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request as ask } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request as askSecurely } from 'node:https'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { SourceEvent, TailContext } from '../../src/sources/context.ts'
import { httpPush, type PushOptions, unfolding } from '../../src/sources/push.ts'
import { Authority, hasOpenssl } from '../delivery/certificates.ts'
import { until } from '../e2e/wait.ts'
import { consume, contextIn, folder } from './consumer.ts'

const MIB = 1024 ** 2

interface Changes extends Partial<PushOptions> {
  context?: Partial<TailContext>
  state?: string
  commit?: boolean
}

/** A source that listens, and what comes out of it. */
async function push({ context, state = folder(), commit = true, ...options }: Changes = {}) {
  const events: SourceEvent[] = []
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) })
  const surroundings = contextIn(state, { log, onEvent: (event) => events.push(event), ...context })
  const source = httpPush(
    { address: { host: '127.0.0.1', port: 0 }, path: '/', maxBodyBytes: MIB, ...options },
    surroundings,
  )
  const run = consume(source, events, commit, () => surroundings.checkpoints.close())
  const listening = () => lines.find(({ msg }) => msg === 'taking records')
  const url = context?.once ? '' : String((await until('its address', listening)).url)
  const post = async (body: string | Buffer, headers: Record<string, string> = {}, method = 'POST') => {
    const answer = await fetch(url, {
      method,
      ...(method !== 'GET' && { body: new Uint8Array(Buffer.from(body)) }),
      headers: { 'content-type': 'application/x-ndjson', ...headers },
    })
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }
  const reasons = () => events.flatMap((event) => (event.kind === 'refused' ? [event.reason] : []))
  const texts = () => run.records.map(({ text }) => text)
  return { run, url, post, reasons, texts, lines, state, events, port: Number(URL.parse(url)?.port) }
}

const JSON_TYPE = { 'content-type': 'application/json' }
const record = (n: number) => `{"n":${n},"text":"${'x'.repeat(60)}"}`
const records = (from: number, count: number) => Array.from({ length: count }, (_, i) => record(from + i))
const ndjson = (from: number, count: number) => `${records(from, count).join('\n')}\n`

describe('what is taken', () => {
  test('lines, an object, arrays, by POST and PUT: in the order of the answers, with IDs from the spool', async () => {
    const { post, run, texts } = await push()
    const json = (body: string) => post(body, JSON_TYPE, 'PUT')
    const answers = [
      await post(ndjson(0, 3)),
      await post(record(3), { 'content-type': 'text/plain; charset=utf-8' }),
      await json(record(4)),
      await json(`[${record(5)}, ${record(6)}]`),
      await json(JSON.stringify([{ n: 7 }], null, 2)),
      await post(ndjson(8, 1), { 'content-type': 'application/ndjson' }),
    ]
    expect(answers.map(({ status, text }) => `${status}${text}`)).toEqual(Array(6).fill('204'))
    await run.until(9)
    expect(texts()).toEqual([...records(0, 7), '{     "n": 7   }', record(8)])
    expect(run.pieces.every(({ kind }) => kind === 'range')).toBe(true)
    expect(new Set(run.records.map(({ id }) => id)).size).toBe(9)
  })

  test('an empty array: there is nothing to take', async () => {
    const { post } = await push()
    expect((await post('[]', JSON_TYPE)).status).toBe(204)
  })

  test('what is said to be taken is on the disk: without a stop, another process finds it', async () => {
    const { post, state, run } = await push({ commit: false })
    await post(ndjson(0, 50))
    await run.until(50)
    const path = run.pieces[0]?.kind === 'range' ? run.pieces[0].fd : -1
    expect(readFileSync(`/proc/self/fd/${path}`, 'utf8')).toBe(ndjson(0, 50))
    await run.stop()
    const next = await push({ state })
    await next.run.until(50)
    expect(next.run.records).toEqual(run.records)
  })

  test('many at a time: each body together and in order', async () => {
    const { post, run, texts } = await push()
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => post(ndjson(10 * n, 10))))
    expect(answers.every(({ status }) => status === 204)).toBe(true)
    await run.until(500)
    const firsts = Array.from({ length: 50 }, (_, n) => texts().indexOf(record(10 * n)))
    for (const [n, first] of firsts.entries())
      expect(texts().slice(first, first + 10)).toEqual(records(10 * n, 10))
  })

  test('a form of its own: other types, and records made of a body', async () => {
    const form = {
      types: ['text/csv'],
      records: (body: Buffer) =>
        body.includes(',') ? Buffer.from(`["${body.toString().trim()}"]\n`) : { at: 0, what: 'no comma' },
    }
    const { post, run, texts } = await push({ form })
    const csv = { 'content-type': 'text/csv' }
    expect((await post('a,b\n', csv)).status).toBe(204)
    expect((await post('ab', csv)).status).toBe(400)
    expect((await post('{}', JSON_TYPE)).status).toBe(415)
    await run.until(1)
    expect(texts()).toEqual(['["a,b"]'])
  })
})

test('envelopes become their records, in one document and in lines', async () => {
  const unfold = (value: unknown) => (value as { alerts?: unknown[] }).alerts
  const { post, run, texts } = await push({ form: unfolding(unfold) })
  const envelope = `{"alerts":[${record(0)},\n${record(1)}]}`
  expect((await post(envelope, JSON_TYPE)).status).toBe(204)
  expect((await post(`${envelope.replace('\n', '')}\n${record(2)}\n`)).status).toBe(204)
  expect((await post('{"alerts":[', JSON_TYPE)).status).toBe(400)
  expect((await post('{"alerts":[]}', JSON_TYPE)).status).toBe(204)
  await run.until(5)
  expect(texts()).toEqual([record(0), record(1), record(0), record(1), record(2)])
})

test('what records lack is waited for, and they are taken with it; a body that is none is refused before', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const complete = async (lines: Buffer) => {
    await promise
    return Buffer.from(lines.toString().replaceAll('}', ',"more":1}'))
  }
  const { post, run, texts } = await push({ form: { ...unfolding(() => undefined), complete } })
  const answer = post('{"n":1}', JSON_TYPE)
  expect((await post('{"n":', JSON_TYPE)).status).toBe(400)
  expect(texts()).toEqual([])
  resolve()
  expect((await answer).status).toBe(204)
  await run.until(1)
  expect(texts()).toEqual(['{"n":1,"more":1}'])
})

describe('what is refused, with an answer that tells why, and counted', () => {
  test.each([
    ['a body that is no JSON', 'hello', {}, 400, 'malformed', /at byte 0: no line begins with \{/],
    ['an array without end', '[{}', JSON_TYPE, 400, 'malformed', /at byte 0: the array has no end/],
    ['nothing', '', {}, 400, 'malformed', /empty/],
    [
      'another type',
      'x',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'media_type',
      /ndjson/,
    ],
    ['no type', '{}', { 'content-type': '' }, 415, 'media_type', /UTF-8/],
    ['another charset', '{}', { 'content-type': 'text/plain; charset=utf-16' }, 415, 'media_type', /UTF-8/],
    ['another coding', '{}', { 'content-encoding': 'compress' }, 415, 'coding', /zstd/],
    ['two codings', '{}', { 'content-encoding': 'gzip, gzip' }, 415, 'coding', /one at a time/],
    ['S7: what a web page sends', '{}', { origin: 'http://evil.example' }, 403, 'browser', /web pages/],
    ['more than a body may have', ' '.repeat(MIB + 1), {}, 413, 'too_large', /1048576 bytes/],
  ])('%s', async (_, body, headers, status, reason, error) => {
    const { post, reasons, lines } = await push()
    const answer = await post(body, headers as Record<string, string>)
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.text).error).toMatch(error)
    expect(reasons()).toEqual([reason])
    await post(body, headers as Record<string, string>)
    expect(reasons()).toEqual([reason, reason])
    // The log has the first.
    expect(lines.filter(({ msg }) => String(msg).includes('refused'))).toMatchObject([{ status }])
    expect((await post(record(1))).status).toBe(204)
  })

  test('another path and another method', async () => {
    const { url, post, reasons } = await push({ path: '/eve' })
    expect((await fetch(new URL('/', url), { method: 'POST', body: '{}' })).status).toBe(404)
    const get = await post('', {}, 'GET')
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST, PUT'])
    expect((await fetch(`${url}?key=1`, { method: 'POST', body: '{}' })).status).toBe(204)
    expect(reasons()).toEqual(['not_found', 'method'])
  })

  test('a body is taken whole or not at all', async () => {
    const { post, run, texts } = await push()
    expect((await post(`[${record(0)},${record(1)},`, JSON_TYPE)).status).toBe(400)
    expect((await post(record(2))).status).toBe(204)
    await run.until(1)
    expect(texts()).toEqual([record(2)])
  })

  test('S18: what two parsers could understand differently', async () => {
    const { port, run } = await push()
    const socket = connect(port, '127.0.0.1').setEncoding('latin1')
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n'
    socket.write(`${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`)
    expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1\.1 400 /)
    await once(socket, 'close')
    expect(run.records).toEqual([])
  })
})

describe('compressed bodies', () => {
  const CODERS = {
    gzip: (bytes: Buffer) => gzipSync(bytes),
    deflate: (bytes: Buffer) => deflateSync(bytes),
    zstd: (bytes: Buffer) => zstdCompressSync(bytes),
    br: (bytes: Buffer) => brotliCompressSync(bytes),
  }

  test.each(Object.entries(CODERS))('%s is undone', async (coding, compress) => {
    const { post, run, texts } = await push()
    const body = compress(Buffer.from(ndjson(0, 20)))
    expect((await post(body, { 'content-encoding': coding.toUpperCase() })).status).toBe(204)
    await run.until(20)
    expect(texts()).toEqual(records(0, 20))
  })

  test.each(Object.entries(CODERS))(
    'S4: a bomb of %s is 413, damage and what is behind its end 400',
    async (coding, compress) => {
      const { post, reasons, run } = await push()
      const coded = { 'content-encoding': coding }
      const body = compress(Buffer.from(ndjson(0, 20)))
      expect((await post(compress(Buffer.alloc(64 * MIB, ' ')), coded)).status).toBe(413)
      expect((await post(body.subarray(0, -3), coded)).status).toBe(400)
      expect((await post(ndjson(0, 1), coded)).status).toBe(400)
      expect((await post(Buffer.concat([body, Buffer.from('more')]), coded)).status).toBe(400)
      expect(reasons()).toEqual(['too_large', 'coding', 'coding', 'coding'])
      // Of two parts, which gzip alone allows, none is left out in silence.
      const two = await post(Buffer.concat([body, compress(Buffer.from(ndjson(20, 5)))]), coded)
      expect(two.status).toBe(coding === 'gzip' ? 204 : 400)
      if (coding === 'gzip') await run.until(25)
    },
  )

  test('S4: zstd that asks for more than 8 MiB to be undone in is refused', async () => {
    const { post } = await push()
    // Magic, a header without content size, a window of 128 MiB (RFC 8878 §3.1.1), and an empty last block.
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88, 0x01, 0x00, 0x00])
    expect((await post(frame, { 'content-encoding': 'zstd' })).status).toBe(400)
  })
})

describe('S7: who may send', () => {
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
  const bearer = (text: string) => ({ authorization: `Bearer ${text}` })

  test('user name and password, or a token; a wrong one costs its address a second', async () => {
    const { post, reasons } = await push({ account: { login: 'a', password: 'b' }, token: 'secret' })
    const unasked = await post(record(0))
    expect(unasked.status).toBe(401)
    expect(unasked.headers.get('www-authenticate')).toMatch(/^Basic .*, Bearer /)
    expect((await post(record(0), basic('a:b'))).status).toBe(204)
    expect((await post(record(1), bearer('secret'))).status).toBe(204)
    expect((await post(record(2), bearer('wrong'))).status).toBe(401)
    expect((await post(record(2), bearer('secret'))).status).toBe(429)
    expect(reasons()).toEqual(['unauthorised', 'unauthorised', 'unauthorised'])
  })

  test('nobody learns without it which paths there are', async () => {
    const { url } = await push({ token: 'secret', path: '/eve' })
    expect((await fetch(new URL('/else', url), { method: 'POST' })).status).toBe(401)
  })

  test.runIf(hasOpenssl)(
    'over TLS 1.2 on, HTTP/1 and HTTP/2; with an authority only whom it vouches for',
    async () => {
      const authority = new Authority()
      onTestFinished(() => rmSync(authority.directory, { recursive: true }))
      const ca = readFileSync(authority.ca, 'utf8')
      const [own, client] = [authority.issue('server'), authority.issue('client')]
      const pems = ({ cert, key }: typeof own) => ({
        cert: readFileSync(cert, 'utf8'),
        key: readFileSync(key, 'utf8'),
      })
      const { port, run, url } = await push({ tls: { ...pems(own), ca, minVersion: 'TLSv1.2' } })
      expect(url).toBe(`https://127.0.0.1:${port}/`)
      const headers = { 'content-type': 'text/plain' }
      const send = (extra: object) =>
        new Promise((resolve) => {
          const asked = askSecurely({ port, host: '127.0.0.1', method: 'POST', ca, headers, ...extra })
          asked.once('response', (answer) => resolve(answer.resume().statusCode))
          asked.once('error', () => resolve('no'))
          asked.end(record(0))
        })
      expect(await send({})).toBe('no')
      expect(await send(pems(client))).toBe(204)
      expect(await send({ ...pems(client), maxVersion: 'TLSv1.2' })).toBe(204)
      expect(await send({ ...pems(client), maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1' })).toBe('no')
      const session = connectHttp2(url, { ca, ...pems(client) })
      onTestFinished(() => session.destroy())
      const stream = session.request({ ':method': 'POST', 'content-type': 'text/plain' })
      stream.end(record(1))
      const [answer] = await once(stream, 'response')
      expect(answer[':status']).toBe(204)
      await run.until(3)
    },
  )
})

describe('when there is no room', () => {
  test('the spool is full: 429 with Retry-After, before the body is asked for; it goes on when there is room', async () => {
    const { post, run, reasons, port } = await push({
      commit: false,
      context: { ledger: { directory: folder(), spool_max: 64 * 1024, dead_letter_max: MIB } },
    })
    let taken = 0
    for (let status = 204; status === 204; taken += status === 204 ? 50 : 0)
      status = (await post(ndjson(taken, 50))).status
    const refused = await post(ndjson(taken, 50))
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5'])
    expect(new Set(reasons())).toEqual(new Set(['spool_full']))
    await run.until(taken)
    // Somebody who asks first need not send at all.
    const headers = { expect: '100-continue', 'content-type': 'text/plain', 'content-length': 10_000 }
    const asked = ask({ port, host: '127.0.0.1', method: 'POST', headers })
    asked.flushHeaders()
    const [answer] = await once(asked, 'response')
    expect(answer.statusCode).toBe(429)
    asked.destroy()
    for (const piece of run.pieces) run.source.commit(piece)
    await until('room', async () => (await post(ndjson(0, 1))).status === 204)
  })

  test('the disk does not take it: 429, and who was told nothing yet hears when it does', async () => {
    const state = folder()
    const { post, run, lines } = await push({ state })
    mkdirSync(join(state, 'spool'))
    writeFileSync(join(state, 'spool/a'), 'in the way')
    const waiting = post(record(0))
    await until('an attempt', () => lines.some(({ msg }) => String(msg).includes('nothing can be spooled')))
    expect((await post(record(1))).status).toBe(429)
    rmSync(join(state, 'spool/a'))
    expect((await waiting).status).toBe(204)
    await run.until(1)
  })
})

describe('S5: clients that do not come to an end', () => {
  test('a body: 408, others are served; a sender that leaves: nothing is taken', async () => {
    const { port, post, run, reasons } = await push({
      patience: { headersTimeoutMs: 300, requestTimeoutMs: 300 },
    })
    const head =
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n{"a":1}\n'
    const slow = connect(port, '127.0.0.1').setEncoding('latin1')
    slow.write(head)
    const gone = connect(port, '127.0.0.1')
    gone.end(head)
    gone.resume()
    expect((await post(record(0))).status).toBe(204)
    expect(String(await once(slow, 'data'))).toMatch(/^HTTP\/1\.1 408 /)
    await once(slow, 'close')
    expect(reasons()).toEqual(['too_slow'])
    await run.until(1)
    expect(run.records).toHaveLength(1)
  })
})

describe('the end', () => {
  test('what was answered is handed out, who is still sending is told to come again, nobody new gets in', async () => {
    const { port, post, run, texts, reasons } = await push()
    const slow = connect(port, '127.0.0.1').setEncoding('latin1')
    slow.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n{"a"')
    const answers = Promise.all(Array.from({ length: 20 }, (_, n) => post(record(n)).catch(() => undefined)))
    await run.until(1)
    const told = once(slow, 'data')
    const stopped = run.stop()
    expect(String(await told)).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 5/i)
    slow.destroy()
    const taken = (await answers).filter((answer) => answer?.status === 204).length
    await stopped
    expect(texts()).toHaveLength(taken)
    expect(reasons()).toContain('stopping')
    await expect(post(record(0))).rejects.toThrow()
  })

  test('who waits for a disk that does not come back is told', async () => {
    const state = folder()
    mkdirSync(join(state, 'spool'), { recursive: true })
    const { post, run, events } = await push({ state })
    writeFileSync(join(state, 'spool/a'), 'in the way')
    const waiting = post(record(0))
    await until('it waits', () => run.source.lag().bytes > 0)
    await run.source.close()
    expect((await waiting).status).toBe(503)
    // It was refused, so it is not lost.
    expect(events).toMatchObject([{ kind: 'refused', reason: 'stopping' }])
  })

  test('with once nothing is taken: what lies there is handed out', async () => {
    const first = await push({ commit: false })
    await first.post(ndjson(0, 30))
    await first.run.until(30)
    await first.run.stop()
    const { run, texts, lines } = await push({ state: first.state, context: { once: true } })
    await run.ended
    expect(texts()).toEqual(records(0, 30))
    expect(lines.filter(({ msg }) => msg === 'taking records')).toEqual([])
  })

  test('an address in use is told, and taken when it is free', async () => {
    const other = createServer()
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const starting = push({ address: { host: '127.0.0.1', port } })
    await new Promise((resolve) => setTimeout(resolve, 50)) // a few attempts
    other.close()
    const { post, lines } = await starting
    expect((await post(record(0))).status).toBe(204)
    expect(lines).toMatchObject([
      { msg: 'no records can be taken', reason: expect.stringContaining('already listens') },
      { msg: 'recovered: no records can be taken' },
      { msg: 'taking records' },
    ])
  })
})
