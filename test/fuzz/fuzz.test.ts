import { afterAll, describe, expect, test } from 'vitest'
import { corpusOf } from './corpus.ts'
import { failureOf, loop } from './loop.ts'
import { PROMISES } from './promises.ts'
import { sweep } from './scratch.ts'
import { loadTarget } from './target.ts'

// The same inputs in the same order every time, as many on a slow machine as on a fast one. `pnpm test:fuzz [--seconds N] [TARGET]` goes on
// for longer, guided by what is run, and keeps what it finds in corpus/.

const MAX_INPUTS = 1000
const MAX_MS = 25_000
const SEED = 1

afterAll(sweep)

describe.each(Object.entries(PROMISES))('fuzzing %s', async (name, promise) => {
  const target = await loadTarget(name)
  const corpus = corpusOf(name)

  test('keeps its promise for every input that is kept', async () => {
    expect(corpus.length).toBeGreaterThan(0)
    for (const { name, input } of corpus) expect(await failureOf(target, input), name).toBeUndefined()
  })

  test('keeps its promise for a thousand others', async () => {
    const inputs = corpus.map(({ input }) => input)
    const { failure } = await loop(target, { ms: MAX_MS, maxInputs: MAX_INPUTS, seed: SEED, corpus: inputs })
    const shown = failure && `${JSON.stringify(failure.input.toString('latin1'))} breaks: ${promise}`
    expect(failure?.error, shown).toBeUndefined()
  })
})
