import { Counter, Histogram, Registry } from 'prom-client'
import { measure } from './measure.ts'
import type { Question } from './question.ts'

const EVENTS = 10_000

const counters: Question = {
  asks: 'What does counting an event cost?',
  async *answer({ pace }) {
    const registers = [new Registry()]
    const plain = new Counter({ name: 'plain', help: 'one series', registers })
    const labelled = new Counter({
      name: 'labelled',
      help: 'one label',
      labelNames: ['connector'],
      registers,
    })
    const histogram = new Histogram({ name: 'seconds', help: 'durations', registers })
    const tally = { events: 0 }
    const times = (name: string, one: (i: number) => unknown) => ({
      name,
      items: EVENTS,
      run: () => {
        for (let i = 0; i < EVENTS; i++) one(i)
      },
    })
    yield await measure(
      'count one event',
      'events',
      [
        times('prom-client: counter.inc with a label', () => labelled.inc({ connector: 'suricata' })),
        times('prom-client: counter.inc', () => plain.inc()),
        times('prom-client: histogram.observe', (i) => histogram.observe(i / EVENTS)),
        times('an integer (ours), handed to prom-client once a range', () => tally.events++),
      ],
      pace,
    )
  },
}

export default counters
