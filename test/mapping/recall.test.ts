import { describe, expect, test } from 'vitest'
import { mulberry32 } from '../../scripts/random.ts'
import { profile } from '../../src/idmefv2/profiles.ts'
import { Converter, FULL } from '../../src/mapping/compile.ts'
import { Ids } from '../../src/mapping/ids.ts'
import { readMapping } from '../../src/mapping/read.ts'
import { ruleOf } from '../../src/mapping/recall.ts'
import type { MappingFunction, Rules } from '../../src/mapping/rules.ts'
import { converted } from './ways.ts'

const calls = { name: 0 }
const name: MappingFunction = (value) => {
  calls.name++
  return typeof value === 'string' ? value : undefined
}

const RULES: Rules = {
  filter: { $not: { $equals: ['$.rule.severity', 9] } },
  functions: { name },
  mapping: {
    CreateTime: '$.time',
    Description: { $name: '$.rule.name' },
    Priority: { $lookup: ['$.rule.severity', { 1: 'High', 2: 'Medium' }, 'Low'] },
    Note: { $join: [' ', '$.rule.name', '$.host'] },
    AltNames: { $join: [':', '$.rule.ids[0]', '$.rule.ids[1].b', '$.other'] },
    Analyzer: { Name: 'x', Model: { $name: '$.rule.author' } },
    Source: [{ IP: '$.ip' }],
  },
}
const CONTEXT = { values: { 'analyzer.ip': '192.0.2.1' }, options: {} }
const program = readMapping(RULES, profile('2.D.V08'), CONTEXT)

/** Long enough to be kept. */
const rule = (i: number, severity: unknown = i % 4) =>
  JSON.stringify({ id: i, text: 'x'.repeat(80), name: `rule ${i}`, severity, ids: [i, { b: `b${i}` }] })
const line = (ruleText: string, i: number) =>
  Buffer.from(
    `{"time":"2026-04-26T10:00:0${i % 10}Z","rule":${ruleText},"host":"h${i}","ip":"192.0.2.${i % 250}"}`,
  )

function both() {
  const [direct, careful] = [true, false].map((generate) => new Converter(program, generate, JSON.parse))
  return (record: Buffer) => {
    const outcome = converted(direct as Converter, record) // two were made
    expect(outcome, record.toString()).toBe(converted(careful as Converter, record))
    return outcome
  }
}

describe('the rule of a record', () => {
  test('is the member that most functions rest on', () => {
    expect(ruleOf(program)).toBe('rule')
    const others: Rules = { ...RULES, mapping: { CreateTime: '$.time', Analyzer: { Name: { $name: 'x' } } } }
    expect(ruleOf(readMapping(others, profile('2.D.V08'), CONTEXT))).toBeUndefined()
  })

  test('gives the same message whether it comes for the first time or again', () => {
    const agree = both()
    const random = mulberry32(1)
    for (let i = 0; i < 3000; i++) agree(line(rule(random() % (i < 1000 ? 20 : 5000)), i))
  })

  test('is converted once, however often it comes after the second time', () => {
    const converter = new Converter(program, true, JSON.parse)
    for (let i = 0; i < 2; i++) converted(converter, line(rule(1), i))
    const before = calls.name
    for (let i = 2; i < 50; i++) converted(converter, line(rule(1), i))
    expect(calls.name).toBe(before)
  })

  test('is another one where a single byte is another', () => {
    const agree = both()
    const text = rule(1)
    for (let i = 0; i < 4; i++) agree(line(text, i))
    for (let at = 0; at < text.length; at++) {
      for (const byte of ['1', '"', '}', ' ']) agree(line(text.slice(0, at) + byte + text.slice(at + 1), at))
      expect(agree(line(text, at))).toContain('rule 1')
    }
  })

  test('does not carry over to a record that has none, has it twice, or ends in it', () => {
    const agree = both()
    const text = rule(2)
    for (let i = 0; i < 4; i++) agree(line(text, i))
    agree(Buffer.from('{"time":"2026-04-26T10:00:00Z","host":"none"}'))
    agree(Buffer.from(`{"time":"2026-04-26T10:00:00Z","rule":${text},"rule":${rule(3)}}`))
    agree(Buffer.from(`{"time":"2026-04-26T10:00:00Z","rule":${rule(3)},"rule":${text}}`))
    agree(Buffer.from(`{"time":"2026-04-26T10:00:00Z","rule":[${text}]}`))
    agree(Buffer.from(`{"time":"2026-04-26T10:00:00Z","rule":${text}`))
    for (let cut = 1; cut < 60; cut += 7)
      agree(Buffer.from(`{"time":"2026-04-26T10:00:00Z","rule":${text.slice(0, -cut)}`))
  })

  test('that the filter dismisses is dismissed every time', () => {
    const agree = both()
    for (let i = 0; i < 5; i++) expect(agree(line(rule(7, 9), i))).toBe('filtered')
  })

  test('is kept whole, when the message did not fit at first', () => {
    const converter = new Converter(program, true, JSON.parse)
    const expected = converted(new Converter(program, false, JSON.parse), line(rule(5), 0))
    const ids = new Ids()
    const record = Buffer.concat([line(rule(5), 0), Buffer.from('\n')])
    ids.ofContent(record.subarray(0, -1))
    for (let room = 0; room < expected.length; room++) {
      const out = Buffer.alloc(room)
      expect(converter.convert(record, 0, record.length - 1, ids, out, 0)).toBe(FULL)
    }
    expect(converted(converter, record.subarray(0, -1))).toBe(expected)
  })

  test('has the same shape whether its part was written or recalled, and another rule another one', () => {
    const converter = new Converter(program, true, JSON.parse)
    const proofs = (ruleText: string) =>
      [0, 1, 2, 3].map((i) => {
        converted(converter, line(ruleText, i))
        return converter.isProven
      })
    expect(proofs(rule(1))).toEqual([false, false, false, false])
    converter.accept()
    expect(proofs(rule(2))).toEqual([true, true, true, true])
    // One member less. Nobody has accepted it, however often it was seen.
    const nameless = JSON.stringify({ ...JSON.parse(rule(3)), ids: undefined, name: undefined })
    expect(proofs(nameless)).toEqual([false, false, false, false])
    expect(proofs(rule(1))).toEqual([true, true, true, true])
  })
})
