import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import type { TailContext } from '../../src/sources/context.ts'
import { unixStream } from '../../src/sources/socket.ts'
import { Spooled } from '../../src/sources/spool.ts'
import { Checkpoints } from '../../src/state/checkpoint.ts'
import type { Work } from '../../src/types.ts'
import { recordsOf } from './reader.ts'

// Killed by its parent at any moment. `accept DIRECTORY OUT`: accepts numbered records as fast as it can, several at a
// time, and writes the number of each to the file OUT when it is accepted. `socket DIRECTORY OUT PATH`: listens, and
// writes identity and text of every record it hands out; all but the last three pieces are delivered.

const [, , task, directory = '', out = '', path = ''] = process.argv
const log = pino({ level: 'silent' })
const checkpoints = new Checkpoints({ path: join(directory, 'checkpoint'), intervalMs: 10, log })
const context: TailContext = {
  connector: 'a',
  checkpoints,
  workers: 2,
  range_min: 1000,
  range_max: 20_000,
  max_line: 1024 ** 2,
  poll_interval: 10,
  once: false,
  fromStart: false,
  ledger: { directory, spool_max: 2_000_000, dead_letter_max: 1024 ** 2 },
  log,
}

if (task === 'accept') await accept()
else await listen()

async function accept(): Promise<void> {
  const spooled = new Spooled('push', context)
  let next = 0
  const lane = async () => {
    for (;;) {
      const n = next++
      await spooled.accept(Buffer.from(`{"n":${n},"text":"${'x'.repeat(n % 200)}"}\n`))
      print(`${n}\n`)
    }
  }
  await Promise.all(Array.from({ length: 20 }, lane))
}

async function listen(): Promise<void> {
  const source = unixStream({ path }, context)
  const pending: Work[] = []
  for await (const work of source.work(new AbortController().signal)) {
    print(
      recordsOf(work)
        .map(({ id, text }) => `${id} ${text}\n`)
        .join(''),
    )
    pending.push(work)
    if (pending.length > 3) source.commit(pending.shift() as Work) // there are four
  }
}

/** Into a file: what stands there survives us, where a pipe would not take it at once. */
function print(text: string): void {
  appendFileSync(out, text, 'latin1')
}
