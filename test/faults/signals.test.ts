import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { lines, range } from '../e2e/events.ts'
import { EXACT, Oracle } from '../e2e/oracle.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { expectSafe, live, scaled, WINDOW } from './run.ts'
import { mostAgain, RANGES } from './trial.ts'

test('F3: SIGTERM under load: what is out is finished, exit 0, nothing lost and nothing twice', async () => {
  const [site, oracle] = [new Site(), await Oracle.start({ delayMs: 5 })]
  site.configure(oracle.url, { workers: RANGES })
  site.append(lines(0, 1500))
  const first = site.run()
  await until('the load', () => oracle.messages.length > 200)
  expect(await first.stop()).toBe(0)
  expect(oracle.messages.length).toBeLessThan(1500)
  const program = site.run()
  await oracle.arrival(0, 1500)
  await live(site, oracle, program, 1500)
  expectSafe(oracle, 1501, 0)
})

test('F4: SIGTERM while the receiver stores and does not answer: exit 75 at the limit', async () => {
  const [site, oracle] = [new Site(), await Oracle.start({ delayMs: 3_600_000 })]
  site.configure(oracle.url, { idmefv2: { drain_timeout: '500ms' } })
  site.append(lines(0, 400))
  const first = site.run()
  await until('requests', () => oracle.messages.length > 0)
  const sinceMs = performance.now()
  expect(await first.stop()).toBe(75)
  expect(performance.now() - sinceMs).toBeGreaterThanOrEqual(500)
  await oracle.down()
  await oracle.up({ delayMs: 0 })
  const program = site.run()
  await oracle.arrival(0, 400)
  await live(site, oracle, program, 400)
  expectSafe(oracle, 401, WINDOW)
})

test.each(['SIGTERM', 'SIGINT'] as const)(
  'F5: %s twice: the end at once, and the state is whole',
  async (signal) => {
    const [site, oracle] = [new Site(), await Oracle.start({ delayMs: 20 })]
    site.configure(oracle.url, { workers: RANGES, idmefv2: { drain_timeout: '1h' } })
    site.append(lines(0, 800))
    const first = site.run()
    await until('the load', () => oracle.messages.length > 100)
    first.signal(signal)
    first.signal(signal)
    await first.says('ending: no new work is taken')
    // Signals of one kind that wait together are one.
    if (!first.ended) first.child.kill(signal)
    expect(await first.exit).toBe(75)
    const bound = mostAgain(site.path('state'), oracle)
    const program = site.run()
    await oracle.arrival(0, 800)
    await live(site, oracle, program, 800)
    expect(program.logged('cannot be used')).toEqual([])
    expectSafe(oracle, 801, bound)
  },
)

// 3 s instead of 60 s (FAULTS_FULL=1), and the timeout of a request in proportion.
test('F6: SIGSTOP, and much later SIGCONT: timeouts fire, nothing is lost', {
  timeout: 120_000,
}, async () => {
  const [site, oracle] = [new Site(), await Oracle.start({ delayMs: 5 })]
  site.configure(oracle.url, { idmefv2: { response_timeout: `${scaled(1, 20)}s` } })
  site.append(lines(0, 1000))
  const program = site.run()
  await until('the load', () => oracle.messages.length > 200)
  program.signal('SIGSTOP')
  await sleep(scaled(3_000, 60_000))
  expect(oracle.messages.length).toBeLessThan(1000)
  program.signal('SIGCONT')
  await oracle.arrival(0, 1000)
  await program.ready(200)
  await live(site, oracle, program, 1000)
  const { twice } = expectSafe(oracle, 1001, WINDOW)
  // Each request that was out is sent once more, and not again and again.
  expect(twice.filter((number) => oracle.times(number) > 2)).toEqual([])
  expect(oracle.account(range(0, 1001))).toEqual({ ...EXACT, twice })
})
