import type { z } from 'zod'
import type { Access } from '../client/access.ts'
import { Credentials } from '../client/credentials.ts'
import { targetOf } from '../client/target.ts'
import type { Given } from '../config/files.ts'
import { marked } from '../config/findings.ts'
import { byPoll } from '../config/listeners.ts'
import { type PollSettings, pollOptions } from '../config/poll.ts'
import { type Config, type Reading, readConfig } from '../config/read.ts'
import { ALIASES, loadConnector, probes } from '../connectors/load.ts'
import { ConfigError, type Problem, UsageError } from '../errors.ts'
import { prepareConnectors } from '../setup.ts'
import { loadSimdjson } from '../simdjson.ts'
import type { ConnectorSetup } from '../worker/messages.ts'

/** A configuration that was read and whose mappings compile. */
export interface Checked extends Reading {
  connectors: ConnectorSetup[]
}

const SECTIONS = [...probes(), ...Object.keys(ALIASES)]

const optionsOf = async (probe: string): Promise<z.ZodObject> => (await loadConnector(probe)).options

/** The options of every probe by the name of its section. */
export async function probeOptions(): Promise<Map<string, z.ZodObject>> {
  const loaded = SECTIONS.map(async (probe) => [probe, await optionsOf(probe)] as const)
  return new Map(await Promise.all(loaded))
}

/** Reads and checks everything that can be checked without touching the network. @throws {ConfigError | UsageError} */
export async function readChecked(
  files: readonly string[],
  strict: boolean,
  given: Readonly<Given> = [],
): Promise<Checked> {
  if (files.length === 0 && given.length === 0) throw new UsageError('name a configuration file with -c FILE')
  // A start loads no code of tools that nobody named.
  const known = new Map(SECTIONS.map((probe) => [probe, () => optionsOf(probe)]))
  const reading = await readConfig(files, { env: process.env, strict, given, probes: known })
  try {
    return { ...reading, connectors: await checkWhole(reading.config) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    // A misspelt key may be why another one is missing.
    throw new ConfigError([...error.problems, ...marked(reading.warnings)])
  }
}

/** What only shows when all options are read. */
async function checkWhole(config: Config): Promise<ConnectorSetup[]> {
  checkCredentials(config)
  checkAddon(config)
  await checkConnectors(config)
  return prepareConnectors(config)
}

/** That the addon can be used where it is asked for. */
function checkAddon({ workers, files }: Config): void {
  const asking = (['parser', 'document_check'] as const).filter((key) => workers[key] === 'simdjson')
  if (asking.length === 0) return
  try {
    loadSimdjson()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ConfigError(
      asking.map((key) => ({ where: files.join(', '), what: `[workers] ${key}: simdjson: ${why}` })),
    )
  }
}

/** What connectors themselves have to say of their options. */
async function checkConnectors({ connectors, files }: Config): Promise<void> {
  const problems: Problem[] = []
  for (const { probe, instance, options } of connectors) {
    const connector = await loadConnector(probe)
    // The options were parsed by this connector's own schema.
    for (const what of connector.check?.(options as never) ?? [])
      problems.push({ where: files.join(', '), what: `[${instance}] ${what}` })
  }
  if (problems.length > 0) throw new ConfigError(problems)
}

/** The connectors that ask their tools. Those that take what is pushed ask nobody, whatever options they have. */
export function asked({ connectors }: Config) {
  return connectors.flatMap(({ instance, options }) =>
    // The cast: the options were parsed by a schema that has those of `poll`.
    'max_answer' in options && byPoll(options.filetype)
      ? [{ instance, options: pollOptions(options as PollSettings) }]
      : [],
  )
}

/** That the certificates and keys are what they should be: here they are told, a worker or a source could only die of them. */
function checkCredentials(config: Config): void {
  const { idmefv2, files } = config
  const { delivery, url } = idmefv2
  const tools = asked(config).map(({ instance, options }): [string, Access] => [instance, options.access])
  const sent: [string, Access][] =
    url !== undefined && (delivery === 'each' || delivery === 'array') ? [['idmefv2', idmefv2]] : []
  const problems = [...sent, ...tools].flatMap(([section, access]) => {
    const found = problemsOf(() => new Credentials(access, targetOf(access)))
    return found.map(({ where, what }) => ({
      where: files.join(', '),
      what: `[${section}] ${where}: ${what}`,
    }))
  })
  if (problems.length > 0) throw new ConfigError(problems)
}

function problemsOf(attempt: () => unknown): readonly Problem[] {
  try {
    attempt()
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}
