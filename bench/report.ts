import { availableParallelism, cpus, loadavg } from 'node:os'
import type { Sample } from './data.ts'
import type { Answer, Figures, Findings, Pace, Target, Targets } from './question.ts'

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

function targetsText({ targets }: Targets): string {
  const body = targets.map((target) => [
    `${target.name}  ${target.asks}`,
    rounded(target.measured),
    `±${Math.round(100 * target.spread)} %`,
    rounded(target.must),
    rounded(target.stretch),
    verdict(target),
  ])
  return columns([['', 'measured', 'spread', 'must', 'stretch', ''], ...body])
}

function verdict({ measured, must, stretch, atMost = false }: Target): string {
  const reaches = (bound: number) => (atMost ? measured <= bound : measured >= bound)
  if (reaches(stretch)) return 'stretch'
  return reaches(must) ? 'reached' : 'MISSED'
}

function findingsText({ findings }: Findings): string {
  return findings.map(({ name, found }) => `  ${name}: ${found}`).join('\n')
}

/** The rows that two reports share, the second against the first. */
export function comparison(before: Report, after: Report): string {
  const known = new Map(rowsOf(before))
  const body = rowsOf(after).flatMap(([key, row]) => {
    const old = known.get(key)
    if (old === undefined) return []
    const ratios = [row.perSecond / old.perSecond, row.ratio / old.ratio].map((ratio) => `${rounded(ratio)}×`)
    return [[key, rounded(old.perSecond), rounded(row.perSecond), ...ratios]]
  })
  return columns([['', 'before/s', 'after/s', 'rate', 'ratio to its baseline'], ...body])
}

function rowsOf({ answers }: Report) {
  return answers.flatMap((answer) =>
    'rows' in answer ? answer.rows.map((row) => [`${answer.title}: ${row.name}`, row] as const) : [],
  )
}

/** The first column to the left, numbers to the right. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const cell = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)
  return rows.map((row) => `  ${row.map(cell).join('  ')}`).join('\n')
}

/** Three digits: more are noise. */
function rounded(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumSignificantDigits: 3 })
}
