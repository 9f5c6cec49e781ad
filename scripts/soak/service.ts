import { appendFileSync, cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Metrics, Program, ROOT } from '../../test/e2e/program.ts'
import { countSeries, measure, type Sample } from './gauge.ts'

/** The program as systemd runs it: started again after it was ended. It must never end by itself. */
export class Service {
  readonly #main: string
  readonly #conf: string
  readonly #logPath: string
  readonly #onFailure: (reason: string) => void
  #program: Program | undefined
  starts = 0

  /** A copy of the program in `folder`, with `conf` there: a checkout that is worked on does not hold for hours. */
  constructor(folder: string, conf: string, onFailure: (reason: string) => void) {
    this.#main = join(snapshot(join(folder, 'program')), 'src/main.ts')
    this.#conf = conf
    this.#logPath = join(folder, 'program.log')
    this.#onFailure = onFailure
  }

  get isUp(): boolean {
    return this.#program !== undefined
  }

  async start(): Promise<void> {
    this.starts++
    const program = new Program(['run', '-c', this.#conf], { main: this.#main })
    this.#program = program
    void program.exit.then((code) => {
      appendFileSync(this.#logPath, program.stderr)
      if (this.#program === program) this.#onFailure(`the program ended by itself: ${code}`)
    })
    await program.says('started')
  }

  /** Exit codes of SIGTERM are judged: 0, or 75 when the drain time was not enough. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const program = this.#program
    if (!program) return
    this.#program = undefined
    program.signal(signal)
    const code = await program.exit
    if (signal === 'SIGTERM' && code !== 0 && code !== 75) this.#onFailure(`SIGTERM ended with ${code}`)
  }

  /** Undefined while it is down. */
  async sample(): Promise<(Omit<Sample, 'hours'> & { lagBytes: number; lostBytes: number }) | undefined> {
    const program = this.#program
    if (!program) return undefined
    try {
      const { text } = await program.get('/metrics')
      const metrics = new Metrics(text)
      const measured = measure(program.child.pid)
      if (!measured || this.#program !== program) return undefined
      const [lagBytes, lostBytes] = [metrics.sum('lag_bytes'), metrics.sum('bytes_lost_total')]
      return { ...measured, series: countSeries(text), lagBytes, lostBytes }
    } catch (error) {
      // Killed while it answered.
      if (this.#program !== program) return undefined
      throw error
    }
  }
}

function snapshot(folder: string): string {
  mkdirSync(folder)
  for (const part of ['src', 'config', 'package.json']) {
    cpSync(join(ROOT, part), join(folder, part), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}
