import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfig } from '../../src/config/read.ts'
import { tableOf } from '../../src/config/sample.ts'
import suricata from '../../src/connectors/suricata/index.ts'

const folder = new URL('../../src/connectors/suricata/', import.meta.url)
const page = readFileSync(new URL('README.md', folder), 'utf8')
const sample = fileURLToPath(new URL('sample.conf', folder))

const context = { env: {}, probes: new Map([['suricata', suricata.options]]) }

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'suricata-options-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

describe('the options', () => {
  async function optionsOf(section: string) {
    const file = join(directory, 'suricata.conf')
    writeFileSync(file, `[idmefv2]\nurl = http://127.0.0.1:4690/\n[suricata]\n${section}\n`, { mode: 0o600 })
    const { config } = await readConfig([file], context)
    return config.connectors[0]?.options
  }

  test('follow the usual file from its end, and attach nothing, by default', async () => {
    expect(await optionsOf('')).toEqual({
      filetype: 'regular',
      filename: ['/var/log/suricata/eve.json'],
      start: 'end',
      attach: [],
      listen: { host: '127.0.0.1', port: 9880 },
      path: '/',
      max_body: 10 * 1024 ** 2,
    })
  })

  test('take lists', async () => {
    const options = await optionsOf(`filename = /a/eve.*.json, /b/eve.json
exclude_category = Generic Protocol Command Decode, Misc activity
exclude_signature_id = 2200074, 2210045
minimum_severity = 2
attach = payload, raw`)
    expect(options).toMatchObject({
      filename: ['/a/eve.*.json', '/b/eve.json'],
      exclude_category: ['Generic Protocol Command Decode', 'Misc activity'],
      exclude_signature_id: [2200074, 2210045],
      minimum_severity: 2,
      attach: ['payload', 'raw'],
    })
  })

  test.each([
    ['attach = everything', 'attach'],
    ['exclude_signature_id = ET SCAN', 'exclude_signature_id'],
    ['minimum_severity = high', 'minimum_severity'],
    ['filetype = redis', 'filetype'],
    ['filetype = unix_stream\nfilename = /a, /b', 'filename'],
    ['filetype = unix_stream\nfilename = -', 'filename'],
    ['filename = -, /a', 'filename'],
    ['filename = ,', 'filename'],
  ])('refuse %j and say where', async (section, key) => {
    await expect(optionsOf(section)).rejects.toThrow(new RegExp(`\\[suricata\\] ${key}`))
  })
})

/** Formatting pads the cells of tables. */
const squeezed = (text: string) => text.replaceAll(/ {2,}/g, ' ')

describe('the page and the sample', () => {
  test('show the options as they are', () => {
    const rows = tableOf(suricata.options).split('\n').slice(2)
    for (const row of rows) expect(squeezed(page)).toContain(row)
    const text = readFileSync(sample, 'utf8')
    for (const key of Object.keys(suricata.options.shape)) expect(text).toContain(`# ${key} =`)
  })

  test.each([
    ['as it is', (text: string) => text],
    ['with every value uncommented', (text: string) => text.replaceAll(/^# (\w+ = .+)$/gm, '$1')],
  ])('make a configuration without a warning, %s', async (_how, edit) => {
    const file = join(directory, 'sample.conf')
    writeFileSync(file, edit(readFileSync(sample, 'utf8')), { mode: 0o600 })
    const { config, warnings } = await readConfig([file], context)
    expect(warnings).toEqual([])
    expect(config.connectors).toHaveLength(1)
  })
})
