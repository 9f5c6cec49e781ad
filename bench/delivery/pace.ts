import { closeSync, openSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { mulberry32 } from '../../scripts/random.ts'
import type { Sample } from '../data.ts'

/**
 * Appends events one by one at an even rate, as a sensor does, until `alerts` of them were alerts. An alert bears the time
 * at which it was written, to the microsecond.
 */
export async function append(
  path: string,
  { alerts, others }: Sample,
  { events, share, count }: { events: number; share: number; count: number },
): Promise<void> {
  const random = mulberry32(1)
  const file = openSync(path, 'a')
  try {
    const start = performance.now()
    for (let written = 0, found = 0; found < count; written++) {
      const dueMs = start + (written * 1000) / events
      if (dueMs > performance.now()) await sleep(Math.max(1, dueMs - performance.now()))
      const isAlert = random() < share * 2 ** 32
      const from = isAlert ? alerts : others
      const line = from[random() % from.length] ?? ''
      writeSync(file, Buffer.from(`${isAlert ? stamped(line) : line}\n`, 'latin1'))
      if (isAlert) found++
    }
  } finally {
    closeSync(file)
  }
}

function stamped(line: string): string {
  const micros = Math.round((performance.timeOrigin + performance.now()) * 1000)
  const text = new Date(Math.floor(micros / 1000)).toISOString().slice(0, -1)
  return line.replace(/(?<="timestamp": ?")[^"]*/, `${text}${String(micros % 1000).padStart(3, '0')}+0000`)
}
