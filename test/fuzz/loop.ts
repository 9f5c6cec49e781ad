import { Coverage } from './coverage.ts'
import { mutate } from './mutate.ts'
import { shrink } from './shrink.ts'
import { oneOf, random, type Target } from './target.ts'

/** Inputs between two looks at what was run. */
const BATCH = 32

/** Of the processor's time, as a machine that many share stops a process for a while. */
const SLOW_MS = 5000

export interface Failure {
  input: Buffer
  error: unknown
}

export interface Finding {
  inputs: number
  /** Inputs worth mutating: those to begin with, and those that ran something new. */
  kept: number
  /** Of `src`, when guided. */
  blocks: number
  failure?: Failure
}

export interface LoopOptions {
  ms: number
  /** Ends after so many inputs, if that comes first. */
  maxInputs?: number
  seed: number
  corpus: readonly Buffer[]
  /** Keeps what runs something new. Without it the sequence of inputs depends on the seed alone. */
  guided?: boolean
  /** Told before each input, so that one without an end can be named. */
  onInput?: (input: Buffer) => void
}

/** Feeds a target for so long, and stops at the first failure, which is given shrunk. */
export async function loop(target: Target, options: LoopOptions): Promise<Finding> {
  const pool = [...options.corpus, ...target.seeds()]
  const coverage = options.guided ? new Coverage() : undefined
  let inputs = 0
  const firstFailure = async (batch: readonly Buffer[]) => {
    for (const input of batch) {
      inputs++
      options.onInput?.(input)
      const failure = await failureOf(target, input)
      if (failure) return shrunk(target, failure, options.onInput)
    }
  }
  try {
    let failure = await firstFailure(pool)
    coverage?.add(coverage.look())
    const draw = random(options.seed)
    const { ms, maxInputs = Number.POSITIVE_INFINITY } = options
    for (const end = performance.now() + ms; !failure && performance.now() < end && inputs < maxInputs; ) {
      const batch = Array.from({ length: BATCH }, () => next(target, pool, draw))
      failure = await firstFailure(batch)
      if (!failure && coverage) pool.push(...(await novel(target, batch, coverage)))
    }
    return { inputs, kept: pool.length, blocks: coverage?.blocks ?? 0, ...(failure && { failure }) }
  } finally {
    coverage?.close()
  }
}

function next(target: Target, pool: readonly Buffer[], draw: (below: number) => number): Buffer {
  const input = oneOf(pool, draw)
  if (target.mutate && draw(2) === 0) return target.mutate(input, draw)
  return mutate(input, oneOf(pool, draw), target.tokens, draw)
}

/** The inputs of a batch that run what none before them did: only if the batch did are they run one by one. */
async function novel(target: Target, batch: readonly Buffer[], coverage: Coverage): Promise<Buffer[]> {
  const found: Buffer[] = []
  const news = coverage.look()
  for (const input of news.length > 0 ? batch : []) {
    await target.check(input)
    const own = coverage.look()
    if (own.length > 0) found.push(input)
    coverage.add(own)
  }
  coverage.add(news)
  return found
}

/** How an input breaks the promise, if it does; one that takes very long does. */
export async function failureOf(target: Target, input: Buffer): Promise<Failure | undefined> {
  const before = process.threadCpuUsage()
  try {
    await target.check(input)
  } catch (error) {
    return { input, error }
  }
  const { user, system } = process.threadCpuUsage(before)
  const tookMs = (user + system) / 1000
  return tookMs < SLOW_MS ? undefined : { input, error: new Error(`too slow: ${Math.round(tookMs)} ms`) }
}

async function shrunk(target: Target, failure: Failure, onInput?: LoopOptions['onInput']): Promise<Failure> {
  const input = await shrink(failure.input, async (candidate) => {
    onInput?.(candidate)
    const other = await failureOf(target, candidate)
    return other !== undefined && kind(other.error) === kind(failure.error)
  })
  return (await failureOf(target, input)) ?? failure
}

/** Failures of one kind begin with the same words. */
function kind(error: unknown): string {
  return error instanceof Error ? `${error.name} ${error.message.split(/[\n:]/, 1)[0]}` : String(error)
}
