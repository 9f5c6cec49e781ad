import { randomUUID } from 'node:crypto'
import { alertsOf, linesOf } from './data.ts'
import { measure } from './measure.ts'
import type { Question } from './question.ts'
import { eachLine } from './scan.ts'
import { ids as made, out } from './suricata.ts'

const question: Question = {
  asks: 'What does the ID of a message cost?',
  async *answer({ sample, pace }) {
    const lines = linesOf(alertsOf(sample))
    const each = (name: string, one: (start: number, end: number) => unknown) => ({
      name,
      items: lines.ends.length,
      run: () => eachLine(lines, one),
    })
    yield await measure(
      'an ID into the output bytes',
      'IDs',
      [
        each('crypto.randomUUID', () => out.write(randomUUID(), 'latin1')),
        each('by position (ours, default)', (start) => {
          made.at(1, 2, start)
          made.write(out, 0, 0)
        }),
        each('by content (ours): SHA-256 of the line', (start, end) => {
          made.ofContent(lines.bytes.subarray(start, end))
          made.write(out, 0, 0)
        }),
        each('random (ours)', () => {
          made.random()
          made.write(out, 0, 0)
        }),
      ],
      pace,
    )
  },
}

export default question
