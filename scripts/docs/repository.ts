import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

/** What is in the repository, or would be with the next `git add`: paths from its root. */
export function files(): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate']
  const listed = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 16 * 1024 ** 2 })
  return listed.split('\0').filter((path) => path !== '' && read(path) !== undefined)
}

/** The text of a file; undefined when it is not there (removed, and git not told yet). */
export function read(path: string): string | undefined {
  try {
    return readFileSync(join(ROOT, path), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** A Markdown page, or any other text file. */
export interface Page {
  /** From the root of the repository, with `/`. */
  path: string
  text: string
}

export function pagesIn(paths: readonly string[]): Page[] {
  return paths.filter((path) => path.endsWith('.md')).map((path) => ({ path, text: read(path) ?? '' }))
}
