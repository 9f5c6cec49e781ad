import { z } from 'zod'
import { nearest } from '../nearest.ts'
import { type Environment, interpolate, substitute } from './expand.ts'
import { factsOf } from './facts.ts'
import type { Section } from './section.ts'

export interface Parsed<S extends z.ZodObject> {
  section: Section
  /** The options that could be read, for checks across them even when another one could not. */
  options: Partial<z.output<S>>
  /** The keys whose value could not be read. */
  faulty: ReadonlySet<string>
  /** All of them, checked by the whole schema; undefined when something in the section is wrong. */
  whole: z.output<S> | undefined
}

export interface Scope {
  env: Environment
  /** Filled with the names of the environment variables that were looked up. */
  variables: Set<string>
}

/** From text to options by `schema`. What is wrong goes to the findings, with its line; a secret's value never. */
export function parseSection<S extends z.ZodObject>(section: Section, schema: S, scope: Scope): Parsed<S> {
  warnOfUnknown(section, schema)

  const texts: Record<string, string> = {}
  const options: Record<string, unknown> = {}
  const faulty = new Set<string>()
  for (const [key, option] of Object.entries(schema.shape)) {
    const text = expand(section, key, option, scope)
    if (text) texts[key] = text
    // An empty value counts as absent: so a later file, or a sample, can leave an option unset.
    const parsed = text === undefined ? undefined : z.safeParse(option, text || undefined)
    if (!parsed?.success) faulty.add(key)
    else if (parsed.data !== undefined) options[key] = parsed.data
    for (const { message } of parsed?.error?.issues ?? [])
      section.error(key, text ? told(option, text, message) : 'is required')
  }

  // The cast: each key holds what its own schema gave.
  const partial = options as Partial<z.output<S>>
  if (faulty.size > 0) return { section, options: partial, faulty, whole: undefined }
  const whole = schema.safeParse(texts)
  for (const { path, message } of whole.error?.issues ?? [])
    section.error(path.map(String).join('.'), message)
  return { section, options: partial, faulty, whole: whole.data }
}

function warnOfUnknown(section: Section, schema: z.ZodObject): void {
  const known = Object.keys(schema.shape)
  for (const key of section.own.keys()) {
    if (known.includes(key)) continue
    const guess = nearest(key, known)
    section.warn(key, `unknown key${guess ? `, did you mean ${guess}?` : ''}`)
  }
}

/** The text with all its references resolved, empty when absent; undefined when a reference could not be. */
function expand(section: Section, key: string, option: z.core.SomeType, scope: Scope): string | undefined {
  const raw = section.get(key)?.value ?? ''
  const local = interpolate(raw, (name) => section.get(name)?.value)
  const { value, used, faults } = substitute(local.value, scope.env)
  for (const name of used) scope.variables.add(name)

  const all = local.faults.length > 0 ? local.faults : faults
  // The names in a secret's faults may be pieces of the secret, unless it is nothing but a reference.
  const isTold = !factsOf(option).isSecret || /^\$\{\w+\}$/.test(raw)
  for (const fault of isTold ? all : all.slice(0, 1)) {
    const hint = `a reference in it cannot be resolved (not shown); literally, write %%( and $\${`
    section.error(key, isTold ? fault : hint)
  }
  if (/^(".*"|'.*')$/s.test(raw)) section.warn(key, 'the quotes are part of the value')
  return all.length > 0 ? undefined : value
}

/** Values longer than this say no more in a message. */
const MAX_SHOWN = 100

function told(option: z.core.SomeType, text: string, message: string): string {
  // Not even the schema's own message: it may quote the value.
  if (factsOf(option).isSecret) return 'is not accepted (value not shown)'
  // Of several lines only the first is sure to be meant: a password that is indented by accident continues it.
  const [first = ''] = masked(text).split('\n', 1)
  const shown = first.length > MAX_SHOWN || first !== masked(text) ? `${first.slice(0, MAX_SHOWN)}…` : first
  return `${masked(message.replaceAll(text, () => shown))}, got ${JSON.stringify(shown)}`
}

const QUERY = /(:\/\/[^\s?#]*\?)([^\s#]+)/g

/** The text with user name and password of any URL in it hidden, and the values in its query: tokens stand there too. */
export function masked(text: string): string {
  const hidden = (part: string) => (part.includes('=') ? part.replace(/=.*/, '=***') : '***')
  return text
    .replace(/:\/\/.*\?.*@.*/gs, '://***') // what stands before the @ may belong to the query, or to a password
    .replace(/:\/\/.*@/gs, '://***@')
    .replace(QUERY, (_, before: string, query: string) => before + query.split('&').map(hidden).join('&'))
}
