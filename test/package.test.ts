import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { traces } from '../scripts/docs/traces.ts'
import { validator } from '../src/idmefv2/validate.ts'

// The package as its users get it: built, packed, installed in an empty folder, run from there. It is built in a copy,
// so that nothing in the checkout changes. Only the packages it depends on come from elsewhere.

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')
const BUILT_FROM = [
  'src',
  'scripts',
  'config',
  'package.json',
  'tsconfig.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
]
const INSTALL_MS = 180_000

let folder = ''
let copy = ''
let home = ''
let packed: string[] = []

/** The pinned Node first, for npm and for the program. */
const env = { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) }

function idmefv2(...args: string[]) {
  return run(join(home, 'node_modules/.bin/idmefv2'), args, { cwd: home, env, maxBuffer: 64 * 1024 ** 2 })
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'package-'))
  copy = join(folder, 'copy')
  home = join(folder, 'home')
  mkdirSync(home)
  for (const part of BUILT_FROM)
    if (existsSync(join(root, part))) cpSync(join(root, part), join(copy, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))

  await run('npm', ['pack', '--pack-destination', folder], { cwd: copy, env })
  const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
  const { stdout } = await run('tar', ['-tzf', join(folder, tarball)])
  packed = stdout.trimEnd().split('\n')
  // Without the optional addon, which is compiled at installation and off by default.
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--omit=optional', '--ignore-scripts']
  await run('npm', ['install', ...flags, join(folder, tarball)], { cwd: home, env })
}, INSTALL_MS)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('holds the program, its declarations, its pages, its samples and the scripts of tools, and nothing else', () => {
  const places =
    /^package\/(package\.json|README\.md|LICENSE|CHANGELOG\.md|(config|dist)\/.+|scripts\/[a-z]+-event\.sh)$/
  expect(packed.filter((path) => !places.test(path))).toEqual([])
  expect(packed.filter((path) => /\/fixtures\/|(?<!\.d)\.ts$/.test(path))).toEqual([])
  expect(packed).toEqual(
    expect.arrayContaining([
      'package/README.md',
      'package/LICENSE',
      'package/dist/main.js',
      'package/dist/types.d.ts',
      'package/dist/worker/worker.js',
      'package/dist/connectors/suricata/mapping.js',
      'package/dist/gateway/dtd/idmef.dtd',
      'package/dist/connectors/suricata/README.md',
      'package/config/sample.conf',
      'package/config/idmefv2-stream.service',
      'package/config/demo/eve.json',
      'package/scripts/motion-event.sh',
      'package/scripts/zoneminder-event.sh',
    ]),
  )
})

test('tells nothing of the machine it was built on', () => {
  const installed = join(home, 'node_modules/idmefv2-stream')
  const files = packed
    .map((path) => path.replace(/^package\//, ''))
    .map((path) => ({ path, text: readFileSync(join(installed, path), 'utf8') }))
  expect(traces(files, [root, folder])).toEqual([])
})

test('tells its version', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect((await idmefv2('--version')).stdout).toBe(`${version}\n`)
})

test('names the probes that are in it', async () => {
  expect((await idmefv2('list')).stdout).toMatch(/^suricata {2,}\S/m)
})

test('converts the sample that is in it, one valid message for each alert', async () => {
  const sample = join(home, 'node_modules/idmefv2-stream/config/demo/eve.json')
  const alerts = readFileSync(sample, 'utf8')
    .split('\n')
    .filter((line) => line && JSON.parse(line).event_type === 'alert')
  const { stdout } = await idmefv2('convert', 'suricata', sample)
  const messages = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(messages).toHaveLength(alerts.length)
  const validate = validator('2.D.V08')
  expect(messages.flatMap((message) => validate(message))).toEqual([])
})

test('shows the demo: worker threads deliver to the receiver', async () => {
  const { stdout } = await idmefv2('demo', '--seconds', '1')
  expect(stdout).toContain('Every alert arrived once')
}, 60_000)
