import assert from 'node:assert/strict'
import { retryAfterMs } from '../../../src/client/retry.ts'
import type { Target } from '../target.ts'

const NOW_MS = Date.UTC(2026, 3, 26, 10)
const CAP_MS = 30_000
/** Further away than any date that a header can name. */
const NO_CAP_MS = Number.MAX_SAFE_INTEGER

const DATES = [
  /^[A-Z][a-z]{2}, (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>[\d:]{8}) GMT$/,
  /^[A-Z][a-z]{5,8}, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<time>[\d:]{8}) GMT$/,
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>[\d:]{8}) (?<year>\d{4})$/,
]
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** The date of one of the three forms; undefined for what is none of them, NaN for one that no calendar has. */
function dateMs(text: string): number | undefined {
  const parts = DATES.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined)
  if (parts === undefined) return undefined
  const { day, month = '', year = '', time = '' } = parts
  const [, hours, minutes, seconds] = /^(\d\d):(\d\d):(\d\d)$/.exec(time)?.map(Number) ?? []
  const century = year.length === 4 ? 0 : Number(year) < 50 ? 2000 : 1900
  const exact = [
    century + Number(year),
    MONTHS.indexOf(month),
    Number(day),
    hours ?? -1,
    minutes ?? -1,
    seconds ?? -1,
  ] as const
  const date = new Date(Date.UTC(...exact))
  date.setUTCFullYear(exact[0], exact[1], exact[2])
  const back = [
    date.getUTCFullYear(),
    date.getUTCMonth(),
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ]
  return back.every((part, index) => part === exact[index]) ? date.getTime() : Number.NaN
}

export const target: Target = {
  tokens: [
    '120',
    'GMT',
    'Sun, 26 Apr 2026 10:00:05 GMT',
    'Sunday, 26-Apr-26 10:00:05 GMT',
    'Sun Apr 26 10:00:05 2026',
    ' ',
    '\t',
    '+',
    'Feb',
    '29',
    '24',
    '60',
  ],
  seeds: () => [],
  check(input) {
    const header = input.toString('latin1')
    const text = header.trim()
    const capped = retryAfterMs(header, NOW_MS, CAP_MS)
    const whole = retryAfterMs(header, NOW_MS, NO_CAP_MS)
    assert.equal(
      capped,
      whole === undefined ? undefined : Math.min(whole, CAP_MS),
      'what the cap makes of it',
    )
    if (text.length > 64) return assert.equal(whole, undefined, 'longer than any date')
    if (/^\d+$/.test(text)) return assert.equal(whole, Math.min(Number(text) * 1000, NO_CAP_MS), 'seconds')
    const at = dateMs(text)
    if (at === undefined) return assert.equal(whole, undefined, 'neither seconds nor a date')
    // A date that no calendar has may be taken for one near it.
    if (!Number.isNaN(at)) assert.equal(whole, at > NOW_MS ? at - NOW_MS : undefined, 'a date')
    else assert.ok(whole === undefined || whole > 0, 'an impossible date')
  },
}
