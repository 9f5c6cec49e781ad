import { readdirSync, readFileSync } from 'node:fs'

/** One look at the program. */
export interface Sample {
  /** Since the start of the run. */
  hours: number
  rssMb: number
  descriptors: number
  series: number
}

/** Of a process that runs; undefined when it is gone. */
export function measure(pid: number | undefined): Pick<Sample, 'rssMb' | 'descriptors'> | undefined {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    if (kilobytes === undefined) return undefined
    return { rssMb: Number(kilobytes) / 1024, descriptors: readdirSync(`/proc/${pid}/fd`).length }
  } catch {
    // It ended between two looks.
    return undefined
  }
}

/** Own series of an exposition; Node's depend on which kinds of garbage collection have happened so far. */
export function countSeries(exposition: string): number {
  return exposition.split('\n').filter((line) => line.startsWith('idmefv2_')).length
}

/** Least squares: MB an hour. */
export function slope(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const hours = mean((sample) => sample.hours)
  const rss = mean(({ rssMb }) => rssMb)
  const over = samples.reduce((sum, sample) => sum + (sample.hours - hours) * (sample.rssMb - rss), 0)
  const under = samples.reduce((sum, sample) => sum + (sample.hours - hours) ** 2, 0)
  return under === 0 ? 0 : over / under
}

/** Of the fitted line over the time measured, and of the floor: RSS rises and falls with garbage collection, a leak lifts both. */
const MOST_GROWTH = 0.15
/** Rotated files that are kept open, and connections that come and go. */
const MOST_DESCRIPTORS = 24
/** Fewer samples say nothing. */
const LEAST_SAMPLES = 24

/** What grows that should not, in the samples of one process after its warm-up. */
export function leaks(samples: readonly Sample[]): string[] {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last || samples.length < LEAST_SAMPLES) return []
  const third = Math.ceil(samples.length / 3)
  const [early, late] = [samples.slice(0, third), samples.slice(-third)]
  const rss = (part: readonly Sample[], share: number) =>
    quantile(
      part.map(({ rssMb }) => rssMb),
      share,
    )
  const descriptors = (part: readonly Sample[]) =>
    quantile(
      part.map(({ descriptors }) => descriptors),
      0.5,
    )
  const growth = slope(samples) * (last.hours - first.hours)
  const [low, high] = [rss(early, 0.1), rss(late, 0.1)]
  const found: string[] = []
  if (growth > MOST_GROWTH * rss(samples, 0.5) && high - low > MOST_GROWTH * low)
    found.push(
      `memory grew by ${growth.toFixed(0)} MB, its floor from ${low.toFixed(0)} to ${high.toFixed(0)} MB`,
    )
  if (descriptors(late) - descriptors(early) > MOST_DESCRIPTORS)
    found.push(`descriptors grew from ${descriptors(early)} to ${descriptors(late)}`)
  if (last.series !== first.series) found.push(`series grew from ${first.series} to ${last.series}`)
  return found
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0
}
