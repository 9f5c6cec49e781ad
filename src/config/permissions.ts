import { stat } from 'node:fs/promises'
import type { z } from 'zod'
import { factsOf } from './facts.ts'
import type { Access, Layers } from './files.ts'
import type { Findings } from './findings.ts'
import type { Section } from './section.ts'

/**
 * Whoever can write a configuration or a mapping decides where alerts go, and whoever can read one has the
 * passwords in it.
 */
export async function checkPermissions(
  layers: Layers,
  sections: readonly { section: Section; schema: z.ZodObject; options: Record<string, unknown> }[],
  findings: Findings,
): Promise<void> {
  const secretive = new Set<string>()
  for (const { section, schema, options } of sections) {
    for (const file of filesWithSecrets(section, schema)) secretive.add(file)
    const access = typeof options.mapping === 'string' ? await accessOf(options.mapping) : undefined
    if (access !== undefined) tell(access, (level, what) => section[level]('mapping', what))
  }
  for (const [file, access] of layers.access) {
    tell(access, (level, what) => findings[level](file, what))
    if (access.mode & 0o004 && secretive.has(file))
      findings.warn(file, `everyone can read it, and it holds a password (mode ${octal(access.mode)})`)
  }
}

/**
 * Why a file that decides what happens must not be used: everyone can write it, or a group of others. The group with
 * the number of the owner is the owner's own (useradd(8), USERGROUPS_ENAB).
 */
export function openToOthers({ mode, uid, gid }: Access): string | undefined {
  if (mode & 0o002) return `everyone can write it (mode ${octal(mode)}): chmod go-w`
  if (mode & 0o020 && uid !== gid) return `its group can write it (mode ${octal(mode)}): chmod g-w`
  return undefined
}

function tell(access: Access, say: (level: 'error' | 'warn', what: string) => void): void {
  const { mode, uid } = access
  const fault = openToOthers(access)
  if (fault !== undefined) say('error', fault)
  else if (mode & 0o020) say('warn', `its group can write it (mode ${octal(mode)})`)
  if (uid !== 0 && uid !== process.getuid?.())
    say('warn', `it belongs to neither root nor whoever runs this (user ${uid})`)
}

function* filesWithSecrets(section: Section, schema: z.ZodObject): Generator<string> {
  for (const [key, option] of Object.entries(schema.shape)) {
    const { value = '', file = '' } = section.get(key) ?? {}
    const isLiteral = value !== '' && !value.includes('${')
    if (isLiteral && (factsOf(option).isSecret || /:\/\/[^/]*:[^/]*@/.test(value))) yield file
  }
}

/** Nothing when it cannot be told: that the file is missing is for its reader to say. */
function accessOf(path: string): Promise<Access | undefined> {
  return stat(path).then(
    ({ mode, uid, gid }) => ({ mode: mode & 0o777, uid, gid }),
    () => undefined,
  )
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}
