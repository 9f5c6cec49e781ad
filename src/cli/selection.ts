import { duration } from '../config/values.ts'
import { UsageError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { type DeadLetter, REJECT_REASONS, type RejectReason } from '../types.ts'
import { type Call, textOf } from './verb.ts'

/** Which dead letters an operator means: those to which all that was given applies. */
export interface Selection {
  /** Empty: any. */
  numbers: ReadonlySet<number>
  reason?: RejectReason
  connector?: string
  /** Milliseconds since 1970: from this time on, and before this one. */
  since?: number
  before?: number
}

export const SELECTION_OPTIONS = {
  reason: { type: 'string' },
  connector: { type: 'string' },
  since: { type: 'string' },
  before: { type: 'string' },
} as const

/** @throws {UsageError} */
export function selectionOf(call: Call, numbers: readonly string[]): Selection {
  const [reason, connector] = [textOf(call, 'reason'), textOf(call, 'connector')]
  const [since, before] = [timeOf(call, 'since'), timeOf(call, 'before')]
  if (reason !== undefined && !isReason(reason)) throw new UsageError(unknownReason(reason))
  return {
    numbers: new Set(numbers.map(numberOf)),
    ...(reason !== undefined && { reason }),
    ...(connector !== undefined && { connector }),
    ...(since !== undefined && { since }),
    ...(before !== undefined && { before }),
  }
}

export function picks(selection: Selection, number: number, letter: DeadLetter): boolean {
  const { numbers, reason, connector, since, before } = selection
  if (numbers.size > 0 && !numbers.has(number)) return false
  if (reason !== undefined && letter.reason !== reason) return false
  if (connector !== undefined && letter.connector !== connector) return false
  const time = Date.parse(letter.time)
  return time >= (since ?? Number.NEGATIVE_INFINITY) && time < (before ?? Number.POSITIVE_INFINITY)
}

/** Whether nothing was said that a letter could fail. */
export function picksAll({ numbers, ...conditions }: Selection): boolean {
  return numbers.size === 0 && Object.keys(conditions).length === 0
}

/** @throws {UsageError} */
export function numberOf(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new UsageError(`${text} is no number of a letter; dlq ls tells them`)
}

const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:\d\d)?)?$/i

/** A time of ISO 8601, UTC unless it says otherwise, or a duration: so long ago. */
function timeOf(call: Call, name: 'since' | 'before'): number | undefined {
  const text = textOf(call, name)
  if (text === undefined) return undefined
  const ago = duration().safeParse(text)
  if (ago.success) return Date.now() - ago.data
  const [, day, clock = '00:00', zone = 'Z'] = TIME.exec(text) ?? []
  const time = Date.parse(`${day}T${clock}${zone}`)
  if (!Number.isNaN(time)) return time
  throw new UsageError(`--${name}: expected a time such as 2026-07-29T10:00, or a duration such as 24h`)
}

const isReason = (text: string): text is RejectReason => (REJECT_REASONS as readonly string[]).includes(text)

function unknownReason(reason: string): string {
  const guess = nearest(reason, REJECT_REASONS)
  return `--reason: there is no ${reason}${guess ? `; did you mean ${guess}?` : `; there are ${REJECT_REASONS.join(', ')}`}`
}
