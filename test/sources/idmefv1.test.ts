import { once } from 'node:events'
import { statSync } from 'node:fs'
import { request as ask, createServer } from 'node:http'
import { join } from 'node:path'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { SourceEvent } from '../../src/sources/context.ts'
import { type XmlOptions, xmlForm } from '../../src/sources/idmefv1.ts'
import { type Copy, httpPush, type PushOptions } from '../../src/sources/push.ts'
import { until } from '../e2e/wait.ts'
import { alert, around } from '../idmefv1/documents.ts'
import { consume, contextIn, folder } from './consumer.ts'

const MIB = 1024 ** 2

interface Setup extends XmlOptions {
  address?: PushOptions['address']
  copies?: readonly Copy[]
  spool_max?: number
}

async function gateway({
  address = { host: '127.0.0.1', port: 0 },
  copies = [],
  spool_max = 16 * MIB,
  ...xml
}: Setup = {}) {
  const state = folder()
  const events: SourceEvent[] = []
  const told: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, { write: (line) => void told.push(JSON.parse(line)) })
  const surroundings = contextIn(state, {
    connector: 'gateway',
    ledger: { directory: state, spool_max, dead_letter_max: MIB },
    log,
    onEvent: (event) => events.push(event),
  })
  const source = httpPush(
    { address, maxBodyBytes: MIB, form: xmlForm(xml), copies: () => copies },
    surroundings,
  )
  const run = consume(source, events, true, () => surroundings.checkpoints.close())
  onTestFinished(() => run.stop())
  const { url } = await until('its address', () => told.find(({ msg }) => msg === 'taking records'))
  const post = async (body: string | Uint8Array, type = 'application/xml', method = 'POST', path = '') => {
    const answer = await fetch(`${url}${path}`, {
      method,
      ...(method !== 'GET' && { body: new Uint8Array(Buffer.from(body)) }),
      headers: { 'content-type': type },
    })
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }
  // As they were read, byte by byte.
  const records = () => run.records.map(({ text }) => JSON.parse(Buffer.from(text, 'latin1').toString()))
  return { run, post, records, events, url: String(url) }
}

describe('a document', () => {
  test.each(['application/xml', 'text/xml', 'Text/XML; charset=UTF-8', 'application/xml;charset="utf-8"'])(
    'as %s is taken, each message a record',
    async (type) => {
      const { post, run, records } = await gateway()
      const { status, text } = await post(around(`${alert('', 'a')}\n${alert('', 'b')}`), type)
      expect([status, text]).toEqual([200, 'OK\n'])
      await run.until(2)
      expect(records().map(({ messageid }) => messageid)).toEqual(['a', 'b'])
    },
  )

  test('is read in the charset of its Content-Type', async () => {
    const { post, run, records } = await gateway()
    const latin = Buffer.from(around('<Alert><Classification text="café"/></Alert>'), 'latin1')
    expect((await post(latin)).status).toBe(415)
    expect((await post(latin, 'text/xml; charset=iso-8859-1')).status).toBe(200)
    await run.until(1)
    expect(records()).toMatchObject([{ classification: { text: 'café' } }])
  })

  test('without identity and time is given both', async () => {
    const { post, run, records } = await gateway()
    await post(around('<Alert/>'))
    await run.until(1)
    const [{ messageid, create_time, taken }] = records() as [
      { messageid: string; create_time: { time: string }; taken: number },
    ]
    expect(Math.abs(taken - Date.now())).toBeLessThan(60_000)
    expect(messageid).toMatch(/^[\da-f-]{36}$/)
    expect(Math.abs(Date.parse(create_time.time) - Date.now())).toBeLessThan(60_000)
  })

  test('is taken at any path', async () => {
    const { post } = await gateway()
    expect((await post(around(alert()), 'text/xml', 'POST', 'cgi-bin/secef?x=1')).status).toBe(200)
  })

  test('with a fault in its last message is refused whole, with the place', async () => {
    const { post, run, records, events } = await gateway()
    const bad = alert('<Assessment><Impact severity="awful"/></Assessment>', 'b')
    const { status, text } = await post(around(alert('', 'a') + bad))
    expect(status).toBe(422)
    expect(JSON.parse(text).error).toContain('/IDMEF-Message/Alert[2]/Assessment/Impact@severity')
    expect(events).toMatchObject([{ kind: 'refused', reason: 'invalid' }])
    await post(around(alert('', 'c')))
    await run.until(1)
    expect(records().map(({ messageid }) => messageid)).toEqual(['c'])
  })

  test.each([
    ['no XML', '{}', 'application/xml', 'POST', 400],
    ['in a foreign namespace', around(alert(), 'xmlns="urn:x"'), 'application/xml', 'POST', 400],
    ['with entities', `<!DOCTYPE a [<!ENTITY b "c">]><IDMEF-Message/>`, 'text/xml', 'POST', 400],
    ['as JSON', around(alert()), 'application/json', 'POST', 415],
    ['in a charset that nobody knows', around(alert()), 'text/xml; charset=klingon', 'POST', 415],
    ['asked for', '', 'text/xml', 'GET', 405],
    ['too large', around(`<!--${'x'.repeat(MIB)}-->`), 'text/xml', 'POST', 413],
  ])('that is %s is refused', async (_, body, type, method, status) => {
    const { post, events } = await gateway()
    const answer = await post(body, type, method)
    expect(answer.status).toBe(status)
    if (status === 405) expect(answer.headers.get('allow')).toBe('POST, PUT')
    expect(events).toHaveLength(1)
  })

  test('that does not stand a validation is refused', async () => {
    const { post } = await gateway({
      validate: ({ messages }) => (messages.length > 1 ? 'too many' : undefined),
    })
    expect((await post(around(alert()))).status).toBe(200)
    const { status, text } = await post(around(alert() + alert()))
    expect([status, text]).toEqual([422, '{"error":"too many"}'])
  })
})

test('a dry run judges documents, and takes nothing', async () => {
  const taken: number[] = []
  const { post, run } = await gateway({ dryRun: true, onDocument: (messages) => taken.push(messages) })
  expect((await post(around(alert() + alert()))).status).toBe(200)
  expect((await post('<')).status).toBe(400)
  expect(taken).toEqual([2])
  expect(run.source.lag().bytes).toBe(0)
})

describe('with copies', () => {
  test('a document is taken when all have it', async () => {
    const bodies: string[] = []
    const copy: Copy = {
      hasRoomFor: () => true,
      tryAccept: async (lines) => void bodies.push(lines.toString()),
    }
    const { post, run } = await gateway({ copies: [copy] })
    expect((await post(around(alert()))).status).toBe(200)
    await run.until(1)
    expect(bodies).toEqual(run.records.map(({ text }) => `${text}\n`))
  })

  test('one that has no room refuses it for all', async () => {
    const { post, run } = await gateway({ copies: [{ hasRoomFor: () => false, tryAccept: () => undefined }] })
    const { status, headers } = await post(around(alert()))
    expect([status, headers.get('retry-after')]).toEqual([503, '5'])
    expect(run.source.lag().bytes).toBe(0)
  })
})

describe('a Unix socket', () => {
  const post = (socketPath: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { 'content-type': 'text/xml' }
      ask({ socketPath, method: 'POST', path: '/idmef', headers }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
        .on('error', reject)
        .end(around(alert()))
    })

  test('takes documents, from its owner and group', async () => {
    const socket = join(folder(), 'gateway.sock')
    const { run } = await gateway({ address: { socket } })
    expect(statSync(socket).mode & 0o777).toBe(0o660)
    expect(await post(socket)).toBe(200)
    await run.until(1)
  })

  test('that nobody answers on is replaced', async () => {
    const socket = join(folder(), 'gateway.sock')
    const other = createServer().listen(socket)
    await once(other, 'listening')
    await gateway({ address: { socket: join(folder(), 'other.sock') } })
    other.close()
    await gateway({ address: { socket } })
    expect(await post(socket)).toBe(200)
  })
})
