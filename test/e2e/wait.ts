import { setTimeout as sleep } from 'node:timers/promises'

/** Far more than anything here takes: a busy machine may be slow, a hang must still end with its reason. */
const DEADLINE_MS = 25_000
const LOOK_MS = 10

/**
 * Resolves with what `look` gives as soon as that is truthy. After the deadline: rejects with `what`, and with `detail`. Another
 * deadline is for those who wait for a tool's own clock.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  detail: () => string = () => '',
  deadlineMs = DEADLINE_MS,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}\n${detail()}`)
    await sleep(LOOK_MS)
  }
}
