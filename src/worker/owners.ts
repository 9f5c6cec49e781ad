import { threadId } from 'node:worker_threads'

// Each worker thread has an index of its own in the shared memory of the destination. Threads come and go; an index is
// free when its entry is 0, and the main thread frees that of a thread that ended.

/** More entries than workers, because a new thread starts before the old one's end was noticed. */
export function allocateOwners(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * ownerEntries(workers))
}

export function ownerEntries(workers: number): number {
  return 2 * workers + 2
}

export function claimIndex(owners: SharedArrayBuffer): number {
  const entries = new Int32Array(owners)
  for (let i = 0; i < entries.length; i++)
    if (Atomics.compareExchange(entries, i, 0, threadId) === 0) return i
  throw new Error('more worker threads than places for them')
}

/** Frees the indices of threads that are no more. */
export function releaseIndices(owners: SharedArrayBuffer, living: ReadonlySet<number>): void {
  const entries = new Int32Array(owners)
  for (const [i, thread] of entries.entries()) {
    if (thread !== 0 && !living.has(thread)) Atomics.compareExchange(entries, i, thread, 0)
  }
}
