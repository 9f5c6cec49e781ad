import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { buffer } from 'node:stream/consumers'
import { workers } from '../src/config/options.ts'
import { validator } from '../src/idmefv2/validate.ts'
import { generateAccessors } from '../src/mapping/accessor.ts'
import { DeadLetters } from '../src/state/deadletter.ts'
import type { Destination } from '../src/types.ts'
import { Buffers } from '../src/worker/batch.ts'
import { type Instruments, Range } from '../src/worker/range.ts'
import { LineReader } from '../src/worker/reader.ts'
import { measure } from './measure.ts'
import type { Figures, Question, Setting } from './question.ts'
import { converter, ids, out, program, VERSION } from './suricata.ts'

const NEWLINE = 10
const SAMPLE = 1000
const options = workers.parse({})
const convert = generateAccessors(program)

const file: Question = {
  asks: 'A whole file through one thread of ours, against wc and grep?',
  async *answer(setting) {
    const folder = mkdtempSync(`${tmpdir()}/bench-`)
    const deadLetters = new DeadLetters(`${folder}/dead-letters`, 2 ** 30)
    try {
      for (const share of [0.02, 1]) yield await figures(setting, share, worker(deadLetters))
    } finally {
      await deadLetters.close()
      rmSync(folder, { recursive: true })
    }
  },
}

export default file

async function figures({ input, pace }: Setting, share: number, tools: Instruments): Promise<Figures> {
  const path = input(share)
  const bytes = statSync(path).size
  const lines = Number.parseInt(await output('wc', ['-l', path]), 10)
  const alerts = Number.parseInt(await grep(path), 10)
  const count = { items: lines, bytes, async: true }
  return measure(
    `read, find, convert; messages thrown away; ${Math.round(bytes / 1e6)} MB, ${alerts} alerts in ${lines} lines`,
    'lines',
    [
      { name: 'grep -c \'"event_type":"alert"\' (LC_ALL=C)', ...count, run: () => grep(path) },
      { name: 'wc -l', ...count, run: () => output('wc', ['-l', path]) },
      { name: 'ours, one thread', ...count, run: () => expect(alerts, convertFile(path, tools)) },
      {
        name: 'ours, but JSON.parse, accessors, JSON.stringify for each line',
        ...count,
        run: () => expect(alerts, parseFile(path)),
      },
    ],
    // A pass takes long enough to be a round.
    { ...pace, millis: 0 },
  )
}

async function expect(alerts: number, made: Promise<number> | number): Promise<void> {
  const messages = await made
  if (messages !== alerts) throw new Error(`${messages} messages, and grep finds ${alerts} alerts`)
}

/** Piped: GNU grep stops at the first match when its output is /dev/null. */
function grep(path: string): Promise<string> {
  return output('grep', ['-c', '"event_type":"alert"', path])
}

async function output(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LC_ALL: 'C' },
  })
  return (await buffer(child.stdout)).toString()
}

const nowhere: Destination = { send: () => Promise.resolve([]), close: () => Promise.resolve() }

const quiet = { warn: () => undefined, error: () => undefined }

/** What a worker has for as long as it lives: code that is compiled, and what conversion remembers. */
function worker(deadLetters: DeadLetters): Instruments {
  return {
    instance: 'suricata',
    converter: converter(),
    destination: nowhere,
    deadLetters,
    buffers: new Buffers(6),
    reader: new LineReader(options.max_line),
    id: 'position',
    workers: options,
    check: sampled(),
    log: quiet,
    signal: new AbortController().signal,
  }
}

/** What a worker does, in this thread: ranges of the size that is used to catch up, one after another. */
async function convertFile(path: string, tools: Instruments): Promise<number> {
  const fd = openSync(path, 'r')
  try {
    const size = statSync(path).size
    let delivered = 0
    for (let start = 0; start < size; start += options.range_max) {
      const end = Math.min(size, start + options.range_max)
      const work = { kind: 'range', fd, start, end, file: '0123456789abcdef', path } as const
      delivered += (await new Range(tools, work).run()).delivered
    }
    return delivered
  } finally {
    closeSync(fd)
  }
}

/** As `validate = sample`, which is the default. */
function sampled(): NonNullable<Instruments['check']> {
  const validate = validator(VERSION)
  let seen = 0
  return (bytes, from, to) => {
    if (seen++ % SAMPLE !== 0) return undefined
    const [fault] = validate(JSON.parse(bytes.toString('utf8', from, to)))
    return fault && `${fault.pointer}: ${fault.reason}`
  }
}

/** The same program as one would write it first. */
function parseFile(path: string): number {
  const fd = openSync(path, 'r')
  let messages = 0
  try {
    for (const block of new LineReader(options.max_line).lines(fd, 0, statSync(path).size)) {
      if ('tooLong' in block) continue
      let start = block.from
      for (
        let end = block.bytes.indexOf(NEWLINE);
        start < block.to;
        end = block.bytes.indexOf(NEWLINE, start)
      ) {
        ids.at(1, 2, block.origin + start)
        const conversion = convert(JSON.parse(block.bytes.toString('utf8', start, end)), ids)
        if (conversion.kind === 'message') {
          out.write(JSON.stringify(conversion.message), 0)
          messages++
        }
        start = end + 1
      }
    }
    return messages
  } finally {
    closeSync(fd)
  }
}
