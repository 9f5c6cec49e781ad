import { describe, expect, test } from 'vitest'
import { profile, VERSIONS, type Version } from '../../src/idmefv2/profiles.ts'
import { closures } from '../../src/mapping/closures.ts'
import { applyDocument } from '../../src/mapping/file.ts'
import { Ids } from '../../src/mapping/ids.ts'
import { MappingError, readMapping } from '../../src/mapping/read.ts'
import type { Mapping, Rules } from '../../src/mapping/rules.ts'

type Fields = { [field: string]: Mapping }

const CONTEXT = {
  values: { 'analyzer.ip': '192.0.2.10', 'analyzer.name': 'Probe', location: undefined },
  options: { words: ['x'], nested: { a: 1 } },
}
const LEAST: Fields = { CreateTime: '$.time', Analyzer: { Name: 'Probe' } }

function read(mapping: Mapping, { version = '2.D.V08', filter = true, functions = {} }: Setting = {}) {
  return readMapping({ filter, mapping, functions }, profile(version), CONTEXT)
}

interface Setting extends Partial<Omit<Rules, 'mapping'>> {
  version?: Version
}

function faultsOf(mapping: Mapping, setting?: Setting): string[] {
  try {
    read(mapping, setting)
    return []
  } catch (error) {
    if (!(error instanceof MappingError)) throw error
    return error.faults.map(({ pointer, what }) => `${pointer}: ${what}`)
  }
}

function messageOf(mapping: Mapping, event: unknown, setting?: Setting): unknown {
  const conversion = closures(read(mapping, setting))(event, new Ids())
  return conversion.kind === 'message' ? conversion.message : conversion.kind
}

describe('a fault of a mapping is told with its place', () => {
  test.each<[string, Fields, string]>([
    [
      'a field of no version',
      { Sorce: [] },
      '/Sorce: Message has no field Sorce in any IDMEFv2 version; did you mean Source?',
    ],
    [
      'a field of no version, inside',
      { Source: [{ IPs: '$.a' }] },
      '/Source/0/IPs: Source has no field IPs in any IDMEFv2 version; did you mean IP?',
    ],
    [
      'a name that needs escaping',
      { 'a/b~c': 1 },
      '/a~1b~0c: Message has no field a/b~c in any IDMEFv2 version',
    ],
    [
      'a name of JavaScript',
      { constructor: 1 },
      '/constructor: Message has no field constructor in any IDMEFv2 version',
    ],
    [
      'a path',
      { Note: '$.a[' },
      '/Note: "$.a[", character 5: expected an index, a quoted name, *, a slice or a filter',
    ],
    [
      'a path in a list',
      { AltNames: ['$.a', '$5'] },
      '/AltNames/1: "$5", character 2: expected ".", "[" or the end of the path',
    ],
    [
      'a path in a call',
      { Note: { $text: ['a', '$b'] } },
      '/Note/$text/1: "$b", character 2: expected ".", "[" or the end of the path',
    ],
    [
      'a path that is the only argument',
      { Note: { $lower: '$b' } },
      '/Note/$lower: "$b", character 2: expected ".", "[" or the end of the path',
    ],
    [
      'a path in a table',
      { Note: { $lookup: ['$.a', { 'x/y': '$b' }] } },
      '/Note/$lookup/1/x~1y: "$b", character 2: expected ".", "[" or the end of the path',
    ],
    [
      'a word of no taxonomy',
      { Category: 'Recon.Netwrk' },
      '/Category: "Recon.Netwrk" is not a value of this field in 2.D.V08; did you mean Recon.Network?',
    ],
    [
      'a word in a table',
      { Priority: { $lookup: ['$.a', { 1: 'Hihg' }] } },
      '/Priority: "Hihg" is not one of Unknown, Info, Low, Medium, High in 2.D.V08; did you mean High?',
    ],
    [
      'a default',
      { Priority: { $lookup: ['$.a', {}, 'Lowest'] } },
      '/Priority: "Lowest" is not one of Unknown, Info, Low, Medium, High in 2.D.V08',
    ],
    [
      'a constant among others',
      { Priority: { $first: ['$.a', { $if: [{ $exists: '$.b' }, 'x', 'Low'] }] } },
      '/Priority: "x" is not one of Unknown, Info, Low, Medium, High in 2.D.V08',
    ],
    [
      'a constant of another kind',
      { CreateTime: 'now' },
      '/CreateTime: "now" is not a valid timestamp in 2.D.V08',
    ],
    ['a number for an address', { Source: [{ IP: 5 }] }, '/Source/0/IP: 5 is not a valid ip in 2.D.V08'],
    ['an object for a text', { Note: { a: 'b' } }, '/Note: {"a":"b"} is not a valid string in 2.D.V08'],
    ['a text for a class', { Source: 'x' }, '/Source: expected an object with the fields of Source'],
    ['a text for an item', { Source: [{}, 'x'] }, '/Source/1: expected an object with the fields of Source'],
    [
      'a list for a single class',
      { Analyzer: [{ Name: 'x' }] },
      '/Analyzer: expected an object with the fields of Analyzer',
    ],
    [
      'an object in $first',
      { Source: [{ $first: ['$.a', { IP: '$.b' }] }] },
      '/Source/0/$first/1: an object of fields is always present; choose with $if instead of $first',
    ],
    ['no required field', { Analyzer: { IP: '$.a' } }, '/Analyzer/Name: 2.D.V08 requires it in Analyzer'],
    [
      'a required field that is never there',
      { Analyzer: { Name: { $option: 'none' } } },
      '/Analyzer/Name: 2.D.V08 requires it in Analyzer',
    ],
    ['no class that is required', { Analyzer: null }, '/Analyzer: 2.D.V08 requires it in Message'],
    [
      'an unknown function',
      { Note: { $lowr: '$.a' } },
      '/Note/$lowr: unknown form or function $lowr; did you mean $lower?',
    ],
    [
      'a condition as a value',
      { Note: { $exists: '$.a' } },
      '/Note/$exists: a condition stands only in $if and $filter',
    ],
    [
      'a value as a condition',
      { Note: { $if: ['$.a', 'x'] } },
      '/Note/$if/0: expected a condition: true, false, or one of $equals, $in, $exists, $atLeast, $atMost, $not, $all, $any',
    ],
    [
      'a function as a condition',
      { Note: { $if: [{ $lower: 'x' }, 'x'] } },
      '/Note/$if/0/$lower: expected a condition: true, false, or one of $equals, $in, $exists, $atLeast, $atMost, $not, $all, $any',
    ],
    [
      'a condition inside',
      { Note: { $if: [{ $all: [true, { $not: { $any: ['x'] } }] }, 'x'] } },
      '/Note/$if/0/$all/1/$not/$any/0: expected a condition: true, false, or one of $equals, $in, $exists, $atLeast, $atMost, $not, $all, $any',
    ],
    ['too few arguments of $if', { Note: { $if: [true] } }, '/Note/$if: $if takes 2 or 3 arguments, not 1'],
    [
      'too many arguments of $if, of a class',
      { Source: [{ $if: [true, {}, {}, {}] }] },
      '/Source/0/$if: $if takes 2 or 3 arguments, not 4',
    ],
    [
      'an argument missing in a condition',
      { Note: { $if: [{ $equals: '$.a' }, 'x'] } },
      '/Note/$if/0/$equals: $equals takes 2 arguments, not 1',
    ],
    [
      'an argument too many',
      { Note: { $if: [{ $exists: ['$.a', '$.b'] }, 'x'] } },
      '/Note/$if/0/$exists: $exists takes 1 argument, not 2',
    ],
    [
      'no argument of $first',
      { Note: { $first: [] } },
      '/Note/$first: $first takes at least 1 argument, not 0',
    ],
    [
      'a path to compare with',
      { Note: { $if: [{ $equals: ['$.a', '$.b'] }, 'x'] } },
      '/Note/$if/0/$equals/1: expected a text, a number, true or false',
    ],
    ['null to compare with', { Note: { $if: [{ $in: ['$.a', ['x', null]] }, 'x'] } }, ''],
    [
      'an object to compare with',
      { Note: { $if: [{ $in: ['$.a', [{ a: 'x' }]] }, 'x'] } },
      '/Note/$if/0/$in/1: expected a text, a number, true or false',
    ],
    [
      'no list for $in',
      { Note: { $if: [{ $in: ['$.a', 'x'] }, 'x'] } },
      '/Note/$if/0/$in/1: $in takes [value, [literal, …]]',
    ],
    [
      'no number for $atLeast',
      { Note: { $if: [{ $atLeast: ['$.a', 'x'] }, 'x'] } },
      '/Note/$if/0/$atLeast/1: expected a number',
    ],
    [
      'an empty text for $atMost',
      { Note: { $if: [{ $atMost: ['$.a', ''] }, 'x'] } },
      '/Note/$if/0/$atMost/1: expected a number',
    ],
    [
      'no table of $version',
      { Note: { $version: 'x' } },
      '/Note/$version: $version takes an object such as {"V04-V06": …, "V07-V08": …}',
    ],
    [
      'a version that is none',
      { Note: { $version: { V3: 'x', V08: 'y' } } },
      '/Note/$version/V3: expected a version or a range such as V04 or V04-V06',
    ],
    [
      'a range backwards',
      { Note: { $version: { 'V07-V05': 'x' } } },
      '/Note/$version/V07-V05: expected a version or a range such as V04 or V04-V06',
    ],
    [
      'ranges that overlap',
      { Note: { $version: { 'V04-V08': 'x', V08: 'y' } } },
      '/Note/$version/V08: V04-V08 covers 2.D.V08 too',
    ],
    [
      'ranges that overlap, of a class',
      { Source: [{ $version: { V08: {}, 'V07-V08': {} } }] },
      '/Source/0/$version/V07-V08: V08 covers 2.D.V08 too',
    ],
    [
      'an unknown value of the context',
      { Note: { $context: 'analyser.name' } },
      '/Note/$context: no value "analyser.name" is known at start; did you mean analyzer.name?',
    ],
    ['no name of an option', { Note: { $option: 5 } }, '/Note/$option: $option takes one name'],
    [
      'no table of $lookup',
      { Note: { $lookup: ['$.a', ['x']] } },
      '/Note/$lookup/1: $lookup takes [value, {"key": result, …}, default]',
    ],
    [
      'too many names of IDs',
      { RelID: Array.from({ length: 256 }, (_, i) => ({ $id: `${i}` })) },
      '/RelID/255/$id: more than 255 different $id names',
    ],
    [
      'a version of its own',
      { Version: '2.D.V04' },
      '/Version: is set from the configured version, 2.D.V08; leave it out',
    ],
  ])('%s', (_, fields, fault) => {
    expect(faultsOf({ ...LEAST, ...fields })).toEqual(fault === '' ? [] : [fault])
  })

  test('in the filter', () => {
    expect(faultsOf(LEAST, { filter: { $all: [{ $equals: ['$.a', 'x'] }, '$.b'] } })).toEqual([
      expect.stringMatching(/^\/\$filter\/\$all\/1: expected a condition/),
    ])
    expect(faultsOf(LEAST, { filter: null })).toEqual([
      expect.stringMatching(/^\/\$filter: expected a condition/),
    ])
  })

  test('where the mapping is no object at all', () => {
    for (const mapping of [null, 'x', ['x'], 5]) {
      expect(faultsOf(mapping)).toEqual([': a mapping is an object of IDMEFv2 fields'])
    }
  })

  test('together with all the others', () => {
    const faults = faultsOf({ Sorce: 1, Note: '$[', Source: [{ IP: 'x', Prot: 1 }] }, { filter: 'x' })
    expect(faults.map((fault) => fault.split(':')[0])).toEqual([
      '/$filter',
      '/Sorce',
      '/Note',
      '/Source/0/IP',
      '/Source/0/Prot',
      '/CreateTime',
      '/Analyzer',
    ])
    expect(() => read({ Sorce: 1, Note: '$[' })).toThrow(/\/Sorce: .*\n\/Note: /)
  })
})

describe('versions', () => {
  const sensor = { Sensor: [{ Name: 'eth0', IP: '192.0.2.1' }] }

  test.each(VERSIONS)('each take from a mapping what they have: %s', (version) => {
    const message = messageOf(
      {
        ...LEAST,
        ...sensor,
        ReportTime: '$.time',
        EntitySector: [],
        Source: [{ TI: 'x', Category: [], Note: 'n' }],
      },
      { time: '2026-04-26T10:00:00Z' },
      { version },
    )
    expect(message).toMatchObject({ Version: version, Sensor: [{ Name: 'eth0' }], Source: [{ TI: ['x'] }] })
    expect(Object.hasOwn(message as object, 'ReportTime')).toBe(version === '2.D.V08')
  })

  test.each<[Version, string | undefined]>([
    ['2.D.V04', 'a'],
    ['2.D.V05', 'b'],
    ['2.D.V06', 'b'],
    ['2.D.V07', undefined],
    ['2.D.V08', 'c'],
  ])('choose by range: %s', (version, note) => {
    const mapping = { ...LEAST, Note: { $version: { V04: 'a', 'V05-V06': 'b', V08: 'c' } } }
    const message = messageOf(mapping, { time: '2026-04-26T10:00:00Z' }, { version })
    expect((message as { Note?: string }).Note).toBe(note)
  })

  test('that require the address of the analyzer get it from the context', () => {
    const message = messageOf(LEAST, { time: '2026-04-26T10:00:00Z' }, { version: '2.D.V04' })
    expect(message).toMatchObject({ Analyzer: { IP: '192.0.2.10', Name: 'Probe' } })
  })
})

describe('a mapping file', () => {
  const own: Rules = {
    filter: { $equals: ['$.type', 'alert'] },
    mapping: {
      ...LEAST,
      Note: '$.note',
      Cause: 'Unknown',
      Source: [{ IP: '$.ip' }],
      Description: { $lower: '$.d' },
    },
  }
  const mappingOf = (document: unknown) => applyDocument(own, JSON.stringify(document)).mapping

  test('is the whole mapping', () => {
    expect(mappingOf({ CreateTime: '$.t' })).toEqual({ CreateTime: '$.t' })
    expect(mappingOf({ $extends: false, CreateTime: '$.t' })).toEqual({ CreateTime: '$.t' })
  })

  test('or changes the connector’s own, field by field, and null removes', () => {
    expect(
      mappingOf({ $extends: true, Note: 'n', Cause: null, Analyzer: { Model: 'm' }, Status: 'New' }),
    ).toEqual({
      CreateTime: '$.time',
      Analyzer: { Name: 'Probe', Model: 'm' },
      Note: 'n',
      Source: [{ IP: '$.ip' }],
      Description: { $lower: '$.d' },
      Status: 'New',
    })
    expect(mappingOf({ $extends: true, Analyzer: { Name: null } })).toMatchObject({ Analyzer: {} })
  })

  test('replaces lists, forms and what a form stands for as a whole', () => {
    expect(
      mappingOf({ $extends: true, Source: [{ Port: 1 }], Description: { $upper: '$.d' }, Note: { a: 1 } }),
    ).toMatchObject({
      Source: [{ Port: 1 }],
      Description: { $upper: '$.d' },
      Note: { a: 1 },
    })
    expect(mappingOf({ $extends: true, Analyzer: { $if: [true, { Name: 'x' }] } })).toMatchObject({
      Analyzer: { $if: [true, { Name: 'x' }] },
    })
  })

  test('leaves no null behind in an object that is new', () => {
    expect(mappingOf({ $extends: true, Sensor: { Name: 'x', IP: null } })).toMatchObject({
      Sensor: { Name: 'x' },
    })
  })

  test('may have a filter of its own', () => {
    expect(applyDocument(own, '{"$filter": true, "$extends": true}')).toEqual({ ...own, filter: true })
    expect(applyDocument(own, '{"$extends": true}').filter).toEqual(own.filter)
  })

  test.each([
    ['{', /^\/: not JSON: /],
    ['[]', /^\/: a mapping is an object of IDMEFv2 fields$/],
    ['null', /^\/: a mapping is an object of IDMEFv2 fields$/],
    ['{"$extends": "yes"}', /^\/\$extends: expected true or false$/],
  ])('with a fault is refused: %s', (text, message) => {
    expect(() => applyDocument(own, text)).toThrow(MappingError)
    expect(() => applyDocument(own, text)).toThrow(message)
  })

  test('cannot reach a prototype', () => {
    const text =
      '{"$extends": true, "__proto__": {"polluted": 1}, "Analyzer": {"__proto__": {"polluted": 1}}}'
    const { mapping } = applyDocument(own, text)
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
    expect((mapping as { polluted?: number }).polluted).toBeUndefined()
    expect(faultsOf(mapping)).toEqual([
      '/Analyzer/__proto__: Analyzer has no field __proto__ in any IDMEFv2 version',
      '/__proto__: Message has no field __proto__ in any IDMEFv2 version',
    ])
  })
})
