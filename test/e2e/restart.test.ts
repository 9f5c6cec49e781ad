import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { decode } from '../../src/state/checkpoint.ts'
import { numberOf, range } from './events.ts'
import { EXACT, Oracle } from './oracle.ts'
import { Site } from './site.ts'
import { until } from './wait.ts'
import { Writer } from './writer.ts'

/** Small ranges, so that in the middle of the load some are delivered and others are not. */
const RANGES = { workers: { range_min: '16KiB', range_max: '16KiB' } }

async function setUp() {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(oracle.url, RANGES)
  const writer = new Writer(site.eve)
  onTestFinished(() => writer.close())
  return { site, oracle, writer }
}

test('rotation by renaming, many times under load, loses and repeats nothing', async () => {
  const { site, oracle, writer } = await setUp()
  const program = site.run()
  await program.says('following file')
  for (let turn = 1; turn <= 12; turn++) {
    const before = writer.next
    writer.write(150)
    // Some of it has arrived, the rest is on its way; or it is rotated away before it was looked at.
    if (turn % 4 === 0) await until('something of it', () => oracle.numbers.has(before))
    writer.rotate(20)
  }
  await oracle.arrival(0, writer.next)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, writer.next))).toEqual(EXACT)
})

test('a restart in the middle of the load, with rotations meanwhile, loses and repeats nothing', async () => {
  const { site, oracle, writer } = await setUp()
  for (let turn = 0; turn < 2; turn++) {
    writer.write(1500)
    const program = site.run()
    const before = oracle.messages.length
    await until('the load', () => oracle.messages.length > before + 200)
    expect(await program.stop()).toBe(0)
    expect(oracle.messages.length).toBeLessThan(writer.next)
    writer.write(100)
    if (turn > 0) writer.rotate(10)
  }
  const last = site.run()
  await oracle.arrival(0, writer.next)
  expect(await last.stop()).toBe(0)
  expect(oracle.account(range(0, writer.next))).toEqual(EXACT)
})

test('kill -9 loses nothing, and repeats, with the same ID, only what the checkpoint does not have', async () => {
  const { site, oracle, writer } = await setUp()
  writer.write(3000)
  const offsets = endsOf(readFileSync(site.eve))
  const safe = new Map<number, number>()
  for (let turn = 1; turn <= 3; turn++) {
    const program = site.run()
    const before = oracle.messages.length
    await until('the load', () => oracle.messages.length > before + 300 * turn)
    program.signal('SIGKILL')
    expect(await program.exit).toBe('SIGKILL')
    const kept = checkpointed(site.path('state/checkpoint.json'))
    for (const [number, end] of offsets) {
      if (end <= kept && !safe.has(number)) safe.set(number, oracle.times(number))
    }
  }
  expect(safe.size).toBeGreaterThan(0)
  const last = site.run()
  await oracle.arrival(0, 3000)
  expect(await last.stop()).toBe(0)
  expect(oracle.account(range(0, 3000))).toMatchObject({ lost: [], changed: [], foreign: [], invalid: 0 })
  expect([...safe].filter(([number, times]) => times === 0 || oracle.times(number) !== times)).toEqual([])
})

function checkpointed(path: string): number {
  const [file] = decode(readFileSync(path, 'utf8')).files
  return file?.offset ?? 0
}

/** Where the line of each alert ends, by its number. */
function endsOf(bytes: Buffer): Map<number, number> {
  const ends = new Map<number, number>()
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf('\n', start) + 1
    const { alert } = JSON.parse(bytes.toString('utf8', start, end))
    const number = numberOf({ Description: alert?.signature })
    if (number !== undefined) ends.set(number, end)
    start = end
  }
  return ends
}
