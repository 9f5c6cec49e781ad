import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Mailbox } from './mailbox.ts'
import { append } from './pace.ts'
import { cpuSeconds, residentBytes } from './proc.ts'
import { Program, seconds } from './program.ts'
import { figure, input, type Measured, type Plan, quantile } from './target.ts'

/** Alerts that make a program that was just started run as it will. */
const WARM_UP = { events: 1000, share: 1, count: 500 }

/** T11: how long an alert is under way while a sensor writes. */
export async function latency(plan: Plan): Promise<Measured[]> {
  const found: Measured[] = []
  for (const [share, count] of [
    [0.02, 300],
    [1, 5000],
  ] as const) {
    await following(plan, async (program, mailbox) => {
      const before = cpuSeconds(program.pid)
      const due = mailbox.receive(count, { latencies: true })
      await append(program.log('eve'), plan.sample, { events: 1000, share, count })
      const { latencies } = await due
      const cpu = ((cpuSeconds(program.pid) - before) * 1e6) / count
      const asks = `1 000 events a second, ${100 * share} % alerts: written to answered, ms`
      const [p50, p99] = [quantile(latencies, 0.5), quantile(latencies, 0.99)]
      found.push({
        title: `T11: ${asks}`,
        figures: [
          figure({ name: 'T11', asks: `${asks}, p50`, must: 10, stretch: 3, atMost: true }, [p50]),
          figure({ name: 'T11', asks: `${asks}, p99`, must: 50, stretch: 15, atMost: true }, [p99]),
        ],
        details: [`${count} alerts, ${Math.round(cpu)} µs of CPU time for each`],
      })
    })
  }
  return found
}

/** T10, its second half: what a receiver costs that takes nothing for a minute while there is a backlog. */
export async function stall(plan: Plan): Promise<Measured[]> {
  const { file, alerts } = input(plan, 1, plan.megabytes)
  let growth = 0
  let before = 0
  await following(plan, async (program, mailbox) => {
    // It stalls for longer than response_timeout: what is out then is sent again, with the same IDs.
    const due = mailbox.receive(2 * alerts, { repeats: true })
    const [first, second] = [program.prepare('first', file), program.prepare('second', file)]
    first()
    second()
    // Well under way: its buffers are made, its code is compiled.
    await sleep(3000)
    mailbox.stall(true)
    await sleep(1000)
    before = residentBytes(program.pid)
    for (let second = 0; second < 60; second++) {
      await sleep(1000)
      growth = Math.max(growth, residentBytes(program.pid) - before)
    }
    mailbox.stall(false)
    await due
  })
  return [
    {
      title: 'T10: a receiver that stalls',
      figures: [
        figure(
          {
            name: 'T10',
            asks: 'growth while the receiver stalls for 60 s, MB',
            must: 10,
            stretch: 0,
            atMost: true,
          },
          [growth / 1e6],
        ),
      ],
      details: [`from ${(before / 1e6).toFixed(0)} MB; every alert arrived afterwards`],
    },
  ]
}

const LARGE_BYTES = 10e9

/** T12: from the start of the process to the first alert, in a large file of which nearly all was delivered. */
export async function start(plan: Plan): Promise<Measured[]> {
  const mailbox = await Mailbox.open()
  const program = new Program({ url: mailbox.url, delivery: 'each', start: 'end' })
  const log = program.log('eve')
  const times: number[] = []
  try {
    makeSparse(log, LARGE_BYTES)
    program.start()
    await sleep(3000) // found, and its position is on disk
    await program.stop()
    for (let round = 0; round < plan.rounds; round++) {
      await append(log, plan.sample, { events: 1e6, share: 1, count: 1 })
      const due = mailbox.receive(1)
      const begin = seconds()
      program.start()
      times.push((await due).last - begin)
      await sleep(1500) // its position is on disk again
      await program.stop()
    }
  } finally {
    await program.close()
    await mailbox.close()
  }
  return [
    {
      title: 'T12: start near the end of a large file',
      figures: [
        figure(
          {
            name: 'T12',
            asks: 'start to first alert, s: 10 GB (a sparse file), position near its end',
            must: 1,
            stretch: 0.4,
            atMost: true,
          },
          times,
        ),
      ],
      details: [],
    },
  ]
}

async function following(
  plan: Plan,
  run: (program: Program, mailbox: Mailbox) => Promise<void>,
): Promise<void> {
  const mailbox = await Mailbox.open()
  const program = new Program({ url: mailbox.url, delivery: 'each' })
  try {
    writeFileSync(program.log('eve'), '')
    program.start()
    const warm = mailbox.receive(WARM_UP.count)
    await append(program.log('eve'), plan.sample, WARM_UP)
    await warm
    await run(program, mailbox)
  } finally {
    await program.close()
    await mailbox.close()
  }
}

/** A file that takes no room on disk, with a line at its end. */
function makeSparse(path: string, bytes: number): void {
  const file = openSync(path, 'w')
  try {
    writeSync(file, Buffer.from('{"event_type":"begin"}\n'))
    ftruncateSync(file, bytes)
    writeSync(file, Buffer.from('\n{"event_type":"flow"}\n'), 0, null, bytes)
  } finally {
    closeSync(file)
  }
}
