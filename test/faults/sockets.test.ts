import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, test } from 'vitest'
import { alert, lines, range } from '../e2e/events.ts'
import { EXACT, Oracle } from '../e2e/oracle.ts'
import type { Metrics } from '../e2e/program.ts'
import { listening as pushed, Shipper } from '../e2e/shipper.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { expectEqual } from './reference.ts'
import { memoryOf, scaled, WINDOW } from './run.ts'

async function listening(workers = {}) {
  const [site, oracle] = [new Site(), await Oracle.start()]
  const path = site.path('eve.sock')
  site.configure(oracle.url, { suricata: { filetype: 'unix_stream', filename: path }, workers })
  const program = site.run()
  await until('the socket', () => existsSync(path))
  return { site, oracle, path, program }
}

/** As Suricata: connects, and again when that fails. */
async function suricata(path: string): Promise<Socket> {
  return until('a connection', async () => {
    const socket = connect(path)
    try {
      await once(socket, 'connect')
      socket.on('error', () => undefined) // whoever is killed resets it
      return socket.resume()
    } catch {
      return undefined
    }
  })
}

async function gone(socket: Socket): Promise<void> {
  const closed = once(socket, 'close')
  socket.end()
  await closed
}

/** A figure that has not changed for half a second. */
async function settled(read: () => number): Promise<number> {
  for (let before = Number.NaN; ; ) {
    const now = read()
    if (now === before) return now
    before = now
    await sleep(500)
  }
}

test('F53: peer restarts, also in the middle of a line: whole lines are delivered, the fragment is kept', async () => {
  const { site, oracle, path, program } = await listening()
  const rounds = scaled(5, 100)
  for (let round = 0; round < rounds; round++) {
    const socket = await suricata(path)
    socket.write(lines(100 * round, 100 * (round + 1)))
    socket.write(alert(100_000 + round).slice(0, 200))
    await gone(socket)
  }
  await oracle.arrival(0, 100 * rounds)
  await until('the fragments', () => site.deadLetters.length === rounds)
  for (const { reason, raw } of site.deadLetters) {
    expect(reason).toBe('invalid_json')
    expect(raw).toHaveLength(200)
  }
  const last = await suricata(path)
  last.write(lines(100 * rounds, 100 * rounds + 1))
  await oracle.arrival(100 * rounds, 100 * rounds + 1)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 100 * rounds + 1))).toEqual(EXACT)
  expectEqual(oracle)
})

test('F53: two writers, each in pieces that end anywhere: lines never mix', async () => {
  const { oracle, path, program } = await listening()
  const texts = [Buffer.from(lines(0, 400)), Buffer.from(lines(400, 800))]
  const sockets = await Promise.all(texts.map(() => suricata(path)))
  for (
    let at = 0, size = 1;
    texts.some(({ length }) => at < length);
    at += size, size = (size * 7 + 3) % 4001
  ) {
    for (const [index, socket] of sockets.entries()) {
      const piece = texts[index]?.subarray(at, at + size) ?? Buffer.alloc(0)
      if (piece.length > 0 && !socket.write(piece)) await once(socket, 'drain')
    }
  }
  await Promise.all(sockets.map(gone))
  await oracle.arrival(0, 800)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 800))).toEqual(EXACT)
  expectEqual(oracle)
})

test('F53: a line over the limit is counted and kept by its head, those around it are delivered', async () => {
  const { site, oracle, path, program } = await listening({ max_line: '64KiB' })
  const socket = await suricata(path)
  socket.write(lines(0, 10))
  socket.write(`{"event_type":"alert","x":"${'y'.repeat(5_000_000)}"}\n`)
  socket.write(lines(10, 20))
  await oracle.arrival(0, 20)
  const isCounted = (now: Metrics) => now.sum('records_rejected_total', { reason: 'line_too_long' }) === 1
  await until('its count', async () => isCounted(await program.metrics()))
  expect(site.deadLetters).toMatchObject([{ reason: 'line_too_long' }])
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 20))).toEqual(EXACT)
})

test('F53: we are killed and come back, the peer connects again: what was taken before is delivered, with its ID', async () => {
  const { site, oracle, path, program } = await listening()
  await oracle.down()
  const socket = await suricata(path)
  socket.write(lines(0, 500))
  await until(
    'all is taken',
    async () => (await program.metrics()).sum('spool_bytes') >= Buffer.byteLength(lines(0, 500)),
  )
  const closed = once(socket, 'close')
  program.signal('SIGKILL')
  await Promise.all([program.exit, closed])
  await oracle.up()
  const next = site.run()
  const again = await suricata(path)
  again.write(lines(500, 600))
  await oracle.arrival(0, 600)
  expect(await next.stop()).toBe(0)
  const { twice, ...rest } = oracle.account(range(0, 600))
  expect({ ...rest, twice: [] }).toEqual(EXACT)
  expect(twice.length).toBeLessThanOrEqual(WINDOW)
  expectEqual(oracle)
})

test('F53: receiver down and spool full: the peer is held up, memory stays, and all arrives later', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  const path = site.path('eve.sock')
  const spoolMax = 1024 ** 2
  site.configure(oracle.url, {
    suricata: { filetype: 'unix_stream', filename: path },
    state: { spool_max: spoolMax },
  })
  await oracle.down()
  const program = site.run()
  await until('the socket', () => existsSync(path))
  const socket = await suricata(path)
  const count = 6000
  for (let from = 0; from < count; from += 1000) socket.write(lines(from, from + 1000))
  await until('a full spool', async () => (await program.metrics()).sum('spool_bytes') > 0.9 * spoolMax)
  await program.says('delivery waits')
  const held = await settled(() => socket.writableLength)
  const before = memoryOf(program, 'VmRSS')
  await sleep(1000) // nothing is to happen
  expect(socket.writableLength).toBe(held)
  expect((await program.metrics()).sum('spool_bytes')).toBeLessThanOrEqual(spoolMax)
  expect(memoryOf(program, 'VmRSS') - before).toBeLessThan(10 * 1024 ** 2)
  await oracle.up()
  await oracle.arrival(0, count)
  await gone(socket)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, count))).toEqual(EXACT)
})

describe('F53: HTTP push', () => {
  test('receiver down and spool full: 429, nothing of it is held, and all arrives when it is taken', async () => {
    const spoolMax = 512 * 1024
    const { oracle, program, url } = await pushed({ state: { spool_max: spoolMax } })
    await oracle.down()
    const shipper = new Shipper(url)
    let sent = 0
    while ((await shipper.send(lines(sent, sent + 20))) === 204) sent += 20
    expect(sent).toBeGreaterThan(100)
    expect(shipper.statuses.get(429)).toBe(1)
    // A flood from many, none of whom is let in, and of whom nothing stays.
    const flood = async (times: number) => {
      for (let time = 0; time < times; time++) {
        const statuses = await Promise.all(range(0, 100).map(() => shipper.send(lines(sent, sent + 20))))
        expect(new Set(statuses)).toEqual(new Set([429]))
      }
    }
    await flood(2) // the connections are there
    const before = memoryOf(program, 'VmRSS')
    await flood(8)
    const metrics = await program.metrics()
    expect(metrics.sum('spool_bytes')).toBeLessThanOrEqual(spoolMax)
    expect(metrics.sum('requests_refused_total', { reason: 'spool_full' })).toBe(1001)
    expect(memoryOf(program, 'VmRSS') - before).toBeLessThan(30 * 1024 ** 2)
    await oracle.up()
    await shipper.ship(lines(sent, sent + 200))
    await oracle.arrival(0, sent + 200)
    expect(await program.stop()).toBe(0)
    expect(oracle.account(range(0, sent + 200))).toEqual(EXACT)
    expectEqual(oracle)
  })

  test('kill -9 under load, again and again: what was answered 204 is delivered, with its ID', async () => {
    const { site, oracle, program, url } = await pushed()
    const shippers = range(0, 4).map(() => new Shipper(url))
    let next = 0
    let isOver = false
    /** Of requests: taken, and left without an answer. */
    const [taken, unknown]: [number[], number[]] = [[], []]
    const shipping = shippers.map(async (shipper) => {
      while (!isOver) {
        const first = next
        next += 10
        const status = await shipper.send(lines(first, first + 10))
        if (status === undefined) await sleep(50)
        ;(status === 204 ? taken : unknown).push(...range(first, first + 10))
      }
    })
    let running = program
    const rounds = scaled(3, 20)
    for (let round = 0; round < rounds; round++) {
      const before = taken.length
      await until('the load', () => taken.length > before + 100)
      running.signal('SIGKILL')
      await running.exit
      running = site.run()
      await running.says('taking records')
    }
    isOver = true
    await Promise.all(shipping)
    await until('all that was taken', () => taken.every((number) => oracle.times(number) > 0))
    await until('the rest', async () => (await running.metrics()).sum('lag_bytes') === 0)
    expect(await running.stop()).toBe(0)
    const { twice, foreign, ...rest } = oracle.account(taken)
    expect({ ...rest, twice: [], foreign: [] }).toEqual(EXACT)
    expect(twice.length).toBeLessThanOrEqual(rounds * WINDOW)
    // What was on the disk when its answer was lost.
    expect(foreign.filter((number) => !unknown.includes(number))).toEqual([])
    expectEqual(oracle)
  })

  test('SIGTERM under load: who is not answered comes again, and finds everything after the next start', async () => {
    const { site, oracle, program, url } = await pushed()
    const shippers = range(0, 4).map(() => new Shipper(url))
    const shipping = shippers.map(async (shipper, index) => {
      for (let n = 500 * index; n < 500 * (index + 1); n += 10) await shipper.ship(lines(n, n + 10))
    })
    await until('the load', () => oracle.messages.length > 50)
    expect(await program.stop()).toBe(0)
    const next = site.run()
    // Its end has no code before it can be told to end.
    await next.says('taking records')
    await Promise.all(shipping)
    await oracle.arrival(0, 2000)
    expect(await next.stop()).toBe(0)
    const { twice, changed, ...rest } = oracle.account(range(0, 2000))
    expect({ ...rest, twice: [], changed: [] }).toEqual(EXACT)
    // Whoever had no answer while nobody listened sent again what had not been taken.
    expect([twice, changed]).toEqual([[], []])
  })
})

it.skip('F53: datagram > 64 KiB: Node.js has no Unix datagram sockets, so unix_dgram is not offered', () => {})
