import { closeSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { generateAccessors } from '../src/mapping/accessor.ts'
import { DeadLetters } from '../src/state/deadletter.ts'
import { type Instruments, Range } from '../src/worker/range.ts'
import { LineReader } from '../src/worker/reader.ts'
import { grep, output } from './command.ts'
import { eachRange, options, reader, shared } from './instruments.ts'
import { measure } from './measure.ts'
import type { Figures, Question, Setting } from './question.ts'
import { ids, out, program } from './suricata.ts'

const NEWLINE = 10
const convert = generateAccessors(program)

const file: Question = {
  asks: 'A whole file through one thread of ours, against wc and grep?',
  async *answer(setting) {
    const folder = mkdtempSync(`${tmpdir()}/bench-`)
    const deadLetters = new DeadLetters(`${folder}/dead-letters`, 2 ** 30)
    try {
      for (const share of [0.02, 1])
        yield await figures(setting, share, { ...shared(deadLetters), reader: reader() })
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
  const alerts = await grep(path)
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

/** What a worker does, in this thread: one range after another. */
function convertFile(path: string, tools: Instruments): Promise<number> {
  return eachRange(path, 1, async (work) => (await new Range(tools, work).run()).delivered)
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
