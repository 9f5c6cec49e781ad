import { hostname } from 'node:os'
import { readText } from './config/files.ts'
import { openToOthers } from './config/permissions.ts'
import type { Config, ConnectorSection } from './config/read.ts'
import type { Connector } from './connectors/connector.ts'
import { loadConnector, loadRules } from './connectors/load.ts'
import { ConfigError, type Problem } from './errors.ts'
import { hostAddress } from './host.ts'
import { profile } from './idmefv2/profiles.ts'
import { compile, mayGenerate } from './mapping/compile.ts'
import { applyDocument } from './mapping/file.ts'
import { MappingError } from './mapping/read.ts'
import type { Context } from './mapping/rules.ts'
import type { ConnectorSetup } from './worker/messages.ts'

/**
 * What the workers need to know of the connectors. Every mapping is compiled here once, so that a fault is told at
 * the start, with the file and the JSON pointer, and not by a worker that dies.
 * @throws {ConfigError} with the faults of all mappings.
 */
export async function prepareConnectors(
  config: Pick<Config, 'idmefv2' | 'connectors'>,
): Promise<ConnectorSetup[]> {
  const problems: Problem[] = []
  if (config.idmefv2.validate === 'always' && !mayGenerate()) {
    const what = 'always needs code generation from strings, which this Node.js was told to refuse'
    problems.push({ where: '[idmefv2] validate', what })
  }
  const setups = await Promise.all(
    config.connectors.map((section) => prepare(section, config.idmefv2, problems)),
  )
  if (problems.length > 0) throw new ConfigError(problems)
  return setups
}

async function prepare(
  section: ConnectorSection,
  delivery: Config['idmefv2'],
  problems: Problem[],
): Promise<ConnectorSetup> {
  const { probe, instance, options } = section
  const file = typeof options.mapping === 'string' ? options.mapping : undefined
  const context = contextOf(section, delivery)
  const setup: ConnectorSetup = { probe, instance, context }
  try {
    requireMapping(await loadConnector(probe), file, instance)
    const own = await loadRules(probe, options)
    if (file !== undefined) setup.document = await readDocument(file, instance)
    compile(
      setup.document === undefined ? own : applyDocument(own, setup.document),
      profile(delivery.version),
      context,
    )
  } catch (error) {
    if (error instanceof ConfigError) problems.push(...error.problems)
    else if (error instanceof MappingError) problems.push(...mappingProblems(error, file ?? `[${instance}]`))
    else throw error
  }
  return setup
}

/** @throws {ConfigError} when a section names no mapping file, and there is no other mapping. */
export function requireMapping(
  { needsMapping }: Connector,
  file: string | undefined,
  instance: string,
): void {
  if (file !== undefined || needsMapping !== true) return
  const what = 'is required: a JSON file that says what each field of a message is made from'
  throw new ConfigError([{ where: `[${instance}] mapping`, what }])
}

/** The faults of a mapping, as the operator is told them. */
export function mappingProblems({ faults }: MappingError, where: string): Problem[] {
  return faults.map(({ pointer, what }) => ({ where, what: `${pointer || '/'}: ${what}` }))
}

/** A mapping is some hundred lines; more than this is another file named by mistake. */
const MAX_MAPPING_BYTES = 1024 ** 2

/** The text of a mapping file that only its owner can write; `instance` is the section that names it. @throws {ConfigError} */
export async function readDocument(file: string, instance?: string): Promise<string> {
  const read = await readText(file, MAX_MAPPING_BYTES)
  if (read.fault !== undefined) {
    const where = instance === undefined ? file : `[${instance}] mapping: ${file}`
    throw new ConfigError([{ where, what: read.fault }])
  }
  const what = openToOthers(read)
  if (what !== undefined) throw new ConfigError([{ where: file, what }])
  return read.text
}

/** The values that `$context` and `$option` give. */
export function contextOf({ instance, options }: ConnectorSection, delivery: Config['idmefv2']): Context {
  const values = {
    'analyzer.name': delivery.analyzer_name,
    'analyzer.ip': delivery.analyzer_ip ?? hostAddress() ?? lastResort(delivery.version),
    'analyzer.hostname': delivery.analyzer_hostname ?? hostname(),
    location: delivery.location,
    organisation: delivery.organisation,
    entity: delivery.entity,
    instance,
  }
  return { values, options }
}

/** Drafts 04 and 05 require an address of the analyzer; a host without a network has no other. */
function lastResort(version: Config['idmefv2']['version']): string | undefined {
  return version <= '2.D.V05' ? '127.0.0.1' : undefined
}
