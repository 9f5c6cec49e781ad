import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import type { SourceEvent, TailContext } from '../../src/sources/context.ts'
import { type TailOptions, tail } from '../../src/sources/tail.ts'
import { Checkpoints } from '../../src/state/checkpoint.ts'
import type { Source, Work } from '../../src/types.ts'
import { type Record, recordsOf } from './reader.ts'

export { type Record, recordsOf } from './reader.ts'

/** A folder of its own for the test that asks. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'tail-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A folder for the state of a tail, and one for the logs it follows. */
export function place() {
  const base = folder()
  const [state, logs] = [join(base, 'state'), join(base, 'log')]
  mkdirSync(state)
  mkdirSync(logs)
  return { state, logs, log: join(logs, 'eve.json') }
}

/** Numbered events, as different from each other as real ones. */
export const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `{"timestamp":"2024-01-01T00:00:00.${from + i}","n":${from + i}}`)

export const lines = (from: number, count: number) =>
  events(from, count)
    .map((line) => `${line}\n`)
    .join('')

export const silent = pino({ level: 'silent' })

export interface Run {
  source: Source
  /** Everything delivered and committed, in order. */
  records: Record[]
  /** The pieces they came in. */
  pieces: Work[]
  events: SourceEvent[]
  /** Resolves when so many records have come; rejects when the source ends before. */
  until(count: number): Promise<void>
  /** Resolves when the source has ended by itself. */
  ended: Promise<void>
  stop(): Promise<void>
}

export interface Setup extends Partial<Omit<TailContext, 'checkpoints'>> {
  state: string
  start?: 'end' | 'beginning'
  patience?: TailOptions['patience']
  watch?: boolean
  archive?: NonNullable<TailOptions['archive']>
  /** False: nothing is committed, as when a worker never answers. */
  commit?: boolean
}

/** What a source that spools is given, with state in a folder. */
export function contextIn(state: string, changes: Partial<TailContext> = {}): TailContext {
  return {
    connector: 'a',
    checkpoints: new Checkpoints({ path: join(state, 'checkpoint'), intervalMs: 10_000, log: silent }),
    workers: 2,
    range_min: 500,
    range_max: 2000,
    max_line: 1024 ** 2,
    poll_interval: 10,
    once: false,
    fromStart: false,
    ledger: { directory: state, spool_max: 16 * 1024 ** 2, dead_letter_max: 1024 ** 2 },
    log: silent,
    ...changes,
  }
}

export const texts = (run: Run) => run.records.map(({ text }) => text)

/** Starts a tail with its own positions, reads what it yields, and commits it. */
export function follow(paths: string | string[], setup: Setup): Run {
  const { state, start = 'beginning', patience, watch = true, commit = true, archive, ...context } = setup
  const checkpoints = new Checkpoints({ path: join(state, 'checkpoint'), intervalMs: 10, log: silent })
  const events: SourceEvent[] = []
  const options: TailOptions = {
    paths: [paths].flat(),
    start,
    watch,
    ...(archive && { archive }),
    patience: { quietMs: 50, lingerMs: 200, idleMs: 60_000, ...patience },
  }
  const source = tail(options, {
    connector: 'suricata',
    checkpoints,
    workers: 2,
    range_min: 64,
    range_max: 4096,
    max_line: 1024 ** 2,
    poll_interval: 10,
    once: false,
    fromStart: false,
    log: silent,
    onEvent: (event) => events.push(event),
    ...context,
  })
  return consume(source, events, commit, () => checkpoints.close())
}

/** Reads and commits what a source yields. */
export function consume(
  source: Source,
  events: SourceEvent[] = [],
  commit = true,
  atEnd: () => Promise<void> = async () => undefined,
): Run {
  const stopping = new AbortController()
  const records: Record[] = []
  const pieces: Work[] = []
  let told = () => {}
  const ended = (async () => {
    for await (const work of source.work(stopping.signal)) {
      records.push(...recordsOf(work))
      pieces.push(work)
      if (commit) source.commit(work)
      told()
    }
  })()
  const until = async (count: number) => {
    while (records.length < count) {
      const more = new Promise<void>((resolve) => {
        told = resolve
      })
      const over = ended.then(() => Promise.reject(new Error(`ended after ${records.length} of ${count}`)))
      over.catch(() => undefined)
      await Promise.race([more, over])
    }
  }
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= (async () => {
      stopping.abort()
      await ended
      await source.close()
      await atEnd()
    })()
    return stopped
  }
  onTestFinished(stop)
  return { source, records, pieces, events, until, ended, stop }
}
