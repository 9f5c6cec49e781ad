import { byTarget } from '../merge.ts'

/** One question of `pnpm bench`, as a stage of the whole. */
export interface Stage {
  question: string
  /** What it measures; one without stands for itself. */
  targets: readonly string[]
  /** In turns with the others, or once: what takes turns in itself, or takes too long. */
  turns: 'first' | 'each round' | 'last'
  /** Rounds within one turn. */
  rounds?: number
  /** After which it is given up; several times what it takes on a busy machine. */
  limitSeconds: number
}

export const STAGES: readonly Stage[] = [
  { question: 'ceiling', targets: [], turns: 'first', limitSeconds: 120 },
  {
    question: 'targets',
    targets: ['T1', 'T2', 'T4', 'T8', 'T9'],
    turns: 'each round',
    rounds: 3,
    limitSeconds: 300,
  },
  {
    question: 'delivered',
    targets: ['T3', 'T5', 'T6', 'T7', 'T10', 'T11'],
    turns: 'each round',
    rounds: 2,
    limitSeconds: 900,
  },
  { question: 'idle', targets: ['T10', 'T12'], turns: 'last', limitSeconds: 600 },
  { question: 'garbage', targets: ['F33'], turns: 'last', limitSeconds: 300 },
  { question: 'sizing', targets: [], turns: 'last', limitSeconds: 300 },
  { question: 'connector', targets: [], turns: 'last', limitSeconds: 600 },
  { question: 'growth', targets: ['T13'], turns: 'last', limitSeconds: 3600 },
]

/** All there are: `T1` to `T13`, then what else was promised. */
export const TARGETS: readonly string[] = [...new Set(STAGES.flatMap(({ targets }) => targets))].sort(
  byTarget,
)

/** What some targets need, after the ceiling of the receiver; everything where all of them are asked for. */
export function asked(targets: readonly string[]): readonly Stage[] {
  const isAll = TARGETS.every((target) => targets.includes(target))
  return STAGES.filter(
    (stage) => isAll || stage.turns === 'first' || stage.targets.some((target) => targets.includes(target)),
  )
}
