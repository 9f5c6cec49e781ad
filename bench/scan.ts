import { generateScanner } from '../src/mapping/scanner.ts'
import { layOut } from '../src/mapping/slots.ts'
import { alertsOf, type Lines, linesOf } from './data.ts'
import { measure } from './measure.ts'
import type { Question } from './question.ts'
import { program } from './suricata.ts'

const scan: Question = {
  asks: 'What does finding the values cost, against parsing the line?',
  async *answer({ sample, pace }) {
    const { root, slots } = layOut(program)
    const walk = generateScanner(root)
    const spans = new Int32Array(2 * slots)
    const inputs = { alerts: alertsOf(sample), 'other events that hold the needle': hits(sample.others) }
    for (const [title, texts] of Object.entries(inputs)) {
      if (texts.length === 0) continue
      const lines = linesOf(texts)
      const over = (name: string, one: (start: number, end: number) => unknown) => ({
        name,
        items: texts.length,
        bytes: lines.bytes.length,
        run: () => eachLine(lines, one),
      })
      yield await measure(
        `${slots} values of the complete mapping: ${title}`,
        'lines',
        [
          over('JSON.parse', (start, end) => JSON.parse(lines.bytes.toString('utf8', start, end))),
          over('generated scanner', (start, end) => walk(lines.bytes, start, end, spans)),
        ],
        pace,
      )
    }
  },
}

export default scan

function hits(lines: readonly string[]): string[] {
  return lines.filter((line) => line.includes('alert"'))
}

export function eachLine({ starts, ends }: Lines, use: (start: number, end: number) => unknown): void {
  for (let i = 0; i < ends.length; i++) use(starts[i] ?? 0, ends[i] ?? 0)
}
