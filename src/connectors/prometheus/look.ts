import { type Look, LookError } from '../../sources/poll.ts'
import { compare, MAX_KEYS } from './episodes.ts'
import { isObject, unfold } from './records.ts'

export interface LookOptions {
  resolveAfterMs: number
  start: 'now' | 'all'
}

/**
 * What began to fire and what ended, at Prometheus or what speaks as it does (Thanos, Mimir, vmalert). Times of ends are those of its
 * clock, at the look that first missed the alert.
 */
export function firingAlerts({ resolveAfterMs, start }: LookOptions): Look {
  return async function* (past, ask) {
    const { headers, body } = await ask({ path: 'api/v1/alerts' })
    const alerts = isObject(body) && body.status === 'success' ? unfold(body) : undefined
    if (alerts === undefined)
      throw new LookError('malformed', 'the answer is none of /api/v1/alerts of Prometheus: check url')
    const at = Date.parse(String(headers.date)) || Date.now()
    const isSeeding = past === undefined && start === 'now'
    const found = compare(alerts, past, { at, resolveAfterMs, isSeeding })
    if (found.isTooMuch) throw new LookError('too_large', `more than ${MAX_KEYS} alerts fire at a time`)
    yield found
  }
}
