import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { find } from '../../src/mapping/closures.ts'
import { PathError, parsePath } from '../../src/mapping/path.ts'
import { matches } from '../../src/mapping/select.ts'
import { anyValue, type Event, ODD_KEYS, UNSPEAKABLE_KEYS } from './events.ts'
import { PATIENT, runs } from './runs.ts'
import { query } from './ways.ts'

const found = (event: unknown, text: string) => find(event, parsePath(text))

describe('a path of plain names and indices', () => {
  test.each([
    ['$', []],
    ['$.name', ['name']],
    ['$.a-b_c:d', ['a-b_c:d']],
    ['$.名.é', ['名', 'é']],
    ['$.0', ['0']],
    ["$['any name']", ['any name']],
    ['$["any name"]', ['any name']],
    ["$['']", ['']],
    ["$['*']", ['*']],
    ["$['it\\'s \\\\ \\\"so\\\"']", ['it\'s \\ "so"']],
    ['$["it\'s"]', ["it's"]],
    ['$[0]', [0]],
    ['$[ 7 ]', [7]],
    ["$.a['b'][3].c", ['a', 'b', 3, 'c']],
    ["$['__proto__'].constructor", ['__proto__', 'constructor']],
    ["$['a,b']", ['a,b']],
  ])('%s is %j', (text, prefix) => {
    expect(parsePath(text)).toEqual({ text, prefix })
  })
})

describe('a path that several values may match', () => {
  const event = {
    a: {
      b: 1,
      c: [{ type: 'A', n: 1 }, { type: 'B', n: 2 }, { type: 1, n: null }, 'text', null],
      b2: { b: 2 },
    },
    list: [0, 1, 2, 3],
    deep: [[['x']], { a: { a: 'y' } }],
    text: 'abc',
  }

  test.each([
    ['$.list[*]', [0, 1, 2, 3]],
    ['$.list.*', [0, 1, 2, 3]],
    ['$.list[1:3]', [1, 2]],
    ['$.list[-2:]', [2, 3]],
    ['$.list[::2]', [0, 2]],
    ['$.list[::-1]', [3, 2, 1, 0]],
    ['$.list[5:]', undefined],
    ['$.list[0,3,7]', [0, 3]],
    ["$.a['b','nothing',\"b2\"]", [1, { b: 2 }]],
    ['$..b', [1, 2]],
    ["$..['b']", [1, 2]],
    ['$.deep..a', [{ a: 'y' }, 'y']],
    ['$.deep..[0]', [[['x']], ['x'], 'x']],
    ['$.deep[*].a.a', ['y']],
    ["$.a.c[?(@.type == 'A')].n", [1]],
    ['$.a.c[?(@.type=="A")].n', [1]],
    ["$.a.c[?@.type == 'A'].n", [1]],
    ["$.a.c[?( @['type'] != 'A' )].type", ['B', 1]],
    ['$.a.c[?(@.n < 2)].type', ['A']],
    ['$.a.c[?(@.n <= 2)].type', ['A', 'B']],
    ['$.a.c[?(@.n > 1)].type', ['B']],
    ['$.a.c[?(@.n >= 1)].type', ['A', 'B']],
    ["$.a.c[?(@.type > 'A')].n", [2]],
    ['$.a.c[?(@.n == null)].type', [1]],
    ['$.a.c[?(@.n)].type', ['A', 'B', 1]],
    ["$.a.c[?(@ == 'text')]", ['text']],
    ['$.a[?(@.b == 2)]', [{ b: 2 }]],
    ['$.list[?(@ == true)]', undefined],
    ['$.text[*]', undefined],
    ['$.text[?(@ == "a")]', undefined],
    ['$.nothing[*]', undefined],
    ['$.nothing..a', undefined],
  ])('%s finds them all, in the order of the document', (text, expected) => {
    expect(found(event, text)).toEqual(expected)
  })
})

describe('S13: a text that is no path', () => {
  test.each([
    ['', 1, 'expected "$"'],
    ['a.b', 1, 'expected "$"'],
    ['$5', 2, 'expected ".", "["'],
    ['$ ', 2, 'expected ".", "["'],
    ['$.', 3, 'expected a name'],
    ['$.a b', 4, 'expected ".", "["'],
    ["$.a'b", 4, 'expected ".", "["'],
    ['$..', 4, 'after ..'],
    ['$...a', 4, 'after ..'],
    ['$..a.b..c', 9, 'only once'],
    ['$.a^', 4, 'expected ".", "["'],
    ['$.a~', 4, 'expected ".", "["'],
    ['$.a@string()', 4, 'expected ".", "["'],
    ['$.`a', 3, 'expected a name'],
    ['$[', 3, 'expected an index'],
    ['$[]', 3, 'expected an index'],
    ['$[0', 4, 'expected "]"'],
    ['$[-1]', 3, 'expected an index'],
    ['$[a]', 3, 'expected an index'],
    ['$[-:-]', 3, 'expected an index'],
    ['$[1:2:3:4]', 4, 'expected "]"'],
    ["$['a", 3, 'no end'],
    ["$['a\\n']", 3, 'backslash'],
    ["$['a' 'b']", 7, 'expected "]"'],
    ['$[(@.length-1)]', 3, 'script expressions'],
    ['$[?(@.a == @.b)]', 12, 'expected a quoted text'],
    ["$[?(@.a && 'x')]", 9, 'expected ")"'],
    ["$[?(@.a == 'x' || @.b)]", 16, 'expected ")"'],
    ['$[?(@..a)]', 7, 'one plain path'],
    ['$[?(@.a[*] == 1)]', 11, 'one plain path'],
    ['$[?(a == 1)]', 5, 'expected "@"'],
    ['$[?(process.exit())]', 5, 'expected "@"'],
    ["$[?(@.constructor('x')())]", 18, 'expected ")"'],
  ])('%j is refused at character %i', (text, character, what) => {
    const parse = () => parsePath(text)
    expect(parse).toThrow(PathError)
    expect(parse).toThrow(`${JSON.stringify(text)}, character ${character}: `)
    expect(parse).toThrow(what)
  })

  test('never makes the parser throw anything else', PATIENT, () => {
    const tokens = fc.constantFrom(
      '$',
      '.',
      '..',
      '[',
      ']',
      '*',
      '?',
      '(',
      ')',
      '@',
      "'",
      '"',
      'a',
      '0',
      ':',
      ',',
      '==',
      '\\',
      ' ',
      '-',
    )
    fc.assert(
      fc.property(fc.array(tokens, { maxLength: 12 }), (parts) => {
        try {
          matches({ a: [{ a: 1 }, 'a'] }, parsePath(`$${parts.join('')}`).rest ?? [])
        } catch (error) {
          expect(error).toBeInstanceOf(PathError)
        }
      }),
      runs(3000),
    )
  })
})

describe('own properties', () => {
  const hostile: Event = JSON.parse('{"__proto__": {"polluted": 1}, "a": {"constructor": 2}, "list": [1, 2]}')

  test('are all that is found', () => {
    expect(found(hostile, '$.__proto__.polluted')).toBe(1)
    expect(found(hostile, '$.a.__proto__')).toBeUndefined()
    expect(found(hostile, '$.a.constructor')).toBe(2)
    expect(found(hostile, '$.constructor.name')).toBeUndefined()
    expect(found(hostile, '$.list.length')).toBe(2)
    expect(found(hostile, '$.list.map')).toBeUndefined()
    expect(found(hostile, "$..['__proto__']")).toEqual([{ polluted: 1 }])
    expect(found(hostile, '$..toString')).toBeUndefined()
    expect(found('text', '$.length')).toBeUndefined()
    expect(found('text', '$[0]')).toBeUndefined()
  })
})

describe('jsonpath-plus', () => {
  const anyHolder = (keys: readonly string[]) => {
    const entries = fc.uniqueArray(fc.tuple(fc.constantFrom(...keys), anyValue), {
      selector: ([key]) => key,
      maxLength: 6,
    })
    return entries.map((all): Event => Object.fromEntries(all))
  }
  // Its faults and differences are listed beside the oracle, in ways.ts.
  const WORDS = ['a', 'b', 'c', 'list', 'type', 'é', '名前']

  test('finds the same by a name, however it is spelt', PATIENT, () => {
    fc.assert(
      fc.property(anyHolder(ODD_KEYS), fc.constantFrom(...ODD_KEYS), (event, key) => {
        const path = `$[${JSON.stringify(key)}]`
        expect([found(event, path)].filter((value) => value !== undefined)).toEqual(
          query(event, `['\`${key}']`),
        )
      }),
      runs(300),
    )
  })

  test('is not needed for the names it cannot be asked for', () => {
    for (const key of UNSPEAKABLE_KEYS) {
      const text = `$.a[*]['${key.replaceAll('\\', '\\\\')}']`
      expect(found({ a: [{ [key]: 1 }, { other: 2 }, { [key]: 3 }] }, text), key).toEqual([1, 3])
    }
  })

  test('finds the same by wildcards, slices, unions and descents', PATIENT, () => {
    const number = fc.oneof(fc.constant(''), fc.integer({ min: -3, max: 3 }).map(String))
    const step = fc.oneof(
      fc.constantFrom(...WORDS).map((word) => `.${word}`),
      fc.constantFrom('[*]', '.*', '..a', '..*', "['a','b','c']", "['type', 'list']", '[0,1]'),
      fc.tuple(number, number, number).map((bounds) => `[${bounds.join(':')}]`),
    )
    // It would look into a text for an index, and takes a star for a name where one is called so.
    const tamed = (event: Event): Event => {
      const text = JSON.stringify(event, (_, value) => (typeof value === 'string' ? value.length : value))
      return JSON.parse(text.replaceAll('"*":', '"star":'))
    }
    const steps = fc
      .array(step, { minLength: 1, maxLength: 4 })
      .filter((all) => all.filter((one) => one.startsWith('..')).length <= 1)
    fc.assert(
      fc.property(anyHolder(WORDS), steps, (event, steps) => {
        const data = tamed(event)
        const path = parsePath(`$${steps.join('')}`)
        const value = find(data, path)
        const values = path.rest === undefined ? [value].filter((one) => one !== undefined) : (value ?? [])
        expect(values, path.text).toEqual(query(data, steps.join('')))
      }),
      runs(1500),
    )
  })

  test('finds the same by filters that JavaScript and RFC 9535 agree on', PATIENT, () => {
    const item = fc.record({ type: fc.constantFrom('A', 'B', ''), n: fc.integer({ min: -1, max: 3 }) })
    const test = fc.oneof(
      fc
        .tuple(fc.constantFrom('==', '!=', '<', '>='), fc.constantFrom('-1', '0', '2'))
        .map((parts) => `@.n ${parts.join(' ')}`),
      fc.constantFrom("@.type == 'A'", "@.type != 'B'", "@.type > 'A'"),
    )
    fc.assert(
      fc.property(fc.array(item), test, (list, filter) => {
        expect(found({ list }, `$.list[?(${filter})].n`) ?? []).toEqual(
          query({ list }, `.list[?(${filter})].n`),
        )
      }),
      runs(200),
    )
  })
})
