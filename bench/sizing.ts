import { writeFileSync } from 'node:fs'
import type { Sample } from './data.ts'
import { Mailbox } from './delivery/mailbox.ts'
import { append } from './delivery/pace.ts'
import { residentBytes } from './delivery/proc.ts'
import { Program } from './delivery/program.ts'
import { threadSeconds } from './delivery/threads.ts'
import type { Question, Row } from './question.ts'
import { rounded } from './report.ts'

/** Long enough that what is paid once a second, as for a position, counts as it does in days. */
const SECONDS = 5
/** Of events and alerts alike; the code is compiled then. */
const WARM_UP = { events: 5000, share: 0.5, count: 2500 }

interface Pace {
  events: number
  share: number
  delivery: 'each' | 'array'
}

interface Followed {
  events: number
  /** Seconds, and bytes. */
  cpu: number
  wall: number
  resident: number
}

const PACES: readonly Pace[] = [
  { events: 100, share: 0.02, delivery: 'each' },
  { events: 1000, share: 0.02, delivery: 'each' },
  { events: 10_000, share: 0.02, delivery: 'each' },
  { events: 10_000, share: 0.02, delivery: 'array' },
  { events: 50_000, share: 0.02, delivery: 'array' },
  { events: 10_000, share: 1, delivery: 'each' },
  { events: 10_000, share: 1, delivery: 'array' },
]

const sizing: Question = {
  asks: 'How much of a core, and how much memory, while a sensor writes?',
  async *answer({ sample }) {
    const found: (Followed & { pace: Pace })[] = []
    for (const pace of PACES) found.push({ pace, ...(await follow(sample, pace)) })
    yield {
      title: 'following: events that a second of CPU time is enough for',
      unit: 'events',
      rows: found.map(
        ({ pace, events, cpu }): Row => ({
          name: nameOf(pace),
          perSecond: events / cpu,
          ratio: events / cpu / ((found[0]?.events ?? 0) / (found[0]?.cpu ?? 0)),
          spread: 0,
        }),
      ),
    }
    yield {
      title: 'following: what it takes',
      findings: found.map(({ pace, events, cpu, wall, resident }) => ({
        name: nameOf(pace),
        found: `${rounded(cpu / wall)} cores, ${rounded(resident / 1e6)} MB; written: ${rounded(events / wall)} events/s`,
      })),
    }
  },
}

export default sizing

function nameOf({ events, share, delivery }: Pace): string {
  const way = delivery === 'each' ? 'one message a POST' : 'arrays'
  return `${events.toLocaleString('en')} events/s, ${100 * share} % alerts, ${way}`
}

/** CPU time and memory of the program alone, from the first event to the last answer. */
async function follow(sample: Sample, { events, share, delivery }: Pace): Promise<Followed> {
  const mailbox = await Mailbox.open()
  const program = new Program({ url: mailbox.url, delivery })
  try {
    writeFileSync(program.log('eve'), '')
    program.start()
    const warm = mailbox.receive(WARM_UP.count)
    await append(program.log('eve'), sample, WARM_UP)
    await warm
    const count = events * share * SECONDS
    const [began, used] = [performance.now(), threadSeconds(program.pid)]
    const due = mailbox.receive(count)
    await append(program.log('eve'), sample, { events, share, count })
    await due
    const cpu = threadSeconds(program.pid) - used
    const wall = (performance.now() - began) / 1000
    return { events: count / share, cpu, wall, resident: residentBytes(program.pid) }
  } finally {
    await program.close()
    await mailbox.close()
  }
}
