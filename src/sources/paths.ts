import { existsSync, globSync, readdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { statOf } from './file.ts'
import { compressed, siblings } from './siblings.ts'

const MAGIC = /[*?[\]{}]/

/** Where rotation puts files that do not stay beside their path. */
export interface Archive {
  /** Names its files, relative to the directory of the path. */
  glob: string
  /** What such a name is sorted by, oldest first; undefined for one that is none of the path's files. */
  order(name: string): string | undefined
}

/** The newest ones: each is opened for a moment at a start and at a rotation, and descriptors are not endless. */
const MAX_ARCHIVED = 100

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

/** The rotated predecessors of a path as they lie in its archive, then beside it, oldest first. */
export function rotated(path: string, archive?: Archive): { path: string; compressed: boolean }[] {
  const directory = dirname(path)
  const changed = (name: string) => Number(statOf(join(directory, name))?.mtimeMs ?? 0n)
  const beside = siblings(path, names(directory), changed)
  return [...archived(directory, archive), ...beside].map(({ name, compressed }) => ({
    path: join(directory, name),
    compressed,
  }))
}

function archived(directory: string, archive: Archive | undefined): { name: string; compressed: boolean }[] {
  if (!archive) return []
  return globSync(archive.glob, { cwd: directory })
    .flatMap((name) => {
      const key = archive.order(name)
      return key === undefined ? [] : [{ name, key, compressed: compressed(name) }]
    })
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .slice(-MAX_ARCHIVED)
}

/** The same, apart. */
export function predecessors(path: string, archive?: Archive): { plain: string[]; packed: string[] } {
  const all = rotated(path, archive)
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
