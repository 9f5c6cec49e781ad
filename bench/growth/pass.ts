import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Mailbox } from '../delivery/mailbox.ts'
import type { Program } from '../delivery/program.ts'
import { threadSeconds } from '../delivery/threads.ts'

const NEWLINE = 10

/** Lines that go in together. */
export interface Load {
  path: string
  /** How often the file is written one after the other. */
  times: number
  alerts: number
}

/** What one pass cost. Seconds; CPU time is that of the program alone. */
export interface Cost {
  wall: number
  cpu: number
  bytes: number
}

/** Another number of workers, and further instances of the connector, each with a folder; before the program starts. */
export function reconfigure(
  program: Program,
  { connectors, workers }: { connectors: number; workers: number },
): void {
  const path = join(program.folder, 'bench.conf')
  const sections = Array.from({ length: connectors - 1 }, (_, i) => {
    const folder = folderOf(program, i + 1)
    mkdirSync(folder)
    return `[suricata:${i + 1}]\nfilename = ${join(folder, '*.json')}\nstart = beginning\n`
  })
  const config = readFileSync(path, 'utf8').replace(/(?<=\[workers\]\ncount = )\d+/, String(workers))
  writeFileSync(path, config + sections.join(''))
}

/**
 * One pass: the load is cut at newlines into as many parts as there are files for all connectors, written aside, and appears at
 * once. Over when each alert has arrived, once.
 */
export async function pass(
  program: Program,
  mailbox: Mailbox,
  load: Load,
  { connectors = 1, files = 1, name }: { connectors?: number; files?: number; name: string },
): Promise<Cost> {
  const parts = written(program.folder, load, connectors * files, name)
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
  const receipt = mailbox.receive(load.alerts * load.times)
  const [begin, used] = [Number(process.hrtime.bigint()) / 1e9, threadSeconds(program.pid)]
  for (const [i, part] of parts.entries())
    renameSync(part.path, join(folderOf(program, i % connectors), `${name}-${i}.json`))
  const { last } = await receipt
  return { wall: last - begin, cpu: threadSeconds(program.pid) - used, bytes }
}

function folderOf({ folder }: Program, connector: number): string {
  return join(folder, connector === 0 ? 'logs' : `logs-${connector}`)
}

function written(folder: string, { path, times }: Load, count: number, name: string) {
  const whole = readFileSync(path)
  const size = Math.ceil(whole.length / count)
  let from = 0
  return Array.from({ length: count }, (_, i) => {
    const to =
      i === count - 1 ? whole.length : whole.indexOf(NEWLINE, Math.min(whole.length, from + size) - 1) + 1
    const draft = join(folder, 'draft', `${name}-${i}`)
    const bytes = write(draft, `${name}-${i}`, whole.subarray(from, to), times)
    from = to
    return { path: draft, bytes }
  })
}

/** With a first line of its own, for the reason `Program.feed` has. */
function write(path: string, name: string, lines: Uint8Array, times: number): number {
  const head = Buffer.from(`{"event_type":"begin","name":${JSON.stringify(name)}}\n`)
  const file = openSync(path, 'w')
  try {
    writeSync(file, head)
    for (let i = 0; i < times; i++) writeWhole(file, lines)
  } finally {
    closeSync(file)
  }
  return head.length + times * lines.length
}

/** One write takes no more than 2 GiB. */
function writeWhole(file: number, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; ) from += writeSync(file, bytes, from)
}
