import { Worker } from 'node:worker_threads'
import { FixedQueue, Piscina } from 'piscina'
import { measure } from './measure.ts'
import type { Question } from './question.ts'

const TASKS = 2000
/** Ranges that one worker has been given at a time. */
const OUTSTANDING = 4
const RANGE = {
  kind: 'range',
  fd: 3,
  start: 0,
  end: 4_194_304,
  file: '0123456789abcdef',
  path: '/var/log/eve.json',
}
/** A worker's share of a file, as bytes and as lines. */
const BLOCK = Buffer.alloc(1024 * 1024)
const LINES = Array.from({ length: 1024 }, (_, i) => String(i).padStart(1024))

const handoff: Question = {
  asks: 'What does it cost to hand work to another thread?',
  async *answer({ pace }) {
    const echo = new Echo()
    const filename = new URL('./handoff/task.ts', import.meta.url).href
    const one = { filename, minThreads: 1, maxThreads: 1 }
    const pool = new Piscina({ ...one, concurrentTasksPerWorker: 2, taskQueue: new FixedQueue() })
    const plain = new Piscina(one)
    try {
      const times = (name: string, tasks: number, run: () => Promise<unknown>) => ({
        name,
        items: tasks,
        run: () => keep(OUTSTANDING, tasks, run),
        async: true,
      })
      yield await measure(
        `one worker that does nothing, ${OUTSTANDING} tasks outstanding`,
        'tasks',
        [
          times('postMessage of a range', TASKS, () => echo.send(RANGE)),
          times('Piscina, defaults, a range', TASKS, () => plain.run(RANGE)),
          times('Piscina, 2 tasks per worker (ours), a range', TASKS, () => pool.run(RANGE)),
          times('postMessage of 1 MiB, copied', 200, () => echo.send(BLOCK)),
          times('postMessage of 1 MiB, as lines', 100, () => echo.send(LINES)),
        ],
        pace,
      )
    } finally {
      await Promise.all([echo.close(), pool.destroy(), plain.destroy()])
    }
  },
}

export default handoff

/** A plain worker thread that sends back what it gets, in order. */
class Echo {
  readonly #worker = new Worker(new URL('./handoff/echo.ts', import.meta.url))
  readonly #waiting: (() => void)[] = []

  constructor() {
    this.#worker.on('message', () => this.#waiting.shift()?.())
  }

  send(message: unknown): Promise<void> {
    this.#worker.postMessage(message)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}

/** Runs `tasks` tasks, `outstanding` of them at any time. */
async function keep(outstanding: number, tasks: number, run: () => Promise<unknown>): Promise<void> {
  let left = tasks
  const lane = async () => {
    while (left-- > 0) await run()
  }
  await Promise.all(Array.from({ length: outstanding }, lane))
}
