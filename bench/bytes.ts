import { generateAccessors } from '../src/mapping/accessor.ts'
import { type Convert, closures } from '../src/mapping/closures.ts'
import type { Converter } from '../src/mapping/compile.ts'
import { alertsOf, type Lines, linesOf } from './data.ts'
import { measure } from './measure.ts'
import type { Question } from './question.ts'
import { eachLine } from './scan.ts'
import { byJsonpath, converter, ids, out, program } from './suricata.ts'

/** Copies of the sample with a rule of its own each: far more than the converter remembers. */
const COPIES = 8

const bytes: Question = {
  asks: 'From the bytes of an alert to the bytes of a message: what does the whole step cost?',
  async *answer({ sample, pace }) {
    const alerts = alertsOf(sample)
    const lines = linesOf(alerts)
    const interpreted = closures(program, byJsonpath)
    const accessors = generateAccessors(program)
    const ours = converter()
    agree(lines, accessors, ours)
    const over = (name: string, one: (start: number, end: number) => unknown) => ({
      name,
      items: alerts.length,
      bytes: lines.bytes.length,
      run: () => eachLine(lines, one),
    })
    const unseen = windows(alerts)
    const forgetful = converter()
    yield await measure(
      'bytes of a line → bytes of a message, complete Suricata mapping',
      'alerts',
      [
        over('JSON.parse, jsonpath-plus, JSON.stringify', (start, end) =>
          parsed(lines, interpreted, start, end),
        ),
        over('JSON.parse, generated accessors, JSON.stringify', (start, end) =>
          parsed(lines, accessors, start, end),
        ),
        over('scanner and emitter (ours)', (start, end) =>
          ours.convert(lines.bytes, start, end, ids, out, 0),
        ),
        {
          name: 'scanner and emitter (ours), every rule a new one',
          items: alerts.length,
          bytes: lines.bytes.length,
          run: () => {
            const window = unseen.next().value
            eachLine(window, (start, end) => forgetful.convert(window.bytes, start, end, ids, out, 0))
          },
        },
      ],
      pace,
    )
  },
}

export default bytes

/** From bytes to bytes by way of an event and a message object. */
export function parsed({ bytes }: Lines, convert: Convert, start: number, end: number): number {
  const conversion = convert(JSON.parse(bytes.toString('utf8', start, end)), ids)
  if (conversion.kind !== 'message') return 0
  return out.write(JSON.stringify(conversion.message), 0)
}

/** Conversion remembers what it made of a rule; here no rule comes back before it was forgotten. */
function* windows(alerts: readonly string[]): Generator<Lines, never> {
  const copies = Array.from({ length: COPIES }, (_, copy) =>
    linesOf(
      alerts.map((line, i) =>
        line.replace(/(?<="signature": ?")/, `${copy}.${i} `).replace(/(?<="category": ?")/, `${copy}.${i} `),
      ),
    ),
  )
  for (;;) yield* copies
}

/** A faster way to another answer is none. */
function agree(lines: Lines, convert: Convert, ours: Converter): void {
  eachLine(lines, (start, end) => {
    const expected = out.toString('utf8', 0, parsed(lines, convert, start, end))
    const made = out.toString('utf8', 0, Math.max(0, ours.convert(lines.bytes, start, end, ids, out, 0)))
    if (made !== expected) throw new Error(`the ways to convert differ: ${made} instead of ${expected}`)
  })
}
