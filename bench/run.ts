import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { inputFile, loadSample } from './data.ts'
import type { Answer, Pace, Question, Setting } from './question.ts'
import { answerText, comparison, type Report, settingOf, settingText } from './report.ts'

/** What was promised, then in the order of a byte's way through the program; each is a file of this folder. */
const QUESTIONS = [
  'targets',
  'read',
  'prefilter',
  'parse',
  'scan',
  'convert',
  'bytes',
  'ids',
  'time',
  'validate',
  'deliver',
  'handoff',
  'counters',
  'file',
  'spool',
  'push',
  'gateway',
  'simdjson',
]

/** Of the built program, minutes each: asked when they are named, and by `pnpm bench:pipeline`. */
const WHOLE_RUNS = ['ceiling', 'delivered', 'idle', 'garbage', 'growth', 'sizing', 'connector']

const USAGE = `pnpm bench [question …] [--json] [--mb N] [--quick] [--seed N] [--clock wall|cpu] [--data FOLDER]
pnpm bench compare BEFORE.json AFTER.json

questions: ${QUESTIONS.join(', ')}; all of them when none is named
of whole runs, after pnpm build: ${WHOLE_RUNS.join(', ')}
  --json    print one JSON object, for compare
  --mb N    size of the files that are read (100)
  --quick   one short round: does it run? the figures mean nothing
  --clock   wall, or cpu where nothing waits: for a machine that has other work (wall)
  --rounds N  rounds, of whose figures the median is taken (7)
  --only T…   of the questions with targets, only what these need: T1,T4
  --full    sizes that take long, too
  --seed N  other lines of the same kind (1)
  --data    where the files are made (bench/data)
  --checkout  for connector: a checkout of IDMEFv2/idmefv2-connectors
  --python  and the interpreter that finds what it depends on (python3)`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    mb: { type: 'string', default: '100' },
    quick: { type: 'boolean', default: false },
    clock: { type: 'string', default: 'wall' },
    rounds: { type: 'string', default: '7' },
    only: { type: 'string' },
    full: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    data: { type: 'string', default: fileURLToPath(new URL('data', import.meta.url)) },
    checkout: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    help: { type: 'boolean', default: false },
  },
})

const [verb, ...files] = positionals
if (values.help) console.log(USAGE)
else if (verb === 'compare') compare(files)
else await bench(positionals.length > 0 ? positionals : QUESTIONS)

function compare([before, after]: readonly string[]): void {
  if (before === undefined || after === undefined) throw new Error(USAGE)
  console.log(comparison(report(before), report(after)))
}

function report(path: string): Report {
  return JSON.parse(readFileSync(path, 'utf8')) // written by --json
}

async function bench(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => ![...QUESTIONS, ...WHOLE_RUNS].includes(name))
  if (unknown.length > 0) throw new Error(`no question ${unknown.join(', ')}\n\n${USAGE}`)
  const sample = loadSample()
  const clock = values.clock === 'cpu' ? 'cpu' : 'wall'
  const pace: Pace = {
    ...(values.quick ? { rounds: 1, millis: 10 } : { rounds: Number(values.rounds), millis: 150 }),
    clock,
  }
  const [megabytes, seed] = [Number(values.mb), Number(values.seed)]
  const setting: Setting = {
    sample,
    pace,
    megabytes,
    data: values.data,
    full: values.full,
    ...(values.checkout !== undefined && {
      python: { checkout: resolve(values.checkout), command: values.python },
    }),
    wants: (target) => values.only?.split(',').includes(target) ?? true,
    input: (share, other) =>
      inputFile(other?.sample ?? sample, { seed, share }, (other?.megabytes ?? megabytes) * 1e6, values.data),
  }
  const header = settingOf(sample, pace, megabytes)
  if (!values.json) console.log(settingText(header))
  const answers: Answer[] = []
  for (const name of names) {
    const question: Question = (await import(`./${name}.ts`)).default
    if (!values.json) console.log(`\n— ${name}: ${question.asks}`)
    for await (const answer of question.answer(setting)) {
      answers.push(answer)
      if (!values.json) console.log(answerText(answer))
    }
  }
  if (values.json) console.log(JSON.stringify({ setting: header, answers } satisfies Report, null, 2))
}
