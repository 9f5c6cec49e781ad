import type { Profile } from '../idmefv2/profiles.ts'
import { type CompileOptions, type Converter, compile } from '../mapping/compile.ts'
import type { Context, Rules } from '../mapping/rules.ts'

export interface Origin {
  probe: string
  /** The text of the operator's mapping file, where there is one. */
  document?: string
  context: Context
}

/**
 * Compiles mappings. Those that differ in nothing a mapping asks for, only in where they read, share one converter: its
 * code is made hot once, and what it remembers serves all of them.
 */
export class Converters {
  readonly #profile: Profile
  readonly #options: CompileOptions
  readonly #made = new Map<string, Converter>()

  constructor(profile: Profile, options: CompileOptions) {
    this.#profile = profile
    this.#options = options
  }

  of(rules: Rules, { probe, document, context }: Origin): Converter {
    const asked = (form: string) => namesIn([rules.filter, rules.mapping], form)
    const { instance, ...values } = context.values
    // An identity is the connector's own.
    const isNamed = rules.identity !== undefined || asked('$context').includes('instance')
    const key = JSON.stringify([
      probe,
      document,
      isNamed ? instance : undefined,
      values,
      asked('$option').map((name) => context.options[name]),
    ])
    const converter = this.#made.get(key) ?? compile(rules, this.#profile, context, this.#options)
    this.#made.set(key, converter)
    return converter
  }
}

/** The names that a form is given anywhere in a mapping. */
function namesIn(node: unknown, form: string): string[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, value]) =>
    key === form ? [String(value)] : namesIn(value, form),
  )
}
