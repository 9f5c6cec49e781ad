import { existsSync, globSync, readdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { statOf } from './file.ts'
import { compressed, siblings } from './siblings.ts'

const MAGIC = /[*?[\]{}]/

/**
 * The files that a path or glob names now, sorted, by their real paths: a link and its target are one. A path without
 * wildcards is itself, there or not; so is one that exists although it looks like a glob.
 */
export function expand(pattern: string): string[] {
  const literal = !MAGIC.test(pattern) || existsSync(pattern)
  const paths = literal ? [pattern] : globSync(pattern).filter((path) => !compressed(path))
  return [...new Set(paths.map(real))].sort()
}

/** The directories in which changes concern a path or glob: its own, or that of its first wildcard. */
export function directoryOf(pattern: string): string {
  let directory = dirname(pattern)
  while (MAGIC.test(directory)) directory = dirname(directory)
  return directory
}

/** The rotated predecessors of a path as they lie beside it, oldest first. */
export function rotated(path: string): { path: string; compressed: boolean }[] {
  const directory = dirname(path)
  const changed = (name: string) => Number(statOf(join(directory, name))?.mtimeMs ?? 0n)
  return siblings(path, names(directory), changed).map(({ name, compressed }) => ({
    path: join(directory, name),
    compressed,
  }))
}

/** The same, apart. */
export function predecessors(path: string): { plain: string[]; packed: string[] } {
  const all = rotated(path)
  const pick = (packed: boolean) => all.filter((one) => one.compressed === packed).map((one) => one.path)
  return { plain: pick(false), packed: pick(true) }
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    // Not there, or not ours to list: then there are no predecessors to be found.
    return []
  }
}

function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    // It does not exist yet; its directory may already be known by another name.
    const directory = dirname(path)
    return directory === path || directory === '.' ? path : join(real(directory), basename(path))
  }
}
