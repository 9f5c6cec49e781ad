import { setTimeout as sleep } from 'node:timers/promises'
import { type Alerts, isLeftOut, numbered, series } from './alerts.ts'
import type { Program } from './program.ts'
import type { Receiver } from './receiver.ts'

export interface Stage {
  /** Not started yet; on a log of its own. */
  program: Program
  receiver: Receiver
  alerts: Alerts
}

export interface Finding {
  /** As it stands in the table. */
  text: string
  figures: Record<string, number | string>
}

export interface Trial {
  row: string
  run(stage: Stage): Promise<Finding>
}

const QUIET_MS = 3000
/** Longer than the longest pause before a retry. */
const RETRY_QUIET_MS = 35_000
const DOWN_MS = 10_000
const BURST = 10_000
const RATE_SECONDS = 5
const RATE_ROUNDS = 3
const RATES = [20, 50, 100, 200, 300, 500, 700, 1000, 2000, 5000]
/** Alerts before and after what is tried, and their pace: slow enough for both. */
const SOME = 100
const CALM_MS = 50
/** A service is warm: both have converted this many before. */
const WARM_UP = 1000
const USAGE_ALERTS = 2000
const USAGE_MS = 10
/** Time for a filtered alert to be seen, and for a process to end. */
const NOTHING_MS = 500

const FIRST = 1
const HALF_A_LINE = '{"timestamp":"2026-01-01T00:00:00.000000+0000","event_type":"alert","src_ip":\n'

export const TRIALS: readonly Trial[] = [
  {
    row: 'a burst of 10,000 alerts in one write',
    run: (stage) => burst(stage, (lines) => [lines.join('')]),
  },
  { row: 'a burst of 10,000 alerts, a write each', run: (stage) => burst(stage, (lines) => lines) },
  ...RATES.map((rate) => ({
    row: `${rate} alerts/s, evenly spaced, for ${RATE_SECONDS} s`,
    run: (stage: Stage) => atRate(stage, rate),
  })),
  { row: '20 alerts/s, two at a time, for 10 s', run: pairs },
  { row: 'an alert without ports (ICMP), then 100 alerts', run: icmp },
  { row: 'rotation by rename, then 100 alerts in the new file', run: (stage) => rotated(stage, 'rotate') },
  { row: 'rotation by copytruncate, then 100 alerts', run: (stage) => rotated(stage, 'copyTruncate') },
  { row: 'half a line, then 100 alerts', run: malformed },
  { row: 'receiver down for 10 s, 100 alerts meanwhile', run: receiverDown },
  { row: 'stopped and started, 100 alerts in between', run: restarted },
  { row: 'every alert of the sample, one after another', run: everyAlert },
  { row: 'CPU and memory at 100 alerts/s', run: usage },
]

async function burst(
  { program, receiver, alerts }: Stage,
  pieces: (lines: string[]) => string[],
): Promise<Finding> {
  await program.start()
  const before = program.usage()
  const start = performance.now()
  await program.write(pieces(series(alerts.common, FIRST, BURST)), 0)
  const delivered = await receiver.settled(FIRST, BURST, QUIET_MS)
  const last = Math.max(
    start,
    ...Array.from({ length: BURST }, (_, i) => receiver.arrivals.get(FIRST + i) ?? 0),
  )
  const seconds = (last - start) / 1000
  const { cpuSeconds, peakMb } = program.usage()
  const figures = {
    written: BURST,
    delivered,
    seconds: rounded(seconds, 2),
    cpuSecondsPerThousand: rounded(((cpuSeconds - before.cpuSeconds) * 1000) / delivered, 3),
    peakMb: rounded(peakMb, 0),
  }
  const time = delivered === BURST ? ` in ${seconds.toFixed(1)} s` : ''
  return { text: `${delivered.toLocaleString('en')}${time}`, figures }
}

/** The best of some rounds, each with a new process: a disturbance of the machine should not count against anyone. */
async function atRate({ program, receiver, alerts }: Stage, rate: number): Promise<Finding> {
  const count = rate * RATE_SECONDS
  let best = { delivered: -1, perSecond: 0 }
  for (let round = 0; round < RATE_ROUNDS && best.delivered < count; round++) {
    const first = FIRST + round * count
    await program.start()
    const took = await program.write(series(alerts.common, first, count), 1000 / rate)
    const delivered = await receiver.settled(first, count, QUIET_MS)
    if (delivered > best.delivered) best = { delivered, perSecond: Math.round((count * 1000) / took) }
    await program.stop()
  }
  return {
    text: `${best.delivered.toLocaleString('en')} of ${count.toLocaleString('en')}`,
    figures: { written: count, ...best },
  }
}

async function pairs({ program, receiver, alerts }: Stage): Promise<Finding> {
  await program.start()
  const count = 200
  const lines = series(alerts.common, FIRST, count)
  for (let i = 0; i < count; i += 2) {
    await Promise.all([program.write(lines.slice(i, i + 2), 0), sleep(100)])
  }
  const delivered = await receiver.settled(FIRST, count, QUIET_MS)
  return { text: `${delivered} of ${count}`, figures: { written: count, delivered } }
}

async function icmp(stage: Stage): Promise<Finding> {
  const { program, receiver, alerts } = stage
  await program.start()
  await program.write([numbered(alerts.icmp, FIRST)], 0)
  const itself = await receiver.settled(FIRST, 1, QUIET_MS)
  const { text, figures } = await someMore(stage, FIRST + 1)
  return { text: `${itself === 1 ? 'delivered' : 'not delivered'}; ${text}`, figures: { itself, ...figures } }
}

async function rotated(stage: Stage, how: 'rotate' | 'copyTruncate'): Promise<Finding> {
  const { program } = stage
  await program.start()
  await someMore(stage, FIRST)
  program[how]()
  await sleep(QUIET_MS)
  return someMore(stage, FIRST + SOME)
}

async function malformed(stage: Stage): Promise<Finding> {
  await stage.program.start()
  await stage.program.write([HALF_A_LINE], 0)
  return someMore(stage, FIRST)
}

async function receiverDown({ program, receiver, alerts }: Stage): Promise<Finding> {
  await program.start()
  await receiver.down()
  await program.write(series(alerts.common, FIRST, SOME), DOWN_MS / SOME)
  await receiver.up()
  const since = performance.now()
  const delivered = await receiver.settled(FIRST, SOME, RETRY_QUIET_MS)
  const last = Math.max(since, ...receiver.arrivals.values())
  return {
    text: `${delivered} of ${SOME}`,
    figures: { written: SOME, delivered, secondsToCatchUp: rounded((last - since) / 1000, 1) },
  }
}

async function restarted({ program, receiver, alerts }: Stage): Promise<Finding> {
  await program.start()
  await program.stop()
  await program.write(series(alerts.common, FIRST, SOME), 0)
  await program.start()
  const delivered = await receiver.settled(FIRST, SOME, QUIET_MS)
  return { text: `${delivered} of ${SOME}`, figures: { written: SOME, delivered } }
}

/** One at a time, each after the one before arrived; whenever the program has ended it is started again. */
async function everyAlert({ program, receiver, alerts }: Stage): Promise<Finding> {
  await program.start()
  let ended = 0
  for (const [i, line] of alerts.all.entries()) {
    await program.write([numbered(line, FIRST + i)], 0)
    for (let waited = 0; waited < NOTHING_MS && program.alive; waited += 20)
      if (await receiver.has(FIRST + i, 20)) break
    if (program.alive) continue
    ended++
    await program.start()
  }
  const written = alerts.all.length
  const leftOut = alerts.all.filter((line, i) => isLeftOut(line) && !receiver.arrivals.has(FIRST + i)).length
  const delivered = await receiver.settled(FIRST, written, QUIET_MS)
  const notes = [
    ...(leftOut > 0 ? [`${leftOut} left out on purpose`] : []),
    ...(ended > 0 ? [`ended ${ended} times`] : []),
  ]
  return {
    text: [`${delivered} of ${written}`, ...notes].join('; '),
    figures: { written, delivered, leftOut, ended },
  }
}

async function usage({ program, receiver, alerts }: Stage): Promise<Finding> {
  await program.start()
  await program.write(series(alerts.common, FIRST, WARM_UP), USAGE_MS)
  await receiver.settled(FIRST, WARM_UP, QUIET_MS)
  const [before, first] = [program.usage(), FIRST + WARM_UP]
  const arrived = receiver.messages.length
  await program.write(series(alerts.common, first, USAGE_ALERTS), USAGE_MS)
  await receiver.settled(first, USAGE_ALERTS, QUIET_MS)
  const delivered = receiver.messages.length - arrived
  const after = program.usage()
  const cpuSecondsPerThousand = rounded(((after.cpuSeconds - before.cpuSeconds) * 1000) / delivered, 2)
  const residentMb = rounded(after.residentMb, 0)
  return {
    text: `${cpuSecondsPerThousand.toFixed(2)} CPU s per 1,000; ${residentMb} MB`,
    figures: { written: USAGE_ALERTS, delivered, cpuSecondsPerThousand, residentMb },
  }
}

/** Writes alerts at a pace that both can keep, and tells how many came and whether the program is still there. */
async function someMore({ program, receiver, alerts }: Stage, first: number): Promise<Finding> {
  await program.write(series(alerts.common, first, SOME), CALM_MS)
  const delivered = await receiver.settled(first, SOME, QUIET_MS)
  const ended = program.alive ? '' : program.lastWords()
  return {
    text: `${delivered} of ${SOME}${ended && '; the program ended'}`,
    figures: { written: SOME, delivered, ...(ended && { ended }) },
  }
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
