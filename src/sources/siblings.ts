import { basename, extname } from 'node:path'

/** A rotated predecessor of a log file, by its name in the same directory. */
export interface Sibling {
  name: string
  compressed: boolean
}

// `.1`, `-20240101`, `.2024-01-01T10:00:00`, `-20240101-1700000000`
const NUMBERED = /^[.-]\d[\dT:._-]*$/
// logrotate's `extension` puts the date before the extension: `eve-20240101.json`. A short number there is more often
// something else, such as one of the files Suricata's threads write (`eve.1.json`).
const DATED = /^[.-]\d[\dT:._-]{7,}$/
const COMPRESSED = /\.(gz|bz2|xz|zst)$/
const COUNT = /^\.(\d{1,7})$/

export function compressed(name: string): boolean {
  return COMPRESSED.test(name)
}

/**
 * The rotated predecessors of `path` among the names in its directory, oldest first: `.3`, `.2`, `.1` when they are
 * counted, by name when they are dated. `changed` (time of last change) decides where both kinds are found.
 */
export function siblings(
  path: string,
  names: readonly string[],
  changed: (name: string) => number,
): Sibling[] {
  const found = names.flatMap((name) => {
    const suffix = suffixOf(basename(path), name.replace(COMPRESSED, ''))
    return suffix === undefined ? [] : [{ name, suffix, compressed: compressed(name) }]
  })
  const counts = found.filter(({ suffix }) => COUNT.test(suffix)).length
  const age: (one: { name: string; suffix: string }) => number | string =
    counts === found.length
      ? ({ suffix }) => -Number(suffix.slice(1))
      : counts === 0
        ? ({ suffix }) => suffix
        : ({ name }) => changed(name)
  return found
    .map((one) => ({ ...one, age: age(one) }))
    .sort((a, b) => (a.age < b.age ? -1 : a.age > b.age ? 1 : 0))
    .map(({ name, compressed }) => ({ name, compressed }))
}

function suffixOf(base: string, name: string): string | undefined {
  const extension = extname(base)
  const stem = base.slice(0, base.length - extension.length)
  if (name === base) return undefined
  if (name.startsWith(base) && NUMBERED.test(name.slice(base.length))) return name.slice(base.length)
  if (extension === '' || !name.startsWith(stem) || !name.endsWith(extension)) return undefined
  const between = name.slice(stem.length, name.length - extension.length)
  return DATED.test(between) ? between : undefined
}
