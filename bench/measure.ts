import { Bench } from 'tinybench'
import type { Figures, Pace, Range, Row } from './question.ts'

/** One way to do the thing. `run` makes one pass over `items` items that hold `bytes` bytes. */
export interface Variant {
  name: string
  items: number
  bytes?: number
  run: () => unknown
  /** `run` returns a promise. */
  async?: boolean
}

/**
 * Times the variants in rounds, each round in another order, so that a disturbance meets all of them and ratios
 * are taken between neighbours in time. The first variant is the baseline.
 */
export async function measure(
  title: string,
  unit: string,
  variants: readonly Variant[],
  pace: Pace,
): Promise<Figures> {
  const rates = new Map(variants.map((variant): [Variant, number[]] => [variant, []]))
  for (let round = 0; round < pace.rounds; round++) {
    const first = round % variants.length
    const order = [...variants.slice(first), ...variants.slice(0, first)]
    for (const [variant, rate] of await oneRound(order, pace, round === 0)) rates.get(variant)?.push(rate)
  }
  const [baseline = []] = rates.values()
  return { title, unit, rows: variants.map((variant) => rowOf(variant, rates.get(variant) ?? [], baseline)) }
}

/**
 * Items per second of each variant: its median pass. The kernel counts CPU time in ticks of some milliseconds, longer
 * than most passes: there it is the mean of all passes.
 */
async function oneRound(variants: readonly Variant[], { millis, clock }: Pace, isFirst: boolean) {
  const byCpu = clock === 'cpu' && !variants.some((variant) => variant.async)
  const bench = new Bench({
    ...(byCpu && { now: threadMillis }),
    time: millis,
    iterations: 1,
    warmup: isFirst,
    warmupTime: millis,
    warmupIterations: 1,
    throws: true,
  })
  for (const [index, { run, async = false }] of variants.entries()) bench.add(String(index), run, { async })
  await bench.run()
  return variants.map((variant, index): [Variant, number] => {
    const result = bench.tasks[index]?.result
    if (result?.state !== 'completed') throw new Error(`${variant.name}: ${result?.state}`)
    return [variant, (variant.items * 1000) / (byCpu ? result.period : result.latency.p50)]
  })
}

function threadMillis(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

function rowOf({ name, items, bytes }: Variant, rates: readonly number[], baseline: readonly number[]): Row {
  const perSecond = median(rates)
  return {
    name,
    perSecond,
    ...(bytes !== undefined && { megabytesPerSecond: (perSecond * bytes) / items / 1e6 }),
    ratio: median(rates.map((rate, round) => rate / (baseline[round] ?? Number.NaN))),
    spread: spreadOf(rates),
    range: rangeOf(rates),
  }
}

export const rangeOf = (values: readonly number[]): Range => [Math.min(...values), Math.max(...values)]

/** Half the range, as a share of the median. */
export function spreadOf(values: readonly number[]): number {
  const [low, high] = rangeOf(values)
  return Math.abs((high - low) / 2 / median(values))
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}
