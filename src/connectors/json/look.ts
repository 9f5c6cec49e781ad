import { createHash } from 'node:crypto'
import { type Look, LookError } from '../../sources/poll.ts'
import type { Json } from '../../types.ts'
import { namesAt, recordsAt } from './records.ts'

/** With what JSON puts around them they make some 3 MiB, of the 4 that what was seen may have. */
const MAX_SEEN = 200_000

export interface LookOptions {
  records?: string | undefined
  identity?: readonly string[] | undefined
  headers?: Readonly<Record<string, string>>
}

/**
 * Gives the records of an answer that no answer before had: by what names them, or by all they hold. The last 200,000 are
 * remembered, those of the newest answer among them in any case.
 */
export function newRecords({ records, identity, headers = {} }: LookOptions): Look {
  const find = records === undefined ? listed : recordsAt(records)
  const name = identity === undefined ? undefined : namesAt(identity)
  return async function* (past, ask) {
    const { body } = await ask({ headers })
    const found = body === undefined ? [] : find(body)
    if (found === undefined)
      throw new LookError('malformed', `its answer has nothing at ${records}: check records`)
    const before = new Set(keysIn(past))
    const now = new Map(found.map((record) => [keyOf(name?.(record) ?? record), record]))
    if (now.size > MAX_SEEN)
      throw new LookError('too_large', `its answer has more than ${MAX_SEEN} records: have it answer fewer`)
    const fresh = [...now].filter(([key]) => !before.has(key)).map(([, record]) => record)
    const older = [...before].filter((key) => !now.has(key))
    yield { records: fresh, past: [...now.keys(), ...older].slice(0, MAX_SEEN) }
  }
}

const listed = (body: unknown): readonly unknown[] => (Array.isArray(body) ? body : [body])

/** 72 bits: of 200,000 two are the same by chance once in 10^11 times. */
function keyOf(names: unknown): string {
  return createHash('sha256').update(JSON.stringify(names)).digest('base64url').slice(0, 12)
}

function keysIn(past: Json | undefined): string[] {
  return Array.isArray(past) ? past.filter((key) => typeof key === 'string') : []
}
