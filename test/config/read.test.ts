import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openToOthers } from '../../src/config/permissions.ts'
import { readConfig } from '../../src/config/read.ts'
import { choice, secret, text } from '../../src/config/values.ts'
import { ConfigError } from '../../src/errors.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const suricata = z.strictObject({
  filename: text().describe('file or socket to read'),
  filetype: choice('regular', 'unix_stream').default('regular').describe('what it is'),
  mapping: text().optional().describe('mapping to use instead'),
})
const zabbix = z
  .strictObject({ token: secret().describe('API token'), from: text().optional(), to: text().optional() })
  .refine(({ from, to }) => !from || from !== to, { path: ['to'], message: 'is the same as from' })
const probes = new Map<string, z.ZodObject>([
  ['suricata', suricata],
  ['zabbix', zabbix],
])

let count = 0
async function file(content: string, mode = 0o600): Promise<string> {
  const path = join(folder, `${count++}.conf`)
  await writeFile(path, content)
  await chmod(path, mode)
  return path
}

interface Given {
  env?: Record<string, string>
  strict?: boolean
}

/** Reads the files, and tells problems and warnings with `A`, `B` … in place of their paths. */
async function reading(contents: string | string[], { env = {}, strict = false }: Given = {}) {
  const files = await Promise.all([contents].flat().map((content) => file(content)))
  const shown = ({ where, what }: { where: string; what: string }) =>
    files.reduce((line, path, index) => line.replace(path, 'ABC'[index] ?? '?'), `${where}: ${what}`)
  try {
    const { config, warnings, variables } = await readConfig(files, { env, strict, probes })
    return { config, variables, warnings: warnings.map(shown), problems: [] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { config: undefined, variables: [], warnings: [], problems: error.problems.map(shown) }
  }
}

const URL = 'url = http://127.0.0.1:4690/'
const EVE = '[suricata]\nfilename = /var/log/suricata/eve.json'
const delivery = (lines: string) => `${EVE}\n[idmefv2]\n${lines}`

describe("the Python connector's file", () => {
  const PYTHON = `
[logging]
level = DEBUG
# Log to this file
file: /tmp/suricata-connector.log

[idmefv2]
url = http://127.0.0.1:4690
; no authentication here
login =
password =
verify = False

[suricata]
FileType = unix_stream
filename = /var/run/suricata/eve.sock
`
  it('works unchanged', async () => {
    const { config, warnings } = await reading(PYTHON)
    expect(config).toMatchObject({
      logging: { level: 'debug', file: '/tmp/suricata-connector.log', format: 'auto' },
      idmefv2: { url: 'http://127.0.0.1:4690', verify: false, delivery: 'each', version: '2.D.V08' },
      connectors: [
        {
          probe: 'suricata',
          instance: 'suricata',
          options: { filetype: 'unix_stream', filename: '/var/run/suricata/eve.sock' },
        },
      ],
    })
    expect(config?.idmefv2.login).toBeUndefined()
    expect(config?.idmefv2.password).toBeUndefined()
    expect(warnings).toEqual([
      'A:12: [idmefv2] verify: the certificate is not checked: whoever stands between can read and change alerts',
    ])
  })
})

describe('sections', () => {
  it('of one probe can be several instances, in the order of the files', async () => {
    const { config } = await reading([
      `[suricata:dmz]\nfilename = /a\n[suricata]\nfilename = /b\n[idmefv2]\n${URL}`,
      '[suricata:lan.1]\nfilename = /c',
    ])
    expect(
      config?.connectors.map(({ probe, instance, options }) => [probe, instance, options.filename]),
    ).toEqual([
      ['suricata', 'suricata:dmz', '/a'],
      ['suricata', 'suricata', '/b'],
      ['suricata', 'suricata:lan.1', '/c'],
    ])
  })

  it('of later files override earlier ones key by key, an empty value unsets', async () => {
    const { config, warnings } = await reading([
      delivery(`${URL}\nlogin = a\npassword = b\nretry_max = 1s`),
      '[idmefv2]\nlogin =\npassword =\nretry_max = 2s',
    ])
    expect(config?.idmefv2).toMatchObject({ url: 'http://127.0.0.1:4690/', retry_max: 2000 })
    expect(config?.idmefv2.login).toBeUndefined()
    expect(warnings).toEqual([])
  })

  it('inherit from [DEFAULT] what they know, across files, and no more', async () => {
    const { config, warnings } = await reading([
      `[DEFAULT]\nbase = /var/log\nlevel = error\n[suricata]\nfilename = %(base)s/eve.json\n[idmefv2]\n${URL}`,
      '[DEFAULT]\nbase = /srv',
    ])
    expect(config?.logging.level).toBe('error')
    expect(config?.connectors[0]?.options).toEqual({ filename: '/srv/eve.json', filetype: 'regular' })
    expect(warnings).toEqual([])
  })

  it('that are unknown are warned of with the nearest name', async () => {
    const { warnings } = await reading(
      `${delivery(URL)}\n[Suricata]\n[suricta:dmz]\n[default]\n[loging]\n[idmefv2:x]\n[quux]\nx = 1`,
    )
    expect(warnings).toEqual([
      'A:5: [Suricata] unknown section, did you mean [suricata]?',
      'A:6: [suricta:dmz] unknown section, did you mean [suricata]?',
      'A:7: [default] unknown section, did you mean [DEFAULT]?',
      'A:8: [loging] unknown section, did you mean [logging]?',
      'A:9: [idmefv2:x] unknown section, did you mean [idmefv2]?',
      'A:10: [quux] unknown section; known are [suricata], [zabbix]',
    ])
  })

  it('of connectors need one at least, and a name that can be part of a file name', async () => {
    expect((await reading(`[idmefv2]\n${URL}\n[suricata:../x]\n[suricata:]`)).problems).toEqual([
      'A: no connector section; known are [suricata], [zabbix]',
      'A:3: [suricata:../x] the name after the colon may have letters, digits, "-", "_" and ".", 64 at most',
      'A:4: [suricata:] the name after the colon may have letters, digits, "-", "_" and ".", 64 at most',
    ])
  })
})

describe('every problem', () => {
  it('of every file is told at once, in order, with what may have caused it', async () => {
    const { problems } = await reading(
      [
        '[logging]\nlevel = loud\nnonsense\n[suricata]\nfilname = /a\nfiletype = pipe',
        `[idmefv2]\nurl = ftp://siem/\nretry_min = soon\ngzip = perhaps\nresponse_timeout = \${TIMEOUT}\nlogin = x\nLogin = y`,
      ],
      {},
    )
    expect(problems).toEqual([
      'A:2: [logging] level: expected one of: notset, trace, debug, info, warn, warning, error, critical, fatal, got "loud"',
      'A:3: neither [section] nor key = value; a value continues on an indented line only',
      'A:4: [suricata] filename: is required',
      'A:5: warning: [suricata] filname: unknown key, did you mean filename?',
      'A:6: [suricata] filetype: expected one of: regular, unix_stream, got "pipe"',
      'B:2: [idmefv2] url: expected a URL that begins with http:// or https://, got "ftp://siem/"',
      'B:3: [idmefv2] retry_min: expected a duration such as 30s, from 1ms to 7d, got "soon"',
      'B:4: [idmefv2] gzip: expected yes or no, got "perhaps"',
      'B:5: [idmefv2] response_timeout: the environment variable TIMEOUT is not set',
      'B:6: warning: [idmefv2] login: is not used without password',
      'B:7: [idmefv2] login: given twice, first on line 6',
    ])
  })

  it('is an error when strict, a warning otherwise, if it can be lived with', async () => {
    const content = `${EVE}\nfoo = 1\n[idmefv2]\n${URL}`
    const warning = 'A:3: [suricata] foo: unknown key'
    expect(await reading(content)).toMatchObject({ warnings: [warning], problems: [] })
    expect(await reading(content, { strict: true })).toMatchObject({ warnings: [], problems: [warning] })
    expect((await reading(delivery(URL), { strict: true })).problems).toEqual([])
  })

  it('of a file that is missing or no text is told without what follows from it', async () => {
    const missing = join(folder, 'missing.conf')
    const binary = await file('')
    await writeFile(binary, Buffer.from([0x5b, 0xff, 0xfe]))
    const large = await file('#'.repeat(1024 ** 2 + 1))
    const broken = await file('[idmefv2]\nx')
    const error: unknown = await readConfig([missing, folder, binary, large, broken], {
      env: {},
      probes,
    }).catch((e) => e)
    expect(error).toBeInstanceOf(ConfigError)
    expect(error).toHaveProperty(
      'message',
      [
        `${missing}: cannot be read: no such file or directory`,
        `${folder}: cannot be read: illegal operation on a directory`,
        `${binary}: is not UTF-8 text`,
        `${large}: is larger than 1048576 bytes`,
        `${broken}:2: neither [section] nor key = value; a value continues on an indented line only`,
      ].join('\n'),
    )
  })

  it('of having no files at all is told', async () => {
    await expect(readConfig([], { env: {}, probes })).rejects.toThrow('no connector section')
  })

  it("of a probe's own check stands at the line of its key", async () => {
    const { problems } = await reading(`[zabbix]\ntoken = x\nfrom = a\nto = a\n[idmefv2]\n${URL}`)
    expect(problems).toEqual(['A:4: [zabbix] to: is the same as from'])
  })
})

describe('options that concern each other', () => {
  it.each([
    ['delivery = array', 'A:4: [idmefv2] url: is required for delivery = array'],
    ['delivery = file', 'A:4: [idmefv2] file: is required for delivery = file'],
    [
      `${URL}\nlogin = a:b\npassword = c`,
      'A:5: [idmefv2] login: contains a colon, which Basic authentication cannot carry',
    ],
    [`${URL}\nretry_min = 3s\nretry_max = 2s`, 'A:5: [idmefv2] retry_min: is longer than retry_max'],
    [
      `${URL}\n[workers]\nrange_min = 2MiB\nrange_max = 1MiB`,
      'A:6: [workers] range_min: is larger than range_max',
    ],
    [
      'url = http://a/\n  X-Header: b',
      'A:4: [idmefv2] url: must be one line; an indented line continues the value above it, got "http://a/…"',
    ],
    [
      'url = http://a b/',
      'A:4: [idmefv2] url: expected a URL that begins with http:// or https://, got "http://a b/"',
    ],
    [
      'url = localhost:4690',
      'A:4: [idmefv2] url: expected a URL that begins with http:// or https://, got "localhost:4690"',
    ],
    [`${URL}\nverify = ture`, 'A:5: [idmefv2] verify: neither yes nor no nor a readable file, got "ture"'],
    ['url = http://a:b%0d%0ac@127.0.0.1/', 'A:4: [idmefv2] password: contains a control character'],
    [
      'url = http://a:b%ff@127.0.0.1/',
      'A:4: [idmefv2] url: user name and password in it must be percent-encoded UTF-8',
    ],
    ['url = http://a:b@127.0.0.1/\nlogin = c', 'A:5: [idmefv2] login: url holds a user name too'],
    ['url = http://a:b@127.0.0.1/\npassword = c', 'A:5: [idmefv2] password: url holds a password too'],
  ])('%s', async (lines, problem) => {
    // A literal % is written %%.
    expect((await reading(delivery(lines.replaceAll('%', '%%')))).problems).toEqual([problem])
  })

  it('name certificate and key together, and files that are there', async () => {
    const pem = await file('pem')
    expect((await reading(delivery(`${URL}\ncert = ${pem}`))).problems).toEqual([
      'A:5: [idmefv2] key: is required beside cert',
    ])
    expect((await reading(delivery(`${URL}\nkey = ${pem}`))).problems).toEqual([
      'A:5: [idmefv2] cert: is required beside key',
    ])
    expect((await reading(delivery(`${URL}\nverify = ${pem}\nca = ${pem}`))).problems).toEqual([
      'A:5: [idmefv2] verify: give the certificate authorities here or as ca, not both',
    ])
    expect(
      (await reading(delivery(`${URL}\nkey = ${pem}\ncert = ${pem}\nca = ${pem}`))).config?.idmefv2.ca,
    ).toBe(pem)
  })

  it('are accepted where nothing is missing', async () => {
    expect((await reading(delivery('delivery = stdout'))).problems).toEqual([])
    expect((await reading(delivery('delivery = file\nfile = /tmp/out'))).problems).toEqual([])
  })
})

describe('credentials', () => {
  it('in url and proxy move to their own options', async () => {
    const { config } = await reading(
      delivery('url = https://us%%40er:p%%2Fw@siem.example:4690/a?b#c\nproxy = http://pu:pp@proxy:3128'),
    )
    expect(config?.idmefv2).toMatchObject({
      url: 'https://siem.example:4690/a?b#c',
      login: 'us@er',
      proxy: 'http://proxy:3128/',
      proxy_login: 'pu',
    })
    expect(config?.idmefv2.password?.reveal()).toBe('p/w')
    expect(config?.idmefv2.proxy_password?.reveal()).toBe('pp')
  })

  it('come from a user name in the url and a password elsewhere, too', async () => {
    const { config } = await reading(delivery(`url = https://user@siem.example/\npassword = \${PW}`), {
      env: { PW: ' x ' },
    })
    expect(config?.idmefv2.login).toBe('user')
    expect(config?.idmefv2.password?.reveal()).toBe(' x ')
  })

  it('come from the first line of password_file', async () => {
    const path = await file('s3cret word\r\nnot this\n')
    const { config, warnings } = await reading(delivery(`${URL}\nlogin = a\npassword_file = ${path}`))
    expect(config?.idmefv2.password?.reveal()).toBe('s3cret word')
    expect(warnings).toEqual([])
  })

  it('in a file that is missing, empty or open to others are told of', async () => {
    const read = async (path: string) => {
      const { problems, warnings } = await reading(delivery(`${URL}\nlogin = a\npassword_file = ${path}`))
      return [...problems, ...warnings]
    }
    const missing = join(folder, 'missing')
    expect(await read(missing)).toEqual([
      `A:6: [idmefv2] password_file: "${missing}" cannot be read: no such file or directory`,
    ])
    const empty = await file('\n')
    expect(await read(empty)).toEqual([`A:6: [idmefv2] password_file: "${empty}" has an empty first line`])
    expect(await read(await file('x', 0o640))).toEqual([
      'A:6: [idmefv2] password_file: others than its owner can read it (mode 0640)',
    ])
  })

  it('are given once, and not without a user name', async () => {
    const path = await file('x')
    const both = delivery(`${URL}\nlogin = a\npassword = b\npassword_file = ${path}`)
    expect((await reading(both)).problems).toEqual([
      'A:7: [idmefv2] password_file: give this or password, not both',
    ])
    expect((await reading(delivery(`${URL}\npassword = b`))).warnings).toEqual([
      'A:5: [idmefv2] password: is not used without login',
    ])
  })

  it('S9: over plain HTTP are warned of, unless to this host', async () => {
    const warnings = async (host: string) =>
      (await reading(delivery(`url = http://a:b@${host}:4690/`))).warnings
    expect(await warnings('127.1.2.3')).toEqual([])
    expect(await warnings('[::1]')).toEqual([])
    expect(await warnings('localhost')).toEqual([])
    for (const host of ['siem.example', '10.0.0.1', '127.example.org'])
      expect(await warnings(host)).toEqual([
        'A:4: [idmefv2] url: http:// sends the password over the network for all to read',
      ])
  })
})

describe('S18: what becomes a header', () => {
  it.each([
    ['url = http://a%0d%0aX:b@127.0.0.1/', 'login: contains a control character'],
    ['url = http://a:b%0d%0aX@127.0.0.1/', 'password: contains a control character'],
    [
      `${URL}\nlogin = a\npassword = \${LINES}`,
      'password: the environment variable LINES contains a line break or a NUL',
    ],
    [`${URL}\nlogin = a\n b\npassword = c`, 'login: must be one line'],
    ['url = http://127.0.0.1/a\n b', 'url: must be one line'],
    [`${URL}\nproxy = http://u%0a:p@127.0.0.1/`, 'proxy_login: contains a control character'],
  ])('holds no line end: %j', async (lines, fault) => {
    const { problems } = await reading(delivery(lines), { env: { LINES: 'a\r\nX-Injected: b' } })
    expect(problems.join('\n')).toContain(fault)
  })
})

describe('what is unsafe is warned of', () => {
  it('S6: metrics that others can reach; strict refuses them', async () => {
    const warnings = async (listen: string) =>
      (await reading(`${delivery(URL)}\n[metrics]\nlisten = ${listen}`)).warnings
    expect(await warnings('off')).toEqual([])
    expect(await warnings('[::1]:0')).toEqual([])
    for (const listen of ['0.0.0.0:9464', '[::]:9464', 'siem.example:9464'])
      expect(await warnings(listen)).toEqual([
        'A:6: [metrics] listen: whoever can reach this address can read the metrics',
      ])
    const open = `${delivery(URL)}\n[metrics]\nlisten = 0.0.0.0:9464`
    expect((await reading(open, { strict: true })).problems).toEqual([
      'A:6: [metrics] listen: whoever can reach this address can read the metrics',
    ])
  })

  it('S9: files that everyone can read when there is a password in them', async () => {
    const warnings = async (content: string, mode: number) => {
      const path = await file(content, mode)
      const { warnings } = await readConfig([path], { env: { PW: 'x', TOKEN: 'x' }, probes })
      return warnings.map(({ where, what }) => `${where.replace(path, 'A')}: ${what}`)
    }
    expect(await warnings(delivery(URL), 0o644)).toEqual([])
    expect(await warnings(delivery(`${URL}\nlogin = a\npassword = \${PW}`), 0o644)).toEqual([])
    expect(await warnings(delivery(`${URL}\nlogin = a\npassword = b`), 0o640)).toEqual([])
    for (const secretive of [
      delivery(`${URL}\nlogin = a\npassword = b`),
      delivery('url = http://a:b@127.0.0.1/'),
      `[zabbix]\ntoken = x\n[idmefv2]\n${URL}`,
    ])
      expect(await warnings(secretive, 0o644)).toEqual([
        'A: everyone can read it, and it holds a password (mode 0644)',
      ])
  })

  it('quotes that will be part of the value', async () => {
    const { config, warnings } = await reading(`[suricata]\nfilename = "/a b"\n[idmefv2]\n${URL}`)
    expect(config?.connectors[0]?.options.filename).toBe('"/a b"')
    expect(warnings).toEqual(['A:2: [suricata] filename: the quotes are part of the value'])
  })
})

describe('S12: a file that decides where alerts go', () => {
  const problems = async (content: string, mode: number) => {
    const path = await file(content, mode)
    const error = await readConfig([path], { env: { MAPPING }, probes }).catch((error: unknown) => error)
    if (!(error instanceof ConfigError)) return []
    return error.problems.map(({ where, what }) => `${where.replace(path, 'A')}: ${what}`)
  }
  let MAPPING = ''

  it('is refused when everyone can write it: the configuration', async () => {
    expect(await problems(delivery(URL), 0o666)).toEqual(['A: everyone can write it (mode 0666): chmod go-w'])
    expect(await problems(delivery(URL), 0o602)).toEqual(['A: everyone can write it (mode 0602): chmod go-w'])
    expect(await problems(delivery(URL), 0o644)).toEqual([])
  })

  it('is refused when everyone can write it: a mapping, however it is named', async () => {
    MAPPING = await file('{}', 0o666)
    for (const name of [MAPPING, `\${MAPPING}`, '%(other)s'])
      expect(
        await problems(`[DEFAULT]\nother = ${MAPPING}\n${EVE}\nmapping = ${name}\n[idmefv2]\n${URL}`, 0o600),
      ).toEqual(['A:5: [suricata] mapping: everyone can write it (mode 0666): chmod go-w'])
  })

  it.each([
    [{ mode: 0o666, uid: 1000, gid: 1000 }, 'everyone can write it (mode 0666): chmod go-w'],
    [{ mode: 0o664, uid: 1000, gid: 100 }, 'its group can write it (mode 0664): chmod g-w'],
    [{ mode: 0o664, uid: 0, gid: 100 }, 'its group can write it (mode 0664): chmod g-w'],
    [{ mode: 0o664, uid: 1000, gid: 1000 }, undefined],
    [{ mode: 0o644, uid: 0, gid: 0 }, undefined],
  ])('is refused by who can write it: %j', (access, fault) => {
    expect(openToOthers(access)).toBe(fault)
  })

  it.skipIf(process.getuid?.() !== 0)('that belongs to somebody else is warned of', async () => {
    const path = await file(delivery(URL), 0o644)
    await chown(path, 12345, 12345)
    const { warnings } = await readConfig([path], { env: {}, probes })
    expect(warnings.map(({ what }) => what)).toEqual([
      'it belongs to neither root nor whoever runs this (user 12345)',
    ])
  })
})

it('a configuration is frozen throughout and says which variables it used', async () => {
  const { config, variables } = await reading(delivery(`url = \${URL:-http://127.0.0.1/}`))
  expect(variables).toEqual(['URL'])
  expect(Object.isFrozen(config)).toBe(true)
  expect(Object.isFrozen(config?.idmefv2.pin_sha256)).toBe(true)
  expect(Object.isFrozen(config?.connectors[0]?.options)).toBe(true)
  expect(Object.isFrozen(config?.metrics.listen)).toBe(true)
})

describe('options that are loaded when they are needed', () => {
  /** Reads a file, and tells which probes were loaded for it. */
  async function loadedFor(content: string): Promise<string[]> {
    const loaded: string[] = []
    const lazy = new Map(
      [...probes].map(([probe, schema]) => [
        probe,
        async () => {
          loaded.push(probe)
          return schema
        },
      ]),
    )
    await readConfig([await file(content)], { env: {}, probes: lazy }).catch(() => undefined)
    return loaded.sort()
  }

  it('are those of the sections there are', async () => {
    expect(await loadedFor('[idmefv2]\nurl = http://x/\n[suricata:dmz]\nfilename = a\n')).toEqual([
      'suricata',
    ])
  })

  it('are all where a section is none of ours, which may hold options of any', async () => {
    expect(await loadedFor('[suricata]\nfilename = a\n[connector]\nmode = b\n')).toEqual([
      'suricata',
      'zabbix',
    ])
  })
})
