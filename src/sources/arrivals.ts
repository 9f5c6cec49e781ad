import type { FileState } from '../state/checkpoint.ts'
import { keyOf, OpenFile, statOf } from './file.ts'
import { equal, type Fingerprint, fingerprint, type Recognition } from './identity.ts'
import { type Archive, rotated } from './paths.ts'
import { canUnpack, packedHead } from './unpack.ts'

/** A file beside a path, or at it; open unless it is followed already. */
export interface Entry {
  path: string
  /** Its bytes are compressed. */
  packed: boolean
  key: string
  /** Time of the last write, ms since 1970. */
  changed: number
  file?: OpenFile
}

/** The rotated predecessors of a path that can be read, oldest first, and the file it names; of hard links the last. */
export function list(path: string, alone: boolean, archive?: Archive): Entry[] {
  const before = alone
    ? []
    : rotated(path, archive).filter((each) => !each.compressed || canUnpack(each.path))
  const found = [...before, { path, compressed: false }].flatMap(({ path, compressed }) => {
    const stat = statOf(path)
    return stat ? [{ path, packed: compressed, key: keyOf(stat), changed: Number(stat.mtimeNs) / 1e6 }] : []
  })
  const last = new Map(found.map((entry) => [entry.key, entry]))
  return found.filter((entry) => last.get(entry.key) === entry)
}

/**
 * Opens what is listed, except what `skip` holds, and adds it there. Undefined when names moved meanwhile: then a
 * file could have slipped from one name that was not yet looked at to one that already was.
 *
 * @throws Error of the file system; nothing is left open then
 */
export function openAll(
  path: string,
  alone: boolean,
  skip: Set<string>,
  archive?: Archive,
): Entry[] | undefined {
  const entries = list(path, alone, archive)
  const opened: Entry[] = []
  try {
    for (const entry of entries) {
      if (skip.has(entry.key)) continue
      const file = open(entry.path, entry.path === path)
      if (file) opened.push(Object.assign(entry, { file }))
    }
    const keys = (all: Entry[]) => all.map((each) => `${each.path} ${each.key}`).join('\n')
    const moved = opened.some(({ file, key }) => file?.key !== key)
    if (!moved && keys(list(path, alone, archive)) === keys(entries)) {
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
 * Which of the plain files beside a path are still to be read, in order: those that came after the newest one that is
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
  const oldest = entries.findIndex(({ file }) => isKnown(file && recognitions.get(file)))
  if (oldest >= 0 && followed.size === 0) return entries.slice(oldest)
  return entries.filter((each) => each.path === path || (since !== undefined && each.changed >= since))
}

/** A file that was empty is known by its inode alone, which says nothing of what was copied from it since. */
function isKnown(found: Recognition | undefined): boolean {
  return (found?.is === 'same' || found?.is === 'shorter') && found.state.head.length > 0
}

/** What is known when files are found beside a path. */
export interface Knowledge {
  /** States of the path's files that are not being read, and those of them that no plain file continues. */
  history: readonly FileState[]
  missing: readonly FileState[]
  /** States of files that are being read. */
  following: readonly FileState[]
  /** Time of the last write that was seen; ms since 1970. */
  since: number | undefined
  /** Nothing is being read yet. */
  isStart: boolean
  /** The state that the file at the path itself was recognised by. */
  current: FileState | undefined
  /** What the open plain files were recognised as. */
  recognitions: ReadonlyMap<OpenFile, Recognition>
  /** Device and inode of what is being read. */
  followed: ReadonlySet<string>
}

/**
 * Which of the compressed files beside a path are still to be read, and from which state on. One that was read to its
 * end is never read again. One that nobody knows is read if it was written since the last look, the path was rotated
 * since, and it does not stand before all that are known: those were there before the path was followed, however late
 * they were compressed. At a start the newest file that is known may have grown unseen. Only what could matter is looked into.
 */
export function unreadPacked(
  entries: readonly Entry[],
  { history, missing, following, since, isStart, current, recognitions, followed }: Knowledge,
): Map<Entry, FileState | undefined> {
  const newest = isStart ? history.toSorted((a, b) => a.changed - b.changed).at(-1) : undefined
  const wanted = missing.filter((state) => state.offset < state.size || state === newest)
  // The inode, by which alone an empty file is known, may have gone to its successor.
  const isSame = newest !== undefined && newest === current && !missing.includes(newest)
  const isRotated = !isStart || newest?.head.length === 0 || !isSame
  const found = new Map<Entry, FileState | undefined>()
  const before: Entry[] = []
  let known = false
  for (const entry of entries) {
    if (!entry.packed)
      known ||= followed.has(entry.key) || isKnown(entry.file && recognitions.get(entry.file))
    const isNew = isRotated && since !== undefined && entry.changed >= since
    if (!entry.packed || !entry.file || (wanted.length === 0 && !isNew)) continue
    const head = packedHead(entry.file)
    const taken = [...found.values()]
    const state = [...wanted, ...history, ...following].find(
      (each) => beginsAs(head, each.head) && !taken.includes(each),
    )
    if (state ? wanted.includes(state) : isNew && head.length > 0) found.set(entry, state)
    if (!state && !known) before.push(entry)
    known ||= state !== undefined
  }
  if (known) for (const entry of before) found.delete(entry)
  return found
}

function beginsAs(bytes: Buffer, head: Fingerprint): boolean {
  return head.length > 0 && equal(fingerprint(bytes.subarray(0, head.length)), head)
}
