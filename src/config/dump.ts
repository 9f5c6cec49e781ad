import type { z } from 'zod'
import { factsOf } from './facts.ts'
import { common } from './options.ts'
import { masked } from './parse.ts'
import type { Config } from './read.ts'
import { Secret } from './secret.ts'
import { written } from './values.ts'

const COMMON = ['logging', 'idmefv2', 'state', 'metrics', 'workers'] as const

/**
 * The configuration in force as INI text, defaults and what came from the environment included. Reading it gives
 * the same configuration again, except for secrets, which are `***`. Options without a value are commented out.
 * `probes` are those the configuration was read with: their schemas tell what a number counts.
 */
export function dumpConfig(config: Config, probes: ReadonlyMap<string, z.ZodObject>): string {
  const sections = [
    ...COMMON.map((name) => ({ name, schema: common[name], options: config[name] })),
    ...config.connectors.map(({ probe, instance, options }) => ({
      name: instance,
      schema: probes.get(probe),
      options,
    })),
  ]
  return sections.map(({ name, schema, options }) => sectionText(name, schema, options)).join('\n')
}

function sectionText(name: string, schema: z.ZodObject | undefined, options: object): string {
  const values = new Map<string, unknown>(Object.entries(options))
  const lines = Object.entries(schema?.shape ?? {}).map(([key, option]) => {
    const value = values.get(key)
    const { isRequired, fallback, unit } = factsOf(option)
    // With a default, undefined is a value: what "off" reads as.
    if (value === undefined && !isRequired && fallback === undefined) return `# ${key} =\n`
    const text = value instanceof Secret ? String(value) : masked(written(value, unit))
    return `${`${key} = ${escaped(text)}`.trimEnd()}\n`
  })
  return `[${name}]\n${lines.join('')}`
}

/** So that references are not resolved a second time, and further lines continue the value. */
function escaped(text: string): string {
  return text
    .replaceAll('%', '%%')
    .replaceAll('${', () => '$${')
    .replaceAll('\n', '\n    ')
}
