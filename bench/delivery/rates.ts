import { setTimeout as sleep } from 'node:timers/promises'
import { median } from '../measure.ts'
import { SyslogNg, syslogNgVersion } from '../peers/syslogng.ts'
import { Mailbox } from './mailbox.ts'
import { cpuSeconds, forgetPeak, peakBytes } from './proc.ts'
import { Program, seconds } from './program.ts'
import { grep, input, type Measured, type Plan, spread } from './target.ts'

type Delivery = 'each' | 'array'

/** What was seen of one file on its way, or of several. */
interface Passage {
  /** From the file's appearance, or from the start of the process, to the last answer. */
  wall: number
  /** Messages a second from the first one to the last. */
  rate: number
  /** CPU microseconds a message, the receiver's apart. */
  own: number
  receiver: number
  peakBytes: number
}

/** Passes before anything is measured: V8 compiles for as long, on the same cores. A program that runs for days has this behind it. */
const WARM_PASSES = 5

/** So long after the last answer the counts of CPU time are read: the kernel counts in steps. */
const SETTLE_MS = 200
const ABSENT = 'syslog-ng with its http module is not installed: bench/peers/install'

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
      target: 'T3',
      what: '2 % alerts, arrays to a live receiver, against grep -c',
      bound: '≥ 1.2 ×',
      reached: median(ratios) >= 1.2,
      found: `${spread(ratios)} ×`,
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
  const rates = passages.map(({ rate }) => rate)
  return [
    {
      target: 'T5',
      what: '100 % alerts, arrays, alerts a second, receiver included',
      bound: '≥ 150 000',
      reached: median(rates) >= 150_000,
      found: spread(rates, 0),
      details: costs(passages),
    },
    peak('100 %, arrays', passages),
  ]
}

/** T6: nothing but alerts, a POST each, against syslog-ng. */
export async function each(plan: Plan): Promise<Measured[]> {
  const { file, alerts } = input(plan, 1, Math.ceil(plan.megabytes / 5))
  const hasPeer = syslogNgVersion() !== undefined
  const ours: Passage[] = []
  const theirs: Passage[] = []
  await warm('each', file, alerts, async (pass) => {
    for (let round = 0; round < plan.rounds; round++) {
      ours.push(await pass())
      if (hasPeer) theirs.push(await syslogNg('each', file, alerts))
    }
  })
  const ratios = theirs.map(({ rate }, round) => (ours[round]?.rate ?? 0) / rate)
  return [
    {
      target: 'T6',
      what: '100 % alerts, one POST each, against syslog-ng',
      bound: '≥ 1.7 ×',
      reached: hasPeer && median(ratios) >= 1.7,
      found: hasPeer ? `${spread(ratios)} ×` : ABSENT,
      details: [
        `alerts a second: ${spread(
          ours.map(({ rate }) => rate),
          0,
        )}`,
        ...costs(ours),
        ...(hasPeer
          ? [
              `syslog-ng: ${spread(
                theirs.map(({ rate }) => rate),
                0,
              )} a second`,
              ...costs(theirs),
            ]
          : []),
      ],
    },
    peak('100 %, one POST each', ours),
  ]
}

/** T7: the wall time from the start of the process to the last alert, against syslog-ng. */
export async function whole(plan: Plan): Promise<Measured[]> {
  const { file, alerts } = input(plan, 0.02, plan.megabytes)
  const hasPeer = syslogNgVersion() !== undefined
  const cold: number[] = []
  const ready: number[] = []
  const walls: number[] = []
  await warm('array', file, alerts, async (pass) => {
    for (let round = 0; hasPeer && round < plan.rounds; round++) {
      const theirs = (await syslogNg('array', file, alerts)).wall
      const started = await fromStart(file, alerts)
      const { wall } = await pass()
      walls.push(theirs)
      cold.push(theirs / started)
      ready.push(theirs / wall)
    }
  })
  return [
    {
      target: 'T7',
      what: '2 % alerts, wall time to the last alert, against syslog-ng',
      bound: '≥ 10 ×',
      reached: median(ready) >= 10,
      found: hasPeer ? `${spread(ready)} × when it runs already` : ABSENT,
      details: hasPeer
        ? [`${spread(cold)} × from the start of the process; syslog-ng: ${spread(walls)} s`]
        : [],
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

async function syslogNg(delivery: Delivery, file: string, alerts: number): Promise<Passage> {
  const mailbox = await Mailbox.open()
  const peer = new SyslogNg()
  try {
    const due = mailbox.receive(alerts)
    const begin = seconds()
    peer.start({ url: mailbox.url, file, delivery })
    const receipt = await due
    await sleep(SETTLE_MS)
    const own = (cpuSeconds(peer.pid) / alerts) * 1e6
    return passage(receipt, alerts, begin, own, peakBytes(peer.pid))
  } finally {
    await peer.close()
    await mailbox.close()
  }
}

function passage(
  { first, last, cpuSeconds: receiver }: Awaited<ReturnType<Mailbox['receive']>>,
  alerts: number,
  begin: number,
  own: number,
  highest: number,
): Passage {
  const rate = alerts / (last - first)
  return { wall: last - begin, rate, own, receiver: (receiver / alerts) * 1e6, peakBytes: highest }
}

const costs = (passages: readonly Passage[]): string[] => [
  `CPU µs an alert: ${spread(
    passages.map(({ own }) => own),
    1,
  )}, and the receiver's ${spread(
    passages.map(({ receiver }) => receiver),
    1,
  )}`,
]

function peak(what: string, passages: readonly Passage[]): Measured {
  const megabytes = passages.map((passage) => passage.peakBytes / 1e6)
  return {
    target: 'T10',
    what: `most memory (RSS) at full rate, MB: ${what}`,
    bound: '≤ 200',
    reached: Math.max(...megabytes) <= 200,
    found: spread(megabytes, 0),
    details: [],
  }
}
