import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalise } from '../../src/idmefv2/normalise.ts'
import { type Kind, profile, type Scalar } from '../../src/idmefv2/profiles.ts'
import { schemaOf } from '../../src/idmefv2/schema.ts'
import { anyText, sampleOf } from './messages.ts'

const CATEGORIES = new Set(['Recon.Network', 'Availability.DDoS', 'Operational.Policy Violation'])

const fieldOf = (kind: Kind): Scalar =>
  kind === 'enum' ? { kind, list: false, values: CATEGORIES } : { kind, list: false }

describe('normalise', () => {
  it.each<[Kind, unknown, string | number | undefined]>([
    ['string', 'a\tb\r\nc', 'a\tb\r\nc'],
    ['string', 'a\0b\x1b[2J\x7f', 'a␀b␛[2J␡'],
    ['string', 'a\x85b\x9f', 'a\ufffdb\ufffd'],
    ['string', 'a\ud83db 😀', 'a\ufffdb 😀'],
    ['string', '', undefined],
    ['string', 0, '0'],
    ['string', false, 'false'],
    ['string', Number.POSITIVE_INFINITY, undefined],
    ['string', null, undefined],
    ['string', ['a'], undefined],
    ['enum', 'Recon.Network', 'Recon.Network'],
    ['enum', 'availability.ddos', 'Availability.DDoS'],
    ['enum', 'Recon', undefined],
    ['enum', 3, undefined],
    ['ip', '192.0.2.1', '192.0.2.1'],
    ['ip', '2001:DB8:0:0::1', '2001:db8::1'],
    ['ip', '10.0.0.0/8', undefined],
    ['ip', 'any', undefined],
    ['timestamp', '2026-04-26 10:00:00,5+0200', '2026-04-26T10:00:00.5+02:00'],
    ['timestamp', 1_777_197_600, '2026-04-26T10:00:00Z'],
    ['timestamp', true, undefined],
    ['port', 443, 443],
    ['port', '443', 443],
    ['port', 0, undefined],
    ['port', 65_536, undefined],
    ['port', 80.5, undefined],
    ['port', '80a', undefined],
    ['port', true, undefined],
    ['size', 0, 0],
    ['size', -1, undefined],
    ['size', 2 ** 53, undefined],
    ['integer', '-12', -12],
    ['integer', 1.5, undefined],
    ['number', '1.25', 1.25],
    ['number', 'NaN', undefined],
    ['number', `${'9'.repeat(400)}`, undefined],
    ['confidence', 0.5, 0.5],
    ['confidence', '1', 1],
    ['confidence', 1.01, undefined],
    ['confidence', -0.1, undefined],
    ['protocol', 'TCP', 'tcp'],
    ['protocol', 'IPv6-ICMP', 'ipv6-icmp'],
    ['protocol', 'http/1.1', 'http'],
    ['protocol', 'ftp_data', 'ftp-data'],
    ['protocol', '802.11', '802-11'],
    ['protocol', '--a--b--', 'a-b'],
    ['protocol', '253', '253'],
    ['protocol', 6, '6'],
    ['protocol', 6.5, undefined],
    ['protocol', '/', undefined],
    ['hash', 'SHA-256:9F86', 'sha-256:9f86'],
    ['hash', 'md5:abc', undefined],
    ['hash', 'd41d8cd98f00b204e9800998ecf8427e', undefined],
    ['uuid', '0B6E4A55-4C1D-8F3E-9A3B-5F2D7C9E1A00', '0b6e4a55-4c1d-8f3e-9a3b-5f2d7c9e1a00'],
    ['uuid', '0', undefined],
    ['geolocation', '48.85, 2.35', '48.85,2.35'],
    ['geolocation', ' -90 , +180 , 12.5 ', '-90,+180,12.5'],
    ['geolocation', '91,0', undefined],
    ['geolocation', '0,-180.1', undefined],
    ['geolocation', 'here', undefined],
    ['unlocode', 'fr par', 'FR PAR'],
    ['unlocode', 'US2AB', undefined],
    ['attachmentName', 'file1', 'file1'],
    ['attachmentName', 'file-1', undefined],
    ['mediaType', 'text/html; charset=utf-8', 'text/html; charset=utf-8'],
    ['mediaType', 'text/html;', undefined],
    ['uri', 'https://example.org/a b?c=d e#f', 'https://example.org/a%20b?c=d%20e#f'],
    [
      'uri',
      'https://user:p%40ss@[2001:DB8::1]:8443/%zz/é',
      'https://user:p%40ss@[2001:db8::1]:8443/%25zz/%C3%A9',
    ],
    // Long s and the Kelvin sign are the letters s and k to a pattern that folds case.
    ['uri', 'urn:x:\u017f\u212a', 'urn:x:%C5%BF%E2%84%AA'],
    ['uri', 'urn:cve:CVE-2013-2266', 'urn:cve:CVE-2013-2266'],
    ['uri', 'mailto:someone@example.org', 'mailto:someone@example.org'],
    ['uri', 'file:///etc/passwd', 'file:///etc/passwd'],
    ['uri', 'http://[::1', undefined],
    ['uri', 'www.example.org/a', undefined],
    ['uri', 'example.org:8080/a', undefined],
    ['uri', 'C:\\Windows\\a.exe', undefined],
    ['uri', '//example.org/a', undefined],
    ['uri', '/a', undefined],
    ['uri', 'urn:', undefined],
    ['email', 'someone@example.org', 'someone@example.org'],
    ['email', 'Some One <some.one@example.org>', 'some.one@example.org'],
    ['email', 'root@localhost', undefined],
    ['email', 'a..b@example.org', undefined],
    ['content', 'a\0b', 'a\0b'],
    ['content', '\udc00', '\ufffd'],
    ['content', { a: [1] }, '{"a":[1]}'],
    ['content', 12, '12'],
    ['content', null, undefined],
  ])('%s: %j becomes %j', (kind, value, expected) => {
    expect(normalise(fieldOf(kind), value)).toBe(expected)
  })

  const ajv = new Ajv({ allowUnionTypes: true })
  formats.default(ajv, ['uri', 'email'])
  ajv.addSchema(schemaOf(profile('2.D.V08'), { formats: true }))
  const kinds: Kind[] = [
    ...(['string', 'enum', 'timestamp', 'uuid', 'ip', 'geolocation', 'unlocode', 'attachmentName'] as const),
    ...(['mediaType', 'protocol', 'hash', 'integer', 'port', 'size', 'number', 'confidence'] as const),
    ...(['uri', 'email', 'content'] as const),
  ]

  it.each(kinds)('gives a valid %s or nothing, whatever comes in', (kind) => {
    const field = fieldOf(kind)
    const schema =
      kind === 'enum' ? { enum: [...CATEGORIES] } : { $ref: `urn:idmefv2:2.D.V08#/definitions/${kind}` }
    const check = ajv.compile(schema)
    const text = fc.oneof(fc.string({ unit: 'binary' }), nearText(field))
    fc.assert(
      fc.property(fc.oneof(text, fc.jsonValue(), fc.double(), fc.integer()), (value) => {
        const result = normalise(field, value)
        if (result === undefined) return
        if (!check(result)) expect.fail(`${JSON.stringify(value)} became ${JSON.stringify(result)}`)
        expect(normalise(field, result)).toBe(result)
        if (typeof result === 'string') expect(result).toSatisfy((made: string) => made.isWellFormed())
      }),
      { numRuns: 1000 },
    )
    expect(normalise(field, sampleOf(field))).toSatisfy(check)
  })

  it('gives no text that a terminal would obey', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const result = normalise(fieldOf('string'), text)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be left
        expect(result ?? '').not.toMatch(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/)
      }),
    )
  })
})

/** Text close to the form of a kind: right, or with one piece of it replaced. */
function nearText(field: Scalar): fc.Arbitrary<string> {
  const made: Partial<Record<Kind, fc.Arbitrary<string>>> = {
    uri: fc.oneof(
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.constant('a1://u@[::1]:1/é?[#"'),
    ),
    email: fc.emailAddress(),
    enum: fc.constantFrom(...CATEGORIES),
  }
  const whole = anyText(field.kind) ?? made[field.kind] ?? fc.double().map(String)
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3 }),
    fc.constantFrom(':', '%', '[', ']', '@', '/', '#'),
  )
  return fc.tuple(whole, fc.nat(), fc.nat(2), piece).map(([text, seed, cut, added]) => {
    const at = seed % (text.length + 1)
    return text.slice(0, at) + added + text.slice(at + cut)
  })
}
