import { existsSync, renameSync, writeFileSync } from 'node:fs'
import type { Program } from '../e2e/program.ts'
import type { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import type { Inside } from './inside.ts'

const PRELOAD = new URL('./inside.ts', import.meta.url)

/** A program that may be struck from inside: see `inside.ts`. */
export class Faulty {
  readonly program: Program
  readonly #path: string
  #inside: Inside = {}

  constructor(site: Site, inside: Inside = {}, nodeOptions = '') {
    this.#path = site.path('inside.json')
    this.set(inside)
    const env = { NODE_OPTIONS: `--import=${PRELOAD.href} ${nodeOptions}`, FAULT_FILE: this.#path }
    this.program = site.run([], { env })
  }

  set(inside: Inside): void {
    this.#inside = { ...this.#inside, ...inside }
    // Never seen half written.
    writeFileSync(`${this.#path}.next`, JSON.stringify(this.#inside))
    renameSync(`${this.#path}.next`, this.#path)
  }

  /** Has one thread do it; resolves when it has begun. */
  async strike(once: NonNullable<Inside['once']>): Promise<void> {
    writeFileSync(`${this.#path}.once`, '')
    this.set({ once })
    await until('the strike', () => !existsSync(`${this.#path}.once`))
  }
}
