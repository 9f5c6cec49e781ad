import { parseArgs } from 'node:util'
import { end } from '../test/e2e/ending.ts'
import { trial } from '../test/faults/trial.ts'

// pnpm test:kill [--runs N] [--seed S] [--events N]
//
// The program under load, killed with -9 at moments drawn from the seed, restarted, and counted: a line for each run, and
// the sum. Exit 1 when an alert was lost, came again under another ID, or more came again than the bound.

const KILLS = 2

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    events: { type: 'string', default: '2000' },
  },
})
const [runs, seed, events] = [Number(values.runs), Number(values.seed), Number(values.events)]
const sum = { events: 0, kills: 0, lost: 0, duplicated: 0, distinct: 0, bound: 0, beyond: 0 }

for (let run = 0; run < runs; run++) {
  const result = await trial({ seed: seed + run, events, kills: KILLS }).finally(end)
  const { duplicated, bound } = result
  const counts = {
    events: result.events,
    kills: result.kills,
    lost: result.lost.length,
    duplicated,
    distinct: result.distinct.length,
    bound,
    beyond: Math.max(0, duplicated - bound),
  }
  for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += counts[key] // its own keys
  console.log(`run ${String(run + 1).padStart(4)}  seed ${String(seed + run).padStart(4)}  ${told(counts)}`)
  if (counts.lost > 0) console.log(`  lost: ${result.lost.slice(0, 20)}`)
  if (counts.distinct > 0) console.log(`  came again under another ID: ${result.distinct.slice(0, 20)}`)
}
console.log(`${runs} runs  ${told(sum)}`)
if (sum.lost + sum.distinct + sum.beyond > 0) process.exitCode = 1

function told({ events, kills, lost, duplicated, distinct, bound }: typeof sum): string {
  return `events ${events}  kills ${kills}  lost ${lost}  duplicated ${duplicated}  distinct ${distinct}  bound ${bound}`
}
