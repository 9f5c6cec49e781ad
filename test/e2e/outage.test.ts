import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { lines, range } from './events.ts'
import { EXACT, Oracle } from './oracle.ts'
import type { Program } from './program.ts'
import { Site } from './site.ts'
import { until } from './wait.ts'

/** The whole half minute of an outage takes its time; the short one has all that can go wrong too. */
const isLong = process.env.E2E_LONG === '1'

async function outage(outlast: (program: Program) => Promise<unknown>) {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(oracle.url)
  site.append(lines(0, 200))
  const program = site.run()
  await oracle.arrival(0, 200)
  expect(await program.ready(200)).toBe('ok\n')
  await until('all is acknowledged', async () => (await program.metrics()).sum('lag_bytes') === 0)

  await oracle.down()
  site.append(lines(200, 1500))
  expect(await program.ready(503)).toContain('the receiver is down')
  expect((await program.metrics()).sum('destination_state', { state: 'down' })).toBe(1)
  await outlast(program)
  const during = await program.metrics()
  expect(during.sum('delivery_retries_total')).toBeGreaterThan(0)
  expect(during.sum('lag_bytes')).toBeGreaterThan(0)
  expect(during.sum('messages_delivered_total')).toBe(200)

  await oracle.up()
  await oracle.arrival(200, 1500)
  expect(await program.ready(200)).toBe('ok\n')
  expect((await program.metrics()).sum('destination_state', { state: 'open' })).toBe(1)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 1500))).toEqual(EXACT)
  expect(program.logged('delivery waits, nothing is lost')).toHaveLength(1)
  expect(program.logged('the receiver answers again')).toHaveLength(1)
}

test('a receiver that is away for a while gets everything once when it comes back, and both edges are told once', () =>
  outage((program) =>
    until('a few attempts', async () => (await program.metrics()).sum('delivery_retries_total') >= 8),
  ))

test.skipIf(!isLong)('half a minute changes nothing of that (E2E_LONG=1)', { timeout: 120_000 }, () =>
  outage(() => sleep(30_000)),
)

test('a receiver that breaks off in the middle gets what it did not acknowledge again, with the same ID', async () => {
  const [site, oracle] = [new Site(), await Oracle.start({ delayMs: 5 })]
  site.configure(oracle.url)
  site.append('')
  const program = site.run()
  for (const from of [0, 300, 600]) {
    site.append(lines(from, from + 250))
    await until('the load', () => oracle.messages.length > from + 50)
    await oracle.down()
    // However fast it was, there is something left to be sent.
    site.append(lines(from + 250, from + 300))
    await program.ready(503)
    await oracle.up()
  }
  await oracle.arrival(0, 900)
  expect(await program.stop()).toBe(0)
  const { twice, ...rest } = oracle.account(range(0, 900))
  expect({ ...rest, twice: [] }).toEqual(EXACT)
  // Two workers of 64 requests in flight, three times.
  expect(twice.length).toBeLessThanOrEqual(3 * 2 * 64)
})

test('a receiver that takes requests and never answers is given up after response_timeout, and nothing is lost', async () => {
  const site = new Site()
  const stalled = await Oracle.start({ stall: true })
  site.configure(stalled.url, { idmefv2: { response_timeout: '200ms' } })
  site.append(lines(0, 50))
  const program = site.run()
  await program.says('delivery waits')
  await stalled.down()
  const oracle = await Oracle.start({ port: Number(new URL(stalled.url).port) })
  await oracle.arrival(0, 50)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 50))).toEqual(EXACT)
})
