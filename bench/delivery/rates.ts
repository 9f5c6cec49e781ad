import { setTimeout as sleep } from 'node:timers/promises'
import type { Delivery } from '../peers/peer.ts'
import { syslogNg } from '../peers/syslogng.ts'
import { Mailbox } from './mailbox.ts'
import { costs, type Passage, passage, rates, SETTLE_MS } from './passage.ts'
import { cpuSeconds, forgetPeak, peakBytes } from './proc.ts'
import { Program, seconds } from './program.ts'
import { Rivals } from './rivals.ts'
import { figure, grep, input, type Measured, type Plan, spread } from './target.ts'

/** Passes before anything is measured: V8 compiles for as long, on the same cores. A program that runs for days has this behind it. */
const WARM_PASSES = 5

/** T3: few alerts among many events, delivered while grep would search them. T10's first half is read on the way. */
export async function few(plan: Plan): Promise<Measured[]> {
  const { file, alerts, bytes } = input(plan, 0.02, plan.megabytes)
  const passages: Passage[] = []
  const ratios: number[] = []
  await warm('array', file, alerts, async (pass) => {
    for (let round = 0; round < plan.rounds; round++) {
      const base = grep(file).seconds
      const passage = await pass()
      passages.push(passage)
      ratios.push(base / passage.wall)
    }
  })
  const speeds = passages.map(({ wall }) => bytes / 1e6 / wall)
  return [
    {
      title: 'T3: 2 % alerts, arrays to a live receiver',
      figures: [
        figure(
          {
            name: 'T3',
            asks: '2 % alerts, arrays to a live receiver, against grep -c',
            must: 1.2,
            stretch: 1.5,
          },
          ratios,
        ),
      ],
      details: [`MB/s: ${spread(speeds, 0)}`, ...costs(passages)],
    },
    peak('2 %, arrays', passages),
  ]
}

/** T5: nothing but alerts, as arrays. */
export async function all(plan: Plan): Promise<Measured[]> {
  const { file, alerts } = input(plan, 1, plan.megabytes)
  const passages: Passage[] = []
  await warm('array', file, alerts, async (pass) => {
    for (let round = 0; round < plan.rounds; round++) passages.push(await pass())
  })
  const speeds = passages.map(({ rate }) => rate)
  return [
    {
      title: 'T5: 100 % alerts, arrays',
      figures: [
        figure(
          {
            name: 'T5',
            asks: '100 % alerts, arrays, alerts a second, receiver included',
            must: 150_000,
            stretch: 250_000,
          },
          speeds,
        ),
      ],
      details: costs(passages),
    },
    peak('100 %, arrays', passages),
  ]
}

/** T6: nothing but alerts, a POST each, against syslog-ng. */
export async function each(plan: Plan): Promise<Measured[]> {
  const { file, alerts } = input(plan, 1, Math.ceil(plan.megabytes / 5))
  const rivals = new Rivals('each')
  const ours: Passage[] = []
  await warm('each', file, alerts, async (pass) => {
    for (let round = 0; round < plan.rounds; round++) {
      ours.push(await pass())
      await rivals.pass(file, alerts)
    }
  })
  const ratios = rivals.passages.get(syslogNg)?.map(({ rate }, round) => (ours[round]?.rate ?? 0) / rate)
  const asks = '100 % alerts, one POST each, against syslog-ng'
  return [
    {
      title: 'T6: 100 % alerts, one POST each',
      ...(ratios
        ? { figures: [figure({ name: 'T6', asks, must: 1.7, stretch: 2.5 }, ratios)] }
        : { figures: [], missing: `no figure of syslog-ng, ${syslogNg.hint}` }),
      details: [
        ...rates('idmefv2-stream', ours),
        ...[...rivals.passages].flatMap(([{ name }, passages]) => rates(name, passages)),
        ...rivals.failures,
      ],
    },
    peak('100 %, one POST each', ours),
  ]
}

/** T7: the wall time to the last alert, when the program runs already, against the best of the peers from their start. */
export async function whole(plan: Plan): Promise<Measured[]> {
  const { file, alerts } = input(plan, 0.02, plan.megabytes)
  const rivals = new Rivals('array')
  const cold: number[] = []
  const ready: number[] = []
  await warm('array', file, alerts, async (pass) => {
    for (let round = 0; round < plan.rounds; round++) {
      const walls = (await rivals.pass(file, alerts)).map(({ wall }) => wall)
      if (walls.length === 0) break
      const best = Math.min(...walls)
      cold.push(best / (await fromStart(file, alerts)))
      ready.push(best / (await pass()).wall)
    }
  })
  const asks = '2 % alerts, wall time to the last alert, against the best of the peers'
  const walls = [...rivals.passages].map(
    ([{ name }, passages]) => `${name}: ${spread(passages.map(({ wall }) => wall))} s`,
  )
  return [
    {
      title: 'T7: 2 % alerts, as arrays or in bulk',
      ...(ready.length > 0
        ? { figures: [figure({ name: 'T7', asks, must: 10, stretch: 14 }, ready)] }
        : { figures: [], missing: 'no peer is installed: bench/peers/install' }),
      details: [
        ...(cold.length > 0 ? [`${spread(cold)} × from the start of the process`] : []),
        ...walls,
        ...rivals.failures,
      ],
    },
  ]
}

/** The program at work: the first files only warm it. */
async function warm(
  delivery: Delivery,
  file: string,
  alerts: number,
  rounds: (pass: () => Promise<Passage>) => Promise<void>,
): Promise<void> {
  const mailbox = await Mailbox.open()
  const program = new Program({ url: mailbox.url, delivery })
  let count = 0
  const pass = async () => {
    const name = `eve-${count++}`
    const appear = program.prepare(name, file)
    const before = cpuSeconds(program.pid)
    forgetPeak(program.pid)
    const due = mailbox.receive(alerts)
    const begin = appear()
    const receipt = await due
    await sleep(SETTLE_MS)
    const own = ((cpuSeconds(program.pid) - before) / alerts) * 1e6
    const highest = peakBytes(program.pid)
    program.drop(name)
    return passage(receipt, alerts, begin, own, highest)
  }
  try {
    program.start()
    for (let i = 0; i < WARM_PASSES; i++) await pass()
    await rounds(pass)
  } finally {
    await program.close()
    await mailbox.close()
  }
}

async function fromStart(file: string, alerts: number): Promise<number> {
  const mailbox = await Mailbox.open()
  const program = new Program({ url: mailbox.url, delivery: 'array' })
  try {
    program.prepare('eve', file)()
    const due = mailbox.receive(alerts)
    const begin = seconds()
    program.start()
    return (await due).last - begin
  } finally {
    await program.close()
    await mailbox.close()
  }
}

function peak(what: string, passages: readonly Passage[]): Measured {
  const megabytes = passages.map((passage) => passage.peakBytes / 1e6)
  return {
    title: `T10: memory at full rate: ${what}`,
    figures: [
      figure(
        {
          name: 'T10',
          asks: `most memory (RSS) at full rate, MB: ${what}`,
          must: 200,
          stretch: 150,
          atMost: true,
        },
        megabytes,
      ),
    ],
    details: [],
  }
}
