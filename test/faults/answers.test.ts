import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { alert, lines, range } from '../e2e/events.ts'
import { front, type Verdict } from '../e2e/front.ts'
import { EXACT, Oracle } from '../e2e/oracle.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { expectSafe, live, memoryOf, scaled, WINDOW } from './run.ts'

/** A receiver that passes on to the oracle what `judge` does not answer. */
async function judged(judge: (number: number) => Verdict, options: Record<string, string | number> = {}) {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(await front(oracle, judge), { idmefv2: options })
  return { site, oracle }
}

describe('F38: 429 with Retry-After', () => {
  const WAIT_MS = 2000

  test.each([
    ['in seconds', () => '2', WAIT_MS],
    // A date has no fractions of a second.
    ['as a date', () => new Date(Date.now() + WAIT_MS).toUTCString(), WAIT_MS - 1000],
  ])('%s: nothing is sent before', async (_, retryAfter, leastMs) => {
    let closedMs: number | undefined
    let early = 0
    const { site, oracle } = await judged(
      () => {
        if (closedMs === undefined) {
          if (oracle.messages.length < 50) return undefined
          closedMs = performance.now()
          return { status: 429, headers: { 'retry-after': retryAfter() } }
        }
        const sinceMs = performance.now() - closedMs
        // Requests that were on their way may still come in.
        if (sinceMs > 500 && sinceMs < leastMs - 50) early++
        return undefined
      },
      { retry_max: '10s' },
    )
    site.append(lines(0, 500))
    const program = site.run()
    await oracle.arrival(0, 500)
    expect(performance.now() - (closedMs ?? 0)).toBeGreaterThan(leastMs - 50)
    expect(early).toBe(0)
    await live(site, oracle, program, 500)
    expectSafe(oracle, 501, 0)
    expect(site.deadLetters).toEqual([])
  })

  const ABSURD = ['99999999', '9'.repeat(400), '-5', 'soon', '', 'Thu, 01 Jan 1970 00:00:00 GMT', '1e9', '\t']

  test('absurd: no longer than retry_max, and no less than a pause', async () => {
    const values = ABSURD.flatMap((value) => Array.from({ length: 10 }, () => value))
    const { site, oracle } = await judged(
      () => {
        const value = values.shift()
        return value === undefined ? undefined : { status: 429, headers: { 'retry-after': value } }
      },
      { retry_max: '50ms' },
    )
    site.append(lines(0, 100))
    const program = site.run()
    await oracle.arrival(0, 100)
    await live(site, oracle, program, 100)
    expect(values).toEqual([])
    expectSafe(oracle, 101, 0)
    expect(site.deadLetters).toEqual([])
  })
})

// 0.5 s each instead of a minute (FAULTS_FULL=1).
test('F38: bursts of 503, 500, 502 and 429 to everything: waited for, nothing is given up', async () => {
  let status: number | undefined
  let refused = 0
  const { site, oracle } = await judged(() => {
    if (status !== undefined) refused++
    return status
  })
  site.append(lines(0, 200))
  const program = site.run()
  await oracle.arrival(0, 200)
  let count = 200
  for (const ill of [503, 500, 502, 429]) {
    status = ill
    const before = refused
    site.append(lines(count, count + 500))
    await program.ready(503)
    await sleep(scaled(500, 60_000))
    expect(refused).toBeGreaterThan(before + 3)
    status = undefined
    await oracle.arrival(count, count + 500)
    count += 500
  }
  await live(site, oracle, program, count)
  expectSafe(oracle, count + 1, 0)
  expect(site.deadLetters).toEqual([])
})

test('F39: events that are always answered 500, 400 and 413: kept as dead letters, their neighbours do not wait', async () => {
  const poisons = new Map([
    [150, { status: 500, reason: 'refused', attempts: 5 }],
    [151, { status: 400, reason: 'refused', attempts: 1 }],
    [152, { status: 413, reason: 'too_large', attempts: 1 }],
  ])
  const attempts = new Map<number, number>()
  const { site, oracle } = await judged(
    (number) => {
      const poison = poisons.get(number)
      if (poison === undefined) return undefined
      attempts.set(number, (attempts.get(number) ?? 0) + 1)
      return { status: poison.status, text: `not ${number}` }
    },
    // Five attempts take more than a second with these pauses.
    { retry_min: '300ms', retry_max: '1s' },
  )
  site.append(lines(0, 200))
  const program = site.run()
  await until('a first attempt', () => attempts.has(150))
  // Each one comes and is delivered while 150 is still being tried.
  let slowestMs = 0
  for (let number = 200; number < 230; number++) {
    const writtenMs = performance.now()
    site.append(lines(number, number + 1))
    await oracle.arrival(number, number + 1)
    slowestMs = Math.max(slowestMs, performance.now() - writtenMs)
  }
  expect(slowestMs).toBeLessThan(1000)
  await until('the letters', () => site.deadLetters.length === 3)
  await live(site, oracle, program, 230)
  const letters = site.deadLetters.sort((one, other) => (one.offset ?? 0) - (other.offset ?? 0))
  expect(letters).toMatchObject(
    [...poisons].map(([number, poison]) => ({ ...poison, answer: `not ${number}`, raw: alert(number) })),
  )
  expect([...attempts.values()]).toEqual([...poisons.values()].map((poison) => poison.attempts))
  expect(oracle.account(range(0, 231))).toEqual({ ...EXACT, lost: [150, 151, 152] })
})

// 1 s each instead of 5 min (FAULTS_FULL=1).
test('F40: 401, then 403 to everything: paused, no dead letters, and the backlog is not burnt on it', async () => {
  let status: number | undefined
  let refused = 0
  const { site, oracle } = await judged(() => {
    if (status !== undefined) refused++
    return status
  })
  site.append(lines(0, 100))
  const program = site.run()
  await oracle.arrival(0, 100)
  const waitMs = scaled(1000, 300_000)
  status = 401
  site.append(lines(100, 1000))
  expect(await program.ready(503)).toContain('the receiver is paused (HTTP 401)')
  await sleep(waitMs)
  status = 403
  await until('news', async () =>
    (await program.get('/readyz')).text.includes('the receiver is paused (HTTP 403)'),
  )
  await sleep(waitMs)
  // What was out, then a probe every 100 ms.
  expect(refused).toBeLessThanOrEqual(WINDOW + (2 * waitMs) / 100 + 5)
  status = undefined
  await oracle.arrival(100, 1000)
  expect(await program.ready(200)).toBe('ok\n')
  await live(site, oracle, program, 1000)
  expectSafe(oracle, 1001, 0)
  expect(site.deadLetters).toEqual([])
  for (const text of ['wants other credentials (401)', 'forbids it (403)'])
    expect(program.logged(text)).toHaveLength(1)
})

// 1200 alerts instead of 40,000 (FAULTS_FULL=1).
test('F41: slow receiver (200 ms) and 1 % of 5xx, with a backlog: everything once, memory stays', async () => {
  const site = new Site()
  const oracle = await Oracle.start({ delayMs: 200, failRate: 0.01 })
  site.configure(oracle.url, { idmefv2: { connections: 64 } })
  const count = scaled(1200, 40_000)
  site.append(lines(0, count))
  const program = site.run()
  await until('the load', () => oracle.messages.length > 200)
  const before = memoryOf(program, 'VmRSS')
  let most = before
  while (oracle.messages.length < count) {
    most = Math.max(most, memoryOf(program, 'VmRSS'))
    await sleep(100)
  }
  expect(most - before).toBeLessThan(30 * 1024 ** 2)
  await live(site, oracle, program, count)
  expectSafe(oracle, count + 1, 0)
  expect(site.deadLetters).toEqual([])
})
