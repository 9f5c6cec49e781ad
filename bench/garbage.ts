import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { grep } from './command.ts'
import { Mailbox } from './delivery/mailbox.ts'
import { Program } from './delivery/program.ts'
import { GARBAGE } from './garbage/lines.ts'
import { type Cost, pass } from './growth/pass.ts'
import { median, rangeOf, spreadOf } from './measure.ts'
import type { Question, Row } from './question.ts'

const NEWLINE = 10
/** After so many good lines comes one that is none. */
const EVERY = 99
/** Passes before anything is measured: V8 compiles for as long. */
const WARM_PASSES = 5
const LITTER = GARBAGE.map((line) => Buffer.from(`${line}\n`, 'latin1'))

const garbage: Question = {
  asks: 'Do lines that are garbage hold up the good ones?',
  async *answer(setting) {
    const clean = setting.input(0.02)
    const alerts = await grep(clean)
    const loads = [clean, littered(clean)].map((path) => ({ path, times: 1, alerts }))
    const costs: Cost[][] = loads.map(() => [])
    const mailbox = await Mailbox.open()
    const program = new Program({ url: mailbox.url, delivery: 'array' })
    try {
      program.start()
      for (let warm = 0; warm < WARM_PASSES; warm++)
        for (const [i, load] of loads.entries())
          await pass(program, mailbox, load, { name: `warm-${warm}-${i}` })
      for (let round = 0; round < setting.pace.rounds; round++)
        for (const i of round % 2 === 0 ? [0, 1] : [1, 0]) {
          const load = loads[i]
          if (load) costs[i]?.push(await pass(program, mailbox, load, { name: `round-${round}-${i}` }))
        }
    } finally {
      await program.close()
      await mailbox.close()
    }
    const [plain = [], dirty = []] = costs
    const speed = plain.map(({ wall }, round) => wall / (dirty[round]?.wall ?? Number.NaN))
    yield {
      title: '1 % of the lines garbage: whole runs, delivered as arrays',
      unit: 'alerts',
      rows: [row('clean', alerts, plain, plain), row('1 % garbage', alerts, dirty, plain)],
    }
    yield {
      title: 'CPU time for 1 % garbage',
      findings: [{ name: 'against clean', found: `${median(cpuRatios(dirty, plain)).toFixed(2)}×` }],
    }
    yield {
      title: 'garbage',
      targets: [
        {
          name: 'F33',
          asks: 'speed with 1 % of the lines garbage, against none',
          measured: median(speed),
          spread: spreadOf(speed),
          range: rangeOf(speed),
          must: 0.9,
        },
      ],
    }
  },
}

export default garbage

function row(name: string, alerts: number, costs: readonly Cost[], baseline: readonly Cost[]): Row {
  const rates = costs.map(({ wall }) => alerts / wall)
  return {
    name,
    perSecond: median(rates),
    megabytesPerSecond: median(costs.map(({ bytes, wall }) => bytes / wall / 1e6)),
    ratio: median(costs.map(({ wall }, round) => (baseline[round]?.wall ?? Number.NaN) / wall)),
    spread: spreadOf(rates),
    range: rangeOf(rates),
  }
}

const cpuRatios = (costs: readonly Cost[], baseline: readonly Cost[]): number[] =>
  costs.map(({ cpu }, round) => cpu / (baseline[round]?.cpu ?? Number.NaN))

/** The same lines, with garbage between them. */
function littered(path: string): string {
  const lines = readFileSync(path)
  const made = `${path}.garbage`
  const file = openSync(made, 'w')
  try {
    for (let from = 0, block = 0; from < lines.length; block++) {
      let to = from
      for (let i = 0; i < EVERY && to < lines.length; i++) to = lines.indexOf(NEWLINE, to) + 1
      writeSync(file, lines.subarray(from, to))
      writeSync(file, LITTER[block % LITTER.length] ?? Buffer.alloc(0))
      from = to
    }
    return made
  } finally {
    closeSync(file)
  }
}
