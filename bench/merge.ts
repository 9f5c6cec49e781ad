import { median, rangeOf, spreadOf } from './measure.ts'
import type { Answer, Figures, Findings, Range, Row, Target } from './question.ts'
import type { Report } from './report.ts'

/**
 * One report of several runs of the same questions: of each row and each target the median over the runs, with the lowest
 * and the highest round. What only some of the runs have is taken from those; what was seen rather than timed, from the last.
 */
export function merged(reports: readonly Report[]): Answer[] {
  const answers = reports.flatMap((report) => report.answers)
  const figures = answers.filter((answer): answer is Figures => 'rows' in answer)
  const findings = answers.filter((answer): answer is Findings => 'findings' in answer)
  const targets = answers.flatMap((answer) => ('targets' in answer ? answer.targets : []))
  return [
    ...grouped(figures, ({ title }) => title).map(mergedFigures),
    ...grouped(findings, ({ title }) => title).map((same) => same.at(-1) ?? same[0]),
    ...(targets.length === 0
      ? []
      : [
          {
            title: 'targets',
            targets: grouped(targets, ({ name, asks }) => `${name} ${asks}`)
              .map(mergedTarget)
              .sort((one, other) => byTarget(one.name, other.name)),
          },
        ]),
  ]
}

type Some<T> = readonly [T, ...T[]]

/** In the order in which each group came first. */
function grouped<T>(values: readonly T[], keyOf: (value: T) => string): Some<T>[] {
  // A group is made with its first member.
  return [...Map.groupBy(values, keyOf).values()] as unknown as Some<T>[]
}

function mergedFigures(same: Some<Figures>): Figures {
  const rows = same.flatMap(({ rows }) => rows)
  return { ...same[0], rows: grouped(rows, ({ name }) => name).map(mergedRow) }
}

/** A single run has a range of its own, over its rounds. */
function mergedRow(same: Some<Row>): Row {
  if (same.length === 1) return same[0]
  const rates = same.map(({ perSecond }) => perSecond)
  const megabytes = same.flatMap(({ megabytesPerSecond = [] }) => megabytesPerSecond)
  return {
    ...same[0],
    perSecond: median(rates),
    ...(megabytes.length > 0 && { megabytesPerSecond: median(megabytes) }),
    ratio: median(same.map(({ ratio }) => ratio)),
    spread: spreadOf(rates),
    range: widest(same.map(({ perSecond, range = [perSecond, perSecond] }) => range)),
  }
}

function mergedTarget(same: Some<Target>): Target {
  if (same.length === 1) return same[0]
  const values = same.map(({ measured }) => measured)
  const range = widest(same.map(({ measured, range = [measured, measured] }) => range))
  return { ...same[0], measured: median(values), spread: spreadOf(values), range }
}

/** From the lowest to the highest round of all. */
const widest = (ranges: readonly Range[]): Range => rangeOf(ranges.flat())

const collator = new Intl.Collator('en', { numeric: true })

/** The targets (T2 before T10), then what else was promised. */
export function byTarget(one: string, other: string): number {
  return Number(other.startsWith('T')) - Number(one.startsWith('T')) || collator.compare(one, other)
}
