import { setTimeout as sleep } from 'node:timers/promises'
import { FixedQueue, Piscina } from 'piscina'
import { Gate } from './delivery/gate.ts'
import { Lock } from './delivery/lock.ts'
import type { Log } from './log.ts'
import type { Done, Setup, Task } from './worker/messages.ts'
import { allocateOwners, ownerEntries, releaseIndices, Watch } from './worker/owners.ts'

/** Two, so that a worker reads one range while another one waits for the receiver. */
export const TASKS_PER_WORKER = 2

/** A task that failed is handed out again after a pause that doubles up to the longest. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 30_000

/**
 * Of each worker's heap. Young objects: V8 would take 100 MB and more for them, which buys no speed; with 3 MB many
 * would outlive their space and fill the other one. The limit of the other one is far above what is needed (parsing the
 * longest record), but V8 lets garbage pile up by it: 70 MB less in two workers than with the default of a large machine.
 */
const YOUNG_MB = 8
const OLD_MB = 1024
const HEAP_BYTES_PER_RECORD_BYTE = 64

/** A thread that did not come round to its event loop at so many looks, a minute, hangs. The longest line takes seconds. */
const LOOK_MS = 5_000
const PATIENCE = 12

const FILE = new URL(
  import.meta.url.endsWith('.ts') ? './worker/worker.ts' : './worker/worker.js',
  import.meta.url,
)

/** The worker threads, and what they share about the destination. */
export class Pool {
  readonly #piscina: Piscina
  readonly #gate: Gate
  readonly #log: Log
  readonly #ended = new AbortController()
  /** Keeps the process alive too: a worker that is being replaced does not, but its work must be finished. */
  readonly #watching: NodeJS.Timeout
  #running = 0
  #restarts = 0

  constructor(setup: Omit<Setup, 'gate' | 'lock' | 'owners'>, count: number, log: Log) {
    const owners = allocateOwners(count)
    const gate = Gate.allocate(ownerEntries(count))
    const workerData: Setup = { ...setup, gate, lock: Lock.allocate(), owners }
    this.#log = log
    this.#gate = new Gate(gate)
    this.#piscina = new Piscina({
      filename: FILE.href,
      minThreads: count,
      maxThreads: count,
      concurrentTasksPerWorker: TASKS_PER_WORKER,
      taskQueue: new FixedQueue(),
      // An idle worker that sleeps in Atomics.wait would not notice that the receiver closed its connections.
      atomics: 'disabled',
      resourceLimits: {
        maxYoungGenerationSizeMb: YOUNG_MB,
        maxOldGenerationSizeMb: Math.max(
          OLD_MB,
          (HEAP_BYTES_PER_RECORD_BYTE * setup.workers.max_line) / 1024 ** 2,
        ),
      },
      workerData,
    })
    this.#piscina.on('workerDestroy', () => {
      if (this.#ended.signal.aborted) return
      this.#restarts++
      // By then it is no longer among the threads of the pool.
      setImmediate(() =>
        releaseIndices(owners, new Set(this.#piscina.threads.map((thread) => thread.threadId))),
      )
    })
    // The task that was running rejects as well, and is handed out again there.
    this.#piscina.on('error', (error) => log.error({ err: error }, 'a worker thread failed'))
    const watch = new Watch(owners, PATIENCE)
    this.#watching = setInterval(() => this.#endHung(watch.look()), LOOK_MS)
  }

  /**
   * Runs a task until it succeeds: a worker that dies, or a task that fails, costs another reading, nothing else.
   * Rejects when the pool was ended, and when standard output is gone.
   */
  async run(task: Task): Promise<Done> {
    this.#running++
    try {
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
        try {
          return await this.#piscina.run(task)
        } catch (error) {
          if (this.#ended.signal.aborted || isOutputGone(error)) throw error
          this.#log.error({ err: error, connector: task.connector }, 'work failed and is handed out again')
          await sleep(pauseMs, undefined, { signal: this.#ended.signal })
        }
      }
    } finally {
      this.#running--
    }
  }

  /** Its tasks reject, and another one takes its place. */
  #endHung(hung: readonly number[]): void {
    for (const thread of this.#piscina.threads) {
      if (!hung.includes(thread.threadId)) continue
      this.#log.error({ thread: thread.threadId }, 'a worker thread hangs and is replaced')
      void thread.terminate()
    }
  }

  /** What /metrics and /readyz ask. */
  status() {
    return {
      gate: this.#gate.snapshot(),
      workers: { utilisation: this.#piscina.utilization, ranges: this.#running, restarts: this.#restarts },
    }
  }

  /** Ends the threads at once; tasks that are running reject. */
  async end(): Promise<void> {
    this.#ended.abort()
    clearInterval(this.#watching)
    await this.#piscina.destroy()
  }
}

/** Whether nobody reads our output any longer; a worker says so in the message, as errors lose their code between threads. */
export function isOutputGone(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('EPIPE')
}
