import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { interpolate } from '../../src/config/expand.ts'
import { readIni } from '../../src/config/ini.ts'

// The files on which ours and Python's configparser must agree, value by value.

const PYTHON = `
import configparser, json, os, sys
def get(parser, section, key):
    try: return parser.get(section, key)
    except configparser.InterpolationError: return None
def read(path):
    parser = configparser.ConfigParser()
    try: parser.read(path, encoding='utf-8-sig')
    except configparser.Error: return None
    return {s: {k: get(parser, s, k) for k in parser.options(s)} for s in parser.sections()}
folder = sys.argv[1]
print(json.dumps([read(os.path.join(folder, str(i))) for i in range(int(sys.argv[2]))]))
`

const hasPython =
  spawnSync('python3', ['-c', 'import configparser, sys; sys.exit(sys.version_info < (3, 11))']).status === 0
const folder = mkdtempSync(join(tmpdir(), 'ini-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Read = Record<string, Record<string, string | null>> | null

/** What Python gives for each text: null for a refused file, a null value for a refused interpolation. */
function byPython(name: string, texts: readonly string[]): Read[] {
  const files = join(folder, name)
  mkdirSync(files)
  for (const [index, text] of texts.entries()) writeFileSync(join(files, String(index)), text)
  const { stdout, stderr } = spawnSync('python3', ['-c', PYTHON, files, String(texts.length)], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
  })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

function byUs(text: string): Read {
  const { sections, problems } = readIni(text, 'f')
  if (problems.length > 0) return null
  const lent = sections.get('DEFAULT') ?? new Map()
  const read: [string, Record<string, string | null>][] = []
  for (const [name, own] of sections) {
    if (name === 'DEFAULT') continue
    const entries = new Map([...lent, ...own])
    const values = [...entries].map(([key, { value }]) => {
      const found = interpolate(value, (name) => entries.get(name)?.value)
      return [key, found.faults.length > 0 ? null : found.value]
    })
    read.push([name, Object.fromEntries(values)])
  }
  return Object.fromEntries(read)
}

const TRICKY = [
  '',
  '# only a comment\n',
  '[suricata]\nfiletype = regular\nfilename=/var/log/suricata/eve.json\n[idmefv2]\nurl: http://localhost:4690/\nverify = False\nlogin =\npassword =\n[logging]\nlevel = INFO\n',
  '[a]\nk = v ; not a comment # nor this\n',
  '[a]\n  k = v\n  l = w\n',
  '[a]\n  k = v\n l = w\n   m = x\n',
  '[a]\nk = v\n\tl = continued\n m\n',
  '[a]\nk =\n\n  v\n\n\n  w\n\nl = x\n',
  '[a]\nk = v\n# c\n  w\n  ; c\n  x\n',
  '[a]\n\n  [b]\nk = v\n',
  '[a]\nk = v\n  [b]\nl = w\n',
  '[a] trailing\nk = v\n',
  '[a]b] c]d\nk = v\n',
  '[ a ]\nk = v\n',
  '[a]\nk : v = w\nl = v : w\n m\n',
  '[a]\nK = 1\nk = 2\n',
  '[a]\nk = 1\n[a]\nl = 2\n',
  '[DEFAULT]\nk = 1\n[a]\n[DEFAULT]\nl = 2\n',
  '[DEFAULT]\nk = 1\n[DEFAULT]\nk = 2\n',
  '[default]\nk = 1\n[Default]\nk = 2\n',
  'k = v\n[a]\n',
  '[a]\nk\n',
  '[a]\n= v\n',
  '[a]\nk =\n',
  '[a]\n[]\n',
  '[a\nk = v\n',
  '[a = b\n[c]\n',
  '[a]\n[k = v\n',
  '[DEFAULT]\ndir = /x/%(sub)s\n[a]\nsub = y\nk = %(dir)s/%%(z)s%%\n[b]\nk = %(dir)s\n',
  '[a]\nk = %(K)s\n',
  '[a]\nk = %(l)s\nl = %(m)s\nm = %%\n',
  '[a]\nk = %(l\n',
  '[a]\nk = %()s\n',
  '[a]\nk = "quoted"\nl = \'quoted\'\nm = a\\\\b\n',
  '[a.b]\nk[] = v\nk.l = w\n',
  '[__proto__]\n__proto__ = v\nconstructor = w\n',
  '\ufeff[a]\nk = ä\n',
  '[a]\r\nk = v\r\n  w\r\nl = x\r\n',
  '[a]\nk = v\r  w\r',
  '[a]\nÄ = v\nİ = w\n',
  '[a]\n\u00a0k\u00a0=\u00a0v\u00a0\n',
  '[a]\nk = v\u2028w\n',
]

describe.skipIf(!hasPython)("Python's configparser and ours agree", () => {
  it('on files that are easily read differently', () => {
    const expected = byPython('tricky', TRICKY)
    for (const [index, text] of TRICKY.entries()) expect(byUs(text), text).toEqual(expected[index])
    expect(expected.filter((read) => read === null)).toHaveLength(9)
  })

  it('on two thousand files made of pieces that matter', () => {
    const piece = fc.constantFrom(
      ...[
        '[a]',
        '[b.c]',
        '[DEFAULT]',
        '[',
        ']',
        '=',
        ':',
        ' = ',
        ' : ',
        '#',
        ';',
        '%%',
        '%(k)s',
        '%(x)s',
        '%(',
        ')s',
      ],
      ...[
        ' ',
        '  ',
        '\t',
        'k',
        'K',
        'l',
        'x',
        'é',
        'true',
        'null',
        '"',
        "'",
        '\\',
        '[]',
        '$',
        '{',
        '__proto__',
        '@1',
      ],
    )
    const option = fc
      .tuple(
        fc.constantFrom('', '', ' ', '  '),
        fc.constantFrom('k', 'L', 'x', 'y.z', 'm'),
        fc.constantFrom('=', ':', ' = '),
        fc.array(piece, { maxLength: 4 }),
      )
      .map(([indent, key, separator, value]) => indent + key + separator + value.join(''))
    const header = fc.constantFrom('[a]', '[b.c]', '[DEFAULT]', '[d] x', ' [e]', '[__proto__]')
    const wild = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(''))
    const line = fc.oneof(
      { weight: 5, arbitrary: option },
      { weight: 2, arbitrary: header },
      { weight: 2, arbitrary: wild.map((text) => `   ${text}`) },
      { weight: 1, arbitrary: fc.constantFrom('', '  ', '# k = v', '  ; k') },
      { weight: 1, arbitrary: wild },
    )
    const document = fc
      .tuple(header, fc.array(line, { maxLength: 6 }), fc.constantFrom('\n', '\n', '\r\n'))
      .map(([first, lines, end]) => [first, ...lines].join(end))
    const texts = fc.sample(document, { numRuns: 2000, seed: 51 })
    const expected = byPython('made', texts)
    for (const [index, text] of texts.entries())
      expect(byUs(text), JSON.stringify(text)).toEqual(expected[index])
    expect(expected.filter((read) => read !== null).length).toBeGreaterThan(500)
  })
})
