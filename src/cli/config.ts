import type { z } from 'zod'
import { Credentials } from '../client/credentials.ts'
import { targetOf } from '../client/target.ts'
import { type Config, type Reading, readConfig } from '../config/read.ts'
import { loadConnector, probes } from '../connectors/load.ts'
import { ConfigError, UsageError } from '../errors.ts'
import { prepareConnectors } from '../setup.ts'
import type { ConnectorSetup } from '../worker/messages.ts'

/** A configuration that was read and whose mappings compile. */
export interface Checked extends Reading {
  connectors: ConnectorSetup[]
}

/** The options of every probe by the name of its section. */
export async function probeOptions(): Promise<Map<string, z.ZodObject>> {
  const loaded = await Promise.all(
    probes().map(async (probe) => [probe, (await loadConnector(probe)).options] as const),
  )
  return new Map(loaded)
}

/** Reads and checks everything that can be checked without touching the network. @throws {ConfigError | UsageError} */
export async function readChecked(files: readonly string[], strict: boolean): Promise<Checked> {
  if (files.length === 0) throw new UsageError('name a configuration file with -c FILE')
  const reading = await readConfig(files, { env: process.env, strict, probes: await probeOptions() })
  checkCredentials(reading.config)
  return { ...reading, connectors: await prepareConnectors(reading.config) }
}

/** That the certificates and keys are what they should be: here they are told, a worker could only die of them. */
function checkCredentials({ idmefv2, files }: Config): void {
  if (idmefv2.delivery !== 'each' && idmefv2.delivery !== 'array') return
  try {
    new Credentials(idmefv2, targetOf(idmefv2))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const where = files.join(', ')
    throw new ConfigError(
      error.problems.map((problem) => ({ where, what: `[idmefv2] ${problem.where}: ${problem.what}` })),
    )
  }
}
