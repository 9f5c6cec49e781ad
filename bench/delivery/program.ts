import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BUILT = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** The environment that config/idmefv2-stream.service gives it. */
const UNIT = { MALLOC_ARENA_MAX: '2' }

export interface Settings {
  url: string
  delivery: 'each' | 'array'
  /** Where it begins with files that it finds at the first start. */
  start?: 'beginning' | 'end'
}

/**
 * The program as it is shipped, following a folder: the complete Suricata mapping, IDs by position, checkpoints and
 * metrics, as the defaults have them.
 */
export class Program {
  readonly folder: string
  readonly #config: string
  #child: ChildProcess | undefined

  constructor({ url, delivery, start = 'beginning' }: Settings) {
    if (!existsSync(BUILT)) throw new Error('what is measured is the built program: pnpm build')
    this.folder = mkdtempSync(join(tmpdir(), 'idmefv2-bench-'))
    this.#config = join(this.folder, 'bench.conf')
    for (const name of ['logs', 'state', 'draft']) mkdirSync(join(this.folder, name))
    writeFileSync(
      this.#config,
      `[idmefv2]
url = ${url}
delivery = ${delivery}
analyzer_ip = 192.0.2.10
analyzer_hostname = sensor.example.org
location = Rack 4
[logging]
level = error
[state]
directory = ${join(this.folder, 'state')}
[metrics]
listen = 127.0.0.1:0
[workers]
count = 2
[suricata]
filename = ${join(this.folder, 'logs', '*.json')}
start = ${start}
`,
    )
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  log(name: string): string {
    return join(this.folder, 'logs', `${name}.json`)
  }

  start(): void {
    // NODE_OPTIONS reach it too: that is how it is profiled.
    const env = { ...process.env, ...UNIT }
    this.#child = spawn(process.execPath, [BUILT, 'run', '-c', this.#config], { stdio: 'inherit', env })
  }

  /** Makes a copy of a file ready; what is returned puts it into the folder at once and gives the time. */
  prepare(name: string, file: string): () => number {
    const draft = join(this.folder, 'draft', name)
    copy(file, draft, name)
    return () => {
      const now = seconds()
      renameSync(draft, this.log(name))
      return now
    }
  }

  drop(name: string): void {
    rmSync(this.log(name))
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    this.#child = undefined
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
  }

  async close(): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** On the monotonic clock of the machine, which the receiver reads too. */
export const seconds = (): number => Number(process.hrtime.bigint()) / 1e9

/** With a first line of its own: the same bytes in the inode of a file that was removed would be taken for that file. */
function copy(from: string, to: string, name: string): void {
  const chunk = Buffer.allocUnsafeSlow(4 * 1024 * 1024)
  const [source, target] = [openSync(from, 'r'), openSync(to, 'w')]
  try {
    writeSync(target, Buffer.from(`{"event_type":"begin","name":${JSON.stringify(name)}}\n`))
    for (let length = -1; length !== 0; ) {
      length = readSync(source, chunk, 0, chunk.length, null)
      writeSync(target, chunk, 0, length)
    }
  } finally {
    closeSync(source)
    closeSync(target)
  }
}
