import { type Ask, LookError, RequestError } from '../../sources/poll.ts'
import { hitsOf, own } from './records.ts'

// The search API of Elasticsearch 7 and 8, and of OpenSearch: only what the pages of a look need.

/** Most events are below 2 kB, so that a page stays far below the largest answer; where it does not, those after it are smaller. */
const PAGE_SIZE = 500
const SMALLER = 4
/** The last moment of ECMAScript (21.4.1.1). Numbers beyond count nanoseconds. */
const MAX_TIME_MS = 8.64e15
/** Enough to deliver one page; each of them asks for as much again. */
const KEEP_ALIVE = '5m'

/** One event: where it stands in the order of time, and what Elasticsearch calls it. */
export interface Hit {
  id: string
  /** Of `@timestamp`, milliseconds since 1970. */
  timeMs: number
  hit: unknown
  /** Where the next page goes on, inside one point in time. */
  sort: unknown
}

export interface Wanted {
  index: string
  /** Events of these honeypots and tools are of no interest: they have logs of their own, or are no honeypots. */
  excluded: readonly string[]
}

/**
 * Pages of all events from a time on, oldest first, none left out and each one once. They are those of one point in time, and of another
 * when that has expired; where there is none to be had, each page is asked for by time, without those that were in the last one.
 */
export async function* pagesFrom(
  wanted: Wanted,
  fromMs: number | undefined,
  ask: Ask,
): AsyncGenerator<Hit[]> {
  const cursor = new Cursor(wanted, fromMs, ask)
  try {
    for (;;) {
      const page = await cursor.next()
      if (page.length > 0) yield page
      if (page.length < cursor.size) return
    }
  } finally {
    await cursor.close()
  }
}

/** The newest event's time; undefined when there is none. */
export async function newestMs(wanted: Wanted, ask: Ask): Promise<number | undefined> {
  const body = { ...bodyOf(wanted, undefined, NONE), size: 1, sort: [{ '@timestamp': { order: 'desc' } }] }
  const [newest] = await hitsIn(ask, searchPath(wanted), body)
  return newest?.timeMs
}

const NONE: ReadonlySet<string> = new Set()

class Cursor {
  readonly #wanted: Wanted
  readonly #ask: Ask
  #fromMs: number | undefined
  /** Undefined before it was opened and after it was lost; null where there is none to be had. */
  #pit: string | null | undefined
  #after: unknown
  #size = PAGE_SIZE
  /** Those that were given at the very time from which it goes on. */
  #given: ReadonlySet<string> = new Set()

  constructor(wanted: Wanted, fromMs: number | undefined, ask: Ask) {
    this.#wanted = wanted
    this.#fromMs = fromMs
    this.#ask = ask
  }

  /** A page with fewer events than this is the last one. */
  get size(): number {
    return this.#size
  }

  async next(): Promise<Hit[]> {
    if (this.#pit === undefined) this.#pit = await openPit(this.#wanted, this.#ask)
    const hits = await this.#page()
    const last = hits.at(-1)
    if (last) this.#advance(hits, last)
    return hits
  }

  async #page(): Promise<Hit[]> {
    try {
      return this.#pit ? await this.#inPit(this.#pit) : await this.#byTime()
    } catch (error) {
      const isTooLarge = error instanceof RequestError && error.code === 'TOO_LARGE'
      if (!isTooLarge || this.#size === 1) throw error
      this.#size = Math.ceil(this.#size / SMALLER)
      return this.#page()
    }
  }

  async close(): Promise<void> {
    if (!this.#pit) return
    // It ends by itself too.
    await this.#ask({ method: 'DELETE', path: '_pit', body: { id: this.#pit } }).catch(() => undefined)
  }

  async #inPit(id: string): Promise<Hit[]> {
    const body = {
      ...this.#body(this.#after === undefined ? this.#given : NONE),
      pit: { id, keep_alive: KEEP_ALIVE },
      ...(this.#after !== undefined && { search_after: this.#after }),
    }
    try {
      const answer = await ask(this.#ask, '_search', body)
      const renewed = own(answer, 'pit_id')
      if (typeof renewed === 'string') this.#pit = renewed
      return hitsOfAnswer(answer)
    } catch (error) {
      if (!(error instanceof RequestError && error.status === 404)) throw error
      // It expired, or its node is gone. Where it stood in the order is of no use in another one; the time is.
      this.#pit = await openPit(this.#wanted, this.#ask)
      this.#after = undefined
      return this.#pit === null ? this.#byTime() : this.#inFresh(this.#pit)
    }
  }

  /** Once more, and not again and again: one that is lost at once is no passing matter. */
  async #inFresh(id: string): Promise<Hit[]> {
    return hitsIn(this.#ask, '_search', {
      ...this.#body(this.#given),
      pit: { id, keep_alive: KEEP_ALIVE },
    })
  }

  #byTime(): Promise<Hit[]> {
    return hitsIn(this.#ask, searchPath(this.#wanted), this.#body(this.#given))
  }

  #body(given: ReadonlySet<string>) {
    return { ...bodyOf(this.#wanted, this.#fromMs, given), size: this.#size }
  }

  #advance(hits: readonly Hit[], last: Hit): void {
    // It would go on so for ever.
    if (hits.some(({ id }) => this.#given.has(id)))
      throw new LookError(
        'malformed',
        'Elasticsearch gives the same events again: is there another server before it?',
      )
    const given = new Set(hits.filter(({ timeMs }) => timeMs === last.timeMs).map(({ id }) => id))
    this.#given = last.timeMs === this.#fromMs ? this.#given.union(given) : given
    this.#fromMs = last.timeMs
    this.#after = last.sort
  }
}

/** Null where points in time are not known (before 7.10, OpenSearch), not allowed, or there is no index yet. */
async function openPit({ index }: Wanted, ask: Ask): Promise<string | null> {
  const path = `${encodeURIComponent(index)}/_pit`
  try {
    const { body } = await ask({
      method: 'POST',
      path,
      query: { keep_alive: KEEP_ALIVE, ignore_unavailable: true },
    })
    const id = own(body, 'id')
    return typeof id === 'string' ? id : null
  } catch (error) {
    if (error instanceof RequestError && [400, 403, 404, 405].includes(error.status)) return null
    throw error
  }
}

const searchPath = ({ index }: Wanted) =>
  `${encodeURIComponent(index)}/_search?ignore_unavailable=true&allow_no_indices=true`

function bodyOf({ excluded }: Wanted, fromMs: number | undefined, given: ReadonlySet<string>) {
  const range = fromMs === undefined ? {} : { gte: fromMs, format: 'epoch_millis' }
  return {
    track_total_hits: false,
    sort: [{ '@timestamp': { order: 'asc' } }],
    query: {
      bool: {
        filter: [
          { exists: { field: '@timestamp' } },
          ...(fromMs === undefined ? [] : [{ range: { '@timestamp': range } }]),
        ],
        must_not: [
          // A text to some, a keyword to others.
          ...excluded.map((type) => ({ match: { type } })),
          ...(given.size === 0 ? [] : [{ ids: { values: [...given] } }]),
        ],
      },
    },
  }
}

async function hitsIn(question: Ask, path: string, body: unknown): Promise<Hit[]> {
  return hitsOfAnswer(await ask(question, path, body))
}

async function ask(question: Ask, path: string, body: unknown): Promise<unknown> {
  const { body: answer } = await question({ method: 'POST', path, body })
  // What other shards had would be taken for all there is.
  if (own(answer, 'timed_out') === true)
    throw new LookError('timeout', 'Elasticsearch did not end the search in time')
  if (own(own(answer, '_shards'), 'failed'))
    throw new LookError('failed', 'some shards of Elasticsearch gave no answer')
  return answer
}

function hitsOfAnswer(answer: unknown): Hit[] {
  const hits = hitsOf(answer)
  if (!hits) throw new LookError('malformed', 'the answer is none of Elasticsearch: check url')
  return hits.map((hit) => {
    const [id, sort] = [own(hit, '_id'), own(hit, 'sort')]
    const timeMs: unknown = Array.isArray(sort) ? sort[0] : undefined
    if (typeof id !== 'string' || typeof timeMs !== 'number' || timeMs > MAX_TIME_MS)
      throw new LookError('malformed', 'a hit has neither ID nor time: is @timestamp a date?')
    return { id, timeMs, hit, sort }
  })
}
