import { z } from 'zod'
import type { Ask, Look, Page } from '../../sources/poll.ts'
import { eventOf } from './records.ts'
import { type Hit, newestMs, pagesFrom, type Wanted } from './search.ts'

/** What is kept of them is written after each page. Where so many come in the time that events may be late, that time becomes shorter. */
const MAX_SEEN = 20_000

const state = z.object({
  /** From this time on events are asked for: milliseconds since 1970. Absent: all there are. */
  fromMs: z.number().optional(),
  /** All that were seen of that time and after it. */
  seen: z.array(z.tuple([z.number(), z.string()])),
})
type State = z.output<typeof state>

interface Setting extends Wanted {
  /** How long after its time an event may come to be found: what is older than the newest by more than this is never asked for again. */
  lateMs: number
  /** Whether all there is belongs to the first look, or only its end is looked for. */
  isAll: boolean
}

/**
 * The events that Elasticsearch stored since the last look, each once. By time they do not come in order: each look begins before the
 * end of the last one, and those that were seen are known by their IDs. A clock in the future does not carry the beginning there.
 */
export function newEvents({ lateMs, isAll, ...wanted }: Setting): Look {
  return async function* look(past, ask) {
    if (past === undefined && !isAll) yield* end(wanted, lateMs, ask)
    else yield* events(past === undefined ? { seen: [] } : state.parse(past), wanted, lateMs, ask)
  }
}

/** What is there already, without telling it. */
async function* end(wanted: Wanted, lateMs: number, ask: Ask): AsyncGenerator<Page> {
  const newest = await newestMs(wanted, ask)
  let window: State = { seen: [] }
  if (newest !== undefined) {
    const fromMs = Math.min(newest, Date.now()) - lateMs
    for await (const hits of pagesFrom(wanted, fromMs, ask)) window = moved(window, hits, lateMs)
  }
  yield { records: [], past: pastOf(window) }
}

async function* events(before: State, wanted: Wanted, lateMs: number, ask: Ask): AsyncGenerator<Page> {
  let window = before
  const known = new Set(before.seen.map(([, id]) => id))
  for await (const hits of pagesFrom(wanted, before.fromMs, ask)) {
    const fresh = hits.filter(({ id }) => !known.has(id))
    window = moved(window, fresh, lateMs)
    yield { records: fresh.map(({ hit }) => eventOf(hit) ?? hit), past: pastOf(window) }
  }
  // That nothing was there is seen too.
  yield { records: [], past: pastOf(window) }
}

function moved(
  { fromMs = Number.NEGATIVE_INFINITY, seen }: State,
  hits: readonly Hit[],
  lateMs: number,
): State {
  const all: State['seen'] = [...seen, ...hits.map(({ timeMs, id }): [number, string] => [timeMs, id])]
  if (all.length === 0) return { fromMs, seen }
  all.sort(([a], [b]) => a - b)
  const latest = all.at(-1)?.[0] ?? 0
  // Of one time all are kept, or none; of the latest all, for more of it may be on the next page.
  const cut = all.at(-MAX_SEEN - 1)?.[0] ?? Number.NEGATIVE_INFINITY
  const beginning = Math.max(fromMs, Math.min(latest, Date.now()) - lateMs, Math.min(cut + 1, latest))
  return { fromMs: beginning, seen: all.filter(([timeMs]) => timeMs >= beginning) }
}

/** Without what is absent, which JSON does not have. */
function pastOf({ fromMs, seen }: State) {
  return { ...(fromMs !== undefined && Number.isFinite(fromMs) && { fromMs }), seen }
}
