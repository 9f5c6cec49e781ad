import { readSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { Spool } from '../../src/state/spool.ts'

// Offers 400 records of 10 kB to a spool in a folder that does not hold them all, and removes what is finished only
// when nothing moves any more. Prints what was accepted.

const RECORDS = 400

const [, , directory = ''] = process.argv
const spool = new Spool({
  directory,
  maxBytes: 1024 ** 3,
  segmentBytes: 200_000,
  log: pino({ level: 'silent' }),
})
const seen: number[] = []
let accepted = 0
let waited = false

const appended = Array.from({ length: RECORDS }, async (_, n) => {
  await spool.append(Buffer.from(`${`{"n":${n}}`.padEnd(9999)}\n`))
  accepted += 1
})

while (accepted < RECORDS) {
  const before = accepted
  await sleep(100)
  if (accepted === before) {
    waited = true
    await drain()
  }
}
await Promise.all(appended)
await spool.seal()
await drain()
await spool.close()
console.log(
  JSON.stringify({ accepted, inOrder: seen.length === RECORDS && seen.every((n, i) => n === i), waited }),
)

async function drain(): Promise<void> {
  for (const segment of spool.segments) {
    if (!spool.isSealed(segment)) return
    // The spool itself removes one in which nothing could be written.
    if (segment.end === 0) continue
    const bytes = Buffer.alloc(segment.end)
    readSync(segment.fd, bytes, 0, bytes.length, 0)
    for (const line of bytes.toString().split('\n').slice(0, -1)) seen.push(JSON.parse(line).n)
    await spool.remove(segment)
  }
}
