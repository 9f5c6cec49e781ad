import { readFileSync, statSync } from 'node:fs'
import { FixedQueue, Piscina } from 'piscina'
import type { DeliveryOptions } from '../src/config/options.ts'
import { validator } from '../src/idmefv2/validate.ts'
import { generateAccessors } from '../src/mapping/accessor.ts'
import { closures } from '../src/mapping/closures.ts'
import { Ids } from '../src/mapping/ids.ts'
import { Batch } from '../src/worker/batch.ts'
import { checkOf } from '../src/worker/check.ts'
import { identifyBy } from '../src/worker/identify.ts'
import { allocate } from '../src/worker/memory.ts'
import type { Block } from '../src/worker/reader.ts'
import { type Check, Records } from '../src/worker/records.ts'
import { parsed } from './bytes.ts'
import { grep, output } from './command.ts'
import { alertsOf, linesOf } from './data.ts'
import { eachRange } from './instruments.ts'
import { measure, type Variant } from './measure.ts'
import type { Figures, Question, Row, Setting, Target } from './question.ts'
import { eachLine } from './scan.ts'
import { byJsonpath, converter, ids, out, program, VERSION } from './suricata.ts'

/** As the pool of the product has them. */
const TASKS_PER_WORKER = 2
const NEWLINE = 10
const BLOCK_BYTES = 1024 * 1024
/** More would only take longer. */
const MEMORY_BYTES = 24 * 1024 * 1024

const targets: Question = {
  asks: 'What was promised, and what is reached?',
  async *answer(setting) {
    const targets: Target[] = []
    for (const { names, measure, targetsOf } of MEASURES) {
      if (!names.some(setting.wants)) continue
      const figures = await measure(setting)
      yield figures
      targets.push(...targetsOf(figures))
    }
    yield { title: 'targets', targets: targets.filter(({ name }) => setting.wants(name)) }
  },
}

export default targets

const MEASURES = [
  { names: ['T1', 'T2'], measure: wholeFile, targetsOf: ofFile },
  { names: ['T4', 'T9'], measure: conversion, targetsOf: ofConversion },
  { names: ['T8'], measure: eventToMessage, targetsOf: ofEvents },
  { names: ['T8'], measure: lineToBytes, targetsOf: ofLines },
]

function ofFile({ rows: [, one, two] }: Figures): Target[] {
  return [
    target('T1', '2 % alerts, 1 worker, read to message bytes, against grep -c', one, 0.95, 1.5),
    target('T2', '2 % alerts, 2 workers, the same', two, 1.5, 2.4),
  ]
}

function ofConversion({ rows: [plain, always] }: Figures): Target[] {
  const added = (always?.ratio ?? Number.NaN) ** -1 - 1
  return [
    {
      ...target('T4', '100 % alerts, convert only, alerts a CPU second', plain, 120_000, 200_000),
      measured: plain?.perSecond ?? Number.NaN,
    },
    {
      ...target('T9', '100 % alerts, what validate = always adds', always, 0.15, 0.05),
      measured: added,
      atMost: true,
    },
  ]
}

function ofEvents({ rows: [, ours] }: Figures): Target[] {
  return [target('T8', 'event to message, against jsonpath-plus', ours, 100, 150)]
}

function ofLines({ rows: [, ours] }: Figures): Target[] {
  return [target('T8', 'line to bytes, against jsonpath-plus', ours, 25, 40)]
}

function target(name: string, asks: string, row: Row | undefined, must: number, stretch: number): Target {
  return { name, asks, measured: row?.ratio ?? Number.NaN, spread: row?.spread ?? Number.NaN, must, stretch }
}

async function wholeFile({ input, pace }: Setting): Promise<Figures> {
  const path = input(0.02)
  const bytes = statSync(path).size
  const alerts = await grep(path)
  const pools = [1, 2].map(pool)
  const count = { items: alerts, bytes, async: true }
  const ours = (workers: Piscina, lanes: number) => async () => {
    const made = await eachRange(path, lanes, (work) => workers.run(work))
    if (made !== alerts) throw new Error(`${made} messages, and grep finds ${alerts} alerts`)
  }
  try {
    return await measure(
      `a file of ${Math.round(bytes / 1e6)} MB, 2 % alerts, messages thrown away`,
      'alerts',
      [
        { name: 'grep -c (LC_ALL=C)', ...count, run: () => grep(path) },
        ...pools.map((workers, i) => ({
          name: `Piscina, ${i + 1} worker${i === 0 ? '' : 's'} (ours)`,
          ...count,
          run: ours(workers, TASKS_PER_WORKER * (i + 1)),
        })),
        { name: 'wc -l', ...count, run: () => output('wc', ['-l', path]) },
      ],
      pace,
    )
  } finally {
    await Promise.all(pools.map((workers) => workers.destroy()))
  }
}

function pool(count: number): Piscina {
  return new Piscina({
    filename: new URL('./targets/task.ts', import.meta.url).href,
    minThreads: count,
    maxThreads: count,
    concurrentTasksPerWorker: TASKS_PER_WORKER,
    taskQueue: new FixedQueue(),
    atomics: 'disabled',
  })
}

/** Where nothing waits CPU time is the measure: the machine may have other work. */
export async function conversion({ input, pace }: Setting): Promise<Figures> {
  const blocks = blocksIn(readFileSync(input(1)).subarray(0, MEMORY_BYTES))
  const bytes = blocks.reduce((sum, { to }) => sum + to, 0)
  const items = converted(blocks, undefined)()
  const policy = (validate: DeliveryOptions['validate']) => checkOf(validate, VERSION)
  const over = (name: string, check: Check | undefined): Variant => ({
    name,
    items,
    bytes,
    run: converted(blocks, check),
  })
  return measure(
    'blocks of lines in memory, 100 % alerts → messages',
    'alerts',
    [
      over('validate = never', undefined),
      over('validate = always: what is not proven', policy('always')),
      over('validate = sample (default)', policy('sample')),
      over('for comparison: each message parsed and given to ajv', wholly()),
    ],
    { ...pace, clock: 'cpu' },
  )
}

/** Converts all records of some blocks; how many there were. */
function converted(blocks: readonly Block[], check: Check | undefined): () => number {
  const counts = { records: 0, filtered: 0, converted: 0, repaired: 0 }
  const reject = ({ detail }: { detail: string }) => {
    throw new Error(detail)
  }
  const records = new Records(converter(), new Ids(), counts, reject, check)
  const identify = identifyBy('position', {
    kind: 'range',
    fd: 0,
    start: 0,
    end: 0,
    file: '0123456789abcdef',
    path: '',
  })
  const room = Buffer.alloc(512 * 1024)
  return () => {
    counts.converted = 0
    for (const block of blocks) {
      records.begin(block, identify)
      while (!records.fill(new Batch(room)));
    }
    return counts.converted
  }
}

function wholly(): Check {
  const validate = validator(VERSION)
  return (bytes, from, to) => validate(JSON.parse(bytes.toString('utf8', from, to)))[0]?.reason
}

/** Whole lines, where a worker's reader would have put them. */
function blocksIn(bytes: Buffer): Block[] {
  const blocks: Block[] = []
  for (let from = 0; from < bytes.length; ) {
    const to = bytes.lastIndexOf(NEWLINE, Math.min(bytes.length, from + BLOCK_BYTES) - 1) + 1
    if (to <= from) break
    const block = allocate(to - from)
    bytes.copy(block, 0, from, to)
    blocks.push({ bytes: block, from: 0, to: to - from, origin: from })
    from = to
  }
  return blocks
}

async function eventToMessage({ sample, pace }: Setting): Promise<Figures> {
  const events: unknown[] = alertsOf(sample).map((line) => JSON.parse(Buffer.from(line, 'latin1').toString()))
  const ways = {
    'jsonpath-plus, path by path': closures(program, byJsonpath),
    'generated accessors (ours)': generateAccessors(program),
  }
  const variants = Object.entries(ways).map(([name, way]) => ({
    name,
    items: events.length,
    run: () => {
      for (const event of events) way(event, ids)
    },
  }))
  return measure('event object → message object', 'alerts', variants, { ...pace, clock: 'cpu' })
}

export async function lineToBytes({ sample, pace }: Setting): Promise<Figures> {
  const alerts = alertsOf(sample)
  const lines = linesOf(alerts)
  const interpreted = closures(program, byJsonpath)
  const ours = converter()
  const over = (name: string, one: (start: number, end: number) => unknown) => ({
    name,
    items: alerts.length,
    bytes: lines.bytes.length,
    run: () => eachLine(lines, one),
  })
  return measure(
    'bytes of a line → bytes of a message',
    'alerts',
    [
      over('JSON.parse, jsonpath-plus, JSON.stringify', (start, end) =>
        parsed(lines, interpreted, start, end),
      ),
      over('scanner and emitter (ours)', (start, end) => ours.convert(lines.bytes, start, end, ids, out, 0)),
    ],
    { ...pace, clock: 'cpu' },
  )
}
