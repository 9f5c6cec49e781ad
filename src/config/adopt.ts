import type { z } from 'zod'
import { interpolate } from './expand.ts'
import { factsOf } from './facts.ts'
import type { Entry } from './ini.ts'
import type { Section } from './section.ts'

/**
 * Takes the options that stand under other names (`also`) to the sections of their probes, where the reader looks for
 * them: `[connector] log_file` becomes `filename` of `[modsecurity]`, which is made when there is none. An option that
 * has its own name in its own section keeps that. What nobody takes stays where it is.
 */
export function adopt(sections: readonly Section[], probes: ReadonlyMap<string, z.ZodObject>): Section[] {
  let adopted = [...sections]
  for (const [probe, schema] of probes) {
    for (const [option, { also }] of factsIn(schema)) {
      for (const name of also) adopted = moved(adopted, name, probe, option)
    }
  }
  return adopted
}

function factsIn(schema: z.ZodObject) {
  return Object.entries(schema.shape).map(([option, field]) => [option, factsOf(field)] as const)
}

function moved(sections: readonly Section[], name: string, probe: string, option: string): Section[] {
  const [, title = '', keys = ''] = /^(.*)\.([^.]*)$/.exec(name) ?? []
  const from = sections.find((section) => section.name === title)
  const entries = from === undefined ? [] : keys.split(':').flatMap((key) => standing(from, key))
  if (from === undefined || entries.length === 0) return [...sections]
  const rest = new Map([...from.own].filter(([other]) => !keys.split(':').includes(other)))
  const given = new Map([[option, joined(entries)]])
  if (title === probe) {
    return sections.map((section) =>
      section === from ? from.holding(new Map([...given, ...rest])) : section,
    )
  }
  const own = sections.find((section) => section.name === probe)
  const into = (own ?? from).holding(new Map([...given, ...(own?.own ?? [])]), probe)
  return sections.flatMap((section) => {
    if (section === own) return [into]
    if (section !== from) return [section]
    const left = rest.size > 0 ? [from.holding(rest)] : []
    return own === undefined ? [...left, into] : left
  })
}

/** Its references are those of the section where it was written. */
function standing(from: Section, key: string): Entry[] {
  const entry = from.get(key)
  if (entry === undefined) return []
  const { value, faults } = interpolate(entry.value, (name) => from.get(name)?.value)
  const text = faults.length > 0 ? entry.value : value.replaceAll('%', '%%')
  return [{ ...entry, value: text, written: `[${from.name}] ${key}` }]
}

/** An address and a port, or one of them. */
function joined(entries: readonly Entry[]): Entry {
  const [first, second] = entries
  if (first === undefined || second === undefined) return first as Entry // the caller has at least one
  const address = first.value.trim()
  const host = address.includes(':') && !address.startsWith('[') ? `[${address}]` : address
  return { ...first, value: `${host}:${second.value.trim()}` }
}
