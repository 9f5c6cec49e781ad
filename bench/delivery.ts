import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadSample } from './data.ts'
import { told } from './delivery/ask.ts'
import { latency, stall, start } from './delivery/calm.ts'
import { all, each, few, whole } from './delivery/rates.ts'
import type { Measured, Plan } from './delivery/target.ts'
import { answerText, settingOf, settingText } from './report.ts'

// The targets of whole runs: the built program, a receiver in a process of its own, and syslog-ng where it is installed.

const TARGETS: Record<string, (plan: Plan) => Promise<Measured[]>> = {
  T3: few,
  T5: all,
  T6: each,
  T7: whole,
  T10: stall,
  T11: latency,
  T12: start,
}

const USAGE = `pnpm bench:delivery [target …] [--mb N] [--rounds N] [--json] [--data FOLDER]

targets: ${Object.keys(TARGETS).join(', ')}; all of them when none is named
  --mb N      size of the files that are read (300)
  --rounds N  how often each is measured, in turns (5)
  --json      print one JSON object
  --data      where the files are made (bench/data)`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mb: { type: 'string', default: '300' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    data: { type: 'string', default: fileURLToPath(new URL('data', import.meta.url)) },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(USAGE)
else await measure(positionals.length > 0 ? positionals : Object.keys(TARGETS))

async function measure(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !Object.hasOwn(TARGETS, name))
  if (unknown.length > 0) throw new Error(`no target ${unknown.join(', ')}\n\n${USAGE}`)
  const sample = loadSample()
  const plan: Plan = {
    sample,
    megabytes: Number(values.mb),
    rounds: Number(values.rounds),
    data: values.data,
  }
  const pace = { rounds: plan.rounds, millis: 0, clock: 'wall' as const }
  const { rounds: _, ...setting } = settingOf(sample, pace, plan.megabytes)
  if (!values.json) console.log(`${settingText(setting)}\nrounds: ${plan.rounds}\n`)
  const found: Measured[] = []
  for (const name of names) {
    for (const measured of (await TARGETS[name]?.(plan)) ?? []) {
      found.push(measured)
      if (!values.json) console.log(answerText(told(measured)))
    }
  }
  if (values.json) console.log(JSON.stringify({ setting, measured: found }, null, 2))
}
