import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { profile } from '../../src/idmefv2/profiles.ts'
import { validator } from '../../src/idmefv2/validate.ts'
import { compile } from '../../src/mapping/compile.ts'
import { HOSTILE, hostileLines, hostileRules } from './hostile.ts'
import { PATIENT, runs } from './runs.ts'
import { converted, ways } from './ways.ts'

const CANARY = new URL('canary.ts', import.meta.url).pathname
const PROTOTYPE = Reflect.ownKeys(Object.prototype).map(String)
const CONTEXT = { values: {}, options: {} }

afterEach(() => {
  expect('pwned' in globalThis).toBe(false)
  expect('polluted' in {}).toBe(false)
  expect(Reflect.ownKeys(Object.prototype).map(String)).toEqual(PROTOTYPE)
})

function staysData(text: string): void {
  const { bytes, accessors, closures } = ways(hostileRules(text), '2.D.V08', CONTEXT)
  for (const line of hostileLines(text).map((text) => Buffer.from(text))) {
    const outcome = bytes(line)
    expect(closures(line), `${line}`).toBe(outcome)
    expect(accessors(line), `${line}`).toBe(outcome)
    if (outcome !== 'filtered') expect(validator('2.D.V08')(JSON.parse(outcome))).toEqual([])
  }
}

describe('S10, S11, S13: text of a mapping or an event', () => {
  test.each(HOSTILE.map((text) => [JSON.stringify(text), text]))('stays text: %s', (_, text) =>
    staysData(text),
  )

  test('stays text, whatever it is put together from', PATIENT, () => {
    const fragment = fc.constantFrom(
      "'",
      '"',
      '`',
      '\\',
      '$',
      '{',
      '}',
      '(',
      ')',
      '[',
      ']',
      ';',
      '//',
      '/*',
      '*/',
      '\n',
      '\u2028',
      'globalThis.pwned=1',
      'T[0]',
      'b',
      'out',
      '__proto__',
    )
    const anyText = fc.oneof(
      fc.array(fragment, { minLength: 1, maxLength: 8 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }),
    )
    fc.assert(fc.property(anyText, staysData), runs(60))
  })
})

test('S13: an event too deep to descend into is a rejected record, and soon', () => {
  const mapping = { CreateTime: '2026-04-26T10:00:00Z', Analyzer: { Name: 'a' }, Note: { $join: ['$..x'] } }
  const converter = compile({ filter: true, mapping }, profile('2.D.V08'), CONTEXT)
  const nested = (depth: number) => Buffer.from(`${'{"x":'.repeat(depth)}1${'}'.repeat(depth)}`)
  expect(converted(converter, nested(50_000))).toBe('converter_failed')
  expect(converted(converter, nested(3))).not.toBe('converter_failed')
})

describe('S10, S11: in a process of its own', () => {
  async function canary(...flags: string[]) {
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, CANARY], { encoding: 'utf8' })
    return JSON.parse(stdout)
  }

  test(
    'nothing is executed or polluted, and the messages are the same without code generation and without __proto__',
    PATIENT,
    async () => {
      const usual = await canary()
      expect(usual).toMatchObject({ mayGenerate: true, pwned: false, polluted: false })
      expect(
        usual.outcomes.flat().filter((outcome: string) => outcome.startsWith('{')).length,
      ).toBeGreaterThan(50)
      const interpreted = await canary('--disallow-code-generation-from-strings')
      expect(interpreted).toMatchObject({ mayGenerate: false, pwned: false, polluted: false })
      expect(interpreted.outcomes).toEqual(usual.outcomes)
      const bare = await canary('--disable-proto=delete')
      expect(bare).toMatchObject({ mayGenerate: true, pwned: false, polluted: false })
      expect(bare.prototype).not.toContain('__proto__')
      expect(bare.outcomes).toEqual(usual.outcomes)
    },
  )
})
