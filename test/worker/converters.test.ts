import { describe, expect, test } from 'vitest'
import { profile } from '../../src/idmefv2/profiles.ts'
import type { Rules } from '../../src/mapping/rules.ts'
import { Converters } from '../../src/worker/converters.ts'

const rules = (note: Rules['mapping']): Rules => ({
  filter: { $not: { $in: ['$.sid', { $option: 'exclude' }] } },
  mapping: { CreateTime: '$.time', Analyzer: { Name: 'x' }, Note: note },
})

const of = (instance: string, options: object = {}, document?: string) => ({
  probe: 'x',
  context: { values: { 'analyzer.ip': '192.0.2.1', instance }, options: { ...options } },
  ...(document !== undefined && { document }),
})

describe('connectors of one probe', () => {
  const converters = new Converters(profile('2.D.V08'), {})
  const plain = converters.of(rules('$.note'), of('one', { filename: ['a'] }))

  test('share a converter when they differ in name and in options that the mapping does not ask for', () => {
    expect(converters.of(rules('$.note'), of('two', { filename: ['b'] }))).toBe(plain)
  })

  test('have their own when an option that the mapping asks for differs', () => {
    expect(converters.of(rules('$.note'), of('two', { exclude: [7] }))).not.toBe(plain)
  })

  test('have their own when a mapping file was given', () => {
    expect(converters.of(rules('$.note'), of('two', {}, '{}'))).not.toBe(plain)
  })

  test('have their own when the mapping asks for their name', () => {
    const named = new Converters(profile('2.D.V08'), {})
    const note: Rules['mapping'] = { $text: ['from ', { $context: 'instance' }] }
    expect(named.of(rules(note), of('one'))).not.toBe(named.of(rules(note), of('two')))
  })

  test('have their own when records have an identity: it is told by the name too', () => {
    const named = new Converters(profile('2.D.V08'), {})
    const own = { ...rules('$.note'), identity: () => ['7'] }
    expect(named.of(own, of('one'))).not.toBe(named.of(own, of('two')))
  })
})
