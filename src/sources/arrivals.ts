import { keyOf, OpenFile, statOf } from './file.ts'
import type { Recognition } from './identity.ts'
import { predecessors } from './paths.ts'

/** A file beside a path, or at it; open unless it is followed already. */
export interface Entry {
  path: string
  key: string
  /** Time of the last write, ms since 1970. */
  changed: number
  file?: OpenFile
}

/** The rotated predecessors of a path, oldest first, and the file it names. */
export function list(path: string, alone: boolean): Entry[] {
  return [...(alone ? [] : predecessors(path).plain), path].flatMap((each) => {
    const stat = statOf(each)
    return stat ? [{ path: each, key: keyOf(stat), changed: Number(stat.mtimeNs) / 1e6 }] : []
  })
}

/**
 * Opens what is listed, except what `skip` holds, and adds it there. Undefined when names moved meanwhile: then a
 * file could have slipped from one name that was not yet looked at to one that already was.
 *
 * @throws Error of the file system; nothing is left open then
 */
export function openAll(path: string, alone: boolean, skip: Set<string>): Entry[] | undefined {
  const entries = list(path, alone)
  const opened: Entry[] = []
  try {
    for (const entry of entries) {
      if (skip.has(entry.key)) continue
      const file = open(entry.path, entry.path === path)
      if (file) opened.push(Object.assign(entry, { file }))
    }
    const keys = (all: Entry[]) => all.map((each) => `${each.path} ${each.key}`).join('\n')
    const moved = opened.some(({ file, key }) => file?.key !== key)
    if (!moved && keys(list(path, alone)) === keys(entries)) {
      for (const { key } of opened) skip.add(key)
      return entries
    }
  } catch (error) {
    for (const { file } of opened) file?.release()
    throw error
  }
  for (const { file } of opened) file?.release()
  return undefined
}

/** A predecessor that may not be read must not stand in the way of the file that may. */
function open(path: string, needed: boolean): OpenFile | undefined {
  try {
    return new OpenFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException // what the file system throws
    if (!needed && (code === 'EACCES' || code === 'NOT_A_FILE')) return undefined
    throw error
  }
}

/**
 * Which of the files beside a path are still to be read, in order: those that came after the newest one that is
 * followed; at a start, the oldest one that is known and all after it. Where rotation left none of these, those
 * written since the last look (`since`).
 */
export function unread(
  path: string,
  entries: readonly Entry[],
  recognitions: ReadonlyMap<OpenFile, Recognition>,
  followed: ReadonlySet<string>,
  since: number | undefined,
): Entry[] {
  const newest = entries.findLastIndex(({ key }) => followed.has(key))
  if (newest >= 0) return entries.slice(newest + 1)
  const oldest = entries.findIndex(({ file }) => {
    const found = file && recognitions.get(file)
    // A file that was empty is known by its inode alone, which says nothing of what was copied from it since.
    return (found?.is === 'same' || found?.is === 'shorter') && found.state.head.length > 0
  })
  if (oldest >= 0 && followed.size === 0) return entries.slice(oldest)
  return entries.filter((each) => each.path === path || (since !== undefined && each.changed >= since))
}
