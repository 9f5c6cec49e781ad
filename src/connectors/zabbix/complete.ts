import type { Question, Reply } from '../../sources/poll.ts'
import { type Credentials, Session } from './api.ts'
import { eventsBy, recordsOf } from './fetch.ts'
import { postBy } from './look.ts'
import { endOf } from './records.ts'
import { idOf, isTold, type Told } from './told.ts'

// A webhook may say no more than the number of its event, as that of the Python connector does. What it lacks is asked for before the
// request is answered; when that cannot be had in time it is taken as it is, for an alert without details is better than none.

/** Zabbix waits longer for an answer: 30 s if nobody changed it. */
const PATIENCE_MS = 5000
/** After a failure nothing is asked for so long: of a burst of requests only the first wait for an API that is down. */
const REST_MS = 30_000

/** The API, for those who have access to it. */
export interface Details {
  /** Of the API. */
  url: string
  credentials: Credentials
  ask: (question: Question, signal: AbortSignal) => Promise<Reply>
  patienceMs?: number
}

/** What is told of it: when it begins to fail, and when it works again. */
export interface Log {
  warn(fields: object, text: string): void
  info(fields: object, text: string): void
}

/** The lines of one request, completed as `Form` of `sources/push.ts` wants it. */
export type Complete = (lines: Buffer, signal: AbortSignal) => Promise<Buffer>

export function completing(details: Details | undefined, log: Log, now = Date.now): Complete {
  const ask = details && detailing(details, log, now)
  return async (lines, signal) => {
    const records = lines.toString().trimEnd().split('\n').map(parsed)
    const bare = records.filter(isBare)
    if (bare.length === 0) return lines
    const found = ask ? await ask(bare, signal) : new Map<unknown, Told[]>()
    const received = Math.floor(now() / 1000)
    const completed = records.flatMap((record): readonly unknown[] => {
      if (!isBare(record)) return [record]
      const known = found.get(idOf(record.eventid))
      return known ? detailed(record, known) : [{ ...record, received }]
    })
    return Buffer.from(completed.map((record) => `${JSON.stringify(record)}\n`).join(''))
  }
}

/** It has no time, no name or no host, but a number to ask by. */
function isBare(record: unknown): record is Told {
  if (!isTold(record) || idOf(record.eventid) === undefined) return false
  const { clock, local, name, hosts } = record
  return (clock ?? local) === undefined || name === undefined || hosts === undefined
}

/** `known` is the problem as it began, then as it ended. What is told of it beside its number counts more. */
function detailed(record: Told, known: readonly Told[]): readonly Told[] {
  const isEnd = endOf(record.r_eventid) !== undefined
  const isNumber = !isEnd && record.update === undefined && record.name === undefined
  return isNumber ? known : [{ ...known.at(isEnd ? -1 : 0), ...record }]
}

function detailing(
  { url, credentials, ask, patienceMs = PATIENCE_MS }: Details,
  log: Log,
  now: () => number,
) {
  const session = new Session(credentials)
  let isFailing = false
  let restsUntil = 0
  return async (bare: readonly Told[], signal: AbortSignal): Promise<Map<unknown, Told[]>> => {
    if (now() < restsUntil) return new Map()
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
    const call = session.by(postBy((question = {}) => ask(question, deadline)))
    const asking = { call, url, version: () => session.version }
    try {
      const begun = await eventsBy({ eventids: bare.flatMap(({ eventid }) => idOf(eventid) ?? []) }, asking)
      const ends = begun.flatMap(({ r_eventid }) => endOf(r_eventid) ?? [])
      const ended = ends.length === 0 ? [] : await eventsBy({ eventids: ends }, asking)
      const records = await recordsOf([...begun, ...ended], asking)
      if (isFailing) log.info({}, 'alerts have their details again')
      isFailing = false
      return Map.groupBy(records, ({ eventid }) => idOf(eventid))
    } catch (error) {
      restsUntil = now() + REST_MS
      const reason = error instanceof Error ? error.message : String(error)
      if (!isFailing) log.warn({ reason }, 'alerts are taken without their details: Zabbix cannot be asked')
      isFailing = true
      return new Map()
    }
  }
}

/** What is no JSON goes on as text, and is not bare. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return line
  }
}
