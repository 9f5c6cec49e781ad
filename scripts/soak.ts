import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { end } from '../test/e2e/ending.ts'
import { uniform } from './random.ts'
import { leaks, type Sample, slope } from './soak/gauge.ts'
import { GrowingLog } from './soak/log.ts'
import { between } from './soak/random.ts'
import { Receiver } from './soak/receiver.ts'
import { Service } from './soak/service.ts'
import { restart, rotate, type Scene, upset } from './soak/trouble.ts'

// The main job under load, with everything that happens to it in a year: the log is rotated, the receiver fails, the
// program is ended and killed. Fails (1) when an alert is lost, comes twice under two IDs, or something grows without end.

const USAGE = 'usage: pnpm test:soak --minutes N [--seed S] [--rate ALERTS_A_SECOND] [--no-gzip] [--keep]'

const WRITE_MS = 50
const SAMPLE_MS = 5000
/** From then on the process lives on, so that its memory can be measured over time. */
const LAST_RESTART = 0.4
/** At the end: without anything new for this long, what is missing is lost. */
const STILL_MS = 120_000

const options = readOptions()
const folder = mkdtempSync(join(tmpdir(), 'idmefv2-soak-'))
const conf = join(folder, 'idmefv2.conf')
const failures: string[] = []
const finished = new AbortController()
process.once('SIGINT', () => fail('interrupted'))

const receiver = new Receiver(uniform(options.seed))
const log = new GrowingLog(join(folder, 'eve.json'), uniform(options.seed + 1))
const service = new Service(folder, conf, fail)
const scene: Scene = { log, receiver, service, gzip: options.gzip, tell }
const samples: Sample[] = []
const begun = performance.now()
let lostBytes = 0

try {
  await receiver.up()
  configure()
  await service.start()
  console.log(`${folder}: ${options.minutes} minutes, ${options.rate} alerts/s, seed ${options.seed}`)
  const until = begun + options.minutes * 60_000
  const ends = setTimeout(() => finished.abort(), until - performance.now())
  await Promise.all([writing(), rotations(), troubles(until), sampling(), reporting()])
  clearTimeout(ends)
  await settle()
  await service.end('SIGTERM')
  judge()
} catch (error) {
  failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
} finally {
  await end()
  await receiver.down()
  log.close()
  finish()
}

async function writing(): Promise<void> {
  let owed = 0
  let last = performance.now()
  while (await pause(WRITE_MS)) {
    const now = performance.now()
    owed += ((now - last) / 1000) * options.rate
    last = now
    log.write(Math.floor(owed))
    owed -= Math.floor(owed)
  }
  log.finish()
}

async function rotations(): Promise<void> {
  const random = uniform(options.seed + 2)
  while (await pause(between(random, 500, 12_000))) {
    rotate(scene, random)
    log.prune(receiver.contiguous)
  }
}

async function troubles(until: number): Promise<void> {
  const random = uniform(options.seed + 3)
  const lastRestart = begun + LAST_RESTART * (until - begun)
  while (await pause(between(random, 1000, 12_000))) {
    // Some die while the receiver is down.
    const upsetting = random() < 0.7 ? upset(scene, random) : undefined
    if (performance.now() < lastRestart && random() < 0.3) {
      await sleep(between(random, 0, 2000))
      await restart(scene, random)
    }
    await upsetting
  }
}

async function sampling(): Promise<void> {
  let life = service.starts
  while (await pause(SAMPLE_MS)) {
    const sample = await service.sample()
    if (!sample) continue
    if (life !== service.starts) samples.length = 0
    life = service.starts
    lostBytes = Math.max(lostBytes, sample.lostBytes)
    const { rssMb, descriptors, lagBytes } = sample
    tell(`rss ${rssMb.toFixed(0)} MB, descriptors ${descriptors}, lag ${lagBytes}`)
    samples.push({ ...sample, hours: (performance.now() - begun) / 3_600_000 })
  }
}

async function reporting(): Promise<void> {
  while (await pause(60_000)) report()
  report()
}

/** Waits until all is delivered and acknowledged, or nothing more comes. */
async function settle(): Promise<void> {
  receiver.recover()
  await receiver.up()
  if (!service.isUp) await service.start()
  let [received, since] = [0, performance.now()]
  while (failures.length === 0 && performance.now() - since < STILL_MS) {
    if (receiver.contiguous >= log.next && (await service.sample())?.lagBytes === 0) return
    if (receiver.received > received) [received, since] = [receiver.received, performance.now()]
    await sleep(100)
  }
}

function judge(): void {
  const missing = receiver.missing(log.next)
  report(missing.length)
  if (missing.length > 0) failures.push(`lost: ${ranges(missing)}`)
  if (receiver.changed.length > 0) failures.push(`distinct duplicates: ${ranges(receiver.changed)}`)
  if (receiver.invalid.length > 0)
    failures.push(`${receiver.invalid.length} invalid messages, the first: ${receiver.invalid[0]}`)
  const letters = join(folder, 'state/dead-letters.ndjson')
  if (existsSync(letters) && readFileSync(letters).length > 0) failures.push(`dead letters: ${letters}`)
  failures.push(...leaks(warm()))
}

/** The samples of the process that lives now, without its warm-up: three minutes, or the first third of what there is. */
function warm(): Sample[] {
  const first = samples[0]?.hours ?? 0
  const last = samples.at(-1)?.hours ?? 0
  const warmUp = Math.min(3 / 60, (last - first) / 3)
  return samples.filter(({ hours }) => hours >= first + warmUp)
}

/** What is lost is known at the end; until then it may be on its way. */
function report(lost?: number): void {
  const minutes = ((performance.now() - begun) / 60_000).toFixed(1)
  const { received, repeated, changed } = receiver
  const missing = lost === undefined ? `on the way ${log.next - received}` : `lost ${lost}`
  const now = samples.at(-1)
  const last = now
    ? `rss ${now.rssMb.toFixed(0)} MB (${slope(warm()).toFixed(1)} MB/h), descriptors ${now.descriptors}, series ${now.series}`
    : 'down'
  console.log(
    `${minutes.padStart(5)} min: written ${log.next}, received ${received}, ${missing}, duplicates ${repeated}, ` +
      `distinct ${changed.length}, starts ${service.starts}, bytes told lost ${lostBytes}, ${last}`,
  )
}

function finish(): void {
  for (const failure of failures) console.error(`FAILED: ${failure}`)
  if (failures.length > 0 || options.keep) console.log(`what there is to look at: ${folder}`)
  else rmSync(folder, { recursive: true })
  // Whatever trouble was under way when it failed.
  process.exit(failures.length > 0 ? 1 : 0)
}

function fail(reason: string): void {
  failures.push(reason)
  finished.abort()
}

function tell(what: string): void {
  appendFileSync(join(folder, 'soak.log'), `${new Date().toISOString()} ${log.next} ${what}\n`)
}

/** False when the time is over. */
async function pause(ms: number): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal: finished.signal })
  } catch {
    // Only the end of the run breaks it off.
  }
  return !finished.signal.aborted
}

function configure(): void {
  writeFileSync(
    conf,
    `[idmefv2]
url = ${receiver.url}
version = V08
response_timeout = 2s
retry_min = 50ms
retry_max = 2s
probe_interval = 500ms
drain_timeout = 5s
[state]
directory = ${join(folder, 'state')}
[metrics]
listen = 127.0.0.1:0
[workers]
count = 2
[suricata]
filename = ${join(folder, 'eve.json')}
start = beginning
`,
    { mode: 0o600 },
  )
}

/** `3-5, 9`; the first of them. */
function ranges(numbers: readonly number[]): string {
  const found: string[] = []
  for (let index = 0; index < numbers.length; index++) {
    const first = numbers[index] ?? 0
    while (numbers[index + 1] === (numbers[index] ?? 0) + 1) index++
    const last = numbers[index] ?? 0
    found.push(first === last ? `${first}` : `${first}-${last}`)
  }
  const rest = found.length > 20 ? ` and ${found.length - 20} more` : ''
  return `${numbers.length}: ${found.slice(0, 20).join(', ')}${rest}`
}

function readOptions() {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      minutes: { type: 'string', default: '30' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      rate: { type: 'string', default: '500' },
      gzip: { type: 'boolean', default: true },
      keep: { type: 'boolean', default: false },
    },
  })
  const [minutes, seed, rate] = [values.minutes, values.seed, values.rate].map(Number)
  if (!minutes || !Number.isInteger(seed) || !rate) {
    console.error(USAGE)
    process.exit(64)
  }
  return { minutes, seed: seed ?? 0, rate, gzip: values.gzip, keep: values.keep }
}
