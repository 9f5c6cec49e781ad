import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { alert, lines } from '../e2e/events.ts'
import { Oracle } from '../e2e/oracle.ts'
import type { Program } from '../e2e/program.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { expectEqual } from './reference.ts'
import { expectSafe, live, scaled } from './run.ts'

// Rows F28 and F29: lines that are written in pieces.

/** A short alert with characters of one to four bytes. */
const record = (number: number): string =>
  JSON.stringify({
    timestamp: '2024-05-06T07:08:09.123456+0000',
    event_type: 'alert',
    src_ip: '192.0.2.1',
    dest_ip: '198.51.100.2',
    proto: 'TCP',
    alert: { signature: `é✓😀 #${number}`, category: 'Misc Attack', severity: 2 },
  })

async function setUp() {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(oracle.url)
  site.append('')
  const program = site.run()
  await program.says('following file')
  return { site, oracle, program }
}

const seen = (program: Program, pending: number) =>
  until('the piece was seen', async () => (await program.metrics()).sum('lag_bytes') === pending)

test('F28: a line in two pieces, cut at every byte, also inside characters and between \\r and \\n', async () => {
  const { site, oracle, program } = await setUp()
  const length = Buffer.byteLength(`${record(100)}\r\n`)
  let next = 0
  for (let cut = 1; cut < length; cut++, next++) {
    const line = Buffer.from(`${record(next)}\r\n`)
    site.append(line.subarray(0, cut))
    await seen(program, Math.min(cut, line.length))
    site.append(line.subarray(cut))
    await oracle.arrival(next, next + 1)
    await seen(program, 0)
  }
  await live(site, oracle, program, next)
  const wanted = [...Array(next + 1).keys()]
  expect(oracle.account(wanted)).toEqual({ lost: [], twice: [], changed: [], foreign: [], invalid: 0 })
  expectEqual(oracle, (number) => (number < next ? record(number) : alert(number)))
  expect(site.deadLetters).toEqual([])
})

test('F28: lines in three pieces, cut at random', async () => {
  const { site, oracle, program } = await setUp()
  const count = scaled(100, 1000)
  let seed = 11
  const draw = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  for (let number = 0; number < count; number++) {
    const line = Buffer.from(`${record(number)}${draw(2) === 0 ? '\r' : ''}\n`)
    const [first = 0, second = 0] = [draw(line.length), draw(line.length)].sort((a, b) => a - b)
    for (const piece of [line.subarray(0, first), line.subarray(first, second), line.subarray(second)]) {
      site.append(piece)
      // The program has its turn at some of them.
      if (draw(3) === 0) await program.metrics()
    }
  }
  await oracle.arrival(0, count)
  await live(site, oracle, program, count)
  expectEqual(oracle, (number) => (number < count ? record(number) : alert(number)))
  const wanted = [...Array(count + 1).keys()]
  expect(oracle.account(wanted)).toEqual({ lost: [], twice: [], changed: [], foreign: [], invalid: 0 })
})

const minutes = scaled(0, 3)
test(`F29: a last line without its newline, which comes ${minutes || 'a few'} ${minutes ? 'minutes' : 'looks'} (of minutes) and a restart later`, async () => {
  const { site, oracle, program: first } = await setUp()
  const late = alert(50)
  site.append(lines(0, 50) + late.slice(0, 80))
  await oracle.arrival(0, 50)
  await seen(first, 80)
  await sleep(scaled(200, minutes * 60_000))
  expect(await first.stop()).toBe(0)
  const second = site.run()
  await seen(second, 80)
  site.append(late.slice(80))
  await seen(second, Buffer.byteLength(late))
  expect(oracle.times(50)).toBe(0)
  site.append(`\n${lines(51, 60)}`)
  await oracle.arrival(0, 60)
  await live(site, oracle, second, 60)
  expectSafe(oracle, 61, 0)
  expect(site.deadLetters).toEqual([])
})
