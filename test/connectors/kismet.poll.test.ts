import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import kismet from '../../src/connectors/kismet/index.ts'
import { newAlerts } from '../../src/connectors/kismet/look.ts'
import { unfold } from '../../src/connectors/kismet/records.ts'
import type { Ask, Reply } from '../../src/sources/poll.ts'
import { RequestError } from '../../src/sources/poll.ts'
import type { Json } from '../../src/types.ts'
import { Receiver } from '../delivery/receiver.ts'
import { until } from '../e2e/wait.ts'
import { consume, contextIn, folder } from '../sources/consumer.ts'
import { polling } from '../sources/poller.ts'
import { Air } from './air.ts'

const corpus = new URL('../../../shared/corpus/kismet/CONSTRUCTED-all_alerts.json', import.meta.url)

/** Looks again and again as the poller does, without it. */
class Watch {
  readonly found: unknown[] = []
  gaps = 0
  readonly #look = newAlerts({ headers: {}, onGap: () => void this.gaps++ })
  readonly #ask: Ask
  #past: Json | undefined

  constructor(air: Air) {
    this.#ask = async ({ path = '' } = {}): Promise<Reply> => {
      const body = air.answer(path)
      if (body === undefined) throw new RequestError('STATUS', 'no such path', { status: 404 })
      return { status: 200, headers: {}, body }
    }
  }

  async look(): Promise<void> {
    for await (const { records, past } of this.#look(this.#past, this.#ask, new AbortController().signal)) {
      this.found.push(...records)
      this.#past = JSON.parse(JSON.stringify(past))
    }
  }

  get past(): Json | undefined {
    return this.#past
  }
}

describe('alerts', () => {
  test('of the same microsecond come, though one came before the look and one after it', async () => {
    const air = new Air()
    const watch = new Watch(air)
    air.raise('flood 1')
    await watch.look()
    air.raise('flood 2')
    await watch.look()
    await watch.look()
    expect(watch.found).toEqual(air.raised)
  })

  test('of a clock that was set back come, and none twice', async () => {
    const air = new Air()
    const watch = new Watch(air)
    air.raise('flood 1')
    await watch.look()
    air.now -= 86_400
    air.raise('flood 2')
    await watch.look()
    air.now += 10
    air.raise('flood 3')
    await watch.look()
    expect(watch.found).toEqual(air.raised)
  })

  test('of versions that wrap each answer by time come as well', async () => {
    const air = new Air()
    air.isWrapped = false
    const watch = new Watch(air)
    for (const number of [1, 2, 3]) {
      air.raise(`flood ${number}`)
      air.now += 1
      await watch.look()
    }
    expect(watch.found).toEqual(air.raised)
  })

  test('that the backlog no longer held are told as a gap, and so is a restart, but not a quiet time', async () => {
    const air = new Air()
    const watch = new Watch(air)
    air.raise('flood 1')
    await watch.look()
    air.now += 3600
    await watch.look()
    expect(watch.gaps).toBe(0)
    for (let number = 2; number < 70; number++) air.raise(`flood ${number}`)
    await watch.look()
    expect(watch.gaps).toBe(1)
    expect(watch.found).toHaveLength(51)
    air.restart()
    air.raise('flood 70')
    await watch.look()
    expect(watch.gaps).toBe(2)
    expect(watch.found).toHaveLength(52)
  })

  test('come all and once, wherever the clock goes between two looks', async () => {
    const count = fc.integer({ min: 0, max: 20 })
    const seconds = fc.oneof(
      fc.constant(0),
      fc.integer({ min: -100, max: 100 }),
      fc.integer({ min: -99_999, max: 99_999 }),
    )
    const rounds = fc.array(fc.record({ before: count, seconds, after: count }), { maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(rounds, async (all) => {
        const air = new Air()
        air.backlog = 1000
        const watch = new Watch(air)
        let number = 0
        for (const { before, seconds, after } of all) {
          for (let i = 0; i < before; i++) air.raise(`flood ${number++}`)
          air.now += seconds
          for (let i = 0; i < after; i++) air.raise(`flood ${number++}`)
          await watch.look()
        }
        expect(watch.found).toHaveLength(air.raised.length)
        expect(new Set(watch.found)).toEqual(new Set(air.raised))
      }),
      { numRuns: 200 },
    )
  })

  test('that were seen are remembered within a bound', async () => {
    const air = new Air()
    air.backlog = 500
    const watch = new Watch(air)
    for (let number = 0; number < 15_000; number++) {
      air.now += 1
      air.raise(`flood ${number}`)
      if (number % 500 === 499) await watch.look()
    }
    expect(watch.found).toHaveLength(15_000)
    expect(JSON.stringify(watch.past).length).toBeLessThan(250_000)
  })

  test('that are not there leave what was seen as it is, so that nothing is written', async () => {
    const air = new Air()
    const watch = new Watch(air)
    air.raise('flood 1')
    await watch.look()
    const past = structuredClone(watch.past)
    air.now += 1000
    await watch.look()
    expect(watch.past).toEqual(past)
  })
})

describe('a server', () => {
  test('that is asked gives each alert once, and the messages come as ranges of the spool', async () => {
    const air = new Air()
    const server = await air.serve()
    air.raise('flood 1')
    const { run, found } = polling({
      url: `http://127.0.0.1:${server.port}`,
      look: newAlerts({ headers: {}, onGap: () => undefined }),
    })
    await run.until(1)
    air.raise('flood 2')
    await run.until(2)
    expect(found()).toEqual(air.raised)
    expect(run.pieces.every(({ kind }) => kind === 'range')).toBe(true)
  })

  test.skipIf(!existsSync(corpus))('that replays the constructed alerts gives all of them', async () => {
    const air = new Air()
    const alerts = unfold(JSON.parse(readFileSync(corpus, 'utf8'))) ?? []
    for (const alert of alerts) air.add(alert)
    const server = await air.serve()
    const look = newAlerts({ headers: {}, onGap: () => undefined })
    const { run } = polling({ url: `http://127.0.0.1:${server.port}`, look, context: { once: true } })
    await run.ended
    // What is read of a spool is bytes.
    const found = run.records.map(({ text }): unknown => JSON.parse(Buffer.from(text, 'latin1').toString()))
    expect(found).toEqual(alerts)
  })

  test('that answers something else is told, and asked again', async () => {
    const server = new Receiver()
    server.reply = (_, response) => void response.writeHead(200).end('{"kismet.system.version":"2026"}')
    await server.listen()
    onTestFinished(() => server.close())
    const look = newAlerts({ headers: {}, onGap: () => undefined })
    const { faults } = polling({ url: `http://127.0.0.1:${server.port}`, look })
    await until('two looks', () => faults().length > 1)
    expect(faults()[0]).toBe('malformed')
  })
})

describe('the connector', () => {
  /** As the file of the Python connector has it, or with an API key. */
  const start = async (
    settings: Record<string, string>,
    allowed: (headers: Record<string, unknown>) => boolean,
  ) => {
    const air = new Air()
    const server = await air.serve(allowed)
    const state = folder()
    const surroundings = contextIn(state, { connector: 'kismet', workers: 1 })
    const url = `http://127.0.0.1:${server.port}/alerts/all_alerts.json`
    const options = kismet.options.parse({ url, poll_interval: '100ms', ...settings })
    const source = kismet.source(options, surroundings)
    return { air, server, run: consume(source, [], true, () => surroundings.checkpoints.close()) }
  }

  test('shows user name and password, asks below the address of an endpoint, and sends nothing of before', async () => {
    const basic = `Basic ${Buffer.from('admin:s3cret').toString('base64')}`
    const { air, server, run } = await start(
      { login: 'admin', password: 's3cret' },
      ({ authorization }) => authorization === basic,
    )
    await server.until(() => server.received.length > 0)
    const [first] = server.received
    expect(first?.path).toBe('/alerts/wrapped/last-time/0.000000/alerts.json')
    air.raise('flood 1')
    await run.until(1)
    expect(run.records).toHaveLength(1)
  })

  test('shows an API key as the cookie, and no password beside it', async () => {
    const { air, server, run } = await start(
      { token: '0123ABCD' },
      ({ cookie, authorization }) => cookie === 'KISMET=0123ABCD' && authorization === undefined,
    )
    await server.until(() => server.received.length > 1)
    air.raise('flood 1')
    await run.until(1)
    expect(run.records).toHaveLength(1)
  })
})
