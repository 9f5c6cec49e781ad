import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import suricata from '../../src/connectors/suricata/mapping.ts'
import { profile, VERSIONS } from '../../src/idmefv2/profiles.ts'
import { validator } from '../../src/idmefv2/validate.ts'
import { Converter } from '../../src/mapping/compile.ts'
import { readMapping } from '../../src/mapping/read.ts'
import { anyEvent, anyStyle, type Event, type Style, written } from './events.ts'
import { anySetting, CONTEXT, type Setting } from './mappings.ts'
import { PATIENT, runs } from './runs.ts'
import { converted, ways } from './ways.ts'

const anyRecord = fc.tuple(anyEvent, anyStyle)
const anyRecords = fc.array(anyRecord, { minLength: 4, maxLength: 12 })

/** The line of a record, with the carriage return that some writers leave at its end. */
function lineOf([event, style]: readonly [Event, Style]): string {
  return written(event, style) + (style.seed % 5 === 0 ? '\r' : '')
}

function faultsOf(message: string, version: Setting['version']): unknown {
  return message.startsWith('{') ? validator(version)(JSON.parse(message)) : []
}

/** Records in which no key comes twice. */
const onceOnly = anyRecords.map((records) =>
  records.map(([event, style]): [Event, Style] => [event, { ...style, repeated: false }]),
)

describe('a mapping means the same', () => {
  function agree(
    { version, rules }: Setting,
    records: readonly [Event, Style][],
    names: ('accessors' | 'closures' | 'oracle')[],
  ) {
    const all = ways(rules, version, CONTEXT)
    for (const record of records) {
      const line = Buffer.from(lineOf(record))
      const outcome = all.bytes(line)
      for (const name of names)
        expect(all[name](line), `${name}: ${line} by ${JSON.stringify(rules)}`).toBe(outcome)
      expect(faultsOf(outcome, version)).toEqual([])
    }
  }

  test('read from bytes, from an event by generated code or closures, and by jsonpath-plus', PATIENT, () => {
    fc.assert(
      fc.property(anySetting(false), onceOnly, (setting, records) =>
        agree(setting, records, ['accessors', 'closures', 'oracle']),
      ),
      runs(120),
    )
  })

  test('where keys are made of operators', PATIENT, () => {
    fc.assert(
      fc.property(anySetting(true), onceOnly, (setting, records) =>
        agree(setting, records, ['accessors', 'closures']),
      ),
      runs(60),
    )
  })

  test(
    'where keys come twice and the last one counts, but that the first may dismiss the record',
    PATIENT,
    () => {
      fc.assert(
        fc.property(anySetting(true), anyRecords, ({ version, rules }, records) => {
          const { bytes, closures } = ways(rules, version, CONTEXT)
          for (const [event, style] of records) {
            const line = Buffer.from(written(event, { ...style, repeated: true }))
            const outcome = bytes(line)
            if (outcome !== 'filtered') expect(outcome, `${line}`).toBe(closures(line))
          }
        }),
        runs(40),
      )
    },
  )
})

describe('a place that is a list in one record and an object in the next', () => {
  const paths = ['$.a[0]', '$.a[1].b', '$.a.b', "$.a['0']", '$.a.length', '$.a.b.c', '$.b[0]', '$.c.d']
  const values = [
    '[1,{"b":2}]',
    '{"0":"x","b":{"c":"y"}}',
    '{"length":5,"1":{"b":3}}',
    '"text"',
    '[]',
    '{}',
    '[[7]]',
    'null',
    '3',
  ]

  test('is read alike in all ways', () => {
    for (const some of [
      paths,
      ...paths.map((path) => [path]),
      paths.slice(0, 2),
      paths.slice(2, 4),
      ['$.a[0]', '$.a.b'],
    ]) {
      const mapping = { CreateTime: '2026-04-26T10:00:00Z', Analyzer: { Name: 'x' }, AltNames: some }
      const { bytes, accessors, closures } = ways(
        { filter: { $not: { $equals: ['$.c.d', 'no'] } }, mapping },
        '2.D.V08',
        CONTEXT,
      )
      for (const a of values)
        for (const b of values) {
          const line = Buffer.from(`{"a":${a},"b":${b},"c":${a}}`)
          const outcome = bytes(line)
          for (const convert of [accessors, closures])
            expect(convert(line), `${line} by ${some}`).toBe(outcome)
        }
    }
  })
})

describe('a record with a byte changed, lost or added', () => {
  const anyChange = fc.record({
    at: fc.nat(),
    kind: fc.constantFrom('flip', 'delete', 'insert'),
    byte: fc.integer({ min: 0, max: 255 }),
  })
  const syntax = fc.constantFrom(...Buffer.from('"\\{}[],:0-.e tn\r\t'))
  const anyChanges = fc.array(
    fc.oneof(
      anyChange,
      fc.tuple(anyChange, syntax).map(([change, byte]) => ({ ...change, byte })),
    ),
    {
      minLength: 1,
      maxLength: 2,
    },
  )

  function changed(line: Buffer, changes: readonly { at: number; kind: string; byte: number }[]): Buffer {
    return changes.reduce((bytes, { at, kind, byte }) => {
      const i = at % (bytes.length + 1)
      const kept = kind === 'insert' ? i : i + 1
      const put = kind === 'delete' || byte === 0x0a ? [] : [byte]
      return Buffer.concat([bytes.subarray(0, i), Buffer.from(put), bytes.subarray(kept)])
    }, line)
  }

  /** As the reader of records hands it over: invalid UTF-8 is repaired before. */
  const repaired = (bytes: Buffer) => Buffer.from(bytes.toString())

  test('fares as with a parser, or its fault lies in what nothing reads', PATIENT, () => {
    fc.assert(
      fc.property(
        anySetting(true),
        fc.array(fc.tuple(anyRecord, anyChanges), { minLength: 4, maxLength: 12 }),
        ({ version, rules }, cases) => {
          const program = readMapping(rules, profile(version), CONTEXT)
          const [direct, careful] = [true, false].map(
            (generate) => new Converter(program, generate, JSON.parse),
          )
          for (const [record, changes] of cases) {
            const line = repaired(changed(Buffer.from(lineOf(record)), changes))
            const outcome = converted(direct as Converter, line)
            const expected = converted(careful as Converter, line)
            expect(outcome).not.toContain('NEIGHBOUR')
            expect(faultsOf(outcome, version), line.toString()).toEqual([])
            const isLenient = expected === 'invalid_json' || (outcome === 'filtered' && record[1].repeated)
            if (!isLenient) expect(outcome, line.toString()).toBe(expected)
          }
        },
      ),
      runs(100),
    )
  })
})

const sample = new URL('../../../shared/corpus/suricata/eve-sample.jsonl', import.meta.url)

describe.skipIf(!existsSync(sample))('every alert of the real sample', () => {
  const lines = existsSync(sample)
    ? readFileSync(sample, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : []
  const context = { ...CONTEXT, options: { attach: ['payload', 'http', 'packet', 'raw'] } }

  test.each(VERSIONS)('is one valid message in all ways, in %s', PATIENT, (version) => {
    const { bytes, accessors, closures, oracle } = ways(suricata, version, context)
    let alerts = 0
    for (const line of lines) {
      const bytesOfLine = Buffer.from(line)
      const outcome = bytes(bytesOfLine)
      const event = JSON.parse(line)
      for (const convert of [accessors, closures, oracle]) expect(convert(bytesOfLine)).toBe(outcome)
      expect(outcome.startsWith('{')).toBe(event.event_type === 'alert')
      if (event.event_type !== 'alert') continue
      alerts++
      expect(faultsOf(outcome, version)).toEqual([])
    }
    expect(alerts).toBe(485)
  })
})
