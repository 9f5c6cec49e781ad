import { isDeepStrictEqual } from 'node:util'
import { generateAccessors } from '../src/mapping/accessor.ts'
import { type Convert, closures } from '../src/mapping/closures.ts'
import { alertsOf } from './data.ts'
import { measure } from './measure.ts'
import type { Question } from './question.ts'
import { byJsonpath, ids, program } from './suricata.ts'

const convert: Question = {
  asks: 'From a parsed event to a message object: what does interpreting the mapping cost?',
  async *answer({ sample, pace }) {
    const events: unknown[] = alertsOf(sample).map((line) =>
      JSON.parse(Buffer.from(line, 'latin1').toString()),
    )
    const ways = {
      'jsonpath-plus, path by path': closures(program, byJsonpath),
      'closures (ours, where code may not be generated)': closures(program),
      'generated accessors (ours)': generateAccessors(program),
    }
    agree(events, Object.values(ways))
    yield await measure(
      'event object → message object, complete Suricata mapping',
      'alerts',
      Object.entries(ways).map(([name, way]) => ({
        name,
        items: events.length,
        run: () => {
          for (const event of events) way(event, ids)
        },
      })),
      pace,
    )
  },
}

export default convert

/** A faster way to another answer is none. */
function agree(events: readonly unknown[], ways: readonly Convert[]): void {
  for (const event of events) {
    const [first, ...others] = ways.map((way) => way(event, ids))
    if (others.some((other) => !isDeepStrictEqual(other, first)))
      throw new Error(`the ways to convert differ for ${JSON.stringify(event)}`)
  }
}
