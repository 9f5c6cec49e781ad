import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RISKS } from '../test/faults/risks.ts'
import { ROWS } from '../test/faults/rows.ts'
import { brokenExamples, type Options } from './docs/examples.ts'
import { matrixFaults } from './docs/faults.ts'
import { completeSample, generator, type Sources } from './docs/generate.ts'
import { brokenLinks } from './docs/links.ts'
import { fill } from './docs/markers.ts'
import { files, type Page, pagesIn, ROOT, read } from './docs/repository.ts'
import { loadSources } from './docs/sources.ts'
import { traces } from './docs/traces.ts'

// pnpm docs: makes every generated part of the documentation again.
// pnpm docs:check: tells what is stale or wrong in it and changes nothing; exit 1 if there is anything.

const sources = await loadSources()
const paths = files()
const made = make(sources, pagesIn(paths))
const stale = made.filter(({ path, text }) => read(path) !== text)

if (process.argv.includes('--check')) {
  const faults = [
    ...stale.map(({ path }) => `${path}: stale, pnpm run docs makes it again`),
    ...(await check()),
  ]
  for (const fault of faults) console.error(fault)
  if (faults.length > 0) process.exitCode = 1
  else console.log(`${made.length} files are as they should be`)
} else {
  for (const { path, text } of stale) writeFileSync(join(ROOT, path), text)
  console.log(stale.length > 0 ? stale.map(({ path }) => `made ${path}`).join('\n') : 'nothing to do')
}

/** Every file with a generated part, as it should be. */
function make(sources: Sources, pages: readonly Page[]): Page[] {
  const filled = pages.map(({ path, text }) => ({ path, text: fill(text, generator(path, sources)) }))
  return [...filled, { path: 'config/sample.conf', text: completeSample(sources.connectors) }]
}

async function check(): Promise<string[]> {
  const pages = pagesIn(paths)
  const options: Options = new Map([...sources.connectors].map(([name, { options }]) => [name, options]))
  const texts = paths.map((path) => ({ path, text: read(path) ?? '' }))
  return [
    ...brokenLinks(pages, paths),
    ...(await brokenExamples(pages, options)),
    ...matrixFaults(ROWS, sources.proofs),
    ...matrixFaults(RISKS, sources.guards, 'S'),
    ...traces(texts),
  ]
}
