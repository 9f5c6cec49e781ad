import { expect, test } from 'vitest'
import { classify, overloaded, refusalReason } from '../../src/delivery/outcome.ts'

test.each([
  [[200, 201, 202, 204, 299], 'delivered'],
  [[408, 425, 429, 501, 502, 503, 504, 505, 599], 'retry'],
  [[500], 'doubtful'],
  [[400, 402, 406, 409, 411, 413, 415, 422, 451], 'reject'],
  [[301, 302, 307, 308, 401, 403, 404, 405, 407, 421], 'pause'],
  [[0, 199, 999], 'retry'],
] as const)('%j means %s', (statuses, outcome) => {
  for (const status of statuses) expect([status, classify(status)]).toEqual([status, outcome])
})

test('429 and 503 ask for fewer requests at once', () => {
  expect([429, 503, 500, 502, 200].map(overloaded)).toEqual([true, true, false, false, false])
})

test('413 is told apart from other refusals', () => {
  expect(refusalReason(413)).toBe('too_large')
  expect(refusalReason(400)).toBe('refused')
})
