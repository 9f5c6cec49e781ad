import { threadId } from 'node:worker_threads'

// Each worker thread has an index of its own in the shared memory of the destination. Threads come and go; an index is
// free when its entry is 0, and the main thread frees that of a thread that ended. A second word for each index counts
// how often its thread came round to its event loop.
//
//     | thread 0 | thread 1 | … | beats 0 | beats 1 | … |

const BEAT_MS = 1000

/** More entries than workers, because a new thread starts before the old one's end was noticed. */
export function allocateOwners(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT * ownerEntries(workers))
}

export function ownerEntries(workers: number): number {
  return 2 * workers + 2
}

/** For the thread that calls it, which from then on shows that it is alive. */
export function claimIndex(owners: SharedArrayBuffer): number {
  const { threads, beats } = wordsOf(owners)
  for (let i = 0; i < threads.length; i++) {
    if (Atomics.compareExchange(threads, i, 0, threadId) !== 0) continue
    setInterval(() => Atomics.add(beats, i, 1), BEAT_MS).unref()
    return i
  }
  throw new Error('more worker threads than places for them')
}

/** Frees the indices of threads that are no more. */
export function releaseIndices(owners: SharedArrayBuffer, living: ReadonlySet<number>): void {
  const { threads } = wordsOf(owners)
  for (const [i, thread] of threads.entries()) {
    if (thread !== 0 && !living.has(thread)) Atomics.compareExchange(threads, i, thread, 0)
  }
}

/**
 * Tells threads that hang. It counts looks and not time, so that a process that was stopped for long, threads and
 * all, does not take them for hung when it goes on.
 */
export class Watch {
  readonly #threads: Int32Array
  readonly #beats: Int32Array
  readonly #patience: number
  readonly #seen: { thread: number; beats: number; looks: number }[] = []

  /** `patience`: looks without a beat after which a thread hangs. */
  constructor(owners: SharedArrayBuffer, patience: number) {
    const { threads, beats } = wordsOf(owners)
    this.#threads = threads
    this.#beats = beats
    this.#patience = patience
  }

  /** To be called in even intervals, longer than a beat; gives the IDs of the threads that hang. */
  look(): number[] {
    return [...this.#threads.keys()].flatMap((i) => {
      const [thread, beats] = [Atomics.load(this.#threads, i), Atomics.load(this.#beats, i)]
      const before = this.#seen[i]
      const looks = before?.thread === thread && before.beats === beats ? before.looks + 1 : 0
      this.#seen[i] = { thread, beats, looks }
      return thread !== 0 && looks >= this.#patience ? [thread] : []
    })
  }
}

function wordsOf(owners: SharedArrayBuffer) {
  const entries = owners.byteLength / (2 * Int32Array.BYTES_PER_ELEMENT)
  return { threads: new Int32Array(owners, 0, entries), beats: new Int32Array(owners, 4 * entries, entries) }
}
