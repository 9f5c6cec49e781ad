import { once } from 'node:events'
import { closeSync, openSync, writeSync } from 'node:fs'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

export interface Writing {
  path: string
  /** One write() each, as Suricata does with each event. */
  pieces: readonly string[]
  /** From one write to the next; 0 is as fast as possible. A late write puts the later ones off: no catching up. */
  everyMs: number
}

/** Writes from a thread of its own, so that the pace does not depend on the receiver. Resolves with the milliseconds it took. */
export async function write(writing: Writing): Promise<number> {
  const worker = new Worker(new URL(import.meta.url), { workerData: writing })
  const [took] = await once(worker, 'message')
  await worker.terminate()
  return took
}

function writeAll({ path, pieces, everyMs }: Writing): number {
  const file = openSync(path, 'a')
  const never = new Int32Array(new SharedArrayBuffer(4))
  const start = performance.now()
  let due = start
  try {
    for (const piece of pieces) {
      const wait = due - performance.now()
      if (wait > 0) Atomics.wait(never, 0, 0, wait)
      due = performance.now() + everyMs
      writeSync(file, piece, null, 'latin1')
    }
    return performance.now() - start
  } finally {
    closeSync(file)
  }
}

if (!isMainThread) parentPort?.postMessage(writeAll(workerData))
