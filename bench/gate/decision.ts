import { columns, rounded } from '../report.ts'

/** A ratio that must not leave its side of a bound. Where it stands is told, so that a bound can be judged. */
export interface Threshold {
  name: string
  bound: number
  /** Less is better. */
  atMost?: boolean
  /** What was measured when the bound was set. */
  usual: string
}

export interface Verdict {
  name: string
  /** What each run gave; a second one only after a bad first one. */
  measured: readonly number[]
  bound: number
  atMost: boolean
  usual: string
  passed: boolean
}

/** Measures each threshold; a second time what is on the wrong side. It has failed when both runs say so. */
export async function judged<T extends Threshold>(
  thresholds: readonly T[],
  measure: (threshold: T) => Promise<number>,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  for (const threshold of thresholds) {
    const { name, bound, atMost = false, usual } = threshold
    const measured = [await measure(threshold)]
    if (!holds(threshold, measured[0])) measured.push(await measure(threshold))
    const passed = measured.some((value) => holds(threshold, value))
    verdicts.push({ name, measured, bound, atMost, usual, passed })
  }
  return verdicts
}

/** Not a number is a failure too. */
function holds({ bound, atMost = false }: Threshold, value = Number.NaN): boolean {
  return atMost ? value <= bound : value >= bound
}

export function verdictsText(verdicts: readonly Verdict[]): string {
  const body = verdicts.map(({ name, measured, bound, atMost, usual, passed }) => [
    name,
    measured.map(rounded).join(', then '),
    `${atMost ? '≤' : '≥'} ${rounded(bound)}`,
    usual,
    passed ? 'passed' : 'FAILED',
  ])
  return columns([['', 'measured', 'bound', 'usual', ''], ...body])
}
