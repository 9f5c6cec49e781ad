import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  renameSync,
  truncateSync,
} from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { lines } from '../e2e/events.ts'
import { Oracle } from '../e2e/oracle.ts'
import type { Program } from '../e2e/program.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { Writer } from '../e2e/writer.ts'
import { expectSafe, live, scaled } from './run.ts'

// Rows F14 to F20. That lines keep their order over rotations is shown by test/sources/tail.test.ts: here they leave
// through many connections at once.

/** Small ranges, so that in the middle of the load some are delivered and others are not. */
const SMALL = { range_min: '16KiB', range_max: '16KiB' }
/** Two pieces a worker and one more are out at most, and their file may be gone before they are known to be delivered. */
const MOST_OUT = 5 * 16 * 1024

async function setUp(changes: Record<string, Record<string, string | number>> = {}) {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(oracle.url, { workers: SMALL, ...changes })
  return { site, oracle }
}

const writerOf = (site: Site): Writer => {
  const writer = new Writer(site.eve)
  onTestFinished(() => writer.close())
  return writer
}

const allDelivered = (program: Program) =>
  until('all is delivered', async () => (await program.metrics()).sum('lag_bytes') === 0)

const lostBytes = async (program: Program) => (await program.metrics()).sum('bytes_lost_total')

const turns = scaled(25, 200)
test(`F14: rename and create, every 0.2 s, ${turns} times (of 200)`, async () => {
  const { site, oracle } = await setUp()
  const writer = writerOf(site)
  const program = site.run()
  await program.says('following file')
  for (let turn = 0; turn < turns; turn++) {
    writer.write(20)
    await sleep(200)
    writer.rotate(turn % 3)
  }
  await oracle.arrival(0, writer.next)
  await live(site, oracle, program, writer.next)
  expectSafe(oracle, writer.next + 1, 0)
})

test('F15: renamed, and the tool writes to the old file for 5 s more', async () => {
  const { site, oracle } = await setUp()
  site.append(lines(0, 50))
  const program = site.run()
  await oracle.arrival(0, 50)
  const old = openSync(site.eve, 'a')
  renameSync(site.eve, site.path('eve.json.1'))
  let next = 50
  for (let turn = 0; turn < 25; turn++) {
    appendFileSync(old, lines(next, next + 2))
    // Another process has opened the new one already.
    site.append(lines(next + 2, next + 4))
    next += 4
    await sleep(200)
  }
  closeSync(old)
  await oracle.arrival(0, next)
  await live(site, oracle, program, next)
  expectSafe(oracle, next + 1, 0)
})

describe('F16: 5 rotations while it is down', () => {
  const numbers = (_site: Site, _day: number, writer: Writer) => writer.rotate(3)
  test.each([
    ['by numbers', 'SIGTERM', numbers],
    ['by numbers', 'SIGKILL', numbers],
    ['by dates', 'SIGTERM', dated((day) => `eve.json-2026010${day}`)],
    ['by dates before the extension', 'SIGTERM', dated((day) => `eve-2026010${day}.json`)],
  ] as const)('%s, after %s', async (_, signal, rotate) => {
    const { site, oracle } = await setUp()
    const writer = writerOf(site)
    writer.write(1000)
    const first = site.run()
    await until('the load', () => oracle.messages.length > 200)
    first.signal(signal)
    expect(await first.exit).toBe(signal === 'SIGTERM' ? 0 : signal)
    const before = oracle.messages.length
    for (let day = 1; day <= 5; day++) {
      writer.write(50)
      rotate(site, day, writer)
    }
    writer.write(50)
    const second = site.run()
    await oracle.arrival(0, writer.next)
    await live(site, oracle, second, writer.next)
    // At worst nothing was checkpointed before the kill.
    expectSafe(oracle, writer.next + 1, signal === 'SIGTERM' ? 0 : before)
  })
})

function dated(name: (day: number) => string) {
  return (site: Site, day: number, writer: Writer) => {
    renameSync(site.eve, site.path(name(day)))
    writer.reopen()
  }
}

describe('F17: compressed while it is down, from the middle on', () => {
  test.each([
    ['the last one', 1],
    ['all of them', 3],
  ])('%s', async (_, compressed) => {
    const { site, oracle } = await setUp()
    const writer = writerOf(site)
    writer.write(1000)
    const first = site.run()
    await until('the load', () => oracle.messages.length > 200)
    expect(await first.stop()).toBe(0)
    expect(oracle.messages.length).toBeLessThan(1000)
    for (let turn = 0; turn < 3; turn++) {
      writer.write(100)
      writer.rotate()
    }
    for (let number = 1; number <= compressed; number++)
      execFileSync('gzip', [site.path(`eve.json.${number}`)])
    writer.write(50)
    const second = site.run()
    await oracle.arrival(0, writer.next)
    expect(await lostBytes(second)).toBe(0)
    await live(site, oracle, second, writer.next)
    expectSafe(oracle, writer.next + 1, 0)
  })

  test('and restarted again before it was read to its end', async () => {
    const { site, oracle } = await setUp()
    const writer = writerOf(site)
    writer.write(2000)
    for (let turn = 1; turn <= 2; turn++) {
      const program = site.run()
      await until('the load', () => oracle.messages.length > 300 * turn)
      expect(await program.stop()).toBe(0)
      if (turn > 1) continue
      writer.rotate()
      execFileSync('gzip', [site.path('eve.json.1')])
    }
    expect(oracle.messages.length).toBeLessThan(2000)
    const last = site.run()
    await oracle.arrival(0, writer.next)
    await live(site, oracle, last, writer.next)
    expectSafe(oracle, writer.next + 1, 0)
  })
})

describe('F18: copytruncate, all was read', () => {
  test.each([
    ['older copies are renamed', true],
    ['the copy is written over', false],
  ])('%s', async (_, renames) => {
    const { site, oracle } = await setUp()
    site.append(lines(0, 50))
    const program = site.run()
    let next = 50
    for (let turn = 1; turn <= scaled(4, 40); turn++) {
      await oracle.arrival(0, next)
      await allDelivered(program)
      for (let number = turn - 1; renames && number > 0; number--)
        renameSync(site.path(`eve.json.${number}`), site.path(`eve.json.${number + 1}`))
      copyFileSync(site.eve, site.path('eve.json.1'))
      truncateSync(site.eve)
      site.append(lines(next, next + 50))
      next += 50
    }
    await oracle.arrival(0, next)
    expect(await lostBytes(program)).toBe(0)
    await live(site, oracle, program, next)
    expectSafe(oracle, next + 1, 0)
  })
})

describe('F19: copytruncate, the rest is in the copy', () => {
  test.each([
    ['beside the log', 'eve.json.1', 'eve.json'],
    ['among what a glob names', 'eve-copy.json', 'eve*.json'],
  ])('%s', async (_, copy, glob) => {
    const { site, oracle } = await setUp()
    site.configure(oracle.url, { workers: SMALL, suricata: { filename: site.path(glob) } })
    site.append(lines(0, 100))
    const program = site.run()
    await oracle.arrival(0, 100)
    await allDelivered(program)
    await oracle.down()
    site.append(lines(100, 1000))
    await until('work is out', async () => (await program.metrics()).sum('ranges_in_flight') > 0)
    copyFileSync(site.eve, site.path(copy))
    truncateSync(site.eve)
    // Longer than the old one was: what is out and not read yet would find other lines in its place.
    site.append(lines(1000, 2500))
    await program.says('file was truncated')
    await oracle.up()
    await oracle.arrival(0, 2500)
    expect(await lostBytes(program)).toBe(0)
    await live(site, oracle, program, 2500)
    expectSafe(oracle, 2501, alertsIn(MOST_OUT))
  })
})

test('F20: copytruncate, the rest is in no copy: how much is lost is told to the byte', async () => {
  const { site, oracle } = await setUp()
  const [read, unread] = [lines(0, 100), lines(100, 1000)]
  site.append(read)
  const program = site.run()
  await oracle.arrival(0, 100)
  await allDelivered(program)
  await oracle.down()
  site.append(unread)
  await until('all was seen', async () => {
    return (await program.metrics()).sum('lag_bytes') === Buffer.byteLength(unread)
  })
  mkdirSync(site.path('elsewhere'))
  copyFileSync(site.eve, site.path('elsewhere/eve.json'))
  truncateSync(site.eve)
  site.append(lines(1000, 1050))
  const told = await program.says('bytes of a file were lost before they were read')
  expect(told).toMatchObject({ level: 'error', bytes: Buffer.byteLength(unread), reason: 'truncated' })
  await oracle.up()
  await oracle.arrival(0, 100)
  await oracle.arrival(1000, 1050)
  expect((await program.metrics()).sum('bytes_lost_total', { reason: 'truncated' })).toBe(told.bytes)
  await live(site, oracle, program, 1050)
  const wanted = [...Array(1051).keys()]
  const { lost, ...others } = oracle.account(wanted)
  expect(others).toEqual({ twice: [], changed: [], foreign: [], invalid: 0 })
  // What workers had read already still arrives; all that is missing is in what was told.
  expect(lost.length).toBeGreaterThan(900 - alertsIn(MOST_OUT))
  expect(lost.every((number) => number >= 100 && number < 1000)).toBe(true)
})

/** As many alerts as so many bytes have, and one that is cut. */
function alertsIn(bytes: number): number {
  return Math.ceil(bytes / (lines(0, 400).length / 400)) + 1
}
