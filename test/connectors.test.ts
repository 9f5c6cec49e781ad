import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { converter } from '../scripts/connector/convert.ts'
import { misnamed, titled } from '../scripts/connector/scaffold.ts'
import { configFaults } from '../scripts/docs/examples.ts'
import type { Connector } from '../src/connectors/connector.ts'
import { advise } from '../src/idmefv2/advise.ts'
import { VERSIONS } from '../src/idmefv2/profiles.ts'
import { validator } from '../src/idmefv2/validate.ts'
import { applyDocument } from '../src/mapping/file.ts'
import type { Rules, RulesFor } from '../src/mapping/rules.ts'

const root = join(import.meta.dirname, '..')
const catalogue = join(root, 'src/connectors')
const PIECES = ['index.ts', 'mapping.ts', 'sample.conf', 'README.md', 'fixtures']

describe.each(foldersIn(catalogue))('the connector %s', (name) => {
  const folder = join(catalogue, name)

  test('has its five pieces, and each fixture has an input', () => {
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(PIECES))
    expect(foldersIn(join(folder, 'fixtures'))).not.toEqual([])
  })

  test('has a sample that makes a configuration, with its defaults commented out or not', () =>
    checkSample(folder, name))

  test.each(fixturesOf(folder))('converts the fixture %s as expected, validly in every version', (fixture) =>
    checkFixture(folder, name, fixture),
  )
})

describe('a connector begun with pnpm new-connector', () => {
  const NAME = 'tar-pit'
  let copy = ''
  const begin = (name: string) =>
    execFileSync(process.execPath, [join(copy, 'scripts/new-connector.ts'), name], {
      encoding: 'utf8',
      stdio: 'pipe',
    })

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'connector-'))
    const parts = ['src', 'scripts', 'package.json', 'test/faults', 'test/fuzz/promises.ts']
    for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
    // The pages are found by git, as in a checkout.
    execFileSync('git', ['init', '-q', copy])
    writeFileSync(join(copy, '.gitignore'), 'node_modules\n')
    begin(NAME)
  })
  afterAll(() => rmSync(copy, { recursive: true, force: true }))

  test('has its five pieces, and passes the same checks as the others', async () => {
    const folder = join(copy, 'src/connectors', NAME)
    expect(readdirSync(folder).sort()).toEqual([...PIECES].sort())
    await checkSample(folder, NAME)
    const fixtures = fixturesOf(folder)
    expect(fixtures).toEqual(['alert', 'other'])
    for (const fixture of fixtures) await checkFixture(folder, NAME, fixture)
  })

  test('has a page with its options and its sample', () => {
    const page = readFileSync(join(copy, 'src/connectors', NAME, 'README.md'), 'utf8')
    expect(page).toContain(`| \`filename\` | \`/var/log/${NAME}/alerts.json\` |`)
    expect(page).toContain(`[${NAME}]\n## files or globs`)
  })

  test('is known at once', () => {
    const list = execFileSync(process.execPath, [join(copy, 'src/main.ts'), 'list'], { encoding: 'utf8' })
    expect(list).toMatch(new RegExp(`^${NAME} +Alerts of Tar-pit$`, 'm'))
  })

  test('is never begun a second time', () => {
    expect(() => begin(NAME)).toThrow(`src/connectors/${NAME} exists`)
  })

  test.each([
    ['metrics', 'section of its own'],
    ['Not_A_Name', 'a name begins with a letter'],
    ['../outside', 'a name begins with a letter'],
    ['', 'a name begins with a letter'],
  ])('cannot be called %j', (name, why) => {
    expect(misnamed(name)).toContain(why)
  })
})

async function checkSample(folder: string, name: string): Promise<void> {
  const { options } = await load<Connector>(folder, 'index.ts')
  const sample = readFileSync(join(folder, 'sample.conf'), 'utf8')
  expect(sample).toContain(`[${name}]\n`)
  for (const option of Object.keys(options.shape))
    expect(sample).toMatch(new RegExp(`^(# )?${option} =`, 'm'))
  const uncommented = sample.replaceAll(/^# (\w+ = .+)$/gm, '$1')
  for (const text of [sample, uncommented])
    expect(await configFaults([text], new Map([[name, options]]))).toEqual([])
}

/**
 * A fixture is `input.*` with one record and `expected.json`, which is absent where the filter must say no; with
 * `options.json` where it takes other options, `place.json` where it counts which file it stood in, `mapping.json` where it takes a
 * mapping file that is not one of the shipped ones, and with the reason in `expected.error` where it must be rejected.
 */
async function checkFixture(folder: string, name: string, fixture: string): Promise<void> {
  const path = (file: string) => join(folder, 'fixtures', fixture, file)
  const json = (file: string) => JSON.parse(readFileSync(path(file), 'utf8'))
  const [input = 'input.*'] = readdirSync(path('')).filter((file) => file.startsWith('input.'))
  const record = readFileSync(path(input), 'utf8').replace(/\n$/, '')
  const { options: schema } = await load<Connector>(folder, 'index.ts')
  const options = { ...schema.parse({}), ...(existsSync(path('options.json')) ? json('options.json') : {}) }
  const place = existsSync(path('place.json')) ? json('place.json') : {}
  const given = await load<Rules | RulesFor>(folder, 'mapping.ts')
  const own = typeof given === 'function' ? given(options) : given
  const shipped = typeof options.mapping === 'string' ? join(root, options.mapping) : undefined
  const mapping = existsSync(path('mapping.json')) ? path('mapping.json') : shipped
  const rules = mapping === undefined ? own : applyDocument(own, readFileSync(mapping, 'utf8'))

  for (const version of VERSIONS) {
    const convert = converter(rules, { version, options, name: titled(name), place })
    if (existsSync(path('expected.error'))) {
      expect(() => convert(record), version).toThrow(readFileSync(path('expected.error'), 'utf8').trim())
      continue
    }
    const message = convert(record)
    if (version === '2.D.V08')
      expect(message).toEqual(existsSync(path('expected.json')) ? json('expected.json') : undefined)
    expect(message === undefined, version).toBe(!existsSync(path('expected.json')))
    if (message) expect([...validator(version)(message), ...advise(message)], version).toEqual([])
  }
}

async function load<T>(folder: string, file: string): Promise<T> {
  return (await import(/* @vite-ignore */ join(folder, file))).default
}

function foldersIn(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
}

function fixturesOf(folder: string): string[] {
  return foldersIn(join(folder, 'fixtures'))
}
