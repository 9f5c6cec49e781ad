import { existsSync } from 'node:fs'

/** Packages of Debian that a test needs, each with a file of it. */
export type Needed = readonly (readonly [name: string, file: string])[]

/** Why a test cannot run, to be put behind its name; nothing when all are installed. `.ci/run` installs them. */
export function lacking(needed: Needed): string {
  const missing = needed.filter(([, file]) => !existsSync(file)).map(([name]) => name)
  return missing.length === 0 ? '' : ` (not installed: ${missing.join(', ')})`
}
