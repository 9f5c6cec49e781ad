import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

// pnpm test:model [--runs N] [--seed S]: more random histories of a log and its reader than `pnpm test` has
// (test/faults/model.test.ts). A history that fails is printed, shrunk; put it into test/faults/fixtures/histories.

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '10000' }, seed: { type: 'string' } },
})
const root = fileURLToPath(new URL('..', import.meta.url))
const vitest = fileURLToPath(new URL('vitest.mjs', import.meta.resolve('vitest/package.json')))
const words = ['run', '--config', 'test/vitest.config.ts', 'test/faults/model.test.ts']
const env = { ...process.env, MODEL_RUNS: values.runs, ...(values.seed && { MODEL_SEED: values.seed }) }
const { status } = spawnSync(process.execPath, [vitest, ...words], { cwd: root, env, stdio: 'inherit' })
process.exitCode = status ?? 1
