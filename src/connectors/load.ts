import { readdirSync } from 'node:fs'
import type { Context, Rules, RulesFor } from '../mapping/rules.ts'
import type { Connector } from './connector.ts'

const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

/** The probes there are: the folders beside this file. */
export function probes(): string[] {
  return readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

/** Sections that may go by another name than the folder of their probe. */
export const ALIASES: Readonly<Record<string, string>> = { gateway: 'idmefv1' }

const folderOf = (probe: string) => (Object.hasOwn(ALIASES, probe) ? ALIASES[probe] : probe)

export async function loadConnector(probe: string): Promise<Connector> {
  return (await import(`./${folderOf(probe)}/index.${EXTENSION}`)).default
}

/** The probe of a section: `suricata` of `suricata:dmz`. */
export const probeOf = (instance: string): string => instance.split(':', 1)[0] ?? instance

/** Only this is loaded in a worker: the rules of a probe, without its sources. `options` are those of one section. */
export async function loadRules(probe: string, options: Context['options']): Promise<Rules> {
  const rules: Rules | RulesFor = (await import(`./${folderOf(probe)}/mapping.${EXTENSION}`)).default
  return typeof rules === 'function' ? rules(options) : rules
}
