import { setTimeout as sleep } from 'node:timers/promises'
import { DeadLetterError, type DeadLetters, toDeadLetter } from '../state/deadletter.ts'
import type { Examined, Segment } from '../state/segment.ts'
import type { DeadLetter } from '../types.ts'
import type { TailContext } from './context.ts'

/**
 * Tells what is wrong with a segment, and puts its damaged lines into the dead-letter file; resolves when they are
 * durable there. While the file is full it waits.
 *
 * @throws AbortError when `signal` aborts before
 */
export async function bury(
  { bytes, damaged, missing, torn }: Examined,
  { origin, segment: { path, file } }: { origin: string; segment: Segment },
  context: TailContext,
  letters: DeadLetters,
  signal: AbortSignal,
): Promise<void> {
  const { connector, log, max_line } = context
  const accused = damaged.reduce((sum, { start, end }) => sum + end - start, 0)
  if (torn > 0) log.warn({ path, bytes: torn }, 'end of a line that was never accepted is left out')
  if (missing + accused > 0) tellLost(path, missing + accused, 'damaged', context)
  const detail = 'damaged in the spool: its CRC-32 is another'
  const fields = { connector, reason: 'incomplete', detail, origin, file } as const
  const about = ({ start, end }: { start: number; end: number }) =>
    toDeadLetter({ ...fields, offset: start }, bytes.subarray(start, end), max_line)
  await append(damaged.map(about), letters, context, signal)
}

/** Told once: nothing brings these bytes back. */
export function tellLost(
  path: string,
  bytes: number,
  why: 'removed' | 'damaged',
  { log, onEvent }: TailContext,
): void {
  log.error({ path, bytes, reason: why }, 'spooled bytes were lost before they were delivered')
  onEvent?.({ kind: 'lost', path, bytes, reason: why })
}

async function append(
  lines: readonly DeadLetter[],
  letters: DeadLetters,
  { log, poll_interval }: TailContext,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      return await letters.append(lines)
    } catch (error) {
      if (!(error instanceof DeadLetterError)) throw error
      log.error({ code: error.code }, `${error.message}; waiting`)
      await sleep(poll_interval, undefined, { signal })
    }
  }
}
