import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { PATTERNS } from '../../src/idmefv2/patterns.ts'
import { profile, VERSIONS, type Version } from '../../src/idmefv2/profiles.ts'
import { schemaOf } from '../../src/idmefv2/schema.ts'
import { fullest, smallest } from './messages.ts'

const ourCheck = (version: Version) => new Ajv({ allowUnionTypes: true }).compile(schemaOf(profile(version)))

describe('the schema of a version', () => {
  it.each(VERSIONS)('%s accepts a message with all fields and one with only the required ones', (version) => {
    const check = ourCheck(version)
    expect(check(fullest(version)), JSON.stringify(check.errors)).toBe(true)
    expect(check(smallest(version)), JSON.stringify(check.errors)).toBe(true)
  })

  it.each(VERSIONS)('%s refuses a message without any one of its required fields', (version) => {
    const check = ourCheck(version)
    for (const name of ['Version', 'ID', 'CreateTime', 'Analyzer']) {
      const { [name]: _, ...rest } = smallest(version)
      expect(check(rest), name).toBe(false)
    }
  })

  it('is draft-07 and named after its version', () => {
    expect(schemaOf(profile('2.D.V08'))).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: 'urn:idmefv2:2.D.V08',
    })
  })

  it('looks at URIs and addresses only when it is asked to', () => {
    expect(JSON.stringify(schemaOf(profile('2.D.V08')))).not.toContain('"format"')
    expect(schemaOf(profile('2.D.V08'), { formats: true })).toMatchObject({
      definitions: { uri: { format: 'uri' }, email: { format: 'email' } },
    })
  })

  it.each([
    ['ip', '1.2.3.4', '::ffff:1.2.3.4', 'fe80::1%eth0', '1:2:3:4:5:6:7::'],
    ['timestamp', '2026-04-26T10:00:00', '2026-04-26T10:00:60.1+02:00'],
    ['mediaType', 'text/plain', 'text/plain; charset="utf-8"'],
  ] as const)('accepts as %s: %s %s', (kind, ...good) => {
    for (const text of good) expect(text).toMatch(new RegExp(PATTERNS[kind]))
  })

  it.each([
    ['ip', '1.2.3.256', '1:2:3:4:5:6:7::8', '1::2::3', '1:2:3:4:5:6:1.2.3.4', '::1/128', 'any', ''],
    ['timestamp', '2026-04-26', '2026-04-26t10:00:00z', '2026-04-26T10:00:00+0200', '2026-13-01T00:00:00Z'],
    ['mediaType', 'text', 'text/plain;', 'a b/c'],
  ] as const)('refuses as %s: %s %s', (kind, ...bad) => {
    for (const text of bad) expect(text).not.toMatch(new RegExp(PATTERNS[kind]))
  })
})
