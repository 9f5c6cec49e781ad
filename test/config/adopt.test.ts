import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { factsOf } from '../../src/config/facts.ts'
import { readConfig } from '../../src/config/read.ts'
import { address, also, duration, integer, list, text } from '../../src/config/values.ts'
import { probes as known, loadConnector } from '../../src/connectors/load.ts'
import { ConfigError } from '../../src/errors.ts'

// Options under the names that files of the Python connectors have for them.

const folder = mkdtempSync(join(tmpdir(), 'adopt-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const probes = new Map<string, z.ZodObject>([
  [
    'wall',
    z.strictObject({
      filename: also(list(), 'connector.log_file').prefault('/usual').describe('files'),
      pause: also(duration(), 'connector.pause').optional(),
    }),
  ],
  [
    'board',
    z.strictObject({
      url: text().optional(),
      port: also(integer(1, 65535), 'connector.listen_port').optional(),
      file: also(text(), 'board.logfile').optional(),
    }),
  ],
  ['bell', z.strictObject({ listen: also(address(80), 'ring.host:port').optional() })],
])

async function reading(content: string) {
  const file = join(folder, 'a.conf')
  writeFileSync(file, `[idmefv2]\nurl = http://127.0.0.1:4690/\n${content}\n`, { mode: 0o600 })
  try {
    const { config, warnings } = await readConfig([file], { env: { HOME: '/h' }, probes })
    const connectors = config.connectors.map(({ instance, options }) => ({ [instance]: options }))
    return { connectors, told: warnings.map(({ where, what }) => `${where.split(':').at(-1)}: ${what}`) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return {
      connectors: [],
      told: error.problems.map(({ where, what }) => `${where.split(':').at(-1)}: ${what}`),
    }
  }
}

describe('an option under another name', () => {
  test('makes the section of its probe, without a warning', async () => {
    expect(await reading('[connector]\nlog_file = /a, /b')).toEqual({
      connectors: [{ wall: { filename: ['/a', '/b'] } }],
      told: [],
    })
  })

  test('joins what the section of its probe has; its own name counts more', async () => {
    const { connectors } = await reading('[connector]\nlog_file = /a\npause = 2s\n[wall]\nfilename = /b')
    expect(connectors).toEqual([{ wall: { filename: ['/b'], pause: 2000 } }])
  })

  test('may stand in the probe’s own section', async () => {
    expect(await reading('[board]\nlogfile = /a')).toEqual({
      connectors: [{ board: { file: '/a' } }],
      told: [],
    })
    expect((await reading('[board]\nlogfile = /a\nfile = /b')).connectors).toEqual([
      { board: { file: '/b' } },
    ])
  })

  test('goes to the probe that has it, of two that share a section', async () => {
    const { connectors, told } = await reading('[board]\nurl = http://z\n[connector]\nlisten_port = 8090')
    expect(connectors).toEqual([{ board: { url: 'http://z', port: 8090 } }])
    expect(told).toEqual([])
  })

  test('is one of two that stand there, an address and a port, or of one of them', async () => {
    const rung = async (text: string) => (await reading(`[ring]\n${text}`)).connectors
    expect(await rung('host = 0.0.0.0\nport = 90')).toEqual([
      { bell: { listen: { host: '0.0.0.0', port: 90 } } },
    ])
    expect(await rung('host = ::\nport = 90')).toEqual([{ bell: { listen: { host: '::', port: 90 } } }])
    expect(await rung('port = 90')).toEqual([{ bell: { listen: { host: '127.0.0.1', port: 90 } } }])
    expect(await rung('host = ::1')).toEqual([{ bell: { listen: { host: '::1', port: 80 } } }])
    expect((await reading('[ring]\nhost = a b\nport = x')).told).toEqual([
      '4: [ring] host: expected ADDRESS:PORT or a port, got "a b:x"',
    ])
  })

  test('keeps its references: keys of the section it was written in, and the environment', async () => {
    const text = `[DEFAULT]\nbase = /var\n[connector]\nlog_file = %(base)s/100%%/\${HOME}`
    expect((await reading(text)).connectors).toEqual([{ wall: { filename: ['/var/100%//h'] } }])
  })

  test('is told of as it is written, at its line', async () => {
    const { told } = await reading('[connector]\nlog_file = /a\npause = soon')
    expect(told).toEqual([expect.stringMatching(/^5: \[connector\] pause: expected a duration .*"soon"$/)])
    expect((await reading('[connector]\nlog_file = %(nothing)s')).told).toEqual([
      expect.stringMatching(/^4: \[connector\] log_file: %\(nothing\)s names no key/),
    ])
  })

  test('leaves what nobody knows, to be warned of', async () => {
    const { connectors, told } = await reading('[connector]\nlog_file = /a\nlog_fiel = /b')
    expect(connectors).toEqual([{ wall: { filename: ['/a'] } }])
    expect(told).toEqual([expect.stringMatching(/^3: \[connector\] unknown section/)])
  })
})

test('no name of the Python connectors leads to two options, nor away from a section of ours', async () => {
  const names = (
    await Promise.all(
      known().map(async (probe) => {
        const { options } = await loadConnector(probe)
        return Object.values(options.shape).flatMap((option) => factsOf(option as z.ZodType).also)
      }),
    )
  ).flat()
  expect(names).toEqual([...new Set(names)])
})
