import { Watermark } from './sources/watermark.ts'
import type { Source, Work } from './types.ts'
import type { Done } from './worker/messages.ts'

export interface PipelineOptions {
  source: Source
  /** Hands one piece of work to the pool; resolves when everything in it is safe, rejects when the pool is gone. */
  run(work: Work): Promise<Done>
  /** Most pieces handed out and not finished: enough to keep the workers busy, few enough to stop soon. */
  maxOut: number
  onDone(done: Done): void
}

/**
 * One connector's life: work in order from the source, to the pool, and committed in order again. Work is pulled only
 * while few pieces are out, so a receiver that slows down slows the reading. Resolves when the source has ended (or
 * `signal` aborted) and all that was handed out is committed; rejects when the source or the pool failed.
 */
export async function runPipeline(
  { source, run, maxOut, onDone }: PipelineOptions,
  signal: AbortSignal,
): Promise<void> {
  const watermark = new Watermark<Work>()
  const out = new Set<Promise<void>>()
  const failed = new AbortController()
  for await (const work of source.work(AbortSignal.any([signal, failed.signal]))) {
    const ticket = watermark.open(work)
    const running = run(work).then((done) => {
      out.delete(running)
      onDone(done)
      for (const finished of watermark.done(ticket)) source.commit(finished)
    })
    out.add(running)
    // A failure ends the waiting for new work; it is told below, where everything that is out is awaited.
    running.catch(() => failed.abort())
    while (out.size >= maxOut) await Promise.race(out)
  }
  await Promise.all(out)
}
