import type { Answer, Setting, Target } from '../question.ts'
import { figureText } from '../report.ts'
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
        found.push(...measured.figures)
        yield told(measured)
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      yield { title: `${targets.join(', ')}: not measured`, findings: [{ name: FAILED, found: why }] }
    }
  }
  yield { title: 'targets', targets: found.filter(({ name }) => setting.wants(name)) }
}

/** All of it in words; the figures come once more with all targets. */
export function told({ title, figures, missing, details }: Measured): Answer {
  const measured = figures.map((target) => ({ name: target.asks, found: figureText(target) }))
  const gap = missing === undefined ? [] : [{ name: 'not measured', found: missing }]
  const also = details.map((detail) => ({ name: 'also', found: detail }))
  return { title, findings: [...measured, ...gap, ...also] }
}
