import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import type { Sample } from './data.ts'
import type { Answer, Figures, Findings, Pace, Range, Target, Targets } from './question.ts'

/** What `--json` prints, and `compare` reads. */
export interface Report {
  /** Where and on what it was measured; without it no figure means anything. */
  setting: Record<string, string | number>
  answers: Answer[]
}

export function settingOf(sample: Sample, pace: Pace, megabytes: number): Report['setting'] {
  const lines = [...sample.alerts, ...sample.others]
  const mean = (texts: readonly string[]) =>
    Math.round(texts.reduce((sum, text) => sum + text.length, 0) / texts.length)
  return {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: `${type()} ${release()}`,
    'load average': Math.round((loadavg()[0] ?? 0) * 10) / 10,
    sample: `${sample.name}: ${lines.length} lines of ${mean(lines)} bytes, ${sample.alerts.length} alerts of ${mean(sample.alerts)}`,
    files: `${megabytes} MB`,
    rounds: `${pace.rounds} of ${pace.millis} ms for each row, by the ${pace.clock} clock`,
  }
}

export function settingText(setting: Report['setting']): string {
  return Object.entries(setting)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')
}

export function answerText(answer: Answer): string {
  return `\n${answer.title}\n${bodyText(answer)}`
}

function bodyText(answer: Answer): string {
  if ('rows' in answer) return figuresText(answer)
  return 'targets' in answer ? targetsText(answer) : findingsText(answer)
}

function figuresText({ unit, rows }: Figures): string {
  const hasBytes = rows.some(({ megabytesPerSecond }) => megabytesPerSecond !== undefined)
  const head = ['', `${unit}/s`, ...(hasBytes ? ['MB/s'] : []), 'ratio', 'spread']
  const body = rows.map(({ name, perSecond, megabytesPerSecond, ratio, spread }) => [
    name,
    rounded(perSecond),
    ...(hasBytes ? [rounded(megabytesPerSecond ?? Number.NaN)] : []),
    `${rounded(ratio)}×`,
    `±${Math.round(100 * spread)} %`,
  ])
  return columns([head, ...body])
}

export function targetsText({ targets }: Pick<Targets, 'targets'>): string {
  const body = targets.map((target) => [
    `${target.name.padEnd(3)}  ${target.asks}`,
    rounded(target.measured),
    target.range === undefined ? `±${Math.round(100 * target.spread)} %` : rangeText(target.range),
    bound(target, target.must),
    bound(target, target.stretch),
    verdict(target),
  ])
  return columns([['', 'measured', 'range', 'must reach', 'stretch', ''], ...body])
}

/** `1.52 (1.3 – 1.61), ≥ 1.2: reached` */
export function figureText(target: Target): string {
  const { measured, range, must } = target
  const rounds = range === undefined ? '' : ` (${rangeText(range)})`
  return `${rounded(measured)}${rounds}, ${bound(target, must)}: ${verdict(target)}`
}

export type Verdict = 'stretch' | 'reached' | 'MISSED'

export function verdict({ measured, must, stretch, atMost = false }: Target): Verdict {
  const reaches = (bound: number) => (atMost ? measured <= bound : measured >= bound)
  if (stretch !== undefined && reaches(stretch)) return 'stretch'
  return reaches(must) ? 'reached' : 'MISSED'
}

function bound({ atMost = false }: Target, value: number | undefined): string {
  return value === undefined ? '' : `${atMost ? '≤' : '≥'} ${rounded(value)}`
}

function rangeText([low, high]: Range): string {
  return `${rounded(low)} – ${rounded(high)}`
}

function findingsText({ findings }: Findings): string {
  return findings.map(({ name, found }) => `  ${name}: ${found}`).join('\n')
}

/**
 * The rows and targets that two reports share, the second against the first. Where the ranges of their rounds overlap the
 * difference may be chance; a result from before ranges were kept leaves that open.
 */
export function comparison(before: Report, after: Report): string {
  const known = new Map(valuesOf(before))
  const body = valuesOf(after).flatMap(([key, now]) => {
    const old = known.get(key)
    if (old === undefined) return []
    const ratio = `${rounded(now.median / old.median)}×`
    return [[key, rounded(old.median), rounded(now.median), ratio, overlap(old.range, now.range)]]
  })
  return columns([['', 'before', 'after', 'after/before', 'ranges'], ...body])
}

interface Value {
  median: number
  range: Range | undefined
}

function valuesOf({ answers }: Report): [string, Value][] {
  return answers.flatMap((answer) => {
    if ('rows' in answer)
      return answer.rows.map(({ name, perSecond, range }): [string, Value] => [
        `${answer.title}: ${name}, ${answer.unit}/s`,
        { median: perSecond, range },
      ])
    if ('targets' in answer)
      return answer.targets.map(({ name, asks, measured, range }): [string, Value] => [
        `${name} ${asks}`,
        { median: measured, range },
      ])
    return []
  })
}

function overlap(one: Range | undefined, other: Range | undefined): string {
  if (one === undefined || other === undefined) return '?'
  return one[0] <= other[1] && other[0] <= one[1] ? 'overlap' : 'apart'
}

/** The first column to the left, numbers to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const cell = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)
  return rows.map((row) => `  ${row.map(cell).join('  ')}`).join('\n')
}

/** Three digits: more are noise. */
export function rounded(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumSignificantDigits: 3 })
}
