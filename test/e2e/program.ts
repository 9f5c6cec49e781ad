import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from './ending.ts'
import { until } from './wait.ts'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PINNED = `${ROOT}node_modules/node/bin/node`
/** The pinned one where it is installed, whatever runs the tests. */
export const NODE = existsSync(PINNED) ? PINNED : process.execPath
/** Programs start often here; what one has compiled the next need not. */
const COMPILED = join(tmpdir(), 'idmefv2-e2e-compiled')
export const MAIN = `${ROOT}src/main.ts`

export interface ProgramOptions {
  env?: NodeJS.ProcessEnv
  /** Standard input: nothing unless it is asked for. */
  stdin?: 'pipe' | 'ignore'
  /** Where the configuration sends the log, when not to standard error. */
  logFile?: string
  /** A command that becomes the program, with its own words before those of the program. */
  through?: readonly string[]
  /** Another copy of the program than this one. */
  main?: string
}

export interface LogLine {
  level: string
  msg: string
  [field: string]: unknown
}

/** The program as a child process. It is killed with the test if it still runs. */
export class Program {
  readonly child: ChildProcess
  /** Exit code, or the name of the signal that ended it. */
  readonly exit: Promise<number | string>
  ended = false
  #stdout = ''
  #stderr = ''
  readonly #logFile: string | undefined

  constructor(
    args: readonly string[],
    { env, stdin = 'ignore', logFile, through = [], main = MAIN }: ProgramOptions = {},
  ) {
    this.#logFile = logFile
    const [command = NODE, ...words] = [...through, NODE, main, ...args]
    this.child = spawn(command, words, {
      cwd: ROOT,
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILED, ...env },
      stdio: [stdin, 'pipe', 'pipe'],
    })
    this.child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.#stdout += text
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.#stderr += text
    })
    this.exit = once(this.child, 'close').then(([code, signal]) => {
      this.ended = true
      return code ?? signal
    })
    onTestFinished(async () => {
      if (!this.ended) this.child.kill('SIGKILL')
      await this.exit
    })
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  get messages(): Record<string, unknown>[] {
    return this.#stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  }

  /** What was logged so far, as whole JSON lines. */
  get log(): LogLine[] {
    const text =
      this.#logFile === undefined
        ? this.#stderr
        : existsSync(this.#logFile)
          ? readFileSync(this.#logFile, 'utf8')
          : ''
    return text
      .split('\n')
      .slice(0, -1)
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
  }

  logged(text: string): LogLine[] {
    return this.log.filter(({ msg }) => msg.includes(text))
  }

  /** Waits until a line with `text` was logged `times` times; gives the last of them. */
  async says(text: string, times = 1): Promise<LogLine> {
    return until(
      `log line "${text}"`,
      () => {
        if (this.ended) throw new Error(`it ended before it logged "${text}":\n${this.#stderr}`)
        return this.logged(text)[times - 1]
      },
      () => this.#stderr,
    )
  }

  /** Sends a signal; the program must be running. */
  signal(name: NodeJS.Signals): void {
    if (!this.child.kill(name)) throw new Error(`it ended before ${name}:\n${this.#stderr}`)
  }

  /** Sends SIGTERM and gives the exit code. */
  stop(): Promise<number | string> {
    this.signal('SIGTERM')
    return this.exit
  }

  async get(page: string): Promise<{ status: number; text: string }> {
    const { metrics } = await this.says('started')
    const answer = await fetch(new URL(page, String(metrics)))
    return { status: answer.status, text: await answer.text() }
  }

  /** Waits until /readyz gives `status`; gives its text. */
  async ready(status: 200 | 503): Promise<string> {
    return until(
      `/readyz ${status}`,
      async () => {
        const answer = await this.get('/readyz')
        return answer.status === status ? answer.text : undefined
      },
      () => this.#stderr,
    )
  }

  async metrics(): Promise<Metrics> {
    const { text } = await this.get('/metrics')
    return new Metrics(text)
  }
}

/** One scrape. */
export class Metrics {
  readonly #series = new Map<string, number>()

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const [, series, value] = /^([a-z_]\w*(?:\{.*\})?) (\S+)$/.exec(line) ?? []
      if (series !== undefined) this.#series.set(series, Number(value))
    }
  }

  /** The sum of the series of a metric (its name without `idmefv2_`) that have all these labels. */
  sum(name: string, labels: Record<string, string> = {}): number {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
    let sum = 0
    for (const [series, value] of this.#series) {
      const [full, rest = ''] = series.split('{')
      if (full === `idmefv2_${name}` && wanted.every((pair) => rest.includes(pair))) sum += value
    }
    return sum
  }
}

/** Runs a verb to its end. */
export async function cli(
  args: readonly string[],
  { input, ...options }: ProgramOptions & { input?: string } = {},
) {
  const program = new Program(args, { stdin: input === undefined ? 'ignore' : 'pipe', ...options })
  program.child.stdin?.end(input)
  const code = await program.exit
  return { code, program, stdout: program.stdout, stderr: program.stderr }
}
