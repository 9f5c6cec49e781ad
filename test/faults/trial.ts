import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { uniform } from '../../scripts/random.ts'
import { lines, range } from '../e2e/events.ts'
import { Oracle } from '../e2e/oracle.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { Writer } from '../e2e/writer.ts'

const WORKERS = 2
const RANGE_BYTES = 16 * 1024

/** Small ranges, so that in the middle of the load some are delivered and others are not. */
export const RANGES = { count: WORKERS, range_min: RANGE_BYTES, range_max: RANGE_BYTES }

/** Two pieces a worker and one more (session.ts), each with as many alerts as the shortest ones would make. */
const WINDOW = (2 * WORKERS + 1) * Math.ceil(RANGE_BYTES / (lines(0, 400).length / 400 / 2))
/** Between the moment whose positions a checkpoint holds and the time on its file. */
const WRITE_MS = 100
/** In one of so many lives the kill comes by the clock, while the program starts or ends; in the others under load. */
const BY_CLOCK = 4
const START_MS = 1500
const BURST = 25
const BURST_MS = 10

export interface Trial {
  events: number
  kills: number
  lost: number[]
  /** Deliveries beyond the first of an alert. */
  duplicated: number
  /** Alerts that came again and not with the same ID. */
  distinct: number[]
  /** Most duplicates there may be: for each kill what was out, and what was acknowledged since the last checkpoint. */
  bound: number
}

/**
 * The program follows a log that grows and is rotated, and is killed with -9 at moments drawn from `seed`; the last
 * life runs until everything has come. Outside of tests, `end` (ending.ts) has to be called after it.
 */
export async function trial({
  seed,
  events,
  kills,
}: {
  seed: number
  events: number
  kills: number
}): Promise<Trial> {
  const random = uniform(seed)
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(oracle.url, { workers: RANGES })
  const writer = new Writer(site.eve)
  const share = Math.ceil(events / (kills + 1))
  let bound = 0
  for (let life = 0; life < kills; life++) {
    const before = oracle.messages.length
    const program = site.run()
    // What was rotated before it was known that the log is followed is none of its business.
    if (life === 0) await until('the first positions', () => existsSync(site.path('state/checkpoint.json')))
    writer.write(Math.floor(share / 2))
    const load = grow(writer, Math.ceil(share / 2), random)
    if (random() * BY_CLOCK < 1) await sleep(random() * START_MS)
    else {
      const wanted = before + 1 + Math.floor(random() * (share / 2 - 1))
      const detail = () => `${oracle.messages.length} of ${wanted} messages\n${program.stderr}`
      await until('the moment to kill', () => oracle.messages.length >= wanted, detail)
    }
    program.signal('SIGKILL')
    await program.exit
    bound += mostAgain(site.path('state'), oracle)
    await load
  }
  const last = site.run()
  writer.write(events - writer.next)
  const came = await oracle.arrival(0, writer.next).then(
    () => last.stop(),
    () => undefined, // it is told as lost
  )
  if (came !== undefined && came !== 0) throw new Error(`it did not end well: ${came}\n${last.stderr}`)
  writer.close()
  const { lost, changed } = oracle.account(range(0, writer.next))
  const duplicated = oracle.messages.length - oracle.numbers.size
  return { events: writer.next, kills, lost, duplicated, distinct: changed, bound }
}

/** In bursts, with a rotation somewhere. */
async function grow(writer: Writer, alerts: number, random: () => number): Promise<void> {
  const rotation = Math.floor(random() * alerts)
  for (let written = 0; written < alerts; written += BURST) {
    if (written <= rotation && rotation < written + BURST) writer.rotate(2)
    writer.write(Math.min(BURST, alerts - written))
    await sleep(BURST_MS)
  }
}

/** How many alerts may come again after a kill that leaves this state: what was out, and what came since the checkpoint. */
export function mostAgain(state: string, oracle: Oracle): number {
  // Between two renames only the generation before is there.
  const [file] = ['checkpoint.json', 'checkpoint.json.prev']
    .map((name) => join(state, name))
    .filter(existsSync)
  const from = file === undefined ? 0 : statSync(file).mtimeMs - WRITE_MS
  return WINDOW + oracle.arrivedAt.filter((at) => at >= from).length
}
