import { expect, test } from 'vitest'
import { profile } from '../../src/idmefv2/profiles.ts'
import { type CompileOptions, compile } from '../../src/mapping/compile.ts'
import { Ids } from '../../src/mapping/ids.ts'
import type { Context, Rules } from '../../src/mapping/rules.ts'
import { converted } from './ways.ts'

const CONTEXT: Context = { values: { instance: 'probe:one', 'analyzer.hostname': 'sensor' }, options: {} }

const plain: Rules = {
  filter: { $equals: ['$.kind', 'alert'] },
  mapping: {
    CreateTime: '2026-04-26T10:00:00Z',
    Analyzer: { Name: 'Probe' },
    Note: '$.note',
    Description: '$.path',
  },
}

const textual: Rules = {
  ...plain,
  translate(text, { path }) {
    if (text.startsWith('#')) return undefined
    if (text === 'list') return []
    const [kind, note] = text.split('|')
    if (note === undefined) throw new Error(`no bar in ${text}`)
    return { kind, note, ...(path && { path }) }
  },
}

const named: Rules = {
  ...plain,
  identity(record) {
    const { key } = record as { key?: string | null }
    return key === null ? JSON.parse('{') : key === undefined ? undefined : ['key', key]
  },
}

function outcomes(rules: Rules, lines: readonly string[], options: CompileOptions = {}, context = CONTEXT) {
  const converter = compile(rules, profile('2.D.V08'), context, options)
  converter.place = { path: '/var/log/probe.log' }
  return lines.map((line) => {
    const outcome = converted(converter, Buffer.from(line))
    return outcome.startsWith('{') ? JSON.parse(outcome) : outcome
  })
}

const idsOf = (...args: Parameters<typeof outcomes>) => outcomes(...args).map(({ ID }) => ID)

test.each(['generated', 'closures'] as const)('text becomes what the ordinary rules take: %s', (code) => {
  const lines = ['alert|a {b} "c"\r', 'other|a', '# signature', 'list', 'torn', '{"kind":"alert"}']
  const [first, ...others] = outcomes(textual, lines, { code })
  expect(first).toMatchObject({ Note: 'a {b} "c"', Description: '/var/log/probe.log' })
  expect(others).toEqual(['filtered', 'filtered', 'not_an_object', 'invalid_json', 'invalid_json'])
})

test('nothing is searched for in text, and a brace begins no record in it', () => {
  expect(compile(plain, profile('2.D.V08'), CONTEXT)).toMatchObject({
    isText: false,
    needle: expect.anything(),
  })
  expect(compile(textual, profile('2.D.V08'), CONTEXT)).toMatchObject({ isText: true, needle: undefined })
})

test.each(['generated', 'closures'] as const)('what names a record decides its ID: %s', (code) => {
  const lines = [1, 2].map((state) => JSON.stringify({ kind: 'alert', key: 'k', state }))
  const [first, second] = idsOf(named, lines, { code })
  expect(first).toBe(second)
  const other = JSON.stringify({ kind: 'alert', key: 'l' })
  expect(idsOf(named, [other], { code })).not.toContain(first)
})

test('equal names of two instances, or of two hosts, are two messages', () => {
  const line = JSON.stringify({ kind: 'alert', key: 'k' })
  const places: Context['values'][] = [
    CONTEXT.values,
    { ...CONTEXT.values, instance: 'probe:two' },
    { ...CONTEXT.values, 'analyzer.hostname': 'other' },
  ]
  const ids = places.flatMap((values) => idsOf(named, [line], {}, { ...CONTEXT, values }))
  expect(new Set(ids).size).toBe(3)
})

test('a record without a name, and any where IDs go by place, keeps the ID it was given', () => {
  const [anonymous, known] = [JSON.stringify({ kind: 'alert' }), JSON.stringify({ kind: 'alert', key: 'k' })]
  expect(idsOf(named, [anonymous])).toEqual(idsOf(plain, [anonymous]))
  expect(idsOf(named, [known], { identity: 'place' })).toEqual(idsOf(plain, [known]))
})

test('a name that cannot be made costs one record', () => {
  expect(outcomes(named, ['{"kind":"alert","key":null}'])).toEqual(['converter_failed'])
})

test('names are told apart by more than their texts put together', () => {
  const ids = new Ids()
  const idOf = (...names: (string | number)[]) => {
    ids.ofNames(names)
    return ids.text(0)
  }
  expect(new Set([idOf('a', 'b'), idOf('ab'), idOf('a,b'), idOf(1), idOf('1')]).size).toBe(5)
  expect(idOf('a', 1)).toBe(idOf('a', 1))
})
