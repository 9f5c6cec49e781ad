import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { check } from '../../src/cli/check.ts'
import { init } from '../../src/cli/init.ts'
import { probes } from '../../src/connectors/load.ts'
import { invoke } from './invoke.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'init-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What these want cannot be had by default. */
const INCOMPLETE = new Map([
  ['json', 'mapping'],
  ['zabbix', 'give login and password, or token'],
])

describe.each(probes())('init %s', (probe) => {
  test('writes a configuration that only its owner can read, and that check accepts', async () => {
    const file = join(folder, `${probe}.conf`)
    const { code, out } = await invoke(init, [probe, file])
    expect(code).toBe(0)
    expect(out).toContain(`${file} is written`)
    expect(out).toContain(`connectors/${probe}/README.md`)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const checked = invoke(check, ['-c', file])
    const lacking = INCOMPLETE.get(probe)
    if (lacking) await expect(checked).rejects.toThrow(`[${probe}] ${lacking}`)
    else expect((await checked).code).toBe(0)
  })
})

describe('init', () => {
  test('tells what to set in the tool, without the links of the page', async () => {
    const { out } = await invoke(init, ['suricata', join(folder, 'told.conf')])
    expect(out).toMatch(/^On the side of Suricata\n/)
    expect(out).toContain('suricata-version: yes')
    expect(out).not.toMatch(/\]\(|<!--|## Options/)
  })

  test.each([
    ['motion', 'scripts/motion-event.sh'],
    ['zoneminder', 'scripts/zoneminder-event.sh'],
    ['zabbix', 'config/zabbix-media-type.yaml'],
  ])('of %s, with the way to %s from where it is called', async (probe, path) => {
    const elsewhere = join(folder, `elsewhere-${probe}`)
    const here = process.cwd()
    mkdirSync(elsewhere)
    process.chdir(elsewhere)
    try {
      const { out } = await invoke(init, [probe])
      const [told = ''] = out.match(new RegExp(`[./\\w-]*${path}`)) ?? []
      expect(existsSync(told)).toBe(true)
    } finally {
      process.chdir(here)
    }
  })

  test('leaves a file that is there as it is', async () => {
    const file = join(folder, 'mine.conf')
    writeFileSync(file, 'mine')
    await expect(invoke(init, ['suricata', file])).rejects.toThrow('is there already')
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })

  test('prints the configuration alone with -', async () => {
    const { out } = await invoke(init, ['suricata', '-'])
    expect(out).toMatch(/^\[idmefv2\]/)
    expect(out).not.toContain('On the side of')
  })

  test('names the probe that was meant', async () => {
    await expect(invoke(init, ['surricata'])).rejects.toThrow('did you mean suricata?')
    await expect(invoke(init, [])).rejects.toThrow('name the probe')
  })
})
