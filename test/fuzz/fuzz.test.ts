import { describe, expect, test } from 'vitest'
import { corpusOf } from './corpus.ts'
import { failureOf, loop } from './loop.ts'
import { TARGETS } from './targets.ts'

// Two seconds a target, with the same inputs in the same order every time. `pnpm test:fuzz [--seconds N] [TARGET]` goes on
// for longer, guided by what is run, and keeps what it finds in corpus/.

const MS = 2000
const SEED = 1

describe.each(Object.entries(TARGETS))('fuzzing %s', (name, target) => {
  const corpus = corpusOf(name)

  test('keeps its promise for every input that is kept', async () => {
    expect(corpus.length).toBeGreaterThan(0)
    for (const { name, input } of corpus) expect(await failureOf(target, input), name).toBeUndefined()
  })

  test('keeps its promise for two seconds of others', async () => {
    const inputs = corpus.map(({ input }) => input)
    const { failure } = await loop(target, { ms: MS, seed: SEED, corpus: inputs })
    const shown = failure && `${JSON.stringify(failure.input.toString('latin1'))} breaks: ${target.promise}`
    expect(failure?.error, shown).toBeUndefined()
  })
})
