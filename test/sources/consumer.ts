import { mkdtempSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import type { SourceEvent, TailContext } from '../../src/sources/context.ts'
import { type TailOptions, tail } from '../../src/sources/tail.ts'
import { Checkpoints } from '../../src/state/checkpoint.ts'
import type { Source, Work } from '../../src/types.ts'

/** A folder of its own for the test that asks. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'tail-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

export const silent = pino({ level: 'silent' })

export interface Record {
  text: string
  /** Identity of the file and offset of the line: what the ID of its alert is made from. */
  id: string
  path: string
}

/** The lines that start in a range, as a worker reads them: on past its end, to the newline or the end of the file. */
export function recordsOf(work: Work): Record[] {
  if (work.kind === 'bytes') {
    return split(Buffer.from(work.bytes)).map(({ text }) => ({ text, id: work.origin, path: work.origin }))
  }
  const { fd, start, end, file, path } = work
  const before = Math.max(0, start - 1)
  let bytes = read(fd, before, end - before)
  for (let next = read(fd, end, 65_536); next.length > 0 && bytes.at(-1) !== 10; ) {
    const newline = next.indexOf(10)
    bytes = Buffer.concat([bytes, newline < 0 ? next : next.subarray(0, newline + 1)])
    next = newline < 0 ? read(fd, before + bytes.length, 65_536) : Buffer.alloc(0)
  }
  return split(bytes)
    .slice(start === 0 ? 0 : 1)
    .map(({ text, at }) => ({ text, id: `${file}:${before + at}`, path }))
}

function read(fd: number, start: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  return buffer.subarray(0, readSync(fd, buffer, 0, length, start))
}

function split(bytes: Buffer): { text: string; at: number }[] {
  const lines: { text: string; at: number }[] = []
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(10, at)
    const end = newline < 0 ? bytes.length : newline
    lines.push({ text: bytes.toString('latin1', at, end), at })
    at = end + 1
  }
  return lines
}

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

export interface Setup extends Partial<Omit<TailContext, 'checkpoints' | 'log'>> {
  state: string
  start?: 'end' | 'beginning'
  patience?: TailOptions['patience']
  watch?: boolean
  /** False: nothing is committed, as when a worker never answers. */
  commit?: boolean
}

/** Starts a tail with its own positions, reads what it yields, and commits it. */
export function follow(paths: string | string[], setup: Setup): Run {
  const { state, start = 'beginning', patience, watch = true, commit = true, ...context } = setup
  const checkpoints = new Checkpoints({ path: join(state, 'checkpoint'), intervalMs: 10, log: silent })
  const events: SourceEvent[] = []
  const options: TailOptions = {
    paths: [paths].flat(),
    start,
    watch,
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
