import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VERSIONS } from '../../src/idmefv2/profiles.ts'
import { advise, type Fault, validate, validator } from '../../src/idmefv2/validate.ts'
import { nearest } from '../../src/nearest.ts'
import { fullest, smallest } from './messages.ts'

const valid = {
  Version: '2.D.V08',
  ID: '0b6e4a55-4c1d-8f3e-9a3b-5f2d7c9e1a00',
  CreateTime: '2026-04-26T10:00:00Z',
  Category: ['Recon.Network'],
  Priority: 'Medium',
  Analyzer: { Name: 'suricata', Category: ['NET.NIDS'] },
  Source: [{ ID: '0b6e4a55-4c1d-8f3e-9a3b-5f2d7c9e1a01', IP: '192.0.2.7', Port: [40_000] }],
  Target: [{ ID: '0b6e4a55-4c1d-8f3e-9a3b-5f2d7c9e1a02', IP: '2001:db8::1', Attachment: ['packet'] }],
  Attachment: [{ Name: 'packet', ContentType: 'application/vnd.tcpdump.pcap', Content: 'AAAA' }],
}

describe('validate', () => {
  it.each(VERSIONS)('finds no fault in a full and in a small message of %s', (version) => {
    expect(validate(fullest(version))).toEqual({ version, faults: [] })
    expect(validate(smallest(version))).toEqual({ version, faults: [] })
  })

  it.each<[string, object, Fault]>([
    [
      'a word that is not allowed',
      { Priority: 'Critical' },
      { pointer: '/Priority', reason: '"Critical" is not one of Unknown, Info, Low, Medium, High' },
    ],
    [
      'a misspelt word',
      { Category: ['Recon.Netword'] },
      {
        pointer: '/Category/0',
        reason: '"Recon.Netword" is not one of the 128 known values; did you mean Recon.Network?',
      },
    ],
    [
      'the word of an older version',
      { Analyzer: { Name: 'a', Category: ['NIDS'] } },
      {
        pointer: '/Analyzer/Category/0',
        reason: '"NIDS" is not one of the 79 known values; did you mean NET.NIDS?',
      },
    ],
    [
      'a single value for a list',
      { Status: 'Event' },
      { pointer: '/Status', reason: 'must be a list, is a string' },
    ],
    ['an object for a list', { Target: {} }, { pointer: '/Target', reason: 'must be a list, is an object' }],
    ['a field that is missing', { Analyzer: {} }, { pointer: '/Analyzer/Name', reason: 'is required' }],
    ['an unknown field', { Severity: 1 }, { pointer: '/Severity', reason: 'is not a field of a message' }],
    [
      'a misspelt field',
      { Notes: 'x' },
      { pointer: '/Notes', reason: 'is not a field of a message; did you mean Note?' },
    ],
    [
      'a field of another version',
      { Vector: [] },
      { pointer: '/Vector', reason: 'is not a field of a message in 2.D.V08, only in other versions' },
    ],
    ['a name with a slash', { 'a/b~': 1 }, { pointer: '/a~1b~0', reason: 'is not a field of a message' }],
    [
      'no address',
      { Analyzer: { Name: 'a', IP: 'any' } },
      { pointer: '/Analyzer/IP', reason: 'is not an IPv4 or IPv6 address: "any"' },
    ],
    ['a number out of range', { Confidence: 7 }, { pointer: '/Confidence', reason: 'must be <= 1, is 7' }],
    ['null', { Note: null }, { pointer: '/Note', reason: 'must be a string, is null' }],
    [
      'a very long text',
      { CreateTime: 'x'.repeat(1000) },
      {
        pointer: '/CreateTime',
        reason: `is not a timestamp such as 2026-04-26T10:00:00.123Z: "${'x'.repeat(59)}…`,
      },
    ],
  ])('tells of %s and where it stands', (_, change, fault) => {
    expect(validate({ ...valid, ...change }).faults).toEqual([fault])
  })

  it('tells of every fault, not only the first', () => {
    const faults = validate({ ...valid, ID: 1, Priority: 'x', Source: [{}] }).faults
    expect(faults.map(({ pointer }) => pointer).sort()).toEqual(['/ID', '/Priority', '/Source/0/ID'])
  })

  it('stops at a hundred faults', () => {
    expect(validate({ ...valid, Category: Array(5000).fill('x') }).faults).toHaveLength(100)
  })

  it.each([
    [{ ...valid, Version: '2.D.V99' }, '/Version', 'is "2.D.V99"; known versions: 2.D.V04'],
    [{ ID: valid.ID }, '/Version', 'is required; known versions: 2.D.V04'],
    [[valid], '', 'must be an object, is a list'],
    [null, '', 'must be an object, is null'],
    ['x', '', 'must be an object, is a string'],
  ])('does not guess the version of %j', (message, pointer, reason) => {
    const verdict = validate(message)
    expect(verdict).toEqual({ faults: [{ pointer, reason: expect.stringContaining(reason) }] })
  })
})

describe('a validator', () => {
  it('is compiled once for each version and choice of formats', () => {
    expect(validator('2.D.V08')).toBe(validator('2.D.V08', { formats: false }))
    expect(validator('2.D.V08')).not.toBe(validator('2.D.V08', { formats: true }))
  })

  it('holds a message against its own version, whatever the message says', () => {
    expect(validator('2.D.V07')(valid).map(({ pointer }) => pointer)).toContain('/Version')
  })

  it('looks at URIs and mail addresses only when asked to', () => {
    const message = { ...valid, Ref: ['www.example.org'], Source: [{ ID: valid.ID, Email: 'someone' }] }
    expect(validator('2.D.V08')(message)).toEqual([])
    expect(validator('2.D.V08', { formats: true })(message)).toEqual([
      { pointer: '/Ref/0', reason: 'is not an absolute URI: "www.example.org"' },
      { pointer: '/Source/0/Email', reason: 'is not an e-mail address: "someone"' },
    ])
  })
})

describe('advise', () => {
  it('has nothing to say about a message that keeps to the text of the draft', () => {
    expect(advise(valid)).toEqual([])
  })

  it.each<[string, object, Fault]>([
    [
      'a time without a zone',
      { StartTime: '2026-04-26T10:00:00' },
      { pointer: '/StartTime', reason: 'has no time zone; receivers will take it for UTC' },
    ],
    [
      'a port that cannot be',
      { Source: [{ Port: [80, 0] }] },
      { pointer: '/Source/0/Port/1', reason: 'must be a port from 1 to 65535, is 0' },
    ],
    [
      'an attachment that is not there',
      { Source: [{ Attachment: ['other'] }] },
      { pointer: '/Source/0/Attachment/0', reason: 'no attachment is named other' },
    ],
    [
      'a name used twice',
      { Attachment: [{ Name: 'packet' }, { Name: 'packet' }] },
      { pointer: '/Attachment/1/Name', reason: 'another attachment is named packet too' },
    ],
  ])('points at %s', (_, change, fault) => {
    expect(advise({ ...valid, ...change })).toEqual([fault])
  })

  it('takes anything', () => {
    fc.assert(fc.property(fc.jsonValue(), (message) => Array.isArray(advise(message))))
  })
})

describe('the nearest word', () => {
  it.each([
    ['event', 'Event'],
    ['Evnt', 'Event'],
    ['NIDS', 'NET.NIDS'],
    ['Incidents', 'Incident'],
    ['zzzzzz', undefined],
    ['', undefined],
  ])('to %j is %s', (word, expected) => {
    expect(nearest(word, ['Incident', 'Event', 'NET.NIDS'])).toBe(expected)
  })
})
