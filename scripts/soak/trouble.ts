import { setTimeout as sleep } from 'node:timers/promises'
import type { GrowingLog } from './log.ts'
import { between, choose } from './random.ts'
import type { Receiver } from './receiver.ts'
import type { Service } from './service.ts'

/** What there is to be troubled. */
export interface Scene {
  log: GrowingLog
  receiver: Receiver
  service: Service
  /** Whether rotated files are compressed. */
  gzip: boolean
  tell(what: string): void
}

const STATUSES = [408, 429, 502, 503, 504]
const REFUSALS = [401, 403, 500]

/** Rotates in one way or another, as cron jobs do: whatever state the program is in. */
export function rotate({ log, service, gzip, tell }: Scene, random: () => number): void {
  const how = choose(random, { rename: 6, copytruncate: 2, compress: gzip ? 3 : 0 })
  tell(how)
  if (how === 'rename') log.rename(Math.floor(between(random, 0, 50)))
  if (how === 'copytruncate') log.copyTruncate()
  // While the program is up: with delaycompress. While it is down: at once.
  if (how === 'compress') log.compress(service.isUp ? 2 : 1)
}

/** One trouble of the receiver, from its beginning to its end. */
export async function upset({ receiver, tell }: Scene, random: () => number): Promise<void> {
  const share = between(random, 0.05, 0.7)
  const what = choose(random, { outage: 3, status: 3, refusal: 1, forget: 1, stall: 1, slow: 1 })
  tell(what)
  const pick = (all: readonly number[]) => all[Math.floor(random() * all.length)] ?? 503
  if (what === 'outage') await receiver.down()
  if (what === 'status') receiver.mood = { kind: 'status', status: pick(STATUSES), share, ...later(random) }
  if (what === 'refusal') receiver.mood = { kind: 'status', status: pick(REFUSALS), share: 1 }
  if (what === 'forget' || what === 'stall') receiver.mood = { kind: what, share }
  if (what === 'slow') receiver.mood = { kind: 'slow', delayMs: between(random, 20, 200) }
  await sleep(between(random, 200, random() < 0.1 ? 20_000 : 4000))
  receiver.recover()
  await receiver.up()
}

/** Ends the program, well or not, and starts it again; in the meantime the log may be rotated several times. */
export async function restart(scene: Scene, random: () => number): Promise<void> {
  const { service, tell } = scene
  const signal = random() < 0.7 ? 'SIGKILL' : 'SIGTERM'
  tell(signal)
  await service.end(signal)
  for (let rotations = Math.floor(between(random, 0, 4)); rotations > 0; rotations--) {
    await sleep(between(random, 50, 400))
    rotate(scene, random)
  }
  await service.start()
}

const later = (random: () => number) => (random() < 0.5 ? { retryAfter: '1' } : {})
