import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { alert, lines } from '../e2e/events.ts'
import { Oracle } from '../e2e/oracle.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { FaultProxy } from './proxy.ts'
import { expectSafe, live, scaled, WINDOW } from './run.ts'

const OUTAGE_MS = scaled(3_000, 600_000)
const LONGEST_PAUSE_MS = 1_000

async function behindProxy(options: Record<string, string | number> = {}) {
  const [site, oracle] = [new Site(), await Oracle.start()]
  const proxy = await FaultProxy.to(oracle.url)
  site.configure(proxy.url, { idmefv2: options })
  return { site, oracle, proxy }
}

// 3 s instead of 10 min (FAULTS_FULL=1).
test('F34: receiver down, then up: reading pauses, and it goes on within twice the longest pause', async () => {
  const { site, oracle, proxy } = await behindProxy({ retry_max: `${LONGEST_PAUSE_MS}ms` })
  site.append(lines(0, 300))
  const program = site.run()
  await oracle.arrival(0, 300)
  await proxy.refuse()
  site.append(lines(300, 3000))
  expect(await program.ready(503)).toContain('the receiver is down')
  const soon = await program.metrics()
  await sleep(OUTAGE_MS)
  const late = await program.metrics()
  expect(late.sum('bytes_received_total')).toBe(soon.sum('bytes_received_total'))
  expect(late.sum('ranges_in_flight')).toBeLessThanOrEqual(5)
  // Each pause is at least half of the longest, on average; a worker that hammered would be at thousands.
  expect(late.sum('delivery_retries_total') - soon.sum('delivery_retries_total')).toBeLessThan(
    OUTAGE_MS / 100,
  )

  const [sofar, upMs] = [oracle.messages.length, performance.now()]
  await proxy.listen()
  await until('the first message', () => oracle.messages.length > sofar)
  const slackMs = 1000 // of a busy machine
  expect(performance.now() - upMs).toBeLessThan(2 * LONGEST_PAUSE_MS + slackMs)
  await oracle.arrival(300, 3000)
  await live(site, oracle, program, 3000)
  expectSafe(oracle, 3001, WINDOW)
  expect(program.logged('delivery waits')).toHaveLength(1)
  expect(program.logged('the receiver answers again')).toHaveLength(1)
})

test('F35: receiver never answers, trickles, answers and resets, resets, half-closes: given up in time, and sent again', async () => {
  const { site, oracle, proxy } = await behindProxy({ response_timeout: '300ms' })
  site.append(lines(0, 200))
  const program = site.run()
  await oracle.arrival(0, 200)
  let count = 200
  for (const fault of ['silent', 'trickle', 'answer-reset', 'reset', 'half-close'] as const) {
    const struck = proxy.struck
    proxy.fault = fault
    site.append(lines(count, count + 300))
    await until(`the fault ${fault}`, () => proxy.struck >= struck + 20)
    if (fault !== 'answer-reset') expect(await program.ready(503)).toContain('the receiver is down')
    proxy.fault = 'pass'
    await oracle.arrival(count, count + 300)
    count += 300
  }
  await live(site, oracle, program, count)
  // What was out each time, and one probe at a time after that.
  expectSafe(oracle, count + 1, 5 * WINDOW + proxy.struck)
  expect(site.deadLetters).toEqual([])
})

test('F35: receiver slow to answer at times, and connections break at any time: nothing is lost', async () => {
  const { site, oracle, proxy } = await behindProxy()
  site.append(lines(0, 2000))
  const program = site.run()
  const breaks = scaled(10, 100)
  for (let count = 0; count < breaks && oracle.numbers.size < 1900; count++) {
    proxy.delayMs = [0, 30, 3][count % 3] ?? 0
    const before = oracle.messages.length
    await until('some more', () => oracle.messages.length >= Math.min(before + 60, 2000))
    proxy.hangUp()
  }
  proxy.delayMs = 0
  await oracle.arrival(0, 2000)
  await live(site, oracle, program, 2000)
  expectSafe(oracle, 2001, breaks * WINDOW)
})

test('F36: answer lost after the receiver stored the event: it is sent again with the same ID', async () => {
  const { site, oracle, proxy } = await behindProxy()
  site.append('')
  const program = site.run()
  await program.says('started')
  const rounds = scaled(3, 30)
  for (let round = 0; round < rounds; round++) {
    const struck = proxy.struck
    proxy.fault = 'cut'
    site.append(lines(200 * round, 200 * (round + 1)))
    await until('answers that were lost', () => proxy.struck >= struck + 10)
    proxy.fault = 'pass'
    await oracle.arrival(200 * round, 200 * (round + 1))
  }
  await live(site, oracle, program, 200 * rounds)
  const { twice } = expectSafe(oracle, 200 * rounds + 1, proxy.struck)
  expect(twice.length).toBeGreaterThanOrEqual(10)
})

test('F37: receiver closes kept connections at the moment they are used again: nobody notices', async () => {
  const { site, oracle, proxy } = await behindProxy()
  const count = scaled(60, 1000)
  const intervalMs = 25
  proxy.idleMs = intervalMs
  site.append('')
  const program = site.run()
  await program.says('started')
  for (let number = 0; number < count; number++) {
    site.append(`${alert(number)}\n`)
    await oracle.arrival(number, number + 1)
    await sleep(intervalMs - 10 + (number % 20)) // the interval is the fault: before, at and after the close
  }
  await live(site, oracle, program, count)
  expectSafe(oracle, count + 1, 0)
  expect(proxy.connections).toBeGreaterThan(count / 10)
  expect(program.log.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([])
  expect(site.deadLetters).toEqual([])
})
