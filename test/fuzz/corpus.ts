import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, 'corpus')

export interface Kept {
  name: string
  input: Buffer
}

/** The inputs that stand in the repository for a target: what it is begun with, and what once broke it. */
export function corpusOf(target: string): Kept[] {
  const folder = join(FOLDER, target)
  const names = readdirSync(folder).sort()
  return names.map((name) => ({ name, input: readFileSync(join(folder, name)) }))
}

/** Keeps an input that broke a promise; gives the name of its file, from the root of the repository. */
export function keep(target: string, input: Buffer): string {
  const name = `crash-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`
  mkdirSync(join(FOLDER, target), { recursive: true })
  writeFileSync(join(FOLDER, target, name), input)
  return `test/fuzz/corpus/${target}/${name}`
}
