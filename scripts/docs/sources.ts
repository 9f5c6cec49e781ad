import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Verb } from '../../src/cli/verb.ts'
import { loadConnector, probes } from '../../src/connectors/load.ts'
import { proofsIn } from './faults.ts'
import type { Sources } from './generate.ts'
import { metricRows } from './metrics.ts'
import { files, ROOT, read } from './repository.ts'

/** Loads what the pages tell about. */
export async function loadSources(): Promise<Sources> {
  const connectors = await Promise.all(
    probes().map(async (probe) => [probe, await loadConnector(probe)] as const),
  )
  const tests = files()
    .filter((path) => /^test\/.*\.test\.ts$/.test(path))
    .map((path) => ({ path, text: read(path) ?? '' }))
  const ofFaults = tests.filter(({ path }) => path.startsWith('test/faults/'))
  return {
    verbs: await loadVerbs(),
    connectors: new Map(connectors),
    metrics: await metricRows(),
    proofs: proofsIn(ofFaults),
    guards: proofsIn(tests, 'S'),
  }
}

/** A verb is a file of `src/cli` by its name; the files without one help the others. */
async function loadVerbs(): Promise<Map<string, Verb>> {
  const folder = join(ROOT, 'src/cli')
  const verbs = new Map<string, Verb>()
  for (const file of readdirSync(folder).sort()) {
    const exported: Record<string, unknown> = await import(join(folder, file))
    const verb = Object.values(exported).find(isVerb)
    if (verb) verbs.set(file.replace(/\.ts$/, ''), verb)
  }
  return verbs
}

function isVerb(value: unknown): value is Verb {
  return typeof value === 'object' && value !== null && 'usage' in value && 'run' in value
}
