// What a value may refer to. Python's %(name)s is done first, over the text of the files; ${VAR} afterwards, in one
// pass, so that nothing that comes from the environment is ever expanded again.

/** The value, and what is wrong in it. With faults, the value is of no use. */
export interface Expanded {
  value: string
  faults: string[]
}

/** As Python's MAX_INTERPOLATION_DEPTH. */
const MAX_DEPTH = 10

/**
 * Python's BasicInterpolation: `%(name)s` is the value of that key in the same section or in `[DEFAULT]`, itself
 * interpolated; `%%` is a percent sign. Unlike in Python, a `%` before anything but `(` or `%` stands for itself.
 */
export function interpolate(text: string, lookup: (key: string) => string | undefined): Expanded {
  const faults: string[] = []
  const expand = (text: string, depth: number): string =>
    text.replace(/%%|%\(([^)]+)\)s|%\(/g, (match, name?: string) => {
      if (match === '%%') return '%'
      if (faults.length > 0) return ''
      const found = name === undefined ? undefined : lookup(name.toLowerCase())
      if (name === undefined) faults.push('"%(" begins no %(name)s; a percent sign is written %%')
      else if (found === undefined) faults.push(`%(${name})s names no key of this section or [DEFAULT]`)
      else if (depth === MAX_DEPTH) faults.push(`%(${name})s refers on more than ${MAX_DEPTH} times`)
      else return expand(found, depth + 1)
      return ''
    })
  const value = expand(text, 1)
  return { value, faults }
}

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Shell-like references: `${VAR}`, `${VAR:-default}` (the default counts when VAR is unset or empty), and `$${`
 * for a literal `${`. `used` names the variables that were looked up, never their values.
 */
export function substitute(text: string, env: Environment): Expanded & { used: string[] } {
  const faults: string[] = []
  const used: string[] = []
  const value = text.replace(/\$\$\{|\$\{([^}]*)\}|\$\{/g, (match, reference?: string) => {
    if (match === '$${') return '${'
    const [, name, fallback] = /^([a-z_]\w*)(?::-(.*))?$/is.exec(reference ?? '') ?? []
    if (name === undefined) {
      faults.push(`"\${" begins no \${VAR} or \${VAR:-default}; a literal one is written $\${`)
      return ''
    }
    used.push(name)
    const found = Object.hasOwn(env, name) ? env[name] : undefined
    const result = fallback === undefined ? found : found || fallback
    if (result === undefined) faults.push(`the environment variable ${name} is not set`)
    else if (result === found && /[\r\n\0]/.test(result))
      faults.push(`the environment variable ${name} contains a line break or a NUL`)
    return result ?? ''
  })
  return { value, faults, used }
}
