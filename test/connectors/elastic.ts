import { onTestFinished } from 'vitest'
import { Receiver } from '../delivery/receiver.ts'

interface Stored {
  id: string
  /** Of its `@timestamp`. */
  timeMs: number
  source: Record<string, unknown>
}

/** What a search asks for, as far as it is understood here; anything else fails the test that asks. */
interface Search {
  size: number
  pit?: { id: string; keep_alive: string }
  search_after?: [number, number]
  sort: { '@timestamp': { order: 'asc' | 'desc' } }[]
  query: { bool: { filter: Filter[]; must_not: Exclusion[] } }
}
interface Filter {
  exists?: { field: string }
  range?: { '@timestamp': { gte: number; format: string } }
}
interface Exclusion {
  match?: { type: string }
  ids?: { values: string[] }
}

/**
 * Elasticsearch as far as searches by time go: points in time that hold what was there when they were opened and may expire, `search_after`
 * with a tiebreaker inside them only, and a search without.
 */
export class Elastic {
  /** Before 7.10, and OpenSearch, there is none. */
  hasPit = true
  /** Of this answer only: some shards are silent, or the search took too long. */
  isPartial: 'no' | 'shards' | 'timeout' = 'no'
  /** Leaves the exclusion of IDs out. */
  isObtuse = false
  /** Searches made, by whether they were in a point in time, and went on there. */
  readonly searches: ('pit' | 'plain' | 'next in pit')[] = []
  opened = 0
  readonly #stored: Stored[] = []
  readonly #pits = new Map<string, readonly Stored[]>()

  store(id: string, timeMs: number, source: Record<string, unknown> = {}): void {
    const fields = { type: 'Cowrie', '@timestamp': timeMs, ...source }
    this.#stored.push({ id, timeMs, source: fields })
  }

  expire(): void {
    this.#pits.clear()
  }

  get open(): number {
    return this.#pits.size
  }

  /** Status and body. */
  answer(method: string, path: string, body: string): [status: number, answer: unknown] {
    const { pathname } = new URL(path, 'http://elastic')
    if (/^\/[^/]+\/_pit$/.test(pathname) && method === 'POST') return this.#open()
    if (pathname === '/_pit' && method === 'DELETE') {
      this.#pits.delete(JSON.parse(body).id)
      return [200, { succeeded: true, num_freed: 1 }]
    }
    if (!/^(?:\/[^/]+)?\/_search$/.test(pathname) || method !== 'POST')
      return [400, { error: 'no handler found' }]
    return this.#search(JSON.parse(body), pathname === '/_search')
  }

  /** Over HTTP on loopback, until the test ends. */
  async serve(allowed: (headers: Record<string, unknown>) => boolean = () => true): Promise<Receiver> {
    const server = new Receiver()
    server.reply = ({ method, path, text, headers }, response) => {
      const [status, answer] = allowed(headers) ? this.answer(method, path, text) : [401, {}]
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    }
    await server.listen()
    onTestFinished(() => server.close())
    return server
  }

  #open(): [number, unknown] {
    if (!this.hasPit) return [405, { error: 'Incorrect HTTP method for uri' }]
    const id = `pit-${++this.opened}`
    this.#pits.set(id, [...this.#stored])
    return [200, { id }]
  }

  #search(search: Search, needsPit: boolean): [number, unknown] {
    const { pit, search_after: after } = search
    if (needsPit !== (pit !== undefined)) throw new Error('an index or a point in time, and not both')
    if (after && !pit) throw new Error('without a tiebreaker search_after leaves events out')
    const docs = pit ? this.#pits.get(pit.id) : this.#stored
    if (!docs) return [404, { error: { type: 'search_context_missing_exception' } }]
    this.searches.push(after ? 'next in pit' : pit ? 'pit' : 'plain')
    if (this.isObtuse) search.query.bool.must_not = []
    const hits = found(docs, search)
    const failed = this.isPartial === 'shards' ? 1 : 0
    const timedOut = this.isPartial === 'timeout'
    this.isPartial = 'no'
    return [
      200,
      {
        took: 1,
        timed_out: timedOut,
        _shards: { total: 2, successful: 2 - failed, skipped: 0, failed },
        hits: { max_score: null, hits: failed || timedOut ? hits.slice(0, 1) : hits },
        ...(pit && { pit_id: pit.id }),
      },
    ]
  }
}

function found(docs: readonly Stored[], { query, search_after: after, sort, size, pit }: Search): object[] {
  const from = query.bool.filter.flatMap(({ range }) => range?.['@timestamp'].gte ?? [])
  const types = query.bool.must_not.flatMap(({ match }) => match?.type.toLowerCase() ?? [])
  const given = query.bool.must_not.flatMap(({ ids }) => ids?.values ?? [])
  const isDescending = sort[0]?.['@timestamp'].order === 'desc'
  const order = docs
    .map((doc, number) => ({ doc, place: [doc.timeMs, number] as const }))
    .filter(({ doc }) => from.every((gte) => doc.timeMs >= gte) && !given.includes(doc.id))
    .filter(({ doc }) => !types.includes(String(doc.source.type).toLowerCase()))
    .filter(({ place: [ms, number] }) => !after || ms > after[0] || (ms === after[0] && number > after[1]))
    .sort((a, b) => (isDescending ? -1 : 1) * (a.place[0] - b.place[0] || a.place[1] - b.place[1]))
  return order.slice(0, size).map(({ doc: { id, source }, place }) => ({
    _index: 'logstash-2026.11.22',
    _id: id,
    _score: null,
    _source: source,
    sort: pit ? place : [place[0]],
  }))
}
