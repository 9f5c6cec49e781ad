import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type Ask, type Look, LookError, RequestError } from '../../sources/poll.ts'
import { identity, timeOf, unfold } from './records.ts'

/** An alert may be stamped a little earlier than one that was there before it: when its clock was set back, or in the same microsecond. */
const OVERLAP_SECONDS = 60
/** Far more than the backlog of any Kismet (`alertbacklog`, 50 unless set otherwise). What is beyond would be sent again, with the ID it had. */
const MAX_SEEN = 10_000

const state = z.object({
  /** Seconds since 1970 by the clock of the server: its newest alert, and the last answer that had one. */
  newest: z.number().optional(),
  answered: z.number().optional(),
  /** What tells the alerts apart that may be given again, those that were given last at the end. */
  seen: z.array(z.string()),
})
type State = z.output<typeof state>

const NOTHING: State = { seen: [] }

interface Setting {
  /** With the API key, where there is one. */
  headers: Readonly<Record<string, string>>
  /** The alerts that were known are not in the answer any more: some may never have been in one. */
  onGap(): void
}

/**
 * The alerts that were raised since the last look. Kismet gives those after a time, and keeps no more than its backlog; an alert is known
 * by what it says. Each time a little more is asked for than is new, and all of it when the clock of the server went back.
 */
export function newAlerts({ headers, onGap }: Setting): Look {
  return async function* look(past, ask) {
    const before = past === undefined ? NOTHING : state.parse(past)
    const { alerts, answered } = await askSince(before, ask, headers)
    const keys = alerts.map(keyOf)
    const known = new Set(before.seen)
    if (alerts.length > 0 && known.size > 0 && !keys.some((key) => known.has(key))) onGap()
    const fresh = new Map(keys.map((key, i) => [key, alerts[i]] as const).filter(([key]) => !known.has(key)))
    const seen = [...known.difference(new Set(keys)), ...new Set(keys)].slice(-MAX_SEEN)
    const isQuiet = fresh.size === 0 && !wentBack(before, answered)
    // What has not changed need not be written again.
    if (isQuiet && past !== undefined) yield { records: [], past }
    else
      yield {
        records: [...fresh.values()],
        past: pastOf({ newest: newestOf(alerts, before, answered), answered, seen }),
      }
  }
}

interface Answer {
  alerts: readonly unknown[]
  /** Nothing in answers that do not tell it. */
  answered: number | undefined
}

async function askSince(before: State, ask: Ask, headers: Setting['headers']): Promise<Answer> {
  const { newest } = before
  const answer = await askFrom(newest === undefined ? 0 : newest - OVERLAP_SECONDS, ask, headers)
  return wentBack(before, answer.answered) ? askFrom(0, ask, headers) : answer
}

function wentBack(before: State, answered: number | undefined): boolean {
  return before.answered !== undefined && answered !== undefined && answered < before.answered
}

async function askFrom(seconds: number, ask: Ask, headers: Setting['headers']): Promise<Answer> {
  const path = (kind: string) => `alerts/${kind}last-time/${Math.max(0, seconds).toFixed(6)}/alerts.json`
  const question = (kind: string) => ({ path: path(kind), headers })
  const { body } = await ask(question('wrapped/')).catch((error: unknown) => {
    // Versions of 2018 and 2019 do not have it; there the other is wrapped.
    if (error instanceof RequestError && error.status === 404) return ask(question(''))
    throw error
  })
  const alerts = unfold(body)
  if (alerts === undefined) throw new LookError('malformed', 'the answer is no list of alerts: check url')
  return { alerts, answered: timeOf(body) }
}

/** From here the next look goes on; never from a time that is still to come. Without a clock everything is asked for each time. */
function newestOf(
  alerts: readonly unknown[],
  { newest = 0 }: State,
  answered: number | undefined,
): number | undefined {
  if (answered === undefined) return undefined
  const latest = alerts.reduce((time: number, alert) => Math.max(time, timeOf(alert) ?? 0), newest)
  return Math.min(latest, answered)
}

function keyOf(alert: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(identity(alert) ?? alert))
    .digest('base64url')
    .slice(0, 16)
}

/** Without what is absent, which JSON does not have. */
function pastOf({ newest, answered, seen }: State) {
  return { ...(newest !== undefined && { newest }), ...(answered !== undefined && { answered }), seen }
}
