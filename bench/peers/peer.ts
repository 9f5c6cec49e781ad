import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Expecting } from '../delivery/receiver.ts'

/** Another program that takes alerts out of a log and posts them: what it takes to run it beside ours. */
export interface Peer {
  name: string
  /** Absent where it is not installed. */
  version: string | undefined
  /** How to get it. */
  hint: string
  /** What it can do of this: one message a request, several in one. */
  deliveries: readonly Delivery[]
  /** How the receiver knows its messages, and what it has to answer; as with ours where nothing is said. */
  expecting?: Expecting
  start(job: Job): Running
}

export type Delivery = 'each' | 'array'

export interface Job {
  url: string
  /** Read from its beginning. */
  file: string
  delivery: Delivery
}

export interface Running {
  pid: number
  /** Rejects when it ends by itself. */
  failed: Promise<never>
  /** What it said last: where it fails, why. */
  lastWords(): string
  close(): Promise<void>
}

/** A program with a folder of its own, which goes when it ends. */
export class Daemon implements Running {
  readonly folder = mkdtempSync(join(tmpdir(), 'idmefv2-peer-'))
  readonly #stopping = new AbortController()
  #child: ChildProcess | undefined
  failed: Promise<never> = new Promise(() => undefined)

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  at(name: string): string {
    return join(this.folder, name)
  }

  start(command: string, args: readonly string[]): this {
    const output = openSync(this.at('output'), 'a')
    const child = spawn(command, args, { stdio: ['ignore', output, output] })
    closeSync(output)
    this.#child = child
    this.failed = once(child, 'exit', { signal: this.#stopping.signal }).then(([code, signal]) => {
      throw new Error(`${command} ended by itself, ${signal ?? code}`)
    })
    this.failed.catch(() => undefined) // whoever waits for it is told
    return this
  }

  lastWords(): string {
    return readFileSync(this.at('output'), 'utf8').trimEnd().split('\n').at(-1) ?? ''
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    const child = this.#child
    child?.kill('SIGTERM')
    if (child?.exitCode === null && child.signalCode === null) await once(child, 'exit')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** What a program says of its version, where it is installed and says what is looked for. */
export function versionOf(command: string, args: readonly string[], pattern: RegExp): string | undefined {
  try {
    const text = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return pattern.exec(text)?.[1]
  } catch {
    // Not installed, or not in a state to answer.
    return undefined
  }
}
