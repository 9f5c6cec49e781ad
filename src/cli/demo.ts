import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EXIT, UsageError } from '../errors.ts'
import { createLog } from '../log.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { packaged } from '../packaged.ts'
import { startTestserver } from '../testserver/server.ts'
import { VERSION } from '../version.ts'
import { readChecked } from './config.ts'
import { serve } from './run.ts'
import { type Call, isSet, type Streams, textOf, type Verb } from './verb.ts'

const usage = `idmefv2 demo [options]

Shows the whole way on this machine: a receiver that validates, a sample of real Suricata output written to a growing
eve.json, and the connector that follows it. Nothing outside a temporary folder is touched.

      --seconds N           write events for that long (10)
      --keep                keep the receiver, the metrics and the folder until Ctrl-C, also without a terminal
`

const SAMPLE = 'config/demo/eve.json'
const STEP_MS = 250
/** Time for what was written to arrive: far more than it takes. */
const ARRIVAL_MS = 30_000

export const demo: Verb = {
  summary: 'see it work, without any configuration',
  usage,
  options: { seconds: { type: 'string' }, keep: { type: 'boolean' } },
  async run(call: Call): Promise<number> {
    const seconds = Number(textOf(call, 'seconds') ?? 10)
    if (!(seconds > 0 && seconds <= 86_400))
      throw new UsageError('--seconds must be a number from 1 to 86400')
    const folder = await mkdtemp(join(tmpdir(), 'idmefv2-demo-'))
    try {
      return await show(folder, seconds, isSet(call, 'keep') || process.stdout.isTTY === true, call.streams)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}

async function show(folder: string, seconds: number, keep: boolean, { stdout }: Streams): Promise<number> {
  const receiver = await startTestserver({ port: 0 })
  const eve = join(folder, 'eve.json')
  const conf = join(folder, 'demo.conf')
  await writeFile(eve, '')
  await writeFile(conf, configuration(receiver.url, eve, folder), { mode: 0o600 })
  const checked = await readChecked([conf], false)
  const stop = new AbortController()
  const metrics = createMetrics({ version: VERSION, connectors: ['suricata'] })
  const tell = (line: string) => void stdout.write(`${line}\n`)
  const onServing = (url = 'off') => {
    tell(`idmefv2-stream ${VERSION}: Suricata eve.json to IDMEFv2, on this machine`)
    tell(`  following          ${eve}`)
    tell(`  receiver           ${receiver.url}/  (the last messages, in a browser)`)
    tell(`  metrics            ${url}/metrics\n`)
  }
  const running = {
    files: [conf],
    strict: false,
    once: false,
    fromStart: true,
    log: createLog(checked.config.logging),
    metrics,
    stop: stop.signal,
    onServing,
  }
  const serving = serve(checked, running)
  const interrupted = serving.then((): true => true)
  const written = await writeSample(eve, seconds, interrupted, (now) => tell(progress(now, receiver.stats())))
  const complete = await arrival(written.alerts, () => receiver.stats().valid, interrupted)
  tell(`\n${progress(written, receiver.stats())}`)
  tell(
    complete
      ? 'Every alert arrived once, and each is valid IDMEFv2 2.D.V08.'
      : 'Not every alert has arrived; the log above says why.',
  )
  if (keep && complete) {
    tell(
      '\nThe pages stay until Ctrl-C. Next: idmefv2 run -c FILE with a configuration of your own; README.md shows one.',
    )
    await interrupted
  }
  stop.abort()
  await serving
  await receiver.close()
  return complete ? EXIT.ok : EXIT.failed
}

function configuration(url: string, eve: string, folder: string): string {
  return `[logging]
level = warn
[idmefv2]
url = ${url}/
[suricata]
filename = ${eve}
start = beginning
[state]
directory = ${join(folder, 'state')}
[metrics]
listen = 127.0.0.1:0
`
}

interface Written {
  events: number
  alerts: number
}

/** Appends the sample again and again, in bursts as a busy sensor writes. */
async function writeSample(
  eve: string,
  seconds: number,
  interrupted: Promise<true>,
  onStep: (now: Written) => void,
): Promise<Written> {
  const sample = (await readFile(packaged(SAMPLE), 'utf8')).trimEnd().split('\n')
  const alerts = sample.filter((line) => line.includes('"event_type":"alert"')).length
  const written: Written = { events: 0, alerts: 0 }
  const steps = Math.ceil((seconds * 1000) / STEP_MS)
  const text = `${sample.join('\n')}\n`
  for (let step = 1; step <= steps; step++) {
    await appendFile(eve, text)
    written.events += sample.length
    written.alerts += alerts
    if (step % (1000 / STEP_MS) === 0) onStep(written)
    if (await Promise.race([interrupted, sleep(STEP_MS, false)])) break
  }
  return written
}

async function arrival(alerts: number, arrived: () => number, interrupted: Promise<true>): Promise<boolean> {
  const deadline = performance.now() + ARRIVAL_MS
  while (arrived() < alerts && performance.now() < deadline)
    if (await Promise.race([interrupted, sleep(50, false)])) break
  return arrived() === alerts
}

function progress(
  { events, alerts }: Written,
  stats: { received: number; valid: number; invalid: number; duplicates: number },
): string {
  const { valid, invalid, duplicates } = stats
  return `written ${events} events with ${alerts} alerts; received ${valid} valid, ${invalid} invalid, ${duplicates} twice`
}
