import { loadAlerts } from './python/alerts.ts'
import { ours, Program, pythons } from './python/program.ts'
import { Receiver } from './python/receiver.ts'
import { TRIALS } from './python/trials.ts'
import type { Question } from './question.ts'

/** Of what `bench/python.ts` tries, what tells of speed. */
const ROWS = ['a burst of 10,000 alerts, a write each', 'CPU and memory at 100 alerts/s']

const connector: Question = {
  asks: 'What becomes of the same alerts in the Python connector, and what do they cost there?',
  async *answer({ python }) {
    if (python === undefined) {
      yield findings('the Python connector', { 'not run': 'no checkout of it was given (--checkout FOLDER)' })
      return
    }
    const alerts = loadAlerts()
    const receiver = new Receiver()
    await receiver.up()
    try {
      for (const { row, run } of TRIALS.filter((trial) => ROWS.includes(trial.row))) {
        const found: Record<string, string> = {}
        for (const candidate of [ours(), pythons(python.checkout, python.command)]) {
          receiver.forget()
          await using program = new Program(candidate, python.checkout, receiver, alerts.common)
          found[candidate.name] = (await run({ program, receiver, alerts })).text
        }
        yield findings(`beside the Python connector: ${row}`, found)
      }
    } finally {
      await receiver.down()
    }
  },
}

export default connector

function findings(title: string, found: Record<string, string>) {
  return { title, findings: Object.entries(found).map(([name, text]) => ({ name, found: text })) }
}
