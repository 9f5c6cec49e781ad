import { z } from 'zod'
import type { Ask, Look, Page } from '../../sources/poll.ts'
import { type Call, type Credentials, type Post, Session } from './api.ts'
import { type Asking, eventsBy, laterOf, PAGE, recordsOf } from './fetch.ts'
import { idOf, type Told } from './told.ts'

// Problems and recoveries are events, and events have ascending numbers: what is new is what has a higher one. But the numbers are
// given when an event is made, and events are seen when they are in the database: a lower one may be seen a little later. So what was taken
// of late is remembered by its number, and asked for again.

/** No transaction of Zabbix lasts so long. */
const SETTLED_MS = 60_000
/** Events remembered by number; where more come within a minute, the oldest count as settled. */
const MAX_TAKEN = 20_000

const shape = z.object({
  /** All events up to this one were taken. */
  after: z.string().regex(/^\d{1,20}$/),
  /** Those beyond it that were, each with the time, in ms since 1970. */
  taken: z.array(z.tuple([z.string(), z.number()])),
  /** At the first look: the last of the problems that were open then, and that were taken. */
  open: z
    .string()
    .regex(/^\d{1,20}$/)
    .optional(),
})
type Past = z.output<typeof shape>

export interface LookOptions {
  /** Of the API. */
  url: string
  credentials: Credentials
}

/** The first look gives the problems that are open; then come problems and recoveries as they happen. */
export function lookBy({ url, credentials }: LookOptions, now = Date.now): Look {
  const session = new Session(credentials)
  return async function* (value, ask): AsyncGenerator<Page> {
    const call = session.by(postBy(ask))
    const asking = { call, version: () => session.version, url }
    let past = shape.safeParse(value).data
    const newest = past?.open === undefined ? await newestBy(call) : undefined
    // A database that was restored or made anew begins with lower numbers again.
    if (past === undefined || (newest !== undefined && BigInt(newest) < BigInt(past.after)))
      past = { after: newest ?? '0', taken: [], open: '0' }
    if (past.open !== undefined) {
      yield* openProblems(past, asking)
      past = { after: past.after, taken: [] }
    }
    yield* newEvents(past, asking, now)
  }
}

export function postBy(ask: Ask): Post {
  return async (body, authorization = '') => (await ask({ body, headers: { authorization } })).body
}

async function newestBy(call: Call): Promise<string> {
  const params = {
    source: 0,
    object: 0,
    output: ['eventid'],
    sortfield: ['eventid'],
    sortorder: 'DESC',
    limit: 1,
  }
  const [event] = await call('event.get', params)
  return idOf(event?.eventid) ?? '0'
}

async function* openProblems({ after, open = '0' }: Past, asking: Asking): AsyncGenerator<Page> {
  for (let from = open; ; ) {
    const params = {
      output: ['eventid'],
      eventid_from: String(BigInt(from) + 1n),
      eventid_till: after,
      sortfield: ['eventid'],
      sortorder: 'ASC',
      limit: PAGE,
    }
    const problems = await asking.call('problem.get', params)
    const eventids = problems.flatMap(({ eventid }) => idOf(eventid) ?? [])
    const found = eventids.length === 0 ? [] : await eventsBy({ eventids, value: [1] }, asking)
    const isLast = problems.length < PAGE
    from = eventids.reduce(laterOf, from)
    yield {
      records: await recordsOf(found, asking),
      past: { after, taken: [], ...(!isLast && { open: from }) },
    }
    if (isLast) return
  }
}

async function* newEvents(past: Past, asking: Asking, now: () => number): AsyncGenerator<Page> {
  let { after, taken } = past
  for (let from = after; ; ) {
    const found = await eventsBy({ eventid_from: String(BigInt(from) + 1n), limit: PAGE }, asking)
    const known = new Set(taken.map(([id]) => id))
    const fresh = found.filter(({ eventid }) => !known.has(idOf(eventid) ?? ''))
    const records = fresh.length === 0 ? [] : await recordsOf(fresh, asking)
    const time = now()
    taken = [...taken, ...fresh.flatMap(idsOf).map((id): [string, number] => [id, time])]
    ;({ after, taken } = settled({ after, taken }, time))
    yield { records, past: { after, taken } }
    if (found.length < PAGE) return
    from = found.flatMap(idsOf).reduce(laterOf, from)
  }
}

function idsOf({ eventid }: Told): string[] {
  const id = idOf(eventid)
  return id === undefined ? [] : [id]
}

/** Moves `after` over what was taken long enough ago. */
export function settled({ after, taken }: Past, time: number): Past {
  const byId = taken.toSorted(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1))
  const old = byId.filter(([, at], i) => time - at >= SETTLED_MS || i < byId.length - MAX_TAKEN)
  const end = old.map(([id]) => id).reduce(laterOf, after)
  return { after: end, taken: byId.filter(([id]) => BigInt(id) > BigInt(end)) }
}
