import { describe, expect, test } from 'vitest'
import { lines } from '../e2e/events.ts'
import { Oracle } from '../e2e/oracle.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { Faulty } from './faulty.ts'
import { FaultProxy } from './proxy.ts'
import { expectSafe, live, scaled, WINDOW } from './run.ts'

const HOUR_MS = 3_600_000

describe('F44: wall clock jumps', () => {
  test('by an hour while the receiver is down: the pauses are not longer for it, nor told as longer', async () => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    const proxy = await FaultProxy.to(oracle.url)
    site.configure(proxy.url)
    site.append(lines(0, 100))
    const faulty = new Faulty(site)
    const { program } = faulty
    await oracle.arrival(0, 100)
    const retries = async () => (await program.metrics()).sum('delivery_retries_total')
    for (const [round, jumpMs] of [HOUR_MS, -HOUR_MS].entries()) {
      const from = 100 + 300 * round
      await proxy.refuse()
      site.append(lines(from, from + 300))
      await program.says('delivery waits', round + 1)
      faulty.set({ clockMs: jumpMs })
      const before = await retries()
      await until('some more attempts', async () => (await retries()) > before + 3)
      await proxy.listen()
      await oracle.arrival(from, from + 300)
      const told = await program.says('the receiver answers again', round + 1)
      expect(told.seconds).toBeGreaterThanOrEqual(0)
      expect(told.seconds).toBeLessThan(60)
    }
    await live(site, oracle, program, 700)
    expectSafe(oracle, 701, 2 * WINDOW)
  })

  test('to and fro under load: everything once, and no figure jumps', async () => {
    const [site, oracle] = [new Site(), await Oracle.start({ delayMs: 5 })]
    site.configure(oracle.url)
    site.append(lines(0, 100))
    const faulty = new Faulty(site)
    const { program } = faulty
    await oracle.arrival(0, 100)
    for (const [round, clockMs] of [HOUR_MS, -HOUR_MS, 0, -2 * HOUR_MS, 24 * HOUR_MS, 0].entries()) {
      const from = 100 * (round + 1)
      site.append(lines(from, from + 100))
      faulty.set({ clockMs })
      const now = await program.metrics()
      expect(now.sum('lag_seconds')).toBeGreaterThanOrEqual(0)
      expect(now.sum('lag_seconds')).toBeLessThan(60)
      expect(now.sum('checkpoint_age_seconds')).toBeGreaterThanOrEqual(0)
      expect(now.sum('checkpoint_age_seconds')).toBeLessThan(60)
      await oracle.arrival(from, from + 100)
    }
    await live(site, oracle, program, 700)
    expectSafe(oracle, 701, 0)
  })
})

describe('F45', () => {
  async function start(nodeOptions = '', hurry = 1) {
    const [site, oracle] = [new Site(), await Oracle.start({ delayMs: 5 })]
    site.configure(oracle.url)
    site.append(lines(0, 500))
    const faulty = new Faulty(site, { hurry }, nodeOptions)
    await until('the load', () => oracle.messages.length > 20)
    return { site, oracle, faulty, program: faulty.program }
  }

  test('event loop of the main thread, then of a worker blocked for 2 s: nothing but time is lost', async () => {
    const { site, oracle, faulty, program } = await start()
    await faulty.strike({ in: 'main', do: 'block', ms: 2000 })
    site.append(lines(500, 1000))
    await oracle.arrival(0, 1000)
    site.append(lines(1000, 1500))
    await faulty.strike({ in: 'worker', do: 'block', ms: 2000 })
    await oracle.arrival(1000, 1500)
    await live(site, oracle, program, 1500)
    expectSafe(oracle, 1501, 0)
  })

  test('workers die by an error or by their exit, again and again: what was out is sent again', async () => {
    const { site, oracle, faulty, program } = await start()
    const rounds = scaled(4, 30)
    for (let round = 1; round <= rounds; round++) {
      site.append(lines(500 * round, 500 * (round + 1)))
      await until('the load', () => oracle.messages.length > 500 * round - 300)
      await faulty.strike({ in: 'worker', do: round % 2 === 0 ? 'throw' : 'exit' })
      await until(
        'another worker',
        async () => (await program.metrics()).sum('worker_restarts_total') === round,
      )
    }
    const count = 500 * (rounds + 1)
    await oracle.arrival(0, count)
    await live(site, oracle, program, count)
    // A range is read again as a whole: what was acknowledged of it is sent again too.
    expectSafe(oracle, count + 1, count)
    expect(program.logged('work failed and is handed out again').length).toBeGreaterThan(0)
  })

  test('a worker runs out of memory: the process lives, and what was out is sent again', async () => {
    const { site, oracle, faulty, program } = await start('--max-old-space-size=64')
    await faulty.strike({ in: 'worker', do: 'exhaust' })
    await until('another worker', () =>
      program.metrics().then((now) => now.sum('worker_restarts_total') === 1),
    )
    site.append(lines(500, 1000))
    await oracle.arrival(0, 1000)
    await live(site, oracle, program, 1000)
    expectSafe(oracle, 1001, 500)
  })

  // After a minute; intervals are 20 times shorter here.
  test('a worker hangs: it is replaced, and what was out is sent again', async () => {
    const { site, oracle, faulty, program } = await start('', 20)
    await faulty.strike({ in: 'worker', do: 'hang' })
    site.append(lines(500, 1000))
    await program.says('a worker thread hangs and is replaced')
    await oracle.arrival(0, 1000)
    expect((await program.metrics()).sum('worker_restarts_total')).toBe(1)
    await live(site, oracle, program, 1000)
    expectSafe(oracle, 1001, 500)
  })
})
