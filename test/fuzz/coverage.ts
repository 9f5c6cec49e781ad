import { Session } from 'node:inspector'

/**
 * Which blocks of `src` were run, as V8 counts them by itself. It is what jazzer.js would add to mutation, without its
 * native addon and the hook that rewrites modules; what is missing is its feedback from comparisons, for which targets
 * have tokens.
 */
export class Coverage {
  readonly #session = new Session()
  readonly #seen = new Set<string>()

  constructor() {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** The blocks that were run since the last look and are not among those added. Takes about a millisecond. */
  look(): string[] {
    const news: string[] = []
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error) throw error
      for (const { url, functions } of taken.result) {
        if (!url.includes('/src/')) continue
        for (const { startOffset, endOffset, count } of functions.flatMap(({ ranges }) => ranges)) {
          const block = `${url} ${startOffset} ${endOffset}`
          if (count > 0 && !this.#seen.has(block)) news.push(block)
        }
      }
    })
    return news
  }

  add(blocks: readonly string[]): void {
    for (const block of blocks) this.#seen.add(block)
  }

  get blocks(): number {
    return this.#seen.size
  }

  close(): void {
    this.#session.disconnect()
  }
}
