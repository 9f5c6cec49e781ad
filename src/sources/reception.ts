import type { FileState } from '../state/checkpoint.ts'
import { type Entry, unread, unreadPacked } from './arrivals.ts'
import type { TailContext } from './context.ts'
import { OpenFile } from './file.ts'
import { type Beginning, Followed, firstState, lostEnd } from './follow.ts'
import { continues, copies, fingerprint, type Recognition, recognise } from './identity.ts'
import type { Lineage } from './lineage.ts'
import { type Archive, predecessors } from './paths.ts'
import { Packed, packedHead, packedSize, unpack } from './unpack.ts'

/** Files found at and beside a path, and what is known. */
export interface Arrival {
  lineage: Lineage
  entries: readonly Entry[]
  recognitions: ReadonlyMap<OpenFile, Recognition>
  /** States of files that are not being read. */
  known: readonly FileState[]
  /** States of those that are. */
  following: ReadonlySet<FileState>
  now: number
}

/** Decides as what, and from where, a file is followed; tells what is lost. */
export class Reception {
  readonly #start: 'end' | 'beginning'
  readonly #archive: Archive | undefined
  readonly #context: TailContext
  #unsaved = false

  constructor({ start, archive }: { start: 'end' | 'beginning'; archive?: Archive }, context: TailContext) {
    this.#start = context.fromStart ? 'beginning' : start
    this.#archive = archive
    this.#context = context
  }

  takeUnsaved(): boolean {
    const unsaved = this.#unsaved
    this.#unsaved = false
    return unsaved
  }

  /** Puts those files that are still to be read into the lineage, each with a hold of its own. */
  admit(arrival: Arrival): void {
    const { lineage, entries, recognitions, known, following } = arrival
    const followed = new Set(lineage.keys)
    const isStart = followed.size === 0
    const history = known.filter(({ path }) => path === lineage.path)
    const times = [...lineage.states, ...history].map(({ changed }) => changed)
    const since = times.length > 0 ? Math.max(...times) : undefined
    const plain = entries.filter((entry) => !entry.packed)
    const todo = unread(lineage.path, plain, recognitions, followed, since)
    const claims = new Map([...recognitions.values()].map((each) => [stateOf(each), each.is]))
    const missing = history.filter((state) => (claims.get(state) ?? 'replaced') === 'replaced')
    const named = plain.find(({ path }) => path === lineage.path)?.file
    const current = named && stateOf(recognitions.get(named))
    const reading = [...following]
    const knowledge = {
      history,
      missing,
      following: reading,
      since,
      isStart,
      current,
      recognitions,
      followed,
    }
    const packed = unreadPacked(entries, knowledge)
    for (const entry of entries) {
      if (!entry.file) continue
      if (packed.has(entry)) this.#wait(entry.path, entry.file, packed.get(entry), lineage)
      // Of the files that were read to their end only the newest can grow.
      else if (todo.includes(entry)) this.#enter(entry.path, entry.file, entry === todo.at(-1), arrival)
    }
    const found = new Set([...claims.keys(), ...packed.values()])
    for (const state of missing) if (isStart && !found.has(state)) this.#removed(state)
    lineage.visited = true
    lineage.fresh = false
  }

  /** Unpacks the compressed file whose turn it is, and lets it be read. @throws as `unpack` does; then its turn remains. */
  async unpack(lineage: Lineage, packed: Packed, signal: AbortSignal): Promise<void> {
    const { checkpoints, log, ledger } = this.#context
    const { path, state } = packed
    const { file, damage } = await unpack(packed, ledger?.directory ?? checkpoints.directory, signal)
    if (damage)
      log.error({ path, reason: damage, bytes: file.size }, 'compressed file is damaged, reading what can be')
    if (!continues(file, state)) {
      file.release()
      lineage.unpacked(packed, undefined)
      this.#removed(state)
      return
    }
    if (damage && state.size > file.size) this.#tellLost(path, state.size - file.size, 'damaged')
    lineage.unpacked(packed, this.#resume(lineage.path, file, state, performance.now()))
  }

  /**
   * Follows a file anew that lost bytes or has others now. Its identity changes too, for the same offsets will hold
   * other lines. What was unread may live on in a copy (`copytruncate`); then that goes first.
   */
  renew(
    lineage: Lineage,
    followed: Followed,
    change: 'shrunk' | 'rewritten',
    beside: readonly string[],
    now: number,
  ): void {
    if (followed !== lineage.latest) {
      this.#overwritten(lineage, followed)
      return
    }
    const { checkpoints, log } = this.#context
    const { file, state } = followed
    const kept = change === 'shrunk' ? followed.remainder() : undefined
    const renewed = new Followed(file.hold(), this.#first(lineage.path, file, kept), now)
    lineage.replace(followed, renewed)
    if (kept !== undefined) {
      this.#shortened(state, file)
      return
    }
    log.warn({ path: state.path, size: file.size }, 'file was truncated, reading it from its beginning')
    checkpoints.put(Object.assign(state, { dev: '', ino: '' }))
    // It may hold more than was seen: what was written between the last look and the copying.
    const copy = findCopy(state, beside, file)
    if (copy) lineage.add(this.#resume(lineage.path, copy, state, now), renewed)
    else this.#lost(state, 'truncated')
  }

  #enter(
    path: string,
    file: OpenFile,
    newest: boolean,
    { lineage, recognitions, following, now }: Arrival,
  ): void {
    const found: Recognition = recognitions.get(file) ?? { is: 'new' }
    const named = path === lineage.path
    if (found.is === 'same') {
      if (newest || found.state.offset < file.size)
        lineage.add(this.#resume(lineage.path, file.hold(), found.state, now))
      return
    }
    if (found.is === 'new' && this.#isCopy(file, lineage, following)) return
    if (found.is === 'shorter') this.#shortened(found.state, file)
    // What was unread of it may be in a compressed copy.
    if (found.is === 'replaced' && !lineage.reading.includes(found.state)) this.#replaced(found.state)
    if (named && lineage.latest) this.#rotated(lineage.path)
    lineage.add(
      new Followed(file.hold(), this.#first(lineage.path, file, this.#beginning(found, lineage, file)), now),
    )
  }

  #beginning({ is }: Recognition, { fresh }: Lineage, file: OpenFile): Beginning {
    if (is === 'shorter') return lostEnd(file)
    return { offset: fresh && this.#start === 'end' ? endOf(file) : 0 }
  }

  /** A compressed file gets its state at once: what is known of it must not depend on when its turn comes. */
  #wait(path: string, file: OpenFile, known: FileState | undefined, lineage: Lineage): void {
    const head = packedHead(file)
    const content = { head: fingerprint(head), size: Math.max(packedSize(file), head.length) }
    const state = known ?? Object.assign(this.#first(lineage.path, file), content)
    lineage.add(new Packed(path, file.hold(), state))
  }

  /** A state with an identity of its own. */
  #first(path: string, file: OpenFile, beginning: Beginning = { offset: 0 }): FileState {
    const { connector, checkpoints, log } = this.#context
    const state = firstState(connector, path, file, beginning)
    const { offset } = state
    checkpoints.put(state)
    this.#unsaved = true
    log.info({ path, offset, size: file.size }, 'following file')
    return state
  }

  /** Takes over the caller's hold on `file`. */
  #resume(path: string, file: OpenFile, state: FileState, now: number): Followed {
    const { dev, ino } = file
    // It was empty: what it begins with is to be on disk before any of it is sent.
    if (state.head.length === 0) this.#unsaved = true
    this.#context.checkpoints.put(Object.assign(state, { path, dev, ino, seen: Date.now() }))
    this.#context.log.info({ path, offset: state.offset, size: file.size }, 'going on with file')
    return new Followed(file, state, now)
  }

  /**
   * `copytruncate` copies first and truncates then. A copy that was read from its beginning would repeat every line
   * under another ID; until its original is truncated, or turns out to differ, it is left alone.
   */
  #isCopy(file: OpenFile, { fresh }: Lineage, following: ReadonlySet<FileState>): boolean {
    if (fresh || this.#context.once) return false
    return [...following].some((state) => copies(file, state))
  }

  #rotated(path: string): void {
    this.#context.log.info({ path }, 'file was rotated')
    this.#context.onEvent?.({ kind: 'rotated', path })
  }

  #shortened(state: FileState, file: OpenFile): void {
    const { checkpoints, log, onEvent } = this.#context
    const { path } = state
    const bytes = state.size - file.size
    checkpoints.forget(state)
    log.warn({ path, bytes }, 'file lost its end, going on at its new end')
    onEvent?.({ kind: 'shortened', path, bytes })
  }

  /** A rotated file: by the next copy, as `cp` does. What it holds now is read where it came from, or found as its copy. */
  #overwritten(lineage: Lineage, followed: Followed): void {
    const { state } = followed
    lineage.drop(followed)
    this.#context.log.warn({ path: state.path }, 'rotated file was written over')
    this.#lost(state, 'truncated')
    this.#context.checkpoints.put(Object.assign(state, { dev: '', ino: '' }))
  }

  #replaced(state: FileState): void {
    const { path } = state
    this.#context.log.warn({ path }, 'file is another one than before, reading it from its beginning')
    this.#lost(state, 'truncated')
    this.#context.checkpoints.put(Object.assign(state, { dev: '', ino: '' }))
  }

  /** A file that had been read is nowhere to be found. */
  #removed(state: FileState): void {
    if (state.ino === '') return
    const packed = predecessors(state.path, this.#archive).packed.at(-1)
    if (packed && state.size > state.offset) {
      this.#context.log.warn(
        { path: state.path, packed },
        'unread lines may be in a compressed file, in which they were not found',
      )
    }
    this.#lost(state, 'removed')
  }

  /** Told once: what is lost counts as read from then on. */
  #lost(state: FileState, why: 'truncated' | 'removed'): void {
    const bytes = state.size - state.offset
    if (bytes <= 0) return
    state.size = state.offset
    this.#context.checkpoints.put(state)
    this.#tellLost(state.path, bytes, why)
  }

  #tellLost(path: string, bytes: number, why: 'truncated' | 'removed' | 'damaged'): void {
    const { log, onEvent } = this.#context
    log.error({ path, bytes, reason: why }, 'bytes of a file were lost before they were read')
    onEvent?.({ kind: 'lost', path, bytes, reason: why })
  }
}

function stateOf(recognition: Recognition | undefined): FileState | undefined {
  return recognition && 'state' in recognition ? recognition.state : undefined
}

/** Where its last complete line ends: a line that is being written is read when it is whole. */
function endOf(file: OpenFile): number {
  return file.lineEnd(0, file.size) ?? 0
}

/** The file that goes on where `state` stopped; held for the caller. */
function findCopy(state: FileState, paths: readonly string[], original: OpenFile): OpenFile | undefined {
  for (const path of paths) {
    const file = openIfThere(path)
    if (!file) continue
    const [found] = file.key === original.key ? [] : recognise([file], [state])
    if (found?.is === 'same') return file
    file.release()
  }
  return undefined
}

/** A file that cannot be opened is told about where it is followed for its own sake. */
function openIfThere(path: string): OpenFile | undefined {
  try {
    return new OpenFile(path)
  } catch {
    return undefined
  }
}
