import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { factsOf } from '../../src/config/facts.ts'
import { common } from '../../src/config/options.ts'
import { Secret } from '../../src/config/secret.ts'
import {
  boolean,
  bytes,
  choice,
  duration,
  integer,
  list,
  listen,
  secret,
  text,
  written,
  zone,
} from '../../src/config/values.ts'
import { nearest } from '../../src/nearest.ts'

const gives = (schema: z.ZodType, value: string | undefined) => {
  const { success, data, error } = schema.safeParse(value)
  return success ? data : error.issues.map(({ message }) => message).join()
}

describe('values', () => {
  it.each<[string, z.ZodType, string, unknown]>([
    ['boolean', boolean(), 'True', true],
    ['boolean', boolean(), 'on', true],
    ['boolean', boolean(), '0', false],
    ['boolean', boolean(), 'No', false],
    ['boolean', boolean(), 'ja', 'expected yes or no'],
    ['integer', integer(1, 9), '+7', 7],
    ['integer', integer(1, 9), '10', 'expected a whole number from 1 to 9'],
    ['integer', integer(1, 9), '1.5', 'expected a whole number from 1 to 9'],
    ['bytes', bytes(), '64k', 65536],
    ['bytes', bytes(), '1.5 KiB', 1536],
    ['bytes', bytes(), '1MB', 1e6],
    ['bytes', bytes(1024, 4096), '1', 'expected a size such as 16MiB, from 1KiB to 4KiB'],
    ['bytes', bytes(), 'constructor', 'expected a size such as 16MiB, from 1 to 1024GiB'],
    ['zone', zone(), 'Europe/Paris', 'Europe/Paris'],
    ['zone', zone('auto'), ' AUTO', 'auto'],
    ['zone', zone(), 'Local', 'local'],
    ['zone', zone(), 'CEST', 'expected a zone such as Europe/Paris or +02:00, or local'],
    ['duration', duration(), '1.5', 1500],
    ['duration', duration(), '5 min', 300_000],
    ['duration', duration(10, 60_000), '1h', 'expected a duration such as 30s, from 10ms to 1min'],
    ['list', list(), ' a, b\nc,,', ['a', 'b', 'c']],
    ['listen', listen(), '[::1]:9464', { host: '::1', port: 9464 }],
    ['listen', listen(), ':0', { host: '127.0.0.1', port: 0 }],
    ['listen', listen(), 'off', undefined],
    ['listen', listen(), '127.0.0.1:65536', 'expected ADDRESS:PORT or off'],
    ['choice', choice('a', 'b'), ' B ', 'b'],
    ['choice', choice('a', 'b'), 'c', 'expected one of: a, b'],
    ['text', text(), 'a\nb', 'must be one line; an indented line continues the value above it'],
  ])('%s: %#', (_, schema, value, expected) => {
    expect(gives(schema, value)).toEqual(expected)
  })

  it('are written as they are read', () => {
    const roundTrip = (schema: z.ZodType, value: unknown) => {
      expect(gives(schema, written(value, factsOf(schema).unit))).toEqual(value)
    }
    fc.assert(fc.property(fc.integer({ min: 0, max: 7 * 86_400_000 }), (ms) => roundTrip(duration(), ms)))
    fc.assert(fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (size) => roundTrip(bytes(), size)))
    fc.assert(fc.property(fc.ipV6(), fc.nat(65535), (host, port) => roundTrip(listen(), { host, port })))
    fc.assert(fc.property(fc.boolean(), (value) => roundTrip(boolean(), value)))
    expect(written(1536, 'bytes')).toBe('1536')
    expect(written(90_000, 'ms')).toBe('90s')
    expect(written(undefined)).toBe('off')
  })
})

describe('common options', () => {
  it('all have a default or may be absent, and a description', () => {
    for (const schema of Object.values(common)) {
      expect(schema.safeParse({}).error?.issues ?? []).toEqual([])
      for (const [key, option] of Object.entries(schema.shape))
        expect(factsOf(option).description, key).not.toBe('')
    }
  })

  it('take their defaults as an operator would write them', () => {
    for (const schema of Object.values(common)) {
      const texts = Object.entries(schema.shape)
        .map(([key, option]) => [key, factsOf(option).fallback] as const)
        .filter(([, fallback]) => fallback !== undefined)
      expect(schema.parse(Object.fromEntries(texts))).toEqual(schema.parse({}))
    }
  })

  it.each(['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'])("take Python's level %s", (level) => {
    expect(common.logging.parse({ level }).level).toBe(level.toLowerCase())
  })

  it.each([
    ['True', true],
    ['False', false],
    ['/etc/ssl/ca.pem', '/etc/ssl/ca.pem'],
  ])('take verify = %s as Python does', (verify, expected) => {
    expect(common.idmefv2.parse({ verify }).verify).toBe(expected)
  })

  it.each([
    ['V08', '2.D.V08'],
    ['2.d.v04', '2.D.V04'],
  ])('take the version %s', (version, expected) => {
    expect(common.idmefv2.parse({ version }).version).toBe(expected)
  })

  it('take fingerprints with colons, and nothing else for one', () => {
    const pin = 'ab:'.repeat(31).concat('CD')
    expect(common.idmefv2.parse({ pin_sha256: pin }).pin_sha256).toEqual([pin])
    expect(common.idmefv2.safeParse({ pin_sha256: `${pin}, abcd` }).success).toBe(false)
  })
})

describe('facts', () => {
  it('are seen through every wrapper', () => {
    expect(factsOf(duration().prefault('5s').describe('d'))).toMatchObject({
      isRequired: false,
      fallback: '5s',
      unit: 'ms',
    })
    expect(factsOf(duration().default(5000))).toMatchObject({ isRequired: false, fallback: '5s' })
    expect(factsOf(choice('a', 'b').optional())).toMatchObject({ isRequired: false, words: ['a', 'b'] })
    expect(factsOf(text().meta({ description: 'd', examples: ['e'] }))).toMatchObject({
      isRequired: true,
      example: 'e',
      description: 'd',
    })
    expect(factsOf(boolean().default(true)).fallback).toBe('yes')
  })

  it('know a secret however it is refined or described', () => {
    const token = secret().refine((value) => value.reveal() !== '')
    for (const schema of [
      secret(),
      token,
      token.optional().describe('d'),
      secret().describe('d'),
      text().pipe(secret()),
    ])
      expect(factsOf(schema).isSecret).toBe(true)
    expect(factsOf(text().optional()).isSecret).toBe(false)
  })
})

it('S9: a secret shows itself to nobody but reveal', () => {
  const value = new Secret('hunter2')
  const all = [
    String(value),
    `${value}`,
    JSON.stringify({ value }),
    inspect({ value }, { showHidden: true, depth: 9 }),
  ]
  expect(all.join()).not.toContain('hunter2')
  expect(value.reveal()).toBe('hunter2')
})

describe('the nearest word', () => {
  const keys = ['filename', 'filetype', 'url', 'login', 'password', 'password_file', 'retry_min']
  it.each([
    ['filname', 'filename'],
    ['fielname', 'filename'],
    ['FileName', 'filename'],
    ['ulr', 'url'],
    ['pasword', 'password'],
    ['retry-min', 'retry_min'],
    ['colour', undefined],
    ['x', undefined],
  ])('to %s is %s', (word, expected) => {
    expect(nearest(word, keys)).toBe(expected)
  })
})
