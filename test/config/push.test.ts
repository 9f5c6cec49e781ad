import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { dumpConfig } from '../../src/config/dump.ts'
import { type PushSettings, push, pushOptions } from '../../src/config/push.ts'
import { readConfig } from '../../src/config/read.ts'
import { choice } from '../../src/config/values.ts'
import { ConfigError } from '../../src/errors.ts'
import { Authority, hasOpenssl } from '../delivery/certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'push-'))
afterAll(() => rmSync(folder, { recursive: true }))

const probes = new Map<string, z.ZodObject>([
  ['pushed', z.strictObject(push)],
  ['either', z.strictObject({ filetype: choice('regular', 'http').default('regular'), ...push })],
])

function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

/** What is found in a section `[pushed]` of these lines, which begin at line 4. */
async function read(lines: string, { name = 'pushed', strict = false, env = {} } = {}) {
  const conf = file('a.conf', `[idmefv2]\nurl = http://127.0.0.1/\n[${name}]\n${lines}\n`)
  const told = ({ where, what }: { where: string; what: string }) =>
    `${where.replace(conf, 'A')}: ${what.replaceAll(conf, 'A').replaceAll(folder, '')}`
  try {
    const { config, warnings } = await readConfig([conf], { env, probes, strict })
    // The probes have these options, and a file type at most.
    const options = config.connectors[0]?.options as unknown as PushSettings
    return { config, options, told: warnings.map(told) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { config: undefined, options: undefined, told: error.problems.map(told) }
  }
}

test('S6: nobody but this host, unless told otherwise', async () => {
  const { options, told } = await read('')
  expect(told).toEqual([])
  expect(options && pushOptions(options)).toEqual({
    address: { host: '127.0.0.1', port: 9880 },
    path: '/',
    account: undefined,
    token: undefined,
    tls: undefined,
    maxBodyBytes: 10 * 1024 ** 2,
  })
})

test.each([
  ['8080', { host: '127.0.0.1', port: 8080 }],
  [':8080', { host: '127.0.0.1', port: 8080 }],
  ['192.0.2.1:8080', { host: '192.0.2.1', port: 8080 }],
  ['[::]:0', { host: '::', port: 0 }],
])('listen = %s', async (listen, address) => {
  expect((await read(`listen = ${listen}`)).options?.listen).toEqual(address)
})

test.each([
  ['listen = off', 'A:4: [pushed] listen: expected ADDRESS:PORT or a port, got "off"'],
  ['listen = 70000', 'A:4: [pushed] listen: expected ADDRESS:PORT or a port, got "70000"'],
  ['path = eve', 'A:4: [pushed] path: expected a path that begins with / and has neither ? nor #, got "eve"'],
  [
    'max_body = 1GiB',
    'A:4: [pushed] max_body: expected a size such as 16MiB, from 1KiB to 256MiB, got "1GiB"',
  ],
  ['login = a', 'A:4: [pushed] login: needs password or password_file beside it'],
  ['password = a', 'A:4: [pushed] password: needs login beside it'],
  ['login = a:b\npassword = c', 'A:4: [pushed] login: contains a colon, which Basic cannot carry'],
  ['token = a b', 'A:4: [pushed] token: contains a blank, which Bearer cannot carry'],
  ['tls_cert = /c.pem', 'A:4: [pushed] tls_key: is required beside tls_cert'],
  ['tls_key = /k.pem', 'A:4: [pushed] tls_cert: is required beside tls_key'],
  ['tls_ca = /ca.pem', 'A:4: [pushed] tls_ca: is of no use without tls_cert and tls_key'],
  ['token_file = /none/x', 'A:4: [pushed] token_file: "/none/x" cannot be read: no such file or directory'],
])('%j cannot be used', async (lines, problem) => {
  const { config, told } = await read(lines)
  expect(config).toBeUndefined()
  expect(told).toContain(problem)
})

describe('passwords and tokens', () => {
  test('come from files, once', async () => {
    const [password, token] = [file('password', 'hush\n'), file('token', 'hash\nmore\n')]
    const { options, told } = await read(`login = a\npassword_file = ${password}\ntoken_file = ${token}`)
    expect(told).toEqual([])
    expect(options && pushOptions(options)).toMatchObject({
      account: { login: 'a', password: 'hush' },
      token: 'hash',
    })
    const both = await read(
      `login = a\npassword = x\npassword_file = ${password}\ntoken = y\ntoken_file = ${token}`,
    )
    expect(both.told).toEqual([
      'A:6: [pushed] password_file: give this or password, not both',
      'A:8: [pushed] token_file: give this or token, not both',
    ])
  })

  test('S9: are shown nowhere, and a file that others can read is warned of', async () => {
    const token = file('open', 'hash\n', 0o644)
    const { config, told } = await read(`login = a\npassword = \${PW}\ntoken_file = ${token}`, {
      env: { PW: 'hush' },
    })
    expect(told).toEqual(['A:6: [pushed] token_file: others than its owner can read it (mode 0644)'])
    const shown = `${config && dumpConfig(config, probes)}${JSON.stringify(config)}`
    expect(shown).not.toMatch(/hush|hash/)
    expect(shown).toContain('***')
  })
})

describe('S6: an address that others can reach', () => {
  const OPEN = 'whoever can reach this address can send what is taken for alerts'
  const PLAIN = 'without TLS the password and the records can be read on their way'

  test.each([
    ['listen = 0.0.0.0:9880', OPEN],
    ['listen = [::]:9880', OPEN],
    ['listen = 192.0.2.1:9880\ntoken = x', PLAIN],
    ['listen = 192.0.2.1:9880\nlogin = a\npassword = x', PLAIN],
  ])('%j is warned of, and refused when strict', async (lines, warning) => {
    expect((await read(lines)).told).toEqual([`A:4: [pushed] listen: ${warning}`])
    const strict = await read(lines, { strict: true })
    expect([strict.config, strict.told]).toEqual([undefined, [`A:4: [pushed] listen: ${warning}`]])
  })

  test.runIf(hasOpenssl)('S7: is fine over TLS with a token, or with client certificates', async () => {
    const authority = new Authority()
    try {
      const { cert, key } = authority.issue('server')
      const tls = `listen = 0.0.0.0:9880\ntls_cert = ${cert}\ntls_key = ${key}`
      expect((await read(`${tls}\ntoken = x`)).told).toEqual([])
      expect((await read(`${tls}\ntls_ca = ${authority.ca}`)).told).toEqual([])
      expect((await read(tls)).told).toEqual([`A:4: [pushed] listen: ${OPEN}`])
    } finally {
      rmSync(authority.directory, { recursive: true })
    }
  })

  test.runIf(hasOpenssl)('a certificate and a key that are no pair, or no PEM', async () => {
    const authority = new Authority()
    try {
      const [one, other] = [authority.issue('one'), authority.issue('other')]
      expect((await read(`tls_cert = ${one.cert}\ntls_key = ${other.key}`)).told).toEqual([
        expect.stringMatching(/^A:4: \[pushed\] tls_cert: cannot be used with its key: .*mismatch/),
      ])
      const text = file('text', 'no PEM')
      expect((await read(`tls_cert = ${text}\ntls_key = ${one.key}`)).told).toEqual([
        expect.stringMatching(/^A:4: \[pushed\] tls_cert: cannot be used with its key: /),
      ])
    } finally {
      rmSync(authority.directory, { recursive: true })
    }
  })
})

describe('in a section that may take its records otherwise', () => {
  test('all this counts with filetype = http', async () => {
    const { told } = await read('filetype = http\nlogin = a', { name: 'either' })
    expect(told).toEqual(['A:5: [either] login: needs password or password_file beside it'])
  })

  test('else passwords and certificates are warned of as not used', async () => {
    const { told } = await read('token = a\npath = /', { name: 'either' })
    expect(told).toEqual(['A:4: [either] token: is used with filetype = http only'])
  })
})

describe('two sections that would listen at one address', () => {
  test.each([
    ['the same', '127.0.0.1:9000', '9000'],
    ['all of the host, and one of it', '192.0.2.1:9000', '0.0.0.0:9000'],
    ['all of the host, and one of IPv4', '[::]:9000', '127.0.0.1:9000'],
  ])('are told with both places: %s', async (_, first, second) => {
    const { told } = await read(`listen = ${first}\ntoken = a\n[pushed:b]\nlisten = ${second}\ntoken = b`)
    expect(told).toContain('A:7: [pushed:b] listen: [pushed] listens there too (A:4)')
  })

  test('are told by where they begin when both leave it at the default', async () => {
    const { told } = await read('[either:b]\nfiletype = http')
    expect(told).toEqual(['A:4: [either:b] listen: [pushed] listens there too (A:3)'])
  })

  test('may be the metrics', async () => {
    const { told } = await read('[metrics]\nlisten = 127.0.0.1:9880')
    expect(told).toEqual(['A:3: [pushed] listen: [metrics] listens there too (A:5)'])
  })

  test.each([
    ['other ports', '[pushed:b]\nlisten = 9881'],
    ['ports that are picked', 'listen = 0\n[pushed:b]\nlisten = 0'],
    ['other addresses', 'listen = 127.0.0.2:9880\n[pushed:b]'],
    [
      'IPv6 and all of IPv4',
      'listen = [::1]:9880\n[pushed:b]\nlisten = 0.0.0.0:9880\ntoken = b\ntls_ca = /x',
    ],
    ['a section that takes its records otherwise', '[either:b]'],
  ])('are not: %s', async (_, lines) => {
    const { told } = await read(lines)
    expect(told.filter((line) => line.includes('too'))).toEqual([])
  })
})
