import { grep } from './command.ts'
import { Mailbox } from './delivery/mailbox.ts'
import { Program } from './delivery/program.ts'
import { type Cost, type Load, pass, reconfigure } from './growth/pass.ts'
import { ofSize } from './growth/sizes.ts'
import { median, rangeOf, spreadOf } from './measure.ts'
import type { Figures, Question, Row, Setting, Target } from './question.ts'

// T13. Each point is a program of its own, warm before it is measured; its CPU time is set against the bytes it read. Whole
// runs on the wall clock would tell of the machine's other work, and of the receiver.

/** What a byte may cost more than at the first point of the same axis. */
const MUST = 0.1
const SIZES_KB = [0.5, 2, 8, 60]
/** Alerts cost some hundred times what other events cost: less of them tells as much. */
const ALERTS_SHARE_OF_SIZE = 5
/** Passes before one is measured: V8 compiles for as long. */
const WARM_PASSES = 2
/** Once through the file is a fifth of a second: too short for what is paid once, as for opening a file, not to count. */
const TIMES = 3

interface Point {
  name: string
  connectors?: number
  files?: number
  workers?: number
  load: Load
}

/** What grows; the points are held against the first. */
interface Axis {
  name: string
  points: readonly Point[]
}

const growth: Question = {
  asks: 'Does a byte cost more where there is more of everything?',
  async *answer(setting) {
    const axes = await axesOf(setting)
    const points = [...new Set(axes.flatMap((axis) => axis.points))]
    const costs = new Map(points.map((point): [Point, Cost[]] => [point, []]))
    const mailbox = await Mailbox.open()
    try {
      for (let round = 0; round < setting.pace.rounds; round++) {
        const first = (round * 5) % points.length
        for (const point of [...points.slice(first), ...points.slice(0, first)])
          costs.get(point)?.push(await costOf(point, mailbox))
      }
    } finally {
      await mailbox.close()
    }
    yield* axes.map((axis) => figures(axis, costs))
    yield { title: 'growth', targets: axes.map((axis) => target(axis, costs)) }
  },
}

export default growth

async function axesOf(setting: Setting): Promise<Axis[]> {
  const { sample, full, megabytes } = setting
  const path = setting.input(0.02)
  const load: Load = { path, times: TIMES, alerts: await grep(path) }
  const base: Point = { name: `1 connector, 1 file, 2 workers, ${TIMES * megabytes} MB`, load }
  return [
    {
      name: 'connectors',
      points: [
        base,
        ...[4, 16].map((connectors) => ({ name: `${connectors} connectors`, connectors, load })),
      ],
    },
    {
      name: 'files',
      points: [base, ...[10, 100].map((files) => ({ name: `${files} files`, files, load }))],
    },
    {
      name: 'size of the file',
      points: [
        { name: `${megabytes} MB`, load: { ...load, times: 1 } },
        base,
        ...(full ? [{ name: '10 GB', load: { ...load, times: Math.round(10_000 / megabytes) } }] : []),
      ],
    },
    {
      name: 'workers',
      points: [1, 2, 4, 8].map((workers) =>
        workers === 2 ? base : { name: `${workers} workers`, workers, load },
      ),
    },
    {
      name: 'size of the alerts, 100 % alerts',
      points: await Promise.all(
        SIZES_KB.map(async (kilobytes) => {
          const path = setting.input(1, {
            sample: ofSize(sample, kilobytes * 1000),
            megabytes: megabytes / ALERTS_SHARE_OF_SIZE,
          })
          return { name: `${kilobytes} kB each`, load: { path, times: TIMES, alerts: await grep(path) } }
        }),
      ),
    },
  ]
}

async function costOf(
  { connectors = 1, files = 1, workers = 2, load }: Point,
  mailbox: Mailbox,
): Promise<Cost> {
  const program = new Program({ url: mailbox.url, delivery: 'array' })
  try {
    reconfigure(program, { connectors, workers })
    program.start()
    const layout = { connectors, files }
    // Each worker compiles the code for itself: all of them get as much to begin with.
    for (let i = 0; i < WARM_PASSES; i++)
      await pass(program, mailbox, { ...load, times: workers }, { connectors, name: `warm-${i}` })
    return await pass(program, mailbox, load, { ...layout, name: 'measured' })
  } finally {
    await program.close()
  }
}

/** What each point costs more than the first, by the rounds. */
function added({ points }: Axis, costs: ReadonlyMap<Point, readonly Cost[]>): number[][] {
  const [first = [], ...others] = points.map((point) =>
    (costs.get(point) ?? []).map(({ cpu, bytes }) => cpu / bytes),
  )
  return others.map((other) => other.map((cost, round) => cost / (first[round] ?? Number.NaN) - 1))
}

function target(axis: Axis, costs: ReadonlyMap<Point, readonly Cost[]>): Target {
  const dearest = added(axis, costs).reduce((most, one) => (median(one) > median(most) ? one : most))
  return {
    name: 'T13',
    asks: `what a byte costs more with growth: ${axis.name}`,
    measured: median(dearest),
    spread: spreadOf(dearest),
    range: rangeOf(dearest),
    must: MUST,
    atMost: true,
  }
}

function figures(axis: Axis, costs: ReadonlyMap<Point, readonly Cost[]>): Figures {
  const ratios = [[0], ...added(axis, costs)]
  return {
    title: `growth, ${axis.name}: what a second of CPU time is enough for`,
    unit: 'alerts',
    rows: axis.points.map((point, i): Row => {
      const all = costs.get(point) ?? []
      const rates = all.map(({ cpu }) => (point.load.alerts * point.load.times) / cpu)
      return {
        name: point.name,
        perSecond: median(rates),
        megabytesPerSecond: median(all.map(({ bytes, cpu }) => bytes / cpu / 1e6)),
        ratio: 1 / (1 + median(ratios[i] ?? [])),
        spread: spreadOf(rates),
        range: rangeOf(rates),
      }
    }),
  }
}
