import { expect, test } from 'vitest'
import { lines, range } from './events.ts'
import { front } from './front.ts'
import { EXACT, Oracle } from './oracle.ts'
import type { Metrics } from './program.ts'
import { Site } from './site.ts'

const CONVERSION = [
  'invalid_json',
  'not_an_object',
  'line_too_long',
  'missing_required',
  'converter_failed',
  'invalid_message',
]
const DELIVERY = ['refused', 'too_large']
const COUNTERS = [
  'records_received_total',
  'records_filtered_total',
  'messages_converted_total',
  'messages_delivered_total',
  'bytes_received_total',
  'delivery_retries_total',
]

const rejected = (metrics: Metrics, reasons: readonly string[]) =>
  reasons.reduce((sum, reason) => sum + metrics.sum('records_rejected_total', { reason }), 0)

test('every scrape adds up, during the run and at its end', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  const url = await front(oracle, (number) => (number % 100 === 99 ? 422 : undefined))
  site.configure(url, { workers: { range_min: '16KiB', range_max: '16KiB' } })
  for (let from = 0; from < 1000; from += 50)
    site.append(`${lines(from, from + 50)}{"event_type":"alert"\n[]\n`)
  const program = site.run()
  let last = await program.metrics()
  let scrapes = 0
  for (; last.sum('records_received_total') < 2040; scrapes++) {
    expect(program.ended, program.stderr).toBe(false)
    const now = await program.metrics()
    const received = now.sum('records_received_total')
    const converted = now.sum('messages_converted_total')
    expect(received).toBe(now.sum('records_filtered_total') + converted + rejected(now, CONVERSION))
    expect(now.sum('messages_delivered_total') + rejected(now, DELIVERY)).toBe(converted)
    for (const name of COUNTERS) expect(now.sum(name), name).toBeGreaterThanOrEqual(last.sum(name))
    expect(now.sum('requests_in_flight')).toBeLessThanOrEqual(2 * 64)
    last = now
  }
  expect(scrapes).toBeGreaterThan(1)
  await oracle.arrival(0, 99)
  const end = await program.metrics()
  expect({
    received: end.sum('records_received_total', { connector: 'suricata' }),
    filtered: end.sum('records_filtered_total'),
    converted: end.sum('messages_converted_total'),
    delivered: end.sum('messages_delivered_total'),
    refused: end.sum('records_rejected_total', { reason: 'refused' }),
    invalid: end.sum('records_rejected_total', { reason: 'invalid_json' }),
    others: end.sum('records_rejected_total', { reason: 'not_an_object' }),
    requests: end.sum('request_duration_seconds_count'),
    lag: end.sum('lag_bytes'),
    inFlight: end.sum('requests_in_flight'),
    restarts: end.sum('worker_restarts_total'),
  }).toEqual({
    received: 2040,
    filtered: 1000,
    converted: 1000,
    delivered: 990,
    refused: 10,
    invalid: 20,
    others: 20,
    requests: 1000,
    lag: 0,
    inFlight: 0,
    restarts: 0,
  })
  expect(await program.stop()).toBe(0)
  const wanted = range(0, 1000).filter((number) => number % 100 !== 99)
  expect(oracle.account(wanted)).toEqual(EXACT)
  expect(site.deadLetters).toHaveLength(50)
})
