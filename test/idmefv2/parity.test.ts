import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PATTERNS } from '../../src/idmefv2/patterns.ts'
import {
  type Class,
  type Field,
  type Kind,
  profile,
  VERSIONS,
  type Version,
} from '../../src/idmefv2/profiles.ts'
import { schemaOf } from '../../src/idmefv2/schema.ts'
import { anyMessage, anyText, filled, fullest, type Node, smallest, spoilt, variants } from './messages.ts'
import { isAvailable, officialCheck, officialExamples, officialSchema } from './official.ts'

const ourCheck = (version: Version) => new Ajv({ allowUnionTypes: true }).compile(schemaOf(profile(version)))

/** What the published schemas call the written forms. */
const DEFINITIONS: Record<keyof typeof PATTERNS, string> = {
  timestamp: 'timestampType',
  uuid: 'uuidType',
  ip: 'ipType',
  geolocation: 'geolocType',
  unlocode: 'unlocodeType',
  attachmentName: 'attachmentNameType',
  mediaType: 'mediatypeType',
  protocol: 'protocolType',
  hash: 'hashType',
}

const ADDRESSES = `
  1.2.3.4 01.02.03.04 001.2.3.4 0001.2.3.4 256.1.1.1 199.299.1.1 1.2.3 1.2.3.4.5 1.2.3.4/8 :: ::1 1:: 1::8 1:2:3:4:5:6:7:8
  1:2:3:4:5:6:7:: ::2:3:4:5:6:7:8 1:2:3:4:5:6:7::8 1:2:3:4:5:6::8 1::2::3 1:2:3:4:5:6:7:8:9 ::1:2:3:4:5:6:7:8 12345::
  ::ffff:1.2.3.4 ::FFFF:1.2.3.4 ::ffff:0:1.2.3.4 ::ffff:00000:1.2.3.4 ::1.2.3.4 ::01.2.3.4 ::001.2.3.4 64:ff9b::1.2.3.4
  1:2:3:4::1.2.3.4 1:2:3:4:5::1.2.3.4 1:2:3:4:5:6:1.2.3.4 fe80::1%eth0 fe80:%0 fe80:::::%z fe80::::::%z FE80::1%eth0
  fe80::1% fe80::1%a-b fe81::1%a fe80:0:0:0:0:0:0:1%1 ::1/128 g::1 1:2:3 :1 1: : ::: %eth0`

// biome-ignore format: tables
const TABLE: Record<keyof typeof PATTERNS, readonly string[]> = {
  ip: ADDRESSES.trim().split(/\s+/),
  timestamp: [
    '2026-04-26T10:00:00Z', '2026-04-26T10:00:00', '2026-04-26t10:00:00z', '2026-04-26T10:00:00+0100',
    '2026-04-26T10:00:00.1234567890123+23:59', '2026-04-26T10:00:00+24:00', '2026-00-00T00:00:60Z',
    '2026-02-30T23:59:59-00:00', '2026-13-01T00:00:00Z', '2026-01-32T00:00:00Z', '2026-01-01T24:00:00Z',
    '2026-01-01T00:00:61Z', '2026-01-01T00:00:00.Z', '2026-01-01 00:00:00Z', '2026-01-01T00:00Z',
  ],
  uuid: [
    '0b6e4a55-4c1d-8f3e-9a3b-5f2d7c9e1a00', '0B6E4A55-4C1D-8F3E-9A3B-5F2D7C9E1A00',
    '00000000-0000-0000-0000-000000000000', '0b6e4a554c1d8f3e9a3b5f2d7c9e1a00',
    '{0b6e4a55-4c1d-8f3e-9a3b-5f2d7c9e1a00}', '0b6e4a55-4c1d-8f3e-9a3b-5f2d7c9e1a0', 'g'.repeat(36),
  ],
  geolocation: ['1,2', '1, 2', '1,  2', '+1.,-2.5', '.5,1', '1,2,3', '1,2,3,4', '91,181', '1', '1;2', ' 1,2'],
  unlocode: ['FRPAR', 'FR PAR', 'FR  PAR', 'fr par', 'US2AB', 'FRPA', 'FRPARI'],
  attachmentName: ['a', 'File1', '', 'a-b', 'a b', 'é', '42'],
  mediaType: [
    'text/plain', 'text/plain;charset=utf-8', 'text/plain ;\ta="b c\\"', 'a/b;c="\\d"', 'a/b;c="\\""', 'a/b;',
    'text', 'text/', 'a/b/c', 'a/b;c', 'a/b; c=d; e=f', 'a/b;c=""', 'a/b;c="é"', 'a/b;c="]["', 'a b/c',
  ],
  protocol: ['tcp', 'IPv6-ICMP', '0', 'a--b', '-a', 'a-', 'http/1.1', 'ws_tunnel', '', 'a-b-c', 'a.b'],
  hash: ['md5:00', 'sha-256:aBcD', 'md5:0', 'md5:', ':00', 'md5:0g', 'md5 :00', '-:00', 'a:b:00'],
}

describe.skipIf(!isAvailable)('the verdict is the one of the published schema', () => {
  // The body of a skipped suite runs all the same.
  const versions = isAvailable ? VERSIONS : []
  const checks = versions.map((version) => ({
    version,
    ours: ourCheck(version),
    theirs: officialCheck(version),
  }))
  const published = isAvailable ? officialSchema('2.D.V08').definitions : {}

  it.each(checks)('$version: on the published examples of every version', ({ version, ours, theirs }) => {
    for (const example of VERSIONS.flatMap(officialExamples)) expect(ours(example)).toBe(theirs(example))
    for (const example of officialExamples(version)) expect(ours(example)).toBe(true)
  })

  it.each(checks)('$version: when one value is left out, replaced or added', ({ version, ours, theirs }) => {
    const messages = [fullest(version), smallest(version), ...officialExamples(version)] as Node[]
    for (const variant of messages.flatMap((message) => [...variants(message)])) {
      if (ours(variant) !== theirs(variant)) expect.fail(`${ours(variant)} for ${JSON.stringify(variant)}`)
    }
  })

  it.each(checks)('$version: on a full message of another version', ({ version, ours, theirs }) => {
    for (const other of VERSIONS.map((from) => ({ ...fullest(from), Version: version }))) {
      expect(ours(other)).toBe(theirs(other))
    }
  })

  it.each(checks)(
    '$version: on each value of every version in each enumerated field',
    ({ version, ours, theirs }) => {
      const schemas = VERSIONS.map((known) => Object.values(officialSchema(known).definitions))
      const values = new Set(schemas.flat().flatMap((definition) => definition.enum ?? []))
      expect(values.size).toBeGreaterThan(700)
      let accepted = 0
      for (const place of enumerated(profile(version).root)) {
        for (const value of [...values, 'none', 'Information. UnauthorizedAccess']) {
          const message = place(smallest(version), value)
          if (ours(message) !== theirs(message))
            expect.fail(`${ours(message)} for ${JSON.stringify(message)}`)
          if (ours(message)) accepted++
        }
      }
      expect(accepted).toBeGreaterThan(200)
    },
  )

  it.each(checks)('$version: on random messages, whole and spoilt', ({ version, ours, theirs }) => {
    const seed = fc.nat()
    fc.assert(
      fc.property(anyMessage(version), seed, fc.jsonValue(), (message, place, value) => {
        expect(ours(message)).toBe(theirs(message))
        const other = spoilt(message, place, value)
        expect(ours(other)).toBe(theirs(other))
      }),
      { numRuns: 100 },
    )
  })

  const kinds = Object.entries(DEFINITIONS).map(([kind, name]) => {
    const pattern = published[name]?.pattern ?? ''
    // `kind` is a key of DEFINITIONS, which Object.entries widens to string.
    return { kind: kind as keyof typeof PATTERNS, pattern }
  })

  it.each(kinds)('on the written form of $kind, which is the same in all versions', ({ kind, pattern }) => {
    for (const version of VERSIONS) {
      expect(officialSchema(version).definitions[DEFINITIONS[kind]]?.pattern).toBe(pattern)
    }
    const [ours, theirs] = [new RegExp(PATTERNS[kind], 'u'), new RegExp(pattern, 'u')]
    const accepted = TABLE[kind].filter((text) => theirs.test(text))
    expect(TABLE[kind].filter((text) => ours.test(text))).toEqual(accepted)
    expect(accepted.length).toBeGreaterThan(0)
    expect(accepted.length).toBeLessThan(TABLE[kind].length)
  })

  it.each(kinds)('on random texts near the written form of $kind', ({ kind, pattern }) => {
    const [ours, theirs] = [new RegExp(PATTERNS[kind], 'u'), new RegExp(pattern, 'u')]
    const text = fc.oneof(fc.stringMatching(new RegExp(pattern)), anyText(kind as Kind) ?? fc.string())
    const piece = fc.oneof(
      fc.constantFrom(':', '::', '.', '-', '0', 'f', '%', ';', '"', ' ', 'Z', '\n', '/'),
      fc.string(),
    )
    fc.assert(
      fc.property(text, fc.nat(), fc.nat(3), piece, (whole, seed, cut, added) => {
        expect(ours.test(whole)).toBe(theirs.test(whole))
        const at = seed % (whole.length + 1)
        const near = whole.slice(0, at) + added + whole.slice(at + cut)
        expect(ours.test(near)).toBe(theirs.test(near))
      }),
      { numRuns: 1000 },
    )
  })

  it('on every address of up to nine pieces', () => {
    const ours = new RegExp(PATTERNS.ip)
    const theirs = new RegExp(published.ipType?.pattern ?? '')
    let texts = ['']
    let accepted = 0
    for (let length = 1; length <= 9; length++) {
      texts = texts.flatMap((text) => ['1:', ':', 'a', '1.1.1.1'].map((piece) => text + piece))
      for (const text of texts) {
        if (ours.test(text) !== theirs.test(text)) expect.fail(text)
        if (ours.test(text)) accepted++
      }
    }
    expect(accepted).toBeGreaterThan(100)
  })
})

/** For each enumerated field, how to set it in a message. */
function enumerated(root: Class): ((message: Node, value: string) => Node)[] {
  return [...root.fields].flatMap(([name, field]) => {
    if (field.kind === 'enum') return [(message, value) => ({ ...message, [name]: inField(field, value) })]
    if (field.kind !== 'class') return []
    const members = [...field.class.fields].filter(([, member]) => member.kind === 'enum')
    return members.map(([key, member]) => (message: Node, value: string) => {
      const owner = { ...filled(field.class, true), [key]: inField(member, value) }
      return { ...message, [name]: inField(field, owner) }
    })
  })
}

const inField = (field: Field, value: unknown) => (field.list ? [value] : value)
