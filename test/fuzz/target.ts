import { mulberry32 } from '../../scripts/random.ts'
import { PROMISES } from './promises.ts'

/** One thing that takes bytes from outside; `targets/<name>.ts` exports it as `target`. */
export interface Target {
  /** Inputs to begin with, beside those of `corpus/<target>`; the same ones every time. */
  seeds(): Buffer[]
  /** Pieces that mean something to it: the mutator puts them in. */
  tokens: readonly string[]
  /** A mutation that knows the form of an input; asked for half of the time. */
  mutate?(input: Buffer, random: Random): Buffer
  /** Throws when the promise of this target is broken, for whatever input. */
  check(input: Buffer): void | Promise<void>
}

export async function loadTarget(name: string): Promise<Target> {
  if (!Object.hasOwn(PROMISES, name))
    throw new Error(`no target ${name}; there are ${Object.keys(PROMISES).join(', ')}`)
  const module: { target: Target } = await import(`./targets/${name}.ts`)
  return module.target
}

/** A whole number from 0 up to, and not including, `below`. */
export type Random = (below: number) => number

/** Numbers that are the same for the same seed. */
export function random(seed: number): Random {
  const next = mulberry32(seed)
  return (below) => next() % below
}

export function oneOf<T>(items: readonly T[], random: Random): T {
  const item = items[random(items.length)]
  if (item === undefined) throw new Error('nothing to choose from')
  return item
}
