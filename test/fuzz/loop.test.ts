import { describe, expect, test } from 'vitest'
import { loop } from './loop.ts'
import { mutate, mutateJson } from './mutate.ts'
import { random, type Target } from './target.ts'

const START = Buffer.from('{"name":"value","list":[1,2,3]}')

function planted(check: Target['check']): Target {
  return { seeds: () => [START], tokens: ['"', 'needle', '\\'], check }
}

describe('the fuzzer', () => {
  test('finds a planted fault, and gives it with nothing else around it', async () => {
    const target = planted((input) => {
      if (input.includes('needle') && input.includes('}')) throw new Error('found: at random')
    })
    const { failure } = await loop(target, { ms: 20_000, seed: 1, corpus: [] })
    expect(failure?.input.toString().replace('}', '')).toBe('needle')
    expect(failure?.error).toEqual(new Error('found: at random'))
  })

  test('finds one in what is kept before anything else', async () => {
    const target = planted((input) => {
      if (input.includes('kept')) throw new Error('kept')
    })
    const { failure, inputs } = await loop(target, { ms: 0, seed: 1, corpus: [Buffer.from('it was kept')] })
    expect([failure?.input.toString(), inputs]).toEqual(['kept', 1])
  })

  test('makes the same inputs from the same seed, and others from another', async () => {
    const firstOf = async (seed: number) => {
      const seen: string[] = []
      const target = planted((input) => {
        if (seen.push(input.toString('latin1')) === 100) throw new Error('enough')
      })
      await loop(target, { ms: 20_000, seed, corpus: [] })
      return seen.slice(0, 100)
    }
    expect(await firstOf(1)).toEqual(await firstOf(1))
    expect(await firstOf(2)).not.toEqual(await firstOf(1))
  })
})

describe('a mutation', () => {
  test('changes every input but seldom, and works on an empty one', () => {
    const draw = random(7)
    const made = Array.from({ length: 500 }, () => mutate(START, Buffer.from('other'), ['token'], draw))
    expect(new Set(made.map((bytes) => bytes.toString('latin1'))).size).toBeGreaterThan(400)
    expect(mutate(Buffer.alloc(0), Buffer.alloc(0), ['token'], draw)).toBeInstanceOf(Buffer)
  })

  test('of JSON is JSON, and leaves other text alone', () => {
    const draw = random(7)
    const made = Array.from({ length: 200 }, () =>
      mutateJson(START.toString(), ['null', '{"__proto__":1}'], draw),
    )
    for (const text of made) expect(() => JSON.parse(text)).not.toThrow()
    expect(new Set(made).size).toBeGreaterThan(20)
    expect(mutateJson('{"torn', ['1'], draw)).toBe('{"torn')
  })
})
