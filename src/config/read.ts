import type { z } from 'zod'
import type { Problem } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { adopt } from './adopt.ts'
import { checkDelivery, checkFiles, checkMetrics, checkWorkers, needsReceiver } from './checks.ts'
import { gatherCredentials } from './credentials.ts'
import { type Given, readLayers } from './files.ts'
import { Findings } from './findings.ts'
import { checkListeners } from './listeners.ts'
import {
  common,
  type DeliveryOptions,
  type LoggingOptions,
  type MetricsOptions,
  type StateOptions,
  type WorkerOptions,
} from './options.ts'
import { parseSection } from './parse.ts'
import { checkPermissions } from './permissions.ts'
import { checkPoll, takesPoll } from './poll.ts'
import { checkPush, takesPush } from './push.ts'
import type { Section } from './section.ts'

export interface ConnectorSection {
  probe: string
  /** The section's name: `suricata`, `suricata:dmz`. */
  instance: string
  /** As the probe's own schema gives them. */
  options: Record<string, unknown>
}

/** What is in force: frozen throughout, secrets wrapped, in the INI's own key names and in base units. */
export interface Config {
  logging: LoggingOptions
  /** `url` and `proxy` are http or https URLs without credentials; `password` is there however it was given. */
  idmefv2: DeliveryOptions
  state: StateOptions
  metrics: MetricsOptions
  workers: WorkerOptions
  /** At least one, in the order of the files. */
  connectors: ConnectorSection[]
  files: string[]
}

export interface Reading {
  config: Config
  warnings: Problem[]
  /** Names of the environment variables that values refer to. */
  variables: string[]
}

export interface ReadContext {
  env: Readonly<Record<string, string | undefined>>
  /** Every warning is an error. */
  strict?: boolean
  /** Options of each known probe, by the name of its section; or how to load them, for where few of many are needed. */
  probes: ReadonlyMap<string, z.ZodObject | (() => Promise<z.ZodObject>)>
  /** What the command line says. */
  given?: Readonly<Given>
}

/**
 * Reads the files, each laid over those before it. Rejects with a ConfigError that has every problem of every file,
 * each as `file:line: [section] key: what`; when a file cannot be read, what its absence causes is not told as well.
 * No problem, warning or printed configuration shows the value of a secret.
 */
export async function readConfig(files: readonly string[], context: ReadContext): Promise<Reading> {
  const findings = new Findings()
  const layers = await readLayers(files, findings, context.given)
  // Whatever else looks missing may stand in a file that could not be read.
  if (files.some((file) => !layers.access.has(file))) findings.settle(files, false)

  const scope = { env: context.env, variables: new Set<string>() }
  const parse = <S extends z.ZodObject>(name: string, schema: S) =>
    parseSection(layers.section(name), schema, scope)
  const logging = parse('logging', common.logging)
  const idmefv2 = parse('idmefv2', common.idmefv2)
  const state = parse('state', common.state)
  const metrics = parse('metrics', common.metrics)
  const workers = parse('workers', common.workers)
  const probes = [...context.probes.keys()]
  const schemas = await schemasFor(layers.sections, context.probes)
  const sections = adopt(layers.sections, schemas)
  const connectors = connectorsIn(sections, schemas, probes).map((found) => ({
    ...found,
    ...parseSection(found.section, found.schema, scope),
  }))
  if (connectors.length === 0)
    findings.error(files[0] ?? '', `no connector section; known are ${bracketed(probes)}`)

  checkDelivery(idmefv2, connectors.length === 0 || connectors.some(needsReceiver))
  await checkFiles(idmefv2)
  checkMetrics(metrics)
  checkWorkers(workers)
  checkListeners([metrics, ...connectors])
  const gathered = await gatherCredentials(idmefv2)
  // The casts: `takesPush` and `takesPoll` have seen that the schema is made of these options.
  const found = await Promise.all(
    connectors.map(async (parsed) => ({
      ...(takesPush(parsed.schema) && (await checkPush(parsed as never))),
      ...(takesPoll(parsed.schema) && (await checkPoll(parsed as never))),
    })),
  )
  await checkPermissions(layers, [{ ...idmefv2, schema: common.idmefv2 }, ...connectors], findings)

  const warnings = findings.settle(files, context.strict ?? false)
  const config = {
    logging: whole(logging),
    idmefv2: { ...whole(idmefv2), ...gathered },
    state: whole(state),
    metrics: whole(metrics),
    workers: whole(workers),
    connectors: connectors.map((parsed, i) => ({
      probe: parsed.probe,
      instance: parsed.section.name,
      options: { ...whole(parsed), ...found[i] },
    })),
    files: [...files],
  }
  return { config: frozen(config), warnings, variables: [...scope.variables] }
}

interface Found {
  probe: string
  section: Section
  schema: z.ZodObject
}

/** Letters, digits and a few signs: an instance's name becomes part of file names and metric labels. */
const INSTANCE = /^[a-z\d][\w.-]{0,63}$/i

type Schemas = ReadonlyMap<string, z.ZodObject>

/** Of the probes that have sections; of all of them where a section is none of ours, for it may have options of any. */
async function schemasFor(sections: readonly Section[], probes: ReadContext['probes']): Promise<Schemas> {
  const named = sections.map(({ name }) => probeOf(name)).filter((name) => !Object.hasOwn(common, name))
  const wanted = [...probes].filter(
    ([probe]) => named.includes(probe) || named.some((name) => !probes.has(name)),
  )
  const loaded = wanted.map(
    async ([probe, schema]) => [probe, typeof schema === 'function' ? await schema() : schema] as const,
  )
  return new Map(await Promise.all(loaded))
}

const probeOf = (section: string): string => section.split(':', 1)[0] ?? section

/** The connector sections; a section that is neither one nor common is warned of. */
function connectorsIn(sections: readonly Section[], schemas: Schemas, probes: readonly string[]): Found[] {
  const found: Found[] = []
  for (const section of sections) {
    if (Object.hasOwn(common, section.name)) continue
    const [, probe = '', instance] = /^([^:]*)(?::(.*))?$/s.exec(section.name) ?? []
    const schema = schemas.get(probe)
    if (!schema) {
      const guess = nearest(probe, [...probes, ...Object.keys(common), 'DEFAULT'])
      section.warn(
        '',
        `unknown section${guess ? `, did you mean [${guess}]?` : `; known are ${bracketed(probes)}`}`,
      )
    } else if (instance !== undefined && !INSTANCE.test(instance))
      section.error('', `the name after the colon may have letters, digits, "-", "_" and ".", 64 at most`)
    else found.push({ probe, section, schema })
  }
  return found
}

function bracketed(names: readonly string[]): string {
  return names.map((name) => `[${name}]`).join(', ')
}

/** After the findings were settled without an error, every section is whole. */
function whole<T>({ whole, section }: { whole: T | undefined; section: Section }): T {
  if (whole === undefined) throw new TypeError(`[${section.name}] was refused without an error`)
  return whole
}

/** Plain objects and lists, all the way down; anything else in a connector's options is its own affair. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value
  for (const part of Object.values(value)) frozen(part)
  return Object.freeze(value)
}
