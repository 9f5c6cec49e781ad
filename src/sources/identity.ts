import { hash } from 'node:crypto'
import type { FileState } from '../state/checkpoint.ts'

// Which file is this? A name says nothing after a rotation, an inode nothing after a removal (ext4 gives it to the
// next file at once), a head nothing when several files begin alike. Together with the bytes just before the
// offset they do:
//
//   |<- head ->|                    |<- frontier ->|
//   |..........|....................|..............|.............|
//   0       ≤ 1024                  ≤ 256 bytes  offset         size

export const HEAD_BYTES = 1024
export const FRONTIER_BYTES = 256

/** 128 bits: by chance, no two of the files a host will ever have agree. */
const HASH_DIGITS = 32

export type Fingerprint = FileState['head']

/** A file as it stands: where, how long, and what it begins with and has before an offset. */
export interface Candidate {
  dev: string
  ino: string
  size: number
  /** Of the first `length` bytes; shorter where the file is. */
  head(length: number): Fingerprint
  /** Of the bytes just before `offset`, at most 256. */
  frontier(offset: number): Fingerprint
}

/**
 * `same`: go on at the state's offset. `shorter`: this file lost its end, but what is left is what we know: go on
 * at its new end. `replaced`: the inode holds another content now (truncated, rewritten, or used again): start
 * at 0, as for `new`, and what was unread of the state may be lost.
 */
export type Recognition = { is: 'same' | 'shorter' | 'replaced'; state: FileState } | { is: 'new' }

export function fingerprint(bytes: Uint8Array): Fingerprint {
  return { length: bytes.length, hash: hash('sha256', bytes, 'hex').slice(0, HASH_DIGITS) }
}

/**
 * The looks of a file that `read` gives bytes of (fewer than asked for at its end). A candidate is held against many
 * states, nearly all with a head of the same length: it is read and hashed once.
 */
export function looks(
  read: (start: number, length: number) => Uint8Array,
): Pick<Candidate, 'head' | 'frontier'> {
  let last: { asked: number; head: Fingerprint } | undefined
  return {
    head(length) {
      if (last?.asked !== length) last = { asked: length, head: fingerprint(read(0, length)) }
      return last.head
    },
    frontier(offset) {
      const start = Math.max(0, offset - FRONTIER_BYTES)
      return fingerprint(read(start, offset - start))
    },
  }
}

/**
 * Finds for each candidate the state it continues; each state is given at most once, and the surest claim goes
 * first over all candidates: a copy must not take the state of its original that is still there.
 */
export function recognise(candidates: readonly Candidate[], known: readonly FileState[]): Recognition[] {
  const free = new Set(known)
  const found = new Map<Candidate, Recognition>()
  const claim = (is: 'same' | 'shorter', fits: (candidate: Candidate, state: FileState) => boolean) => {
    for (const candidate of candidates) {
      if (found.has(candidate)) continue
      for (const state of free) {
        if (!fits(candidate, state)) continue
        free.delete(state)
        found.set(candidate, { is, state })
        break
      }
    }
  }
  claim('same', (candidate, state) => sameInode(candidate, state) && continues(candidate, state))
  claim('shorter', (candidate, state) => sameInode(candidate, state) && cut(candidate, state))
  // The device number of a volume can change from one mount to the next.
  claim(
    'same',
    (candidate, state) => candidate.ino === state.ino && named(state) && continues(candidate, state),
  )
  claim('same', (candidate, state) => named(state) && continues(candidate, state))
  return candidates.map((candidate) => {
    const state = known.find((each) => free.has(each) && sameInode(candidate, each))
    return found.get(candidate) ?? (state ? { is: 'replaced', state } : { is: 'new' })
  })
}

/** An empty head is everyone's. */
const named = (state: FileState) => state.head.length > 0

/** Whether a file holds what a state says: its head, and the bytes before its offset. */
export function continues(candidate: Candidate, { offset, head, frontier }: FileState): boolean {
  return (
    candidate.size >= offset &&
    equal(candidate.head(head.length), head) &&
    equal(candidate.frontier(offset), frontier)
  )
}

/** The file ends before the offset, and begins as it did. */
export function cut(candidate: Candidate, { offset, head }: FileState): boolean {
  return head.length > 0 && candidate.size < offset && equal(candidate.head(head.length), head)
}

/**
 * Whether `candidate` is, or is becoming, a copy of a file that is being read: it begins like it, is not longer,
 * and either has the same bytes before the offset or has not come that far.
 */
export function copies(candidate: Candidate, original: FileState): boolean {
  if (!named(original) || candidate.size > original.size) return false
  if (candidate.size >= original.offset) return continues(candidate, original)
  return equal(candidate.head(original.head.length), original.head)
}

function sameInode({ dev, ino }: Candidate, state: FileState): boolean {
  return dev === state.dev && ino === state.ino
}

export function equal(a: Fingerprint, b: Fingerprint): boolean {
  return a.length === b.length && a.hash === b.hash
}
