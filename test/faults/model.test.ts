import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Command, faultsOf, history } from './history.ts'

// A log, its rotator, the reader and what is on disk, with random histories: append, write a half, rotate, copytruncate,
// truncate, delete, recreate, commit, crash (now, or at a step of a checkpoint), restart, tick. `pnpm test:model --runs N
// --seed S` runs more of them; a history that fails is printed, shrunk, as JSON: it becomes a file in
// fixtures/histories/.

const RUNS = Number(process.env.MODEL_RUNS ?? 300)
const SEED = process.env.MODEL_SEED
/** A history takes a few hundredths of a second. */
const MS_PER_RUN = 1000

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] })
})

afterEach(() => {
  vi.useRealTimers()
})

const folder = new URL('fixtures/histories/', import.meta.url)

test.each(readdirSync(folder))('a history that once failed: %s', async (name) => {
  const commands: Command[] = JSON.parse(readFileSync(new URL(name, folder), 'utf8'))
  expect(await faultsOf(commands)).toEqual([])
})

test(`${RUNS} random histories: nothing is lost, repeated under another ID, or out of order`, {
  timeout: 60_000 + RUNS * MS_PER_RUN,
}, async () => {
  const check = await fc.check(
    fc.asyncProperty(history, async (commands) => {
      const faults = await faultsOf(commands)
      if (faults.length > 0) throw new Error(faults.slice(0, 5).join('\n'))
    }),
    { numRuns: RUNS, ...(SEED !== undefined && { seed: Number(SEED) }) },
  )
  const error = check.errorInstance instanceof Error ? check.errorInstance.message : ''
  expect
    .soft(check.failed, `seed ${check.seed}: ${error}\n${JSON.stringify(check.counterexample?.[0])}`)
    .toBe(false)
})
