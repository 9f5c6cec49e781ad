import { describe, expect, test } from 'vitest'
import { profile } from '../../src/idmefv2/profiles.ts'
import { Converter, compile } from '../../src/mapping/compile.ts'
import { Ids } from '../../src/mapping/ids.ts'
import { readMapping } from '../../src/mapping/read.ts'
import type { Rules } from '../../src/mapping/rules.ts'
import { checkOf } from '../../src/worker/check.ts'

const RULES: Rules = {
  filter: true,
  mapping: {
    CreateTime: '$.time',
    Analyzer: { Name: 'x' },
    Note: { $join: [' ', '$.note', '$.more'] },
    Source: [{ IP: '$.ip' }],
    Attachment: [{ $attachment: ['Raw', '$.raw', 'text', 'text/plain'] }],
  },
}
const CONTEXT = { values: { 'analyzer.ip': '192.0.2.1' }, options: {} }

/** Whether the message of a record is proven; it is accepted then. */
function proofs(converter: Converter) {
  const out = Buffer.alloc(4096)
  const ids = new Ids()
  return (fields: object): boolean => {
    const bytes = Buffer.from(`${JSON.stringify({ time: '2026-04-26T10:00:00.1+0000', ...fields })}\n`)
    expect(converter.convert(bytes, 0, bytes.length - 1, ids, out, 0)).toBeGreaterThan(0)
    const { isProven } = converter
    converter.accept()
    return isProven
  }
}

describe('a message is proven', () => {
  const generated = () => proofs(compile(RULES, profile('2.D.V08'), CONTEXT))

  test('once another one with the same members was accepted', () => {
    const isProven = generated()
    expect([{ note: 'a' }, { note: 'b' }, { note: 'c', more: 'd' }].map(isProven)).toEqual([
      false,
      true,
      true,
    ])
    expect([{}, { ip: '192.0.2.1' }, { ip: '192.0.2.2' }, {}].map(isProven)).toEqual([
      false,
      false,
      true,
      true,
    ])
  })

  test('never where a function gave an object', () => {
    const isProven = generated()
    expect([{ raw: 'a' }, { raw: 'a' }, { raw: 'b' }].map(isProven)).toEqual([false, false, false])
  })

  test('never where it was made by a parser, or without generated code', () => {
    const isProven = generated()
    const escaped = { 'no\\te': 1, note: 'a' }
    expect([escaped, escaped].map(isProven)).toEqual([false, false])
    const plain = proofs(new Converter(readMapping(RULES, profile('2.D.V08'), CONTEXT), false, JSON.parse))
    expect([{}, {}].map(plain)).toEqual([false, false])
  })
})

describe('a check', () => {
  const bad = Buffer.from('{"Version":"2.D.V08","Note":5}')
  const looks = (policy: 'always' | 'sample', isProven: boolean) => {
    const check = checkOf(policy, '2.D.V08')
    return Array.from({ length: 1001 }, () => check?.(bad, 0, bad.length, isProven) !== undefined)
  }

  test('looks at every message that is not proven, at one in a thousand, or at none', () => {
    expect(looks('always', false)).not.toContain(false)
    expect(looks('always', true)).not.toContain(true)
    expect(looks('sample', true).flatMap((found, i) => (found ? i : []))).toEqual([999])
    expect(checkOf('never', '2.D.V08')).toBeUndefined()
  })

  test('says where the fault is', () => {
    expect(checkOf('always', '2.D.V08')?.(bad, 0, bad.length, false)).toMatch(/^\/\w+: /)
  })
})
