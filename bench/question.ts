import type { Sample } from './data.ts'

/** One file of this folder answers one question; its default export is this. */
export interface Question {
  asks: string
  answer(setting: Setting): AsyncGenerator<Answer>
}

export type Answer = Figures | Findings | Targets

/** Timings of several ways to do the same thing; the first way is what the others are compared with. */
export interface Figures {
  title: string
  /** What `perSecond` counts: lines, alerts, messages. */
  unit: string
  rows: Row[]
}

export interface Row {
  name: string
  perSecond: number
  /** Absent where bytes mean nothing. */
  megabytesPerSecond?: number
  /** To the first row, within the same round; the median over the rounds. */
  ratio: number
  /** Half the distance between the slowest and the fastest round, as a share of the median. */
  spread: number
  /** `perSecond` of the slowest and of the fastest round; results before November 2026 lack it. */
  range?: Range
}

/** Lowest and highest. */
export type Range = readonly [number, number]

/** What was seen rather than timed. */
export interface Findings {
  title: string
  findings: { name: string; found: string }[]
}

/** What was promised, with what was measured. */
export interface Targets {
  title: string
  targets: Target[]
}

export interface Target {
  name: string
  asks: string
  measured: number
  spread: number
  /** `measured` of the lowest and of the highest round. */
  range?: Range
  must: number
  /** Absent where nothing more than `must` was asked for. */
  stretch?: number
  /** Less is better. */
  atMost?: boolean
}

export interface Pace {
  rounds: number
  /** Time for each variant in each round; one pass is always finished. */
  millis: number
  /** `cpu`: the time this thread ran, for a machine with other work; only where nothing waits for another process. */
  clock: 'wall' | 'cpu'
}

export interface Setting {
  sample: Sample
  pace: Pace
  /** How large the files are that `input` makes. */
  megabytes: number
  /** The folder of the files. */
  data: string
  /** Sizes that take long are measured too. */
  full: boolean
  /** A checkout of the Python connectors, and the interpreter that runs them. */
  python?: { checkout: string; command: string }
  /** Whether a target is to be measured, by its name: `T1`. */
  wants(target: string): boolean
  /** A file of real lines, of which `share` (0 to 1) are alerts; made when it is first asked for. */
  input(share: number, other?: { sample?: Sample; megabytes?: number }): string
}
