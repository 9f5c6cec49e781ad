import type { Answer, Setting, Target } from '../question.ts'
import { figuresOf } from './figure.ts'
import type { Measured, Plan } from './target.ts'

/** The name of a finding that a measure did not come to its end. */
export const FAILED = 'failed'

/** A measure of whole runs, and the targets it tells of. */
export interface Measure {
  targets: readonly string[]
  run(plan: Plan): Promise<Measured[]>
}

/** Asks what is wanted. One that fails does not keep the others from being asked; it is told, and its target has no figure. */
export async function* ask(measures: readonly Measure[], setting: Setting): AsyncGenerator<Answer> {
  const { sample, megabytes, pace, data } = setting
  const plan: Plan = { sample, megabytes, rounds: pace.rounds, data }
  const found: Target[] = []
  for (const { targets, run } of measures.filter((measure) => measure.targets.some(setting.wants))) {
    try {
      for (const measured of await run(plan)) {
        const figures = figuresOf(measured)
        found.push(...figures)
        yield details(measured, figures.length > 0)
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      yield { title: `${targets.join(', ')}: not measured`, findings: [{ name: FAILED, found: why }] }
    }
  }
  yield { title: 'targets', targets: found.filter(({ name }) => setting.wants(name)) }
}

function details({ target, what, found, details }: Measured, isMeasured: boolean): Answer {
  return {
    title: `${target}: ${what}`,
    findings: [
      { name: isMeasured ? 'measured' : 'not measured', found },
      ...details.map((detail) => ({ name: 'also', found: detail })),
    ],
  }
}
