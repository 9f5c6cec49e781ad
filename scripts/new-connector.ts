import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { converter } from './connector/convert.ts'
import { misnamed, scaffold, titled } from './connector/scaffold.ts'
import { generator } from './docs/generate.ts'
import { fill } from './docs/markers.ts'
import { ROOT } from './docs/repository.ts'
import { loadSources } from './docs/sources.ts'

// pnpm new-connector NAME: begins a connector. Its folder is all there is to it; nothing else is edited.

const [name = ''] = process.argv.slice(2)
const path = `src/connectors/${name}`
const folder = join(ROOT, path)

const fault = misnamed(name) ?? (existsSync(folder) ? `${path} exists` : undefined)
if (fault !== undefined) {
  console.error(`pnpm new-connector NAME: ${fault}`)
  process.exit(64)
}
for (const [file, text] of scaffold(name)) write(file, text)
write('fixtures/alert/expected.json', await message(read('fixtures/alert/input.json')))
write('README.md', fill(read('README.md'), generator(`${path}/README.md`, await loadSources())))
console.log(
  `${path}: change options and source in index.ts, the mapping in mapping.ts, and add fixtures; then pnpm run docs`,
)

async function message(record: string): Promise<string> {
  const [{ default: rules }, { default: connector }] = await Promise.all([
    import(join(folder, 'mapping.ts')),
    import(join(folder, 'index.ts')),
  ])
  const options = connector.options.parse({})
  const convert = converter(rules, { version: '2.D.V08', options, name: titled(name) })
  return `${JSON.stringify(convert(record.trimEnd()), null, 2)}\n`
}

function read(file: string): string {
  return readFileSync(join(folder, file), 'utf8')
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), text)
}
