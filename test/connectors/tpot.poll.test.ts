import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import tpot from '../../src/connectors/tpot/index.ts'
import { newEvents } from '../../src/connectors/tpot/look.ts'
import { hitsOf } from '../../src/connectors/tpot/records.ts'
import type { Ask } from '../../src/sources/poll.ts'
import { RequestError } from '../../src/sources/poll.ts'
import type { Json } from '../../src/types.ts'
import { consume, contextIn, folder } from '../sources/consumer.ts'
import { polling } from '../sources/poller.ts'
import { Elastic } from './elastic.ts'

const corpus = new URL('../../../shared/corpus/t-pot/', import.meta.url)

const NOON = Date.UTC(2026, 10, 22, 12)
const LATE = 600_000
const SETTING = { index: 'logstash-*', excluded: ['suricata'], lateMs: LATE, isAll: true }

/** Looks again and again as the poller does, without it. */
class Watch {
  readonly found: string[] = []
  past: Json | undefined
  /** Called before each request. */
  before = (_path: string) => {}
  maxAnswerBytes = Number.POSITIVE_INFINITY
  readonly #look: ReturnType<typeof newEvents>
  readonly #ask: Ask

  constructor(elastic: Elastic, setting: Partial<typeof SETTING> = {}) {
    this.#look = newEvents({ ...SETTING, ...setting })
    this.#ask = async ({ method = 'GET', path = '', body } = {}) => {
      this.before(path)
      const [status, answer] = elastic.answer(method, `/${path}`, JSON.stringify(body) ?? '')
      if (status !== 200) throw new RequestError('STATUS', 'no success', { status })
      const text = JSON.stringify(answer)
      if (text.length > this.maxAnswerBytes) throw new RequestError('TOO_LARGE', 'the answer is too large')
      return { status, headers: {}, body: JSON.parse(text) }
    }
  }

  async look(): Promise<void> {
    for await (const { records, past } of this.#look(this.past, this.#ask, new AbortController().signal)) {
      this.found.push(...records.map((record) => String(Object(record)._id)))
      this.past = JSON.parse(JSON.stringify(past))
    }
  }
}

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `e${from + i}`)
const store = (elastic: Elastic, from: number, to: number, timeOf: (number: number) => number) => {
  for (let number = from; number < to; number++) elastic.store(`e${number}`, timeOf(number))
}

describe.each([
  ['with points in time', true],
  ['without points in time', false],
] as const)('events %s', (_, hasPit) => {
  test('come all, in the order of time, over many pages', async () => {
    const elastic = new Elastic()
    elastic.hasPit = hasPit
    store(elastic, 0, 1700, (number) => NOON - 1_000_000 + 100 * number)
    const watch = new Watch(elastic)
    await watch.look()
    expect(watch.found).toEqual(ids(0, 1700))
    const next = hasPit ? 'next in pit' : 'plain'
    expect(elastic.searches).toEqual([hasPit ? 'pit' : 'plain', next, next, next])
    expect(elastic.open).toBe(0)
  })

  test('of the same millisecond come all, though they are more than a page', async () => {
    const elastic = new Elastic()
    elastic.hasPit = hasPit
    store(elastic, 0, 300, (number) => NOON - 900_000 + number)
    store(elastic, 300, 2000, () => NOON - 800_000)
    store(elastic, 2000, 2100, (number) => NOON - 700_000 + number)
    const watch = new Watch(elastic)
    await watch.look()
    expect(watch.found).toEqual(ids(0, 2100))
    await watch.look()
    expect(watch.found).toHaveLength(2100)
  })

  test('that are stored late come, and none comes twice', async () => {
    const elastic = new Elastic()
    elastic.hasPit = hasPit
    const watch = new Watch(elastic)
    store(elastic, 0, 10, (number) => NOON + 1000 * number)
    await watch.look()
    store(elastic, 10, 20, (number) => NOON + 8500 - 1000 * (number - 10))
    await watch.look()
    await watch.look()
    expect(watch.found.toSorted()).toEqual(ids(0, 20).toSorted())
  })

  test('come all and once, in whatever order they are stored, within the time they may be late', async () => {
    const rounds = fc.array(
      fc.record({
        seconds: fc.integer({ min: 0, max: 900 }),
        lates: fc.array(fc.integer({ min: 0, max: 599 }), { maxLength: 30 }),
      }),
      { maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(rounds, async (all) => {
        const elastic = new Elastic()
        elastic.hasPit = hasPit
        const watch = new Watch(elastic)
        let number = 0
        let nowMs = NOON - 100_000_000
        for (const { seconds, lates } of all) {
          nowMs += 1000 * seconds
          for (const late of lates) elastic.store(`e${number++}`, nowMs - 1000 * late)
          await watch.look()
        }
        expect(watch.found).toHaveLength(number)
        expect(new Set(watch.found).size).toBe(number)
      }),
      { numRuns: 100 },
    )
  })
})

describe('a look', () => {
  test('goes on in another point in time when the one it had expired, and leaves nothing out', async () => {
    const elastic = new Elastic()
    store(elastic, 0, 1800, (number) => NOON - 1_000_000 + Math.floor(number / 7))
    const watch = new Watch(elastic)
    let searches = 0
    watch.before = (path) => {
      if (path === '_search' && ++searches === 3) elastic.expire()
    }
    await watch.look()
    expect(watch.found).toEqual(ids(0, 1800))
    expect(elastic.opened).toBe(2)
  })

  test('that ends in trouble is gone on with from the last page', async () => {
    const elastic = new Elastic()
    store(elastic, 0, 1200, (number) => NOON - 1_000_000 + number)
    const watch = new Watch(elastic)
    let searches = 0
    watch.before = (path) => {
      if (path === '_search' && ++searches === 2) throw new RequestError('CONNECT', 'gone')
    }
    await expect(watch.look()).rejects.toThrow('gone')
    expect(watch.found).toEqual(ids(0, 500))
    await watch.look()
    expect(watch.found).toEqual(ids(0, 1200))
  })

  test('that ends in the midst of more events of one millisecond than are remembered leaves none out', async () => {
    const elastic = new Elastic()
    store(elastic, 0, 21_500, () => NOON)
    const watch = new Watch(elastic)
    let searches = 0
    watch.before = (path) => {
      if (path === '_search' && ++searches === 42) throw new RequestError('CONNECT', 'gone')
    }
    await expect(watch.look()).rejects.toThrow('gone')
    await watch.look()
    expect(watch.found).toHaveLength(21_500)
    expect(new Set(watch.found).size).toBe(21_500)
  })

  test.each(['shards', 'timeout'] as const)('takes no answer that is not whole: %s', async (partial) => {
    const elastic = new Elastic()
    store(elastic, 0, 10, (number) => NOON + number)
    elastic.isPartial = partial
    const watch = new Watch(elastic)
    await expect(watch.look()).rejects.toThrow(partial === 'shards' ? 'some shards' : 'in time')
    await watch.look()
    expect(watch.found).toEqual(ids(0, 10))
  })

  test('asks for smaller pages where one would be too large', async () => {
    const elastic = new Elastic()
    for (let number = 0; number < 700; number++)
      elastic.store(`e${number}`, NOON + number, { payload: 'x'.repeat(number % 100 === 0 ? 3000 : 10) })
    const watch = new Watch(elastic)
    watch.maxAnswerBytes = 10_000
    await watch.look()
    expect(watch.found).toEqual(ids(0, 700))
    watch.maxAnswerBytes = 1000
    elastic.store('huge', NOON + 700, { payload: 'x'.repeat(3000) })
    await expect(watch.look()).rejects.toThrow('too large')
  })

  test('tells times that are no milliseconds', async () => {
    const elastic = new Elastic()
    elastic.store('a', NOON * 1e6)
    await expect(new Watch(elastic).look()).rejects.toThrow('is @timestamp a date?')
  })

  test('does not go round and round where a server leaves out what it does not understand', async () => {
    const elastic = new Elastic()
    elastic.hasPit = false
    elastic.isObtuse = true
    store(elastic, 0, 600, () => NOON)
    await expect(new Watch(elastic).look()).rejects.toThrow('the same events again')
  })

  test('asks for no events of tools that are excluded', async () => {
    const elastic = new Elastic()
    elastic.store('a', NOON, { type: 'Suricata' })
    elastic.store('b', NOON)
    const watch = new Watch(elastic)
    await watch.look()
    expect(watch.found).toEqual(['b'])
  })

  test('is not carried away by an event of a clock in the future', async () => {
    const elastic = new Elastic()
    const nowMs = Date.now()
    const watch = new Watch(elastic)
    elastic.store('future', nowMs + 1e11)
    elastic.store('a', nowMs - 1000)
    await watch.look()
    elastic.store('b', nowMs)
    await watch.look()
    await watch.look()
    expect(watch.found).toEqual(['a', 'future', 'b'])
  })

  test('is the first: with start = now what is there is not sent, and what is stored late after it is', async () => {
    const elastic = new Elastic()
    const watch = new Watch(elastic, { isAll: false })
    store(elastic, 0, 700, (number) => NOON - 1_000_000 + 1000 * number)
    await watch.look()
    elastic.store('late', NOON - 1_000_000 + 650_500)
    elastic.store('new', NOON)
    await watch.look()
    expect(watch.found).toEqual(['late', 'new'])
  })

  test('is the first of an empty index: what comes then is sent', async () => {
    const elastic = new Elastic()
    const watch = new Watch(elastic, { isAll: false })
    await watch.look()
    elastic.store('a', NOON)
    await watch.look()
    expect(watch.found).toEqual(['a'])
  })

  test('remembers what it must within a bound, and sends nothing twice for that', async () => {
    const elastic = new Elastic()
    store(elastic, 0, 22_000, (number) => NOON - 1_000_000 + number)
    const watch = new Watch(elastic)
    await watch.look()
    elastic.store('e22000', NOON - 977_000)
    await watch.look()
    expect(watch.found).toHaveLength(22_001)
    expect(new Set(watch.found).size).toBe(22_001)
    expect(JSON.stringify(watch.past).length).toBeLessThan(1_000_000)
  })
})

describe('a server', () => {
  const pages = ['derived-search-response-page1.json', 'derived-search-response-page2.json']

  test.skipIf(!existsSync(corpus))(
    'that replays the answers of T-Pot gives every event of them once',
    async () => {
      const elastic = new Elastic()
      const hits = pages.flatMap(
        (name) => hitsOf(JSON.parse(readFileSync(new URL(name, corpus), 'utf8'))) ?? [],
      )
      for (const hit of hits) {
        const { _id, _source, sort } = Object(hit)
        elastic.store(_id, sort[0], _source)
      }
      const server = await elastic.serve()
      const { run } = polling({
        url: `http://127.0.0.1:${server.port}`,
        look: newEvents(SETTING),
        context: { once: true },
      })
      await run.ended
      const found = run.records.map(({ text }) => JSON.parse(text)._id)
      expect(found).toEqual(hits.map((hit) => Object(hit)._id))
      expect(found).toHaveLength(123)
    },
  )

  test('that is none of Elasticsearch is told', async () => {
    const elastic = new Elastic()
    const server = await elastic.serve()
    server.reply = (_, response) => void response.writeHead(200).end('{"ok":true}')
    const { faults, run } = polling({
      url: `http://127.0.0.1:${server.port}`,
      look: newEvents(SETTING),
      context: { once: true },
    })
    await run.ended
    expect(faults()).toEqual(['malformed'])
  })

  test('is asked as the file of the Python connector says, with user name and password if there are any', async () => {
    const elastic = new Elastic()
    const basic = `Basic ${Buffer.from('tpot:s3cret').toString('base64')}`
    const server = await elastic.serve(({ authorization }) => authorization === basic)
    const state = folder()
    const surroundings = contextIn(state, { connector: 'tpot', workers: 1, once: true })
    elastic.store('a', NOON, { src_ip: '203.0.113.10' })
    const options = tpot.options.parse({
      url: `http://127.0.0.1:${server.port}`,
      login: 'tpot',
      password: 's3cret',
      index_pattern: 'logstash-*',
      catch_up: 'true',
    })
    const source = tpot.source(options, surroundings)
    const run = consume(source, [], true, () => surroundings.checkpoints.close())
    await run.ended
    expect(run.records.map(({ text }) => JSON.parse(text)._id)).toEqual(['a'])
    expect(server.received[0]?.path).toContain('/logstash-*/_pit?keep_alive=')
  })
})
