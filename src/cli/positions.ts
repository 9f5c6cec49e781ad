import { readFileSync, statSync } from 'node:fs'
import { OpenFile } from '../sources/file.ts'
import { recognise } from '../sources/identity.ts'
import { type Archive, predecessors } from '../sources/paths.ts'
import { decode, type FileState } from '../state/checkpoint.ts'
import { reason } from '../state/edges.ts'

/** What a stored position is now: of which file, and whether that is the one it speaks of. */
export interface Sight {
  state: FileState
  /**
   * `same`: reading would go on at the offset; `shorter`: at the new end; `replaced`: the inode holds another content,
   * read from its beginning; `gone`: neither at its path nor among its rotated predecessors, as far as these are not
   * compressed.
   */
  is: 'same' | 'shorter' | 'replaced' | 'gone'
  /** There are compressed predecessors; what they hold is seen only by unpacking them. */
  packed?: boolean
  /** Where it was found. */
  path?: string
  size?: number
}

interface Opened {
  path: string
  file: OpenFile
}

/**
 * The positions on disk, in the order of connector and path, and what was wrong with them. Changes nothing and needs no
 * lock: a write replaces the file whole, and the generation before it stands in for one that is just being replaced,
 * or damaged.
 */
export function readPositions(path: string): { states: FileState[]; warnings: string[] } {
  const warnings: string[] = []
  for (const generation of [path, `${path}.prev`]) {
    try {
      return { states: decode(readFileSync(generation, 'utf8')).files.sort(inOrder), warnings }
    } catch (error) {
      if (reason(error) !== 'ENOENT') warnings.push(`${generation} cannot be used: ${reason(error)}`)
    }
  }
  return { states: [], warnings }
}

function inOrder(a: FileState, b: FileState): number {
  const [first, second] = [`${a.connector}\0${a.path}`, `${b.connector}\0${b.path}`]
  return first < second ? -1 : first > second ? 1 : a.changed - b.changed
}

/**
 * Looks for the files of states as a source would, path by path. `archives`: by connector, for those of which rotation puts
 * the files elsewhere.
 */
export function* sightsOf(
  states: readonly FileState[],
  archives: ReadonlyMap<string, Archive> = new Map(),
): Generator<Sight> {
  const groups = Map.groupBy(states, ({ connector, path }) => `${connector}\0${path}`)
  for (const group of groups.values()) yield* look(group, archives.get(group[0]?.connector ?? ''))
}

function look(states: readonly FileState[], archive: Archive | undefined): Sight[] {
  const path = states[0]?.path ?? ''
  if (states.every(isSpooled)) return states.map(lookAtSegment)
  const { plain, packed } = predecessors(path, archive)
  const files = distinct([...plain, path].flatMap((each) => opened(each) ?? []))
  try {
    const found = recognise(
      files.map(({ file }) => file),
      states,
    )
    return states.map((state) => {
      const index = found.findIndex((each) => 'state' in each && each.state === state)
      const [recognition, one] = [found[index], files[index]]
      if (!recognition || !one || recognition.is === 'new')
        return { state, is: 'gone', packed: packed.length > 0 }
      return { state, is: recognition.is, path: one.path, size: one.file.size }
    })
  } finally {
    for (const { file } of files) file.release()
  }
}

/** A segment of a spool has its identity in its name and needs no fingerprints. */
function isSpooled({ path, file }: FileState): boolean {
  return path.endsWith(`-${file}.lines`)
}

function lookAtSegment(state: FileState): Sight {
  const { path } = state
  const size = statSync(path, { throwIfNoEntry: false })?.size
  return size === undefined ? { state, is: 'gone' } : { state, is: 'same', path, size }
}

/** Of several names of one file the last, which is the path itself where it is one of them. */
function distinct(files: readonly Opened[]): Opened[] {
  const byKey = new Map<string, Opened>()
  for (const one of files) {
    byKey.get(one.file.key)?.file.release()
    byKey.delete(one.file.key)
    byKey.set(one.file.key, one)
  }
  return [...byKey.values()]
}

/** What cannot be opened cannot be known again. */
function opened(path: string): Opened | undefined {
  try {
    return { path, file: new OpenFile(path) }
  } catch {
    return undefined
  }
}
