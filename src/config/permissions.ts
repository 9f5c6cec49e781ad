import { stat } from 'node:fs/promises'
import type { z } from 'zod'
import { factsOf } from './facts.ts'
import type { Layers } from './files.ts'
import type { Findings } from './findings.ts'
import type { Section } from './section.ts'

/**
 * Whoever can write a configuration or a mapping decides where alerts go, and whoever can read one has the
 * passwords in it.
 */
export async function checkPermissions(
  layers: Layers,
  sections: readonly { section: Section; schema: z.ZodObject }[],
  findings: Findings,
): Promise<void> {
  const secretive = new Set<string>()
  for (const { section, schema } of sections) {
    for (const file of filesWithSecrets(section, schema)) secretive.add(file)
    const mode = 'mapping' in schema.shape ? await modeOf(section.get('mapping')?.value) : 0
    if (mode & 0o022) section.warn('mapping', `others than its owner can write it (mode ${octal(mode)})`)
  }
  for (const [file, mode] of layers.modes) {
    if (mode & 0o022) findings.warn(file, `others than its owner can write it (mode ${octal(mode)})`)
    if (mode & 0o004 && secretive.has(file))
      findings.warn(file, `everyone can read it, and it holds a password (mode ${octal(mode)})`)
  }
}

function* filesWithSecrets(section: Section, schema: z.ZodObject): Generator<string> {
  for (const [key, option] of Object.entries(schema.shape)) {
    const { value = '', file = '' } = section.get(key) ?? {}
    const isLiteral = value !== '' && !value.includes('${')
    if (isLiteral && (factsOf(option).isSecret || /:\/\/[^/]*:[^/]*@/.test(value))) yield file
  }
}

/** 0 when it cannot be told: that the file is missing is for its reader to say. */
function modeOf(path: string | undefined): Promise<number> {
  if (!path) return Promise.resolve(0)
  return stat(path).then(
    ({ mode }) => mode & 0o777,
    () => 0,
  )
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}
