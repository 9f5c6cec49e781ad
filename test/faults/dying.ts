import { readChecked } from '../../src/cli/config.ts'
import { createLog } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { Session } from '../../src/session.ts'
import { Checkpoints, positionsIn } from '../../src/state/checkpoint.ts'
import { openStateDirectory } from '../../src/state/directory.ts'

// `run`, that dies of kill -9 after a step of its Nth checkpoint: dying.ts CONFIGURATION STEP N

const [conf = '', step, count] = process.argv.slice(2)
const { config, connectors } = await readChecked([conf], false)
const log = createLog(config.logging)
const state = await openStateDirectory(config.state.directory ?? '', log)
let left = Number(count)
const checkpoints = new Checkpoints({
  path: positionsIn(state.path),
  intervalMs: config.state.checkpoint_interval,
  log,
  onStep: (reached) => {
    if (reached === step && --left === 0) process.kill(process.pid, 'SIGKILL')
  },
})
const metrics = createMetrics()
const session = new Session({
  config,
  connectors,
  state,
  checkpoints,
  metrics,
  log,
  once: false,
  fromStart: false,
})
await session.run(new AbortController().signal)
