// What becomes of the alerts in the Python connector and in this program, side by side?
//
//     node bench/python.ts --checkout FOLDER [--python PYTHON] [--out FILE] [--only TEXT]
//
//   --checkout  a checkout of the Python project, IDMEFv2/idmefv2-connectors
//   --python    the interpreter (python3); it must find what that project depends on (requests, inotify, jsonpath_ng),
//               by PYTHONPATH if need be
//   --out       write all figures to this file, as JSON
//   --only      only the rows whose name has this text
//
// Both programs get the sample configuration of the Python project (with another URL and file, and its default log
// level), read the same real alerts from a file of their own, and post to the same receiver, which answers 204. Each
// row is a new process. A row is over when everything came, or nothing for three seconds. Needs Linux; takes about
// twenty minutes, and two cores that have nothing else to do.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { VERSION } from '../src/version.ts'
import { loadAlerts } from './python/alerts.ts'
import { type Candidate, ours, Program, pythons } from './python/program.ts'
import { Receiver } from './python/receiver.ts'
import { Tally } from './python/tally.ts'
import { type Finding, TRIALS } from './python/trials.ts'

const { values } = parseArgs({
  options: {
    checkout: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    out: { type: 'string' },
    only: { type: 'string', default: '' },
  },
})
if (values.checkout === undefined)
  throw new Error('--checkout FOLDER: where the Python project is checked out')

const checkout = resolve(values.checkout)
const candidates = [ours(), pythons(checkout, values.python)]
const alerts = loadAlerts()
const receiver = new Receiver()
const tallies = new Map(candidates.map((candidate) => [candidate, new Tally()]))
const setting = settingOf(checkout, values.python)

console.log(
  Object.entries(setting)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n'),
)
console.log(
  `\n| | ${candidates.map(({ name }) => name).join(' | ')} |\n|---|${'---|'.repeat(candidates.length)}`,
)

await receiver.up()
const rows: { row: string; findings: Record<string, Finding> }[] = []
for (const { row, run } of TRIALS.filter((trial) => trial.row.includes(values.only))) {
  const findings: Record<string, Finding> = {}
  for (const candidate of candidates) {
    receiver.forget()
    await using program = new Program(candidate, checkout, receiver, alerts.common)
    findings[candidate.name] = await run({ program, receiver, alerts })
    tallies.get(candidate)?.add(receiver.messages)
  }
  rows.push({ row, findings })
  print(row, (candidate) => findings[candidate.name]?.text)
}
await receiver.down()

print('highest of these rates at which all came', highestRate)
print('valid by the version they name, of all messages', (candidate) => tallies.get(candidate)?.text)
const validity = Object.fromEntries(candidates.map((candidate) => [candidate.name, tallies.get(candidate)]))
if (values.out !== undefined) writeFileSync(values.out, JSON.stringify({ setting, rows, validity }, null, 2))

function print(row: string, cell: (candidate: Candidate) => string | undefined): void {
  console.log(`| ${row} | ${candidates.map((candidate) => cell(candidate) ?? '–').join(' | ')} |`)
}

/** Alerts per second as they were written, up to the first rate at which some did not come. */
function highestRate({ name }: Candidate): string {
  const figures = rows.map(({ findings }) => findings[name]?.figures ?? {})
  const rates = figures.filter(({ perSecond }) => perSecond !== undefined)
  const failed = rates.findIndex(({ written, delivered }) => delivered !== written)
  const [rate] = rates.slice(0, failed < 0 ? rates.length : failed).slice(-1)
  return rate === undefined ? 'none' : `${rate.perSecond}/s`
}

function settingOf(checkout: string, python: string): Record<string, string | number> {
  return {
    'idmefv2-stream': `${VERSION}, Node ${process.version}`,
    'Python connector': `commit ${said('git', ['-C', checkout, 'rev-parse', '--short', 'HEAD'])}, ${said(python, ['--version'])}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    'load average': Math.round((loadavg()[0] ?? 0) * 10) / 10,
    sample: `${alerts.name}: ${alerts.all.length} alerts, of which ${alerts.common.length} are used for all rows but two`,
  }
}

/** What a command answers; where it cannot be asked, that is unknown. */
function said(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return 'unknown'
  }
}
