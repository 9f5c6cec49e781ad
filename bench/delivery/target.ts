import { execFileSync } from 'node:child_process'
import { inputFile, type Sample } from '../data.ts'
import { median, rangeOf, spreadOf } from '../measure.ts'
import type { Target } from '../question.ts'

/** What was measured of one target. */
export interface Measured {
  title: string
  /** One for each bound; none where nothing could be measured. */
  figures: readonly Target[]
  /** Why there are none, as without the peer. */
  missing?: string
  /** Everything else worth a line. */
  details: readonly string[]
}

/** A target with what its rounds gave. */
export function figure(
  target: Pick<Target, 'name' | 'asks' | 'must' | 'stretch' | 'atMost'>,
  rounds: readonly number[],
): Target {
  const measured = median(rounds)
  if (rounds.length === 1) return { ...target, measured, spread: 0 }
  return { ...target, measured, spread: spreadOf(rounds), range: rangeOf(rounds) }
}

export interface Plan {
  sample: Sample
  megabytes: number
  rounds: number
  data: string
}

/** A file of real lines and how many alerts are in it. */
export function input({ sample, data }: Plan, share: number, megabytes: number) {
  const file = inputFile(sample, { seed: 1, share }, megabytes * 1e6, data)
  return { file, alerts: grep(file).alerts, bytes: megabytes * 1e6 }
}

/** What GNU grep needs to count the alerts; piped, for with its output on /dev/null it stops at the first one. */
export function grep(file: string): { alerts: number; seconds: number } {
  const begin = performance.now()
  const command = `LC_ALL=C grep -c '"event_type":"alert"' "$0" | cat`
  const alerts = Number(execFileSync('sh', ['-c', command, file], { encoding: 'latin1' }))
  return { alerts, seconds: (performance.now() - begin) / 1000 }
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

/** `1.52 (1.30–1.61)`: the median and the range. */
export function spread(values: readonly number[], digits = 2): string {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const text = (value: number) => value.toLocaleString('en', { maximumFractionDigits: digits })
  return `${text(median(values))} (${text(least)}–${text(most)})`
}
