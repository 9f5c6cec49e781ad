import fc from 'fast-check'
import { parse } from 'ini'
import { describe, expect, it } from 'vitest'
import { readIni } from '../../src/config/ini.ts'

const plain = (text: string) =>
  Object.fromEntries(
    [...readIni(text, 'a.conf').sections].map(([name, entries]) => [
      name,
      Object.fromEntries([...entries].map(([key, { value }]) => [key, value])),
    ]),
  )
const problems = (text: string) =>
  readIni(text, 'a.conf').problems.map(({ where, what }) => `${where}: ${what}`)

describe('what ini alone reads differently is read as Python reads it', () => {
  const rows: [name: string, text: string, ini: unknown, ours: unknown][] = [
    ['a colon separates', '[s]\nkey: v', { s: { 'key: v': true } }, { s: { key: 'v' } }],
    ['the first separator counts', '[s]\na:b=c', { s: { 'a:b': 'c' } }, { s: { a: 'b=c' } }],
    ['keys are in lower case', '[s]\nKeY = V', { s: { KeY: 'V' } }, { s: { key: 'V' } }],
    ['indented lines continue', '[s]\nk = a\n  b', { s: { k: 'a', b: true } }, { s: { k: 'a\nb' } }],
    ['a ; inside a value stays', '[s]\nk = a ; b', { s: { k: 'a' } }, { s: { k: 'a ; b' } }],
    [
      'a # inside a value stays',
      '[s]\nk = http://x/#y',
      { s: { k: 'http://x/' } },
      { s: { k: 'http://x/#y' } },
    ],
    ['double quotes stay', '[s]\nk = "v"', { s: { k: 'v' } }, { s: { k: '"v"' } }],
    ['single quotes stay', "[s]\nk = '5'", { s: { k: 5 } }, { s: { k: "'5'" } }],
    ['backslashes stay', '[s]\nk = a\\;b\\\\c', { s: { k: 'a;b\\c' } }, { s: { k: 'a\\;b\\\\c' } }],
    ['true stays a word', '[s]\nk = true', { s: { k: true } }, { s: { k: 'true' } }],
    ['null stays a word', '[s]\nk = null', { s: { k: null } }, { s: { k: 'null' } }],
    ['dots do not nest', '[a.b]\nk = v', { a: { b: { k: 'v' } } }, { 'a.b': { k: 'v' } }],
    ['a bracket in a name', '[a]b]\nk = v', { '[a]b]': true, k: 'v' }, { 'a]b': { k: 'v' } }],
    ['text after a header is ignored', '[a] ; x\nk = v', { '[a]': true, k: 'v' }, { a: { k: 'v' } }],
    ['brackets do not make lists', '[s]\nk[] = v', { s: { k: ['v'] } }, { s: { 'k[]': 'v' } }],
    ['any name is a name', '[__proto__]\n__proto__ = v', {}, JSON.parse('{"__proto__":{"__proto__":"v"}}')],
  ]
  it.each(rows)('%s', (_, text, ini, ours) => {
    expect(JSON.parse(JSON.stringify(parse(text)))).toEqual(ini)
    expect(plain(text)).toEqual(ours)
    expect(problems(text)).toEqual([])
  })
})

describe('Python habits', () => {
  it('keeps blank lines inside a value, drops those at its end and comments anywhere', () => {
    expect(plain('[s]\nk =\n  a\n\n  # no\n; no\n  b\n\n\nl = 1')).toEqual({ s: { k: '\na\n\nb', l: '1' } })
  })

  it('takes an indented key for a key where nothing is to be continued', () => {
    expect(plain('[s]\n  a = 1\n  b = 2\n c = 3')).toEqual({ s: { a: '1', b: '2', c: '3' } })
  })

  it('keeps the case of section names and allows empty values and sections', () => {
    expect(plain('[S]\nk =\n[s]')).toEqual({ S: { k: '' }, s: {} })
  })

  it('accepts a byte order mark and the line ends of Windows and old Macs', () => {
    expect(plain('\ufeff[s]\r\na = 1\r\n\r\nb = 2\rc = 3\r\n')).toEqual({ s: { a: '1', b: '2', c: '3' } })
  })

  it('lets [DEFAULT] begin again, and no other section', () => {
    const text = '[DEFAULT]\na = 1\n[s]\n[DEFAULT]\nb = 2\n[s]\nc = 3'
    expect(plain(text)).toEqual({ DEFAULT: { a: '1', b: '2' }, s: { c: '3' } })
    expect(problems(text)).toEqual(['a.conf:6: [s] begins again, first on line 3'])
  })

  it('knows the line of every header and key, dotted sections included', () => {
    const { sections, headers } = readIni('# c\n[a.b]\n\nx = 1\n  2\ny = 3\n[c]', 'f')
    expect(headers).toEqual(
      new Map([
        ['a.b', 2],
        ['c', 7],
      ]),
    )
    expect(sections.get('a.b')?.get('x')).toEqual({ value: '1\n2', line: 4, file: 'f' })
    expect(sections.get('a.b')?.get('y')).toEqual({ value: '3', line: 6, file: 'f' })
    expect([...sections.keys()]).toEqual(['a.b', 'c'])
  })
})

describe('problems', () => {
  it('are all reported, each with its line, and reading goes on', () => {
    const text = 'lost = 1\nlost = 2\n[s]\nalone\n= v\nA = 1\na = 2\n[open\n[]\nb = 3'
    expect(problems(text)).toEqual([
      'a.conf:1: stands before the first [section]',
      'a.conf:4: neither [section] nor key = value; a value continues on an indented line only',
      'a.conf:5: no key before the separator',
      'a.conf:8: a section header without its name or closing bracket',
      'a.conf:9: a section header without its name or closing bracket',
      'a.conf:7: [s] a: given twice, first on line 6',
    ])
    expect(plain(text)).toEqual({ s: { a: '1', b: '3' } })
  })

  it('never repeat a value, nor a line that may be the rest of one', () => {
    const text = '[s]\npassword = first\nhunter2\npassword = hunter2\n=hunter2'
    expect(problems(text)).toHaveLength(3)
    expect(problems(text).join()).not.toContain('hunter2')
  })
})

it('any sections, keys and values written as INI read back equal', () => {
  const printable = fc.string({ unit: fc.constantFrom(...' abÀß€😀=:;#%[]."\'\\$\u2028{}@0'), maxLength: 12 })
  const trimmed = printable.map((text) => text.trim())
  const name = trimmed.filter((text) => text !== '' && text !== 'DEFAULT')
  const key = trimmed
    .map((text) => text.toLowerCase().trim())
    .filter((text) => text !== '' && !/[=:]|^[#;[]/.test(text))
  const document = fc.dictionary(name, fc.dictionary(key, trimmed))
  fc.assert(
    fc.property(document, (sections) => {
      const text = Object.entries(sections)
        .flatMap(([name, options]) => [
          `[${name}]\n`,
          ...Object.entries(options).map(([key, value]) => `${key} = ${value}\n`),
        ])
        .join('')
      expect(problems(text)).toEqual([])
      const read = readIni(text, 'a.conf').sections
      expect(read.size).toBe(Object.keys(sections).length)
      for (const [name, options] of Object.entries(sections)) {
        const entries = read.get(name) ?? new Map()
        expect([...entries].map(([key, { value }]) => [key, value]).sort()).toEqual(
          Object.entries(options).sort(),
        )
      }
    }),
    { numRuns: 500 },
  )
})
