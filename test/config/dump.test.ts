import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { dumpConfig } from '../../src/config/dump.ts'
import { readIni } from '../../src/config/ini.ts'
import { common } from '../../src/config/options.ts'
import { masked } from '../../src/config/parse.ts'
import { readConfig } from '../../src/config/read.ts'
import { sampleOf, tableOf } from '../../src/config/sample.ts'
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
} from '../../src/config/values.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dump-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const probe = z.strictObject({
  filename: text().meta({ description: 'what to read | follow', examples: ['/var/log/eve.json'] }),
  address: listen().prefault('off').describe('where to listen'),
  every: duration().prefault('90s').describe('pause'),
  buffer: bytes().default(4096).describe('memory'),
  deep: boolean().prefault('no').describe('also below'),
  depth: integer(0, 9).optional().describe('how far'),
  only: list().prefault('').describe('names'),
  kind: choice('a', 'b').default('a').describe('which'),
  token: secret().optional().describe('key of the API'),
})
const probes = new Map<string, z.ZodObject>([['probe', probe]])

async function read(content: string, env: Record<string, string> = {}) {
  const path = join(folder, 'a.conf')
  await writeFile(path, content, { mode: 0o600 })
  return readConfig([path], { env, probes })
}

describe('a dump', () => {
  it('reads back as the same configuration', async () => {
    const content = `
[logging]
level = WARNING
[idmefv2]
url = \${SIEM}
login = a
password = b
pin_sha256 = ${'ab'.repeat(32)}, ${'cd'.repeat(32)}
verify = no
retry_min = 1500ms
organisation = 100%% $\${literal} "quoted"
[metrics]
listen = off
[probe]
filename = /a
[probe:dmz]
filename = /b%(x)s
x = c
address = [::1]:80
only = x
  y
depth = 3
token = t
`
    const { config } = await read(content, { SIEM: 'https://siem.example/' })
    const dump = dumpConfig(config, probes)
    const again = (await read(dump)).config
    expect(again).toEqual(config)
    expect(dumpConfig(again, probes)).toBe(dump)
    expect(again.idmefv2.password?.reveal()).toBe('***')
    expect(config.idmefv2.organisation).toBe(`100% \${literal} "quoted"`)
  })

  it('is what an operator would write', async () => {
    const { config } = await read('[probe:x]\nfilename = /a\n[idmefv2]\ndelivery = stdout')
    const dump = dumpConfig(config, probes)
    expect(dump).toContain(
      '[probe:x]\nfilename = /a\naddress = off\nevery = 90s\nbuffer = 4KiB\ndeep = no\n# depth =\nonly =\nkind = a\n# token =\n',
    )
    expect(dump).toContain('[state]\n# directory =\ncheckpoint_interval = 1s\ndead_letter_max = 1GiB\n')
  })
})

describe('S9: secrets', () => {
  const word = fc
    .string({ unit: fc.constantFrom(...'abXYZ019%$', ...'{}()#;:=@/"\'\\ .é€'), minLength: 8, maxLength: 24 })
    .map((text) => text.trim())
    // Shorter ones are bound to be part of some message by chance.
    .filter((text) => text.length >= 8)
  const escaped = (text: string) => text.replaceAll('%', '%%').replaceAll('${', () => '$${')
  const encoded = (text: string) => encodeURIComponent(text).replaceAll('%', '%%')

  // As the second line of a value that was not indented; what stands before a separator there is a key, not a secret.
  const bare = (text: string) => text.replaceAll(/^[[#;]+|[=:]/g, '')

  it('never appear in a configuration that is printed, serialised or dumped', async () => {
    await fc.assert(
      fc.asyncProperty(
        word,
        word,
        word,
        fc.constantFrom('value', 'url', 'env', 'file'),
        async (a, b, c, way) => {
          const passwordFile = join(folder, 'password')
          await writeFile(passwordFile, `${a}\n`, { mode: 0o600 })
          const given = {
            value: `url = http://127.0.0.1/\nlogin = u\npassword = ${escaped(a)}`,
            url: `url = http://u:${encoded(a)}@siem.example/`,
            env: `url = http://127.0.0.1/\nlogin = u\npassword = \${PASSWORD}`,
            file: `url = http://127.0.0.1/\nlogin = u\npassword_file = ${passwordFile}`,
          }[way]
          const content = `[idmefv2]\n${given}\nproxy = http://p:${encoded(b)}@proxy/\n[probe]\nfilename = /a\ntoken = ${escaped(c)}`
          const { config, warnings } = await read(content, { PASSWORD: a })

          expect(config.idmefv2.password?.reveal()).toBe(a)
          expect(config.idmefv2.proxy_password?.reveal()).toBe(b)
          const shown = [
            inspect(config, { depth: 9, showHidden: true }),
            JSON.stringify(config),
            dumpConfig(config, probes),
            JSON.stringify(warnings),
          ].join('\n')
          for (const value of [a, b, c]) {
            expect(shown).not.toContain(value)
            expect(shown).not.toContain(encodeURIComponent(value))
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  it('may stand in the query of an address, of which only the names are shown', async () => {
    const url = 'https://siem.example/in?key=abc&to=x=y&hush#end'
    const { config } = await read(`[idmefv2]\nurl = ${url}\n[probe]\nfilename = /a`)
    expect(config.idmefv2.url).toBe(url)
    expect(dumpConfig(config, probes)).toContain('url = https://siem.example/in?key=***&to=***&***#end\n')
    await expect(
      read('[idmefv2]\nurl = ftp://siem.example/in?key=abc\n[probe]\nfilename = /a'),
    ).rejects.toThrow('got "ftp://siem.example/in?key=***"')
  })

  it.each(['https://siem.example/in?key=ab@cd', 'https://u:a?b@siem.example/'])(
    'are hidden with all of an address that can be read in two ways: %s',
    (url) => {
      expect(masked(`url: ${url}`)).toBe('url: https://***')
    },
  )

  it('never appear in an error', async () => {
    const refusing = z.strictObject({
      token: secret().refine(() => false, { error: (issue) => `bad token ${String(issue.input)}` }),
      other: secret().pipe(z.custom(() => false)),
      link: z.string().refine(() => false, { error: (issue) => `bad link ${issue.input}` }),
    })
    await fc.assert(
      fc.asyncProperty(word, word, async (a, b) => {
        const path = join(folder, 'b.conf')
        const content = [
          `[idmefv2]\nurl = ftp://u:${a}@siem.example/\nproxy = p:${a}@proxy\nlogin = x\npassword = %(no ${a}\n`,
          `${bare(a)}\n[bad]\ntoken = ${escaped(a)}\nother = -\${NO${b}}\nlink = https://u:${escaped(a)}@host/`,
          `\n[bad:2]\ntoken = \${NONE}${escaped(b)}\nother = \${LINES}\nlink = x\n  password = "${escaped(a)}"`,
          `\n[bad:3]\ntoken = ${escaped(a)}\ntoken = ${escaped(b)}`,
        ].join('\n')
        await writeFile(path, content, { mode: 0o600 })
        const context = { env: { LINES: `${b}\n` }, probes: new Map([['bad', refusing]]), strict: true }
        const error: unknown = await readConfig([path], context).catch((error) => error)
        expect(error).toHaveProperty('code', 'CONFIG')
        const shown = inspect(error, { depth: 9, showHidden: true })
        expect(shown.match(/\] (token|other|link):/g)?.length).toBeGreaterThan(5)
        for (const value of [a, b]) expect(shown).not.toContain(value)
      }),
      { numRuns: 200 },
    )
  })
})

describe('a sample', () => {
  it('describes each option, shows its default behind a # and leaves what is required to be set', () => {
    expect(sampleOf('probe', probe)).toBe(`[probe]
## what to read | follow
filename = /var/log/eve.json

## where to listen
# address = off

## pause
# every = 90s

## memory
# buffer = 4KiB

## also below
# deep = no

## how far
# depth =

## names
# only =

## which (a, b)
# kind = a

## key of the API
# token =
`)
  })

  it('reads without a problem, and again as the defaults when its options are uncommented', () => {
    for (const [name, schema] of Object.entries(common)) {
      const sample = sampleOf(name, schema)
      expect(readIni(sample, 'f')).toMatchObject({ problems: [] })
      expect(readIni(sample, 'f').sections.get(name)?.size).toBe(0)
      const set = readIni(sample.replaceAll(/^# /gm, ''), 'f')
      expect(set.problems).toEqual([])
      const values = [...(set.sections.get(name) ?? [])].filter(([, { value }]) => value !== '')
      expect(schema.parse(Object.fromEntries(values.map(([key, { value }]) => [key, value])))).toEqual(
        schema.parse({}),
      )
    }
  })
})

it('a table has one row an option, and no cell can break it', () => {
  const table = tableOf(probe).split('\n')
  expect(table.slice(0, 5)).toEqual([
    '| option | default | what it does |',
    '|---|---|---|',
    '| `filename` | required | what to read \\| follow |',
    '| `address` | `off` | where to listen |',
    '| `every` | `90s` | pause |',
  ])
  expect(table).toContain('| `kind` | `a` | which (a, b) |')
  expect(table).toContain('| `token` | – | key of the API |')
  expect(table).toHaveLength(2 + Object.keys(probe.shape).length + 1)
})
