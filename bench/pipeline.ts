import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { FAILED } from './delivery/ask.ts'
import { merged } from './merge.ts'
import { PEERS } from './peers/list.ts'
import { printed } from './pipeline/child.ts'
import { plot } from './pipeline/plot.ts'
import { asked, type Stage, TARGETS } from './pipeline/stages.ts'
import type { Answer, Target } from './question.ts'
import { answerText, type Report, settingText } from './report.ts'

// Every target in one command: builds the program, runs each question in a process of its own, round after round, and
// gives one table, one file of results and one drawing.

const USAGE = `pnpm bench:pipeline [--only T3,T7] [--rounds N] [--size MB] [--full] [--json] [--out FILE] [--data FOLDER]
                    [--checkout FOLDER] [--python PYTHON]

  --only T…   some of ${TARGETS.join(', ')}
  --rounds N  how often each question is asked, by turns (3)
  --size MB   size of the files that are read (300)
  --full      T13 up to 10 GB, which takes some minutes more and 21 GB of disk
  --json      print the results as JSON
  --out FILE  where the results go, and the drawing beside them (bench/results/DATE-pipeline.json; nowhere with --only)
  --data      where the files are made (bench/data)
  --checkout  a checkout of IDMEFv2/idmefv2-connectors: the Python connector takes part
  --python    the interpreter that finds what it depends on (python3)`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    size: { type: 'string', default: '300' },
    full: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
    data: { type: 'string', default: at('data') },
    checkout: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(USAGE)
else await pipeline(values.only?.split(',') ?? TARGETS)

async function pipeline(targets: readonly string[]): Promise<void> {
  const unknown = targets.filter((target) => !TARGETS.includes(target))
  if (unknown.length > 0) throw new Error(`no target ${unknown.join(', ')}\n\n${USAGE}`)
  const began = performance.now()
  build()
  const { reports, failures } = await asking(targets)
  const report: Report = {
    setting: {
      date: new Date().toISOString().slice(0, 10),
      command: ['pnpm bench:pipeline', ...process.argv.slice(2)].join(' '),
      commit: commit(),
      ...reports[0]?.setting,
      files: `${values.size} MB, in the page cache`,
      rounds: `${values.rounds}, each question in a new process`,
      ...Object.fromEntries(PEERS.map(({ name, version }) => [name, version ?? 'not installed'])),
      seconds: Math.round((performance.now() - began) / 1000),
      ...(failures.size > 0 && { failed: [...failures].join(', ') }),
    },
    answers: merged(reports),
  }
  if (values.json) console.log(JSON.stringify(report, null, 2))
  else console.log(`\n${settingText(report.setting)}`)
  tell(report.answers)
  for (const text of gaps(targets, report)) note(text)
  keep(report)
  if (failures.size > 0 || report.answers.some(hasFailed)) process.exitCode = 1
}

/** What all stages answered, and the questions of those that did not. */
async function asking(targets: readonly string[]) {
  const reports: Report[] = []
  const failures = new Set<string>()
  for (const { stage, rounds, text } of turns(asked(targets), Number(values.rounds))) {
    note(`${text} …`)
    try {
      const report = await ask(stage, rounds, targets)
      reports.push(report)
      // What the receiver can take stands before all that is measured against it.
      if (stage.question === 'ceiling') tell(report.answers)
    } catch (error) {
      failures.add(stage.question)
      note(`${text} failed: ${error instanceof Error ? error.message : error}`)
    }
  }
  return { reports, failures }
}

function gaps(targets: readonly string[], { answers }: Report): string[] {
  const measured = targetsOf(answers).map(({ name }) => name)
  const absent = targets.filter((target) => !measured.includes(target))
  return [
    ...(absent.length > 0 ? [`no figure for ${absent.join(', ')}: see above`] : []),
    ...PEERS.filter(({ version }) => version === undefined).map(
      ({ name, hint }) => `not installed: ${name} (${hint})`,
    ),
  ]
}

function targetsOf(answers: readonly Answer[]): readonly Target[] {
  return answers.flatMap((answer) => ('targets' in answer ? answer.targets : []))
}

/** A whole run that did not come to its end is told among the findings, and the others of its question go on. */
function hasFailed(answer: Answer): boolean {
  return 'findings' in answer && answer.findings.some(({ name }) => name === FAILED)
}

/** What is measured is what is shipped. */
function build(): void {
  note('building …')
  // Standard output is for the results.
  execFileSync(process.execPath, [at('../scripts/build.ts')], { stdio: ['ignore', 2, 2] })
}

interface Turn {
  stage: Stage
  rounds: number
  text: string
}

/** First what is asked once and before all, then the rounds, then what goes round in itself. */
function turns(stages: readonly Stage[], rounds: number): Turn[] {
  const once = (when: Stage['turns']) =>
    stages
      .filter((stage) => stage.turns === when)
      .map((stage) => ({ stage, rounds, text: `${stage.question}, ${rounds} rounds` }))
  const byTurns = Array.from({ length: rounds }, (_, round) =>
    stages
      .filter((stage) => stage.turns === 'each round')
      .map((stage) => ({
        stage,
        rounds: stage.rounds ?? 1,
        text: `round ${round + 1} of ${rounds}: ${stage.question}`,
      })),
  )
  return [...once('first'), ...byTurns.flat(), ...once('last')]
}

async function ask(
  { question, limitSeconds }: Stage,
  rounds: number,
  targets: readonly string[],
): Promise<Report> {
  const options = ['--json', '--mb', values.size, '--rounds', String(rounds), '--data', values.data]
  const some = ['--only', targets.join(','), ...(values.full ? ['--full'] : [])]
  const python =
    values.checkout === undefined ? [] : ['--checkout', values.checkout, '--python', values.python]
  const args = [at('run.ts'), question, ...options, ...some, ...python]
  return JSON.parse(await printed(args, limitSeconds * 1000)) // by --json
}

function tell(answers: readonly Answer[]): void {
  if (!values.json) for (const answer of answers) console.log(answerText(answer))
}

function keep(report: Report): void {
  if (values.only !== undefined && values.out === undefined) return
  const path = values.out ?? at(`results/${report.setting.date}-pipeline.json`)
  const drawing = path.replace(/(\.json)?$/, '.svg')
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`)
  const { date, cpu, cores, node, kernel } = report.setting
  writeFileSync(
    drawing,
    plot(targetsOf(report.answers), `${date} · ${cpu}, ${cores} cores · ${kernel} · Node ${node}`),
  )
  note(`written: ${path}, ${drawing}`)
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8', cwd: at('.') }).trim()
  } catch {
    return 'not in a checkout'
  }
}

/** Progress, which is no result. */
function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

function at(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}
