import { closeSync, openSync, statSync } from 'node:fs'
import { workers } from '../src/config/options.ts'
import type { DeadLetters } from '../src/state/deadletter.ts'
import type { Destination, Work } from '../src/types.ts'
import { Buffers } from '../src/worker/batch.ts'
import { checkOf } from '../src/worker/check.ts'
import type { Instruments } from '../src/worker/range.ts'
import { LineReader } from '../src/worker/reader.ts'
import { converter, VERSION } from './suricata.ts'

// What a worker has, with a destination that takes everything and keeps nothing.

export const options = workers.parse({})

const nowhere: Destination = { send: () => Promise.resolve([]), close: () => Promise.resolve() }
const quiet = { warn: () => undefined, error: () => undefined }

/** What a worker has for as long as it lives: code that is compiled, and what conversion remembers. */
export function shared(deadLetters: DeadLetters): Omit<Instruments, 'reader'> {
  const check = checkOf('sample', VERSION)
  return {
    instance: 'suricata',
    converter: converter(),
    destination: nowhere,
    deadLetters,
    buffers: new Buffers(6),
    id: 'position',
    workers: options,
    ...(check && { check }),
    log: quiet,
    signal: new AbortController().signal,
  }
}

export const reader = () => new LineReader(options.max_line)

/** A file in ranges of the size that is used to catch up; `run` has some of them at a time. Adds up what it gives. */
export async function eachRange(
  path: string,
  lanes: number,
  run: (work: Work) => Promise<number>,
): Promise<number> {
  const fd = openSync(path, 'r')
  try {
    const size = statSync(path).size
    let next = 0
    let sum = 0
    const lane = async () => {
      while (next < size) {
        const start = next
        next = Math.min(size, start + options.range_max)
        const made = await run({ kind: 'range', fd, start, end: next, file: '0123456789abcdef', path })
        sum += made
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    return sum
  } finally {
    closeSync(fd)
  }
}
