import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { lines, range } from '../e2e/events.ts'
import { Oracle } from '../e2e/oracle.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { FaultProxy } from './proxy.ts'
import { memoryOf, scaled } from './run.ts'

const STALL_MS = scaled(15_000, 600_000)
const MOST_GROWTH_BYTES = 30 * 1024 ** 2

// 15 s instead of 10 min (FAULTS_FULL=1).
test('memory: the receiver stalls while input comes as fast as it can be written: RSS stays flat', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  const proxy = await FaultProxy.to(oracle.url)
  site.configure(proxy.url, { idmefv2: { response_timeout: '2s' } })
  const warm = 8000
  const text = lines(warm, warm + 2000).replaceAll(/ #\d+"/g, ' #-1"') // of no number: they are not waited for
  site.append(lines(0, warm))
  const program = site.run()
  await until('the load', () => oracle.messages.length > 2000)
  proxy.fault = 'silent'
  // What may be read ahead of the receiver was read.
  await until('all stands still', async () => (await program.metrics()).sum('ranges_in_flight') === 5)
  await program.says('delivery waits')
  const before = memoryOf(program, 'VmRSS')
  const began = performance.now()
  const most = { bytes: before, written: 0 }
  while (performance.now() - began < STALL_MS) {
    if (most.written < 400 * 1024 ** 2) {
      site.append(text)
      most.written += text.length
    }
    most.bytes = Math.max(most.bytes, memoryOf(program, 'VmRSS'))
    await sleep(10)
  }
  expect(most.written).toBeGreaterThan(50 * 1024 ** 2)
  expect(most.bytes - before).toBeLessThan(MOST_GROWTH_BYTES)
  expect((await program.metrics()).sum('lag_bytes')).toBeGreaterThan(most.written)
  proxy.fault = 'pass'
  await oracle.arrival(0, warm)
  const { lost, changed, invalid } = oracle.account(range(0, warm))
  expect({ lost, changed: changed.filter((number) => number >= 0), invalid }).toEqual({
    lost: [],
    changed: [],
    invalid: 0,
  })
})
