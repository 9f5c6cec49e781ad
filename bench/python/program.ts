import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { series } from './alerts.ts'
import type { Receiver } from './receiver.ts'
import { write } from './writer.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const SAMPLE_CONF = 'idmefv2/connectors/suricata/suricata-idmefv2.sample.conf'
/** Probes have numbers from here on. */
const PROBES = 900_000
const PROBE_MS = 1000
const MAX_PROBES = 30
const STOP_MS = 10_000
/** Linux counts processor time in hundredths of a second here, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100

export interface Candidate {
  name: string
  command: string
  args(conf: string, overlay: string): string[]
  cwd?: string
  env?: NodeJS.ProcessEnv
}

export function ours(): Candidate {
  return {
    name: 'idmefv2-stream',
    command: process.execPath,
    args: (conf, overlay) => [MAIN, 'run', '-c', conf, '-c', overlay],
  }
}

export function pythons(checkout: string, python: string): Candidate {
  const path = [checkout, process.env.PYTHONPATH].filter((part) => part !== undefined).join(':')
  return {
    name: 'Python connector',
    command: python,
    args: (conf) => ['-m', 'idmefv2.connectors.suricata', '-c', conf],
    cwd: checkout,
    env: { PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: '1' },
  }
}

export interface Usage {
  cpuSeconds: number
  residentMb: number
  peakMb: number
}

/** One candidate at work on a log file of its own, with the configuration that the Python project gives as its sample. */
export class Program implements AsyncDisposable {
  readonly #candidate: Candidate
  readonly #receiver: Receiver
  readonly #probe: readonly string[]
  readonly #folder = mkdtempSync(join(tmpdir(), 'idmefv2-python-'))
  #child: ChildProcess | undefined
  #probes = PROBES

  constructor(candidate: Candidate, checkout: string, receiver: Receiver, probe: readonly string[]) {
    this.#candidate = candidate
    this.#receiver = receiver
    this.#probe = probe
    const sample = readFileSync(join(checkout, SAMPLE_CONF), 'utf8')
    const conf = sample
      .replace(/^url *=.*$/m, `url = ${receiver.url}`)
      .replace(/^filename *=.*$/m, `filename = ${this.log}`)
      .replace(/^level *=.*$/m, 'level = INFO')
    writeFileSync(this.#at('connector.conf'), conf)
    writeFileSync(
      this.#at('overlay.conf'),
      `[state]\ndirectory = ${this.#at('state')}\n[metrics]\nlisten = off\n`,
    )
    writeFileSync(this.log, '')
  }

  /** The log it follows. */
  get log(): string {
    return this.#at('eve.json')
  }

  get alive(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Resolves when an alert that was written came to the receiver: it follows the file. */
  async start(): Promise<void> {
    const { command, args, cwd, env } = this.#candidate
    const output = openSync(this.#at('output'), 'a')
    this.#child = spawn(command, args(this.#at('connector.conf'), this.#at('overlay.conf')), {
      stdio: ['ignore', output, output],
      env: { ...process.env, ...env },
      ...(cwd !== undefined && { cwd }),
    })
    closeSync(output)
    await once(this.#child, 'spawn')
    for (let i = 0; i < MAX_PROBES; i++) {
      await Promise.race([sleep(PROBE_MS), once(this.#child, 'exit')])
      if (!this.alive) break
      const number = this.#probes++
      for (const line of series(this.#probe, number, 1)) appendFileSync(this.log, line, 'latin1')
      if (await this.#receiver.has(number, PROBE_MS)) return
    }
    throw new Error(`${this.#candidate.name} does not follow its file:\n${this.lastWords()}`)
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined || !this.alive) return
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    child.kill('SIGTERM')
    await once(child, 'exit')
    clearTimeout(kill)
  }

  /** Appends with one write() each; resolves with the milliseconds it took. */
  write(pieces: readonly string[], everyMs: number): Promise<number> {
    return write({ path: this.log, pieces, everyMs })
  }

  rotate(): void {
    renameSync(this.log, `${this.log}.1`)
    writeFileSync(this.log, '')
  }

  copyTruncate(): void {
    copyFileSync(this.log, `${this.log}.1`)
    truncateSync(this.log)
  }

  /** What it said last: where it ended by an error, which one. */
  lastWords(): string {
    return readFileSync(this.#at('output'), 'utf8').trimEnd().split('\n').at(-1) ?? ''
  }

  usage(): Usage {
    const stat = readFileSync(`/proc/${this.#child?.pid}/stat`, 'latin1')
    // After the name, which may hold blanks: state is field 3, utime 14, stime 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const status = readFileSync(`/proc/${this.#child?.pid}/status`, 'latin1')
    const megabytes = (key: string) =>
      Number(new RegExp(`^${key}:\\s*(\\d+) kB`, 'm').exec(status)?.[1]) / 1024
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      residentMb: megabytes('VmRSS'),
      peakMb: megabytes('VmHWM'),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #at(name: string): string {
    return join(this.#folder, name)
  }
}
