import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { profile, type Version } from '../../src/idmefv2/profiles.ts'
import { compile } from '../../src/mapping/compile.ts'
import { FUNCTIONS } from '../../src/mapping/functions.ts'
import { Ids } from '../../src/mapping/ids.ts'
import { parserOf } from '../../src/mapping/parser.ts'
import type { Mapping } from '../../src/mapping/rules.ts'

type Fields = { [field: string]: Mapping }

const TIME = '2026-04-26T10:00:00Z'
const CONTEXT = {
  values: { 'analyzer.name': 'Probe', 'analyzer.ip': '192.0.2.10', location: undefined },
  options: { words: ['a', 'b'], limit: 3, table: { x: 'y' }, none: undefined },
}
const ids = new Ids()

interface Setting {
  version?: Version
  filter?: Mapping
  code?: Code
}

/** `parsed` is what generated code makes of a record that is too unusual for the scanner. */
type Code = 'generated' | 'parsed' | 'closures'
const CODES: readonly Code[] = ['generated', 'parsed', 'closures']

const FUNCTIONS_OF_PROBE = { kinds: (...values: unknown[]) => values.map((value) => typeof value) }

/** The message, without what each one has; the reason where there is none. */
function convert(
  fields: Fields,
  event: Fields,
  { version = '2.D.V08', filter = true, code = 'generated' }: Setting = {},
) {
  const mapping = { CreateTime: TIME, Analyzer: { Name: 'Probe' }, ...fields }
  const rules = { filter, mapping, functions: FUNCTIONS_OF_PROBE }
  const converter = compile(rules, profile(version), CONTEXT, {
    code: code === 'closures' ? code : 'generated',
  })
  const text = JSON.stringify(event)
  const unusual = text.replace(/^\{/, text === '{}' ? '{"\\u006eo":0' : '{"\\u006eo":0,')
  const bytes = Buffer.from(`${code === 'parsed' ? unusual : text}\n`)
  const out = Buffer.alloc(4096)
  ids.at(1, 2, 3)
  const end = converter.convert(bytes, 0, bytes.length - 1, ids, out, 0)
  if (end < 0) return end === -2 ? 'filtered' : `${converter.reason}: ${converter.detail}`
  const {
    Version: _version,
    ID: _id,
    CreateTime: _time,
    Analyzer: _analyzer,
    ...rest
  } = JSON.parse(out.toString('utf8', 0, end))
  return rest
}

/** What a value gives in a field that takes lists of texts; nothing when it leaves the field out. */
function given(value: Mapping, event: Fields = {}): unknown {
  const message = convert({ AltNames: value }, event)
  for (const code of CODES) expect(convert({ AltNames: value }, event, { code })).toEqual(message)
  return message.AltNames
}

describe.each(CODES)('a message made by %s code', (code) => {
  const make = (fields: Fields, event: Fields, setting: Setting = {}) =>
    convert(fields, event, { ...setting, code })

  test('leaves out what is absent, and objects and lists with nothing in them', () => {
    const fields = {
      Note: '$.nothing',
      Description: '$.null',
      AltNames: ['$.nothing'],
      Source: [{ IP: '$.nothing' }],
      Target: [],
    }
    expect(make(fields, { null: null })).toEqual({})
  })

  test('leaves out an object that lacks what its class requires', () => {
    const fields = {
      Attachment: [
        { Name: '$.name', Note: 'n' },
        { Name: 'b', Note: 'n' },
      ],
    }
    expect(make(fields, { name: 'not valid!' })).toEqual({ Attachment: [{ Name: 'b', Note: 'n' }] })
  })

  test('has an ID in every part, another one for each, the same for the same record', () => {
    const fields = {
      Source: [{ IP: '$.a' }, { IP: '$.b' }],
      Target: [{ IP: '$.a' }],
      RelID: [{ $id: 'x' }, { $id: 'y' }, { $id: 'x' }],
    }
    const event = { a: '192.0.2.1', b: '192.0.2.2' }
    const message = make(fields, event)
    const given = [...message.Source, ...message.Target]
      .map((part: { ID: string }) => part.ID)
      .concat(message.RelID)
    expect(new Set(given).size).toBe(5)
    expect(given).toHaveLength(5)
    expect(make(fields, event)).toEqual(message)
  })

  test('leaves out an ID where the field cannot hold one', () => {
    const id = { $id: 'x' }
    expect(
      make({ StartTime: id, Priority: id, Confidence: id, Source: [{ IP: id, Note: 'n' }] }, {}),
    ).toEqual({
      Source: [{ ID: expect.any(String), Note: 'n' }],
    })
  })

  test('is shaped by the field: lists, first usable values, no value twice', () => {
    const event = {
      list: ['x', '', null, 'x', ['y', 5, {}]],
      ports: [0, 80, '443', 70000, 80],
      times: ['no', TIME],
    }
    expect(
      make(
        {
          AltNames: '$.list',
          Note: '$.list',
          StartTime: '$.times',
          Source: [{ Port: '$.ports', Note: 'n' }],
        },
        event,
      ),
    ).toMatchObject({ AltNames: ['x', 'y', '5'], Note: 'x', StartTime: TIME, Source: [{ Port: [80, 443] }] })
  })

  test('is shaped from an object or a list of them that a path finds', () => {
    const event = {
      one: { IP: '192.0.2.1', Bad: 1, ID: '0b6e4a55-4c1d-8f3e-9a3b-5f2d7c9e1a00' },
      none: { Bad: 1 },
    }
    expect(make({ Source: ['$.one', '$.none', '$.nothing'] }, event)).toEqual({
      Source: [{ ID: '0b6e4a55-4c1d-8f3e-9a3b-5f2d7c9e1a00', IP: '192.0.2.1' }],
    })
    expect(make({ Source: '$.all[*]' }, { all: [event.one, event.none, event.one] }).Source).toHaveLength(2)
  })

  test('is rejected without what a message requires', () => {
    expect(make({ CreateTime: '$.time' }, { time: 'yesterday' })).toBe(
      'missing_required: the record has nothing usable for CreateTime',
    )
    expect(make({ Analyzer: { Name: '$.name' } }, {})).toBe(
      'missing_required: the record has nothing usable for Analyzer',
    )
  })

  test('is not made where the filter says no', () => {
    const filter = { $all: [{ $equals: ['$.type', 'alert'] }, { $atMost: ['$.level', 2] }] }
    expect(make({}, { type: 'alert', level: 2 }, { filter })).toEqual({})
    expect(make({}, { type: 'alert', level: '2' }, { filter })).toEqual({})
    expect(make({}, { type: 'alert', level: 3 }, { filter })).toBe('filtered')
    expect(make({}, { type: 'alert' }, { filter })).toBe('filtered')
    expect(make({}, { type: 'dns', level: 1 }, { filter })).toBe('filtered')
    expect(make({}, {}, { filter })).toBe('filtered')
    expect(make({}, {}, { filter: false })).toBe('filtered')
  })
})

describe('a value', () => {
  test.each<[string, Mapping, Fields, unknown]>([
    ['a path', '$.a', { a: 'x' }, ['x']],
    ['a constant', 'x', {}, ['x']],
    ['a number', 3, {}, ['3']],
    ['true', true, {}, ['true']],
    ['a list', ['x', '$.a', '$.b', null], { a: 'y' }, ['x', 'y']],
    [
      'a list in a list, spliced in',
      ['x', ['$.a', ['$.b']], '$.list'],
      { a: 1, b: 2, list: [3, 4] },
      ['x', '1', '2', '3', '4'],
    ],
    ['$first', { $first: ['$.a', '$.b', 'z', 'never'] }, { b: 'y' }, ['y']],
    ['$first of nothing', { $first: ['$.a', '$.b'] }, { a: null }, undefined],
    ['$first with a list of nothing before', { $first: [['$.a', '$.b'], 'z'] }, {}, ['z']],
    ['$if that holds', { $if: [{ $exists: '$.a' }, 'x', 'y'] }, { a: 0 }, ['x']],
    ['$if that does not', { $if: [{ $exists: '$.a' }, 'x', 'y'] }, { a: null }, ['y']],
    ['$if without else', { $if: [false, 'x'] }, {}, undefined],
    ['$literal', { $literal: '$5' }, {}, ['$5']],
    ['$literal of a list', { $literal: [['$5', '$6']] }, {}, ['$5', '$6']],
    ['$context', { $context: 'analyzer.ip' }, {}, ['192.0.2.10']],
    ['$context that is not known', { $context: 'location' }, {}, undefined],
    ['$option', { $option: 'words' }, {}, ['a', 'b']],
    ['$option that is not set', { $option: 'none' }, {}, undefined],
    ['$lookup', { $lookup: ['$.a', { x: 'y' }, 'z'] }, { a: 'x' }, ['y']],
    ['$lookup of a number', { $lookup: ['$.a', { 1: 'one', true: 'yes' }] }, { a: 1 }, ['one']],
    ['$lookup of a boolean', { $lookup: ['$.a', { 1: 'one', true: 'yes' }] }, { a: true }, ['yes']],
    ['$lookup of another case', { $lookup: ['$.a', { x: 'y' }, 'z'] }, { a: 'X' }, ['z']],
    ['$lookup without default', { $lookup: ['$.a', { x: 'y' }] }, { a: 'X' }, undefined],
    ['$lookup of an inherited name', { $lookup: ['$.a', {}, 'z'] }, { a: 'constructor' }, ['z']],
    [
      '$lookup with a path in the table',
      { $lookup: ['$.a', { x: '$.b', y: ['$.b', 1] }, 'z'] },
      { a: 'y', b: 2 },
      ['2', '1'],
    ],
    [
      '$lookup with nothing in the table',
      { $lookup: ['$.a', { x: null, y: '$.b' }, 'z'] },
      { a: 'x' },
      undefined,
    ],
    ['$lookup in a table of options', { $lookup: ['$.a', { $option: 'table' }] }, { a: 'x' }, ['y']],
    [
      '$lookup with forms in the table',
      { $lookup: ['$.a', { x: { $literal: '$5' }, y: 1 }] },
      { a: 'x' },
      ['$5'],
    ],
    [
      '$text',
      { $text: ['a ', '$.b', ' ', '$.c', ' ', '$.d'] },
      { b: 'x', c: 1.5, d: false },
      ['a x 1.5 false'],
    ],
    ['$text with a part absent', { $text: ['a ', '$.b'] }, {}, undefined],
    ['$text with an object', { $text: ['a ', '$.b'] }, { b: {} }, undefined],
    ['$join', { $join: ['-', '$.a', '$.b', '$.c', '$.d'] }, { a: 'x', c: ['y', ['z']], d: '' }, ['x-y-z']],
    ['$join of nothing', { $join: ['-', '$.a', '$.b'] }, {}, undefined],
    [
      '$zoned',
      [{ $zoned: ['$.a', 'Europe/Paris'] }, { $zoned: ['$.b', 'Europe/Paris'] }],
      { a: 'Sun Nov  1 03:08:07 2026', b: 7 },
      ['2026-11-01T03:08:07+01:00'],
    ],
    ['$lower', { $lower: '$.a' }, { a: 'ÀB1' }, ['àb1']],
    ['$upper', { $upper: ['$.a'] }, { a: 'àb1' }, ['ÀB1']],
    ['$split', { $split: ['$.a', ','] }, { a: ' x, ,y ,' }, ['x', 'y']],
    ['$split of nothing', { $split: ['$.a', ','] }, {}, undefined],
    ['$uuid', { $uuid: ['$.a'] }, { a: 'x' }, [FUNCTIONS.uuid?.('x')]],
    [
      'a call that is given null, which is nothing',
      { $kinds: ['$.a', '$.b', '$.c'] },
      { a: null, c: 1 },
      ['undefined', 'number'],
    ],
    ['a call in a call', { $upper: { $text: ['$.a', { $lower: 'B' }] } }, { a: 'x' }, ['XB']],
  ])('%s', (_, value, event, expected) => {
    expect(given(value, event)).toEqual(expected)
  })
})

describe('a condition', () => {
  const holds = (condition: Mapping, event: Fields) => given({ $if: [condition, 'yes'] }, event) !== undefined

  test.each<[Mapping, Fields, boolean]>([
    [{ $equals: ['$.a', 'x'] }, { a: 'x' }, true],
    [{ $equals: ['$.a', '1'] }, { a: 1 }, true],
    [{ $equals: ['$.a', 1] }, { a: '1' }, true],
    [{ $equals: ['$.a', 1.5] }, { a: 1.5 }, true],
    [{ $equals: ['$.a', -1] }, { a: -1 }, true],
    [{ $equals: ['$.a', true] }, { a: true }, true],
    [{ $equals: ['$.a', 'x'] }, {}, false],
    [{ $equals: ['$.a', 'null'] }, { a: null }, false],
    [{ $equals: ['$.a', 'x'] }, { a: ['x'] }, false],
    [{ $equals: [{ $literal: 'x' }, { $literal: 'x' }] }, {}, true],
    [{ $in: ['$.a', ['x', 1]] }, { a: 1 }, true],
    [{ $in: ['$.a', []] }, { a: 1 }, false],
    [{ $in: ['$.a', { $option: 'words' }] }, { a: 'b' }, true],
    [{ $in: ['$.a', { $option: 'none' }] }, { a: 'b' }, false],
    [{ $exists: '$.a' }, { a: '' }, true],
    [{ $exists: '$.a' }, { a: [] }, true],
    [{ $exists: '$.a[*]' }, { a: [] }, false],
    [{ $exists: [['$.a', '$.b']] }, {}, false],
    [{ $exists: '$' }, {}, true],
    [{ $atLeast: ['$.a', 2] }, { a: 2 }, true],
    [{ $atLeast: ['$.a', '2'] }, { a: '10' }, true],
    [{ $atLeast: ['$.a', 2] }, { a: 'x' }, false],
    [{ $atLeast: ['$.a', 0] }, { a: '' }, false],
    [{ $atMost: ['$.a', { $option: 'limit' }] }, { a: 3 }, true],
    [{ $atMost: ['$.a', { $option: 'none' }] }, { a: 3 }, false],
    [{ $not: { $exists: '$.a' } }, {}, true],
    [{ $all: [] }, {}, true],
    [{ $any: [] }, {}, false],
    [{ $all: [true, { $exists: '$.a' }] }, { a: 1 }, true],
    [{ $any: [false, { $exists: '$.a' }] }, { a: 1 }, true],
    [
      { $any: [{ $exists: '$.a' }, { $all: [{ $exists: '$.b' }, { $not: { $exists: '$.c' } }] }] },
      { b: 1 },
      true,
    ],
  ])('%j of %j is %j', (condition, event, expected) => {
    expect(holds(condition, event)).toBe(expected)
  })
})

describe('$attachment', () => {
  // RFC 6234 has the digest of "abc" among its test vectors, RFC 4648 section 10 the Base64 of "foobar".
  const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  const attach = (...args: unknown[]) => FUNCTIONS.attachment?.(...args)

  test('sends a text as Base64, with size and hash of its UTF-8 bytes', () => {
    expect(attach('Payload', 'abc', 'text', 'text/plain', 'a.txt')).toEqual({
      Name: 'Payload',
      FileName: 'a.txt',
      ContentType: 'text/plain',
      ContentEncoding: 'base64',
      Size: 3,
      Hash: [`sha-256:${ABC}`],
      Content: 'YWJj',
    })
    expect(attach('Payload', 'é', 'text')).toMatchObject({ Size: 2, Content: 'w6k=' })
  })

  test('sends Base64 as it is, with size and hash of what it stands for', () => {
    const hash = createHash('sha256').update('foobar').digest('hex')
    expect(attach('Payload', 'Zm9vYmFy', 'base64')).toMatchObject({
      Size: 6,
      Hash: [`sha-256:${hash}`],
      Content: 'Zm9vYmFy',
    })
    expect(attach('Payload', 'YWJj', 'base64')).toMatchObject({ Hash: [`sha-256:${ABC}`] })
  })

  test('sends a value as JSON text', () => {
    expect(attach('Raw', { a: [1] }, 'json')).toMatchObject({
      ContentEncoding: 'json',
      Size: 9,
      Content: '{"a":[1]}',
    })
  })

  test.each([
    ['nothing', undefined, 'text'],
    ['null', null, 'json'],
    ['an empty text', '', 'text'],
    ['no Base64', '!?', 'base64'],
    ['an object as Base64', { a: 1 }, 'base64'],
  ])('is absent for %s', (_, content, encoding) => {
    expect(attach('Payload', content, encoding)).toBeUndefined()
  })

  test('makes an attachment of a message', () => {
    const message = convert(
      { Attachment: [{ $attachment: ['Payload', '$.p', 'text', 'text/plain'] }] },
      { p: 'abc' },
    )
    expect(message).toEqual({
      Attachment: [
        {
          Name: 'Payload',
          Hash: [`sha-256:${ABC}`],
          Size: 3,
          ContentType: 'text/plain',
          ContentEncoding: 'base64',
          Content: 'YWJj',
        },
      ],
    })
  })
})

describe('a record', () => {
  const mapping = { CreateTime: TIME, Analyzer: { Name: 'Probe' }, Note: '$.a' }
  const reasonOf = (line: string, code: 'generated' | 'closures', filter: Mapping = true) => {
    const converter = compile({ filter, mapping }, profile('2.D.V08'), CONTEXT, { code })
    const bytes = Buffer.from(`${line}\n`)
    const end = converter.convert(bytes, 0, bytes.length - 1, ids, Buffer.alloc(1 << 20), 0)
    return end < 0 ? converter.reason : 'a message'
  }

  test.each([
    ['{"a":"x"}', 'a message'],
    [' {"a":"x"} \r', 'a message'],
    ['', 'invalid_json'],
    ['{', 'invalid_json'],
    ['{"a":"x"', 'invalid_json'],
    ['{"a":"x"}}', 'invalid_json'],
    ['{"a":"x"}{"a":"y"}', 'invalid_json'],
    ['{"a":"x",}', 'invalid_json'],
    ['{"a":"\\q"}', 'invalid_json'],
    ['{"a":"tab\there"}', 'invalid_json'],
    ['{a:1}', 'invalid_json'],
    ['[]', 'not_an_object'],
    ['"text"', 'not_an_object'],
    ['null', 'not_an_object'],
    ['5', 'not_an_object'],
  ])('%j is %s', (line, expected) => {
    for (const code of ['generated', 'closures'] as const) expect(reasonOf(line, code)).toBe(expected)
  })

  test.each([
    ['ten thousand levels deep', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    [
      'a hundred thousand keys',
      JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i]))),
    ],
    ['a number of three hundred digits', '9'.repeat(300)],
    ['a long text with many escapes', JSON.stringify('\\"\n'.repeat(50_000))],
  ])('with %s beside what is read is a message like any other', (_, value) => {
    for (const code of ['generated', 'closures'] as const) {
      expect(reasonOf(`{"big":${value},"a":"x"}`, code)).toBe('a message')
      // A depth that no function can walk costs the record, never the program.
      expect(reasonOf(`{"a":${value}}`, code)).toBe(value.startsWith('[[') ? 'converter_failed' : 'a message')
    }
  })

  test('is given to the configured parser only where the scanner leaves it', () => {
    const parsed: string[] = []
    const parse = (text: string) => {
      parsed.push(text)
      return JSON.parse(text)
    }
    const converter = compile({ filter: true, mapping }, profile('2.D.V08'), CONTEXT, {
      code: 'generated',
      parse,
    })
    const unusual = [String.raw`{"\u0061":"x"}`, '{"a":1,"a":2}', '{"a":']
    for (const line of ['{"a":"x"}', ...unusual, '{"b":"x"}']) {
      const bytes = Buffer.from(`${line}\n`)
      converter.convert(bytes, 0, bytes.length - 1, ids, Buffer.alloc(4096), 0)
    }
    expect(parsed).toEqual(unusual)
    expect(parserOf('json')('{"a":1}')).toEqual({ a: 1 })
  })

  test('whose message does not fit is asked for again, and then is the same', () => {
    for (const code of ['generated', 'closures'] as const) {
      const converter = compile({ filter: true, mapping }, profile('2.D.V08'), CONTEXT, { code })
      const bytes = Buffer.from('{"a":"some text"}\n')
      const at = (out: Buffer) => converter.convert(bytes, 0, bytes.length - 1, ids, out, 0)
      const ample = Buffer.alloc(4096)
      const length = at(ample)
      for (let room = 0; room < length; room++) expect(at(Buffer.alloc(room))).toBe(-3)
      const exact = Buffer.alloc(length)
      expect(at(exact)).toBe(length)
      expect(exact.toString()).toBe(ample.toString('utf8', 0, length))
    }
  })
})
