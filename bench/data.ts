import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mulberry32 } from '../scripts/random.ts'

// Benchmarks run on real lines: templates hid what real ones showed at once (long `stats` lines, escapes, alerts of
// 47 kB). A sample is made as large as wanted by drawing its lines again with other values where real ones differ.

/** Real lines without their newline, each character one byte (latin1), so that nothing is lost on the way. */
export interface Sample {
  name: string
  alerts: readonly string[]
  others: readonly string[]
}

export interface Draw {
  seed: number
  /** Of the lines, how many are alerts: 0 to 1. */
  share: number
}

const ROOT = new URL('../', import.meta.url)
/** The first that is there: the corpus beside the repository, then what the package ships. */
const SAMPLES = ['../shared/corpus/suricata/eve-sample.jsonl', 'config/demo/eve.json']
const FIXTURES = 'src/connectors/suricata/fixtures/'

export function loadSample(): Sample {
  const name = SAMPLES.find((path) => existsSync(new URL(path, ROOT)))
  if (name !== undefined) return sampleOf(basename(name), read(name))
  const cases = readdirSync(new URL(FIXTURES, ROOT)).sort()
  return sampleOf(FIXTURES, cases.map((name) => read(`${FIXTURES}${name}/input.json`)).join('\n'))
}

/** Takes the lines that are a JSON object apart into alerts and others. */
export function sampleOf(name: string, text: string): Sample {
  const lines = text.split('\n').filter((line) => line.startsWith('{'))
  const isAlert = (line: string) => JSON.parse(Buffer.from(line, 'latin1').toString()).event_type === 'alert'
  const { alerts = [], others = [] } = Object.groupBy(lines, (line) => (isAlert(line) ? 'alerts' : 'others'))
  return { name, alerts, others }
}

/** Lines drawn without end; the same draw gives the same lines. */
export function* drawn({ alerts, others }: Sample, { seed, share }: Draw): Generator<string, never> {
  const random = mulberry32(seed)
  for (;;) {
    const from = others.length === 0 || (alerts.length > 0 && random() < share * 2 ** 32) ? alerts : others
    const line = from[random() % from.length]
    if (line === undefined) throw new Error('the sample is empty')
    yield varied(line, random)
  }
}

/** Every alert of the sample once, varied. */
export function alertsOf({ alerts }: Sample, seed = 1): string[] {
  const random = mulberry32(seed)
  return alerts.map((line) => varied(line, random))
}

/** What differs between two alerts of one rule, in the length and place it has. */
function varied(line: string, random: () => number): string {
  return line
    .replace(/(?<="flow_id": ?)\d+/, () => String(1e15 + random() * 1e5))
    .replace(/(?<="src_port": ?)\d+/, () => String(1024 + (random() % 64_000)))
    .replace(/(?<="timestamp": ?"[^".]*\.)\d{6}/, () => String(random() % 1e6).padStart(6, '0'))
}

const CHUNK_BYTES = 4 * 1024 * 1024

/** A file of drawn lines, at most `bytes` long. One that was made before from the same is taken again. */
export function inputFile(sample: Sample, draw: Draw, bytes: number, folder: string): string {
  mkdirSync(folder, { recursive: true })
  const path = `${folder}/eve-${digest(sample, draw, bytes)}.json`
  if (existsSync(path)) return path
  const file = openSync(`${path}.part`, 'w')
  try {
    for (const chunk of chunks(drawn(sample, draw), bytes)) writeSync(file, chunk)
  } finally {
    closeSync(file)
  }
  renameSync(`${path}.part`, path)
  return path
}

function* chunks(lines: Iterable<string>, bytes: number): Generator<Buffer> {
  let room = bytes
  let parts: string[] = []
  let length = 0
  for (const line of lines) {
    if (line.length + 1 > room || length > CHUNK_BYTES) {
      yield Buffer.from(parts.join(''), 'latin1')
      parts = []
      length = 0
    }
    if (line.length + 1 > room) return
    parts.push(line, '\n')
    length += line.length + 1
    room -= line.length + 1
  }
}

/** Names an input by all that it is made from, this file included. */
function digest(sample: Sample, draw: Draw, bytes: number): string {
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)))
  hash.update(JSON.stringify([sample.alerts, sample.others, draw.seed, draw.share, bytes]))
  return hash.digest('hex').slice(0, 16)
}

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'latin1')
}

/** Lines in one buffer: line `i` is `bytes[starts[i], ends[i])`, with a newline at `ends[i]`. */
export interface Lines {
  bytes: Buffer
  starts: readonly number[]
  ends: readonly number[]
}

export function linesOf(lines: readonly string[]): Lines {
  let end = -1
  const ends = lines.map((line) => (end += line.length + 1))
  const starts = ends.map((_, i) => (i === 0 ? 0 : (ends[i - 1] ?? 0) + 1))
  return { bytes: Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1'), starts, ends }
}
