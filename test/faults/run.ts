import { readFileSync } from 'node:fs'
import { expect, vi } from 'vitest'
import { lines, range } from '../e2e/events.ts'
import { type Account, EXACT, type Oracle } from '../e2e/oracle.ts'
import type { Program } from '../e2e/program.ts'
import type { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { expectEqual } from './reference.ts'

/** Outages as long, loads as large and repetitions as many as the rows of the matrix say (FAULTS_FULL=1). */
export const isFull = process.env.FAULTS_FULL === '1'

export const scaled = (small: number, full: number): number => (isFull ? full : small)

vi.setConfig({ testTimeout: scaled(45_000, 1_200_000) })

/** Requests that may be out: two workers, each with as many connections as it has by default, or the window of HTTP/2. */
export const WINDOW = 2 * 64

/** Writes one more alert, which has to arrive, then stops the program: it has to end well. */
export async function live(site: Site, oracle: Oracle, program: Program, next: number): Promise<void> {
  site.append(lines(next, next + 1))
  await oracle.arrival(next, next + 1)
  await until('all is acknowledged', async () => (await program.metrics()).sum('lag_bytes') === 0)
  expect(await program.stop()).toBe(0)
}

/** Nothing lost, nothing foreign, each ID the same every time, each message what its record has to become. */
export function expectSafe(oracle: Oracle, count: number, mostTwice: number): Account {
  const account = oracle.account(range(0, count))
  expect({ ...account, twice: [] }).toEqual(EXACT)
  expect(account.twice.length).toBeLessThanOrEqual(mostTwice)
  expectEqual(oracle)
  return account
}

/** A line of /proc/PID/status in bytes: VmRSS is what is resident now, VmHWM the most there was. */
export function memoryOf({ child }: Program, line: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  const [, kilobytes] = new RegExp(`^${line}:\\s+(\\d+) kB$`, 'm').exec(status) ?? []
  return Number(kilobytes) * 1024
}
