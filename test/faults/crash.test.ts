import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, cpSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Step } from '../../src/state/checkpoint.ts'
import { lines } from '../e2e/events.ts'
import { Oracle } from '../e2e/oracle.ts'
import { NODE, type Program } from '../e2e/program.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { expectSafe, live, scaled } from './run.ts'
import { mostAgain, RANGES, trial } from './trial.ts'

const DYING = fileURLToPath(new URL('dying.ts', import.meta.url))

async function setUp() {
  // Slow enough for several checkpoints while a load lasts.
  const [site, oracle] = [new Site(), await Oracle.start({ delayMs: 10 })]
  site.configure(oracle.url, { workers: RANGES })
  return { site, oracle }
}

async function kill(program: Program): Promise<void> {
  program.signal('SIGKILL')
  expect(await program.exit).toBe('SIGKILL')
}

// Twice instead of a hundred times (FAULTS_FULL=1); pnpm test:kill does it as often as is wanted.
describe('F1: kill -9 at a random moment', () => {
  test.each(Array.from({ length: scaled(2, 100) }, (_, seed) => seed + 1))(
    'seed %i',
    { timeout: 120_000 },
    async (seed) => {
      const { lost, distinct, duplicated, bound } = await trial({ seed, events: 1200, kills: 2 })
      expect({ lost, distinct }).toEqual({ lost: [], distinct: [] })
      expect(duplicated).toBeLessThanOrEqual(bound)
    },
  )
})

test('F2: kill -9 after each step of a checkpoint', { timeout: 120_000 }, async () => {
  const { site, oracle } = await setUp()
  const steps: Step[] = ['opened', 'written', 'synced', 'kept', 'renamed', 'done']
  let [written, bound] = [0, 0]
  for (const step of steps) {
    site.append(lines(written, written + 250))
    written += 250
    // The first two of a life may be of the start alone; the third has positions of this load.
    const child = spawn(NODE, [DYING, site.conf, step, '3'], { stdio: 'ignore' })
    expect(await once(child, 'close')).toEqual([null, 'SIGKILL'])
    bound += mostAgain(site.path('state'), oracle)
  }
  const program = site.run()
  await oracle.arrival(0, written)
  await live(site, oracle, program, written)
  expect(program.logged('cannot be used')).toEqual([])
  expectSafe(oracle, written + 1, bound)
})

test('F7: power loss: what was not synced is not there, whichever part of it that is', {
  timeout: 120_000,
}, async () => {
  const { site, oracle } = await setUp()
  const [state, image] = [site.path('state'), site.path('image')]
  const current = site.path('state/checkpoint.json')
  const losses = [
    // The directory as it was some checkpoints ago.
    () => {
      rmSync(state, { recursive: true })
      cpSync(image, state, { recursive: true, preserveTimestamps: true })
    },
    // The new name is there and its bytes are not.
    () => writeFileSync(current, Buffer.alloc(statSync(current).size)),
    // Between the two renames; of the new one a part.
    () => {
      copyFileSync(current, `${current}.new`)
      truncateSync(`${current}.new`, 100)
      renameSync(current, `${current}.prev`)
    },
  ]
  let [written, bound] = [0, 0]
  for (const lose of losses) {
    site.append(lines(written, written + 600))
    const program = site.run()
    const before = oracle.messages.length
    await until('some of the load', () => oracle.messages.length > before + 150)
    await until('a checkpoint', async () => (await program.metrics()).sum('checkpoint_writes_total') > 1)
    cpSync(state, image, { recursive: true, preserveTimestamps: true, force: true })
    await until('more of it', () => oracle.messages.length > before + 450)
    written += 600
    await kill(program)
    bound += mostAgain(image, oracle)
    lose()
  }
  const program = site.run()
  await oracle.arrival(0, written)
  await live(site, oracle, program, written)
  expectSafe(oracle, written + 1, bound)
})
