import type { Readable } from 'node:stream'
import { reason } from '../state/edges.ts'
import type { Source, Work } from '../types.ts'
import type { TailContext } from './context.ts'
import { Intake, tellAbandoned } from './intake.ts'
import { chunks, streamRecords } from './records.ts'

const ORIGIN = '-'

/**
 * Lines from standard input, or another stream of bytes; it ends with it. On abort no more is read, and what was
 * taken is still handed out.
 */
export function stdin(context: TailContext, input: Readable = process.stdin): Source {
  const intake = new Intake(ORIGIN)
  return {
    async *work(signal: AbortSignal): AsyncGenerator<Work, void, void> {
      if (signal.aborted) return
      const finish = () => intake.finish()
      signal.addEventListener('abort', finish)
      const reading = read(input, intake, context, signal)
      try {
        yield* intake.pieces()
      } finally {
        signal.removeEventListener('abort', finish)
        intake.finish()
        input.destroy()
        await reading
      }
    },
    commit: (work) => intake.commit(work),
    lag: () => intake.lag(),
    async close() {
      tellAbandoned(intake, ORIGIN, context)
    },
  }
}

async function read(
  input: Readable,
  intake: Intake,
  context: TailContext,
  signal: AbortSignal,
): Promise<void> {
  const { max_line, log, onEvent } = context
  try {
    await streamRecords(
      chunks(input, signal),
      max_line,
      (records) => intake.put(records),
      (bytes) => onEvent?.({ kind: 'over_long', origin: ORIGIN, bytes }),
    )
  } catch (error) {
    log.error({ reason: reason(error) }, 'standard input broke off')
  } finally {
    intake.end()
  }
}
