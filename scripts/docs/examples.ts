import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { z } from 'zod'
import { readConfig } from '../../src/config/read.ts'
import { ALIASES, loadRules } from '../../src/connectors/load.ts'
import { ConfigError, type Problem } from '../../src/errors.ts'
import { profile, VERSIONS } from '../../src/idmefv2/profiles.ts'
import { compile } from '../../src/mapping/compile.ts'
import { applyDocument } from '../../src/mapping/file.ts'
import { blocksOf } from './markdown.ts'
import type { Page } from './repository.ts'

export type Options = ReadonlyMap<string, z.ZodObject>

/** What an `ini fragment` leaves out. */
const AROUND = '[idmefv2]\nurl = https://siem.example.org/\n[suricata]\n'

/** Of another machine: certificates, password files and mappings that samples name are not here. */
const ELSEWHERE = /not a readable file|cannot be read/

/**
 * What is wrong in the examples of the pages: configurations that `run` would refuse or warn of, JSON that is none,
 * mappings that do not compile. An `ini fragment` is read together with what it leaves out.
 */
export async function brokenExamples(pages: readonly Page[], options: Options): Promise<string[]> {
  const faults: string[] = []
  const named = new Map([
    ...options,
    ...Object.entries(ALIASES).flatMap(([alias, probe]) => aliased(alias, options.get(probe))),
  ])
  for (const page of pages) {
    for (const { info, body, line } of blocksOf(page.text)) {
      const found = await faultsOf(page.path, info, body, named)
      faults.push(...found.map((what) => `${page.path}:${line}: ${what}`))
    }
  }
  return faults
}

function aliased(alias: string, schema: z.ZodObject | undefined): [string, z.ZodObject][] {
  return schema ? [[alias, schema]] : []
}

async function faultsOf(path: string, info: string, body: string, options: Options): Promise<string[]> {
  if (info === 'ini') return configFaults([body], options)
  if (info === 'ini fragment') return configFaults([AROUND, body], options)
  if (info === 'json') return jsonFaults(path, body)
  return []
}

/** What is wrong with a configuration of these texts, each laid over the one before it. */
export async function configFaults(texts: readonly string[], options: Options): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'idmefv2-docs-'))
  try {
    const files = await Promise.all(
      texts.map(async (text, index) => {
        const file = join(folder, `${index}.conf`)
        await writeFile(file, text, { mode: 0o600 })
        return file
      }),
    )
    const problems = await problemsOf(files, texts.join('\n'), options)
    return problems
      .filter(({ what }) => !ELSEWHERE.test(what))
      .map(({ where, what }) => `line ${where.split(':').at(-1)} of the configuration: ${what}`)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function problemsOf(files: string[], text: string, probes: Options): Promise<readonly Problem[]> {
  const variables = [...text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => [name, 'x'])
  try {
    const { warnings } = await readConfig(files, { env: Object.fromEntries(variables), probes })
    return warnings
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

async function jsonFaults(path: string, body: string): Promise<string[]> {
  try {
    const value: unknown = JSON.parse(body)
    const isMapping = typeof value === 'object' && value !== null && '$extends' in value
    return isMapping || path === 'src/mapping/README.md' ? await mappingFaults(path, body) : []
  } catch (error) {
    return [`not JSON: ${error instanceof Error ? error.message : error}`]
  }
}

/** A mapping file changes the connector on whose page it stands; elsewhere that of the examples. */
async function mappingFaults(path: string, document: string): Promise<string[]> {
  const own = /^src\/connectors\/([^/]+)\//.exec(path)?.[1] ?? 'suricata'
  const rules = applyDocument(await loadRules(own, {}), document)
  const values = { 'analyzer.name': 'A', 'analyzer.ip': '192.0.2.1', 'analyzer.hostname': 'a.example.org' }
  return VERSIONS.flatMap((version) => {
    try {
      compile(rules, profile(version), { values, options: {} })
      return []
    } catch (error) {
      return [`does not compile for ${version}: ${error instanceof Error ? error.message : error}`]
    }
  })
}
