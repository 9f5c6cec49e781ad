import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { promisify } from 'node:util'
import { DeadLetters } from '../../src/state/deadletter.ts'
import { Range } from '../../src/worker/range.ts'
import { parsing } from '../gateway.ts'
import { eachRange, reader, shared } from '../instruments.ts'
import { median } from '../measure.ts'
import { blocksOf, findAlerts } from '../prefilter.ts'
import type { Figures, Setting } from '../question.ts'
import { conversion, lineToBytes } from '../targets.ts'
import type { Threshold } from './decision.ts'

const run = promisify(execFile)

export interface Ratio extends Threshold {
  measure(setting: Setting): Promise<number>
}

/** Bounds at about half of what is usual: what passes them has lost a design, not a few percent. */
export const RATIOS: readonly Ratio[] = [
  {
    name: 'whole file, 2 % alerts, one thread: speed against grep -c',
    bound: 0.6,
    usual: '1.1–1.3',
    measure: againstGrep,
  },
  {
    name: 'bytes of a line to bytes of a message: speed against jsonpath-plus',
    bound: 8,
    usual: '20–24',
    measure: async (setting) => ratioOf(await lineToBytes(setting), 'scanner'),
  },
  {
    name: 'finding the alerts, 2 %: speed against JSON.parse of every line',
    bound: 6,
    usual: '25–42',
    measure: async ({ input, pace }) =>
      ratioOf(
        await findAlerts(blocksOf(readFileSync(input(0.02)).subarray(0, PREFILTER_BYTES)), '2 %', pace),
        'whole block: sieve',
      ),
  },
  {
    name: 'validate = always, 100 % alerts: what it adds',
    bound: 0.4,
    atMost: true,
    usual: '-0.12–0.05',
    measure: async (setting) => 1 / ratioOf(await conversion(setting), 'validate = always') - 1,
  },
  {
    name: 'an IDMEFv1 document to its tree: speed against JSON.parse of the same message',
    bound: 0.06,
    usual: '0.11–0.13',
    measure: async ({ pace }) => ratioOf(await parsing(pace), 'parse'),
  },
]

const PREFILTER_BYTES = 8 * 1024 * 1024

function ratioOf({ rows }: Figures, name: string): number {
  return rows.find((row) => row.name.startsWith(name))?.ratio ?? Number.NaN
}

/** CPU time of `grep -c` over that of this thread for the same file, a worker's work, messages thrown away. */
async function againstGrep({ input, pace }: Setting): Promise<number> {
  const path = input(0.02)
  const folder = mkdtempSync(`${tmpdir()}/bench-gate-`)
  const deadLetters = new DeadLetters(`${folder}/dead-letters`, 2 ** 30)
  const tools = { ...shared(deadLetters), reader: reader() }
  const convert = () => eachRange(path, 1, async (work) => (await new Range(tools, work).run()).delivered)
  try {
    const ratios: number[] = []
    await convert()
    for (let round = 0; round < pace.rounds + 2; round++) {
      const theirs = await grepSeconds(path)
      const before = process.threadCpuUsage()
      await convert()
      const { user, system } = process.threadCpuUsage(before)
      ratios.push(theirs / ((user + system) / 1e6))
    }
    return median(ratios)
  } finally {
    await deadLetters.close()
    rmSync(folder, { recursive: true })
  }
}

/** User and system time, as bash tells it; Node.js does not tell that of a child. */
async function grepSeconds(path: string): Promise<number> {
  const script = `TIMEFORMAT='%3U %3S'; time grep -c '"event_type":"alert"' "$1" | cat >/dev/null`
  const { stderr } = await run('bash', ['-c', script, 'bash', path], { env: { ...process.env, LC_ALL: 'C' } })
  return stderr
    .trim()
    .split(' ')
    .reduce((sum, seconds) => sum + Number(seconds), 0)
}
