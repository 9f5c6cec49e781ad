import { describe, expect, test } from 'vitest'
import { createMetrics, type Metrics } from '../../src/metrics/metrics.ts'
import { type Done, REQUEST_SECONDS_BUCKETS } from '../../src/worker/messages.ts'
import { parseExposition } from './exposition.ts'

const nothing: Done = {
  bytes: 0,
  records: 0,
  filtered: 0,
  converted: 0,
  delivered: 0,
  repaired: 0,
  rejected: {},
}

async function scrape(metrics: Metrics) {
  const families = parseExposition(await metrics.registry.metrics())
  return (name: string, labels: Record<string, string> = {}) =>
    families
      .get(name.replace(/_(bucket|sum|count)$/, ''))
      ?.series.find(
        (series) =>
          series.name === name &&
          Object.entries(labels).every(([key, value]) => series.labels[key] === value),
      )?.value
}

describe('the exposition', () => {
  test('is well formed with everything in use', async () => {
    const metrics = createMetrics({ version: '1.2.3', connectors: ['suricata', 'we"ird\\na\nme'] })
    metrics.record('suricata', {
      ...nothing,
      rejected: { refused: 1 },
      requestSeconds: { buckets: [1], sum: 0.5, count: 2 },
    })
    metrics.refuse('suricata', 'too_large')
    metrics.observe({ lag: () => [{ connector: 'suricata', bytes: 1, seconds: 2 }] })
    const families = parseExposition(await metrics.registry.metrics())
    const own = [...families.keys()].filter((name) => name.startsWith('idmefv2_'))
    expect(own).toHaveLength(26)
    expect(families.has('nodejs_eventloop_lag_p99_seconds')).toBe(true)
  })

  test('uses no label but the bounded ones', async () => {
    const metrics = createMetrics({ connectors: ['suricata'] })
    metrics.observe({ lag: () => [{ connector: 'suricata', bytes: 1, seconds: 2 }] })
    const labels = new Set<string>()
    for (const [name, { series }] of parseExposition(await metrics.registry.metrics())) {
      if (name.startsWith('idmefv2_'))
        for (const one of series) for (const label in one.labels) labels.add(label)
    }
    expect([...labels].sort()).toEqual(['connector', 'le', 'node', 'reason', 'state', 'version'])
  })

  test('two of them share nothing', async () => {
    const [one, other] = [createMetrics(), createMetrics()]
    one.record('a', { ...nothing, records: 1 })
    expect((await scrape(other))('idmefv2_records_received_total')).toBeUndefined()
  })
})

describe('counters', () => {
  test('every series of a known connector is there with 0 before anything happened', async () => {
    const value = await scrape(createMetrics({ connectors: ['suricata'] }))
    const connector = 'suricata'
    for (const name of [
      'records_received',
      'bytes_received',
      'records_filtered',
      'messages_converted',
      'messages_delivered',
      'records_repaired',
    ]) {
      expect(value(`idmefv2_${name}_total`, { connector }), name).toBe(0)
    }
    expect(value('idmefv2_records_rejected_total', { connector, reason: 'line_too_long' })).toBe(0)
    expect(value('idmefv2_records_rejected_total', { connector, reason: 'incomplete' })).toBe(0)
    expect(value('idmefv2_request_duration_seconds_count', { connector })).toBe(0)
    for (const name of [
      'checkpoint_writes_total',
      'checkpoint_errors_total',
      'worker_restarts_total',
      'delivery_retries_total',
      'requests_in_flight',
      'ranges_in_flight',
    ]) {
      expect(value(`idmefv2_${name}`), name).toBe(0)
    }
  })

  test('pieces of work add up per connector and reason', async () => {
    const metrics = createMetrics({ connectors: ['a', 'b'] })
    const done: Done = {
      bytes: 1000,
      records: 10,
      filtered: 4,
      converted: 5,
      delivered: 3,
      repaired: 1,
      rejected: { invalid_json: 1, refused: 2 },
    }
    metrics.record('a', done)
    metrics.record('a', done)
    metrics.record('b', { ...nothing, records: 7 })
    const value = await scrape(metrics)
    const a = { connector: 'a' }
    expect(value('idmefv2_bytes_received_total', a)).toBe(2000)
    expect(value('idmefv2_records_received_total', a)).toBe(20)
    expect(value('idmefv2_records_filtered_total', a)).toBe(8)
    expect(value('idmefv2_messages_converted_total', a)).toBe(10)
    expect(value('idmefv2_messages_delivered_total', a)).toBe(6)
    expect(value('idmefv2_records_repaired_total', a)).toBe(2)
    expect(value('idmefv2_records_rejected_total', { ...a, reason: 'invalid_json' })).toBe(2)
    expect(value('idmefv2_records_rejected_total', { ...a, reason: 'refused' })).toBe(4)
    expect(value('idmefv2_records_received_total', { connector: 'b' })).toBe(7)
  })

  test('lost bytes are counted by reason, and known before any are', async () => {
    const metrics = createMetrics({ connectors: ['a'] })
    metrics.lose('a', 'truncated', 100)
    metrics.lose('a', 'truncated', 20)
    const value = await scrape(metrics)
    expect(value('idmefv2_bytes_lost_total', { connector: 'a', reason: 'truncated' })).toBe(120)
    expect(value('idmefv2_bytes_lost_total', { connector: 'a', reason: 'removed' })).toBe(0)
    expect(value('idmefv2_bytes_lost_total', { connector: 'a', reason: 'abandoned' })).toBe(0)
  })

  test('declaring a connector again keeps its counts', async () => {
    const metrics = createMetrics({ connectors: ['a'] })
    metrics.record('a', { ...nothing, records: 7, requestSeconds: { buckets: [7], sum: 0, count: 7 } })
    metrics.declare('a')
    const value = await scrape(metrics)
    expect(value('idmefv2_records_received_total', { connector: 'a' })).toBe(7)
    expect(value('idmefv2_request_duration_seconds_count', { connector: 'a' })).toBe(7)
  })
})

describe('request_duration_seconds', () => {
  test('bucket counts of several pieces become one cumulative histogram', async () => {
    const metrics = createMetrics()
    const buckets = REQUEST_SECONDS_BUCKETS.map((_, index) => (index < 2 ? 3 : 0))
    metrics.record('a', { ...nothing, requestSeconds: { buckets, sum: 0.01, count: 6 } })
    metrics.record('a', { ...nothing, requestSeconds: { buckets, sum: 100.01, count: 7 } }) // one over the last bound
    const value = await scrape(metrics)
    const at = (le: string) => value('idmefv2_request_duration_seconds_bucket', { connector: 'a', le })
    expect([at('0.001'), at('0.0025'), at('60'), at('+Inf')]).toEqual([6, 12, 12, 13])
    expect(value('idmefv2_request_duration_seconds_sum', { connector: 'a' })).toBeCloseTo(100.02)
    expect(value('idmefv2_request_duration_seconds_count', { connector: 'a' })).toBe(13)
  })

  test('bounds grow from a millisecond to a minute', () => {
    expect(REQUEST_SECONDS_BUCKETS).toEqual(REQUEST_SECONDS_BUCKETS.toSorted((a, b) => a - b))
    expect([REQUEST_SECONDS_BUCKETS[0], REQUEST_SECONDS_BUCKETS.at(-1)]).toEqual([0.001, 60])
  })

  test('a reset of the registry forgets it', async () => {
    const metrics = createMetrics({ connectors: ['a'] })
    metrics.registry.resetMetrics()
    expect((await scrape(metrics))('idmefv2_request_duration_seconds_count')).toBeUndefined()
  })
})

describe('what others own', () => {
  test('is read at the moment of the scrape, by this scrape', async () => {
    const metrics = createMetrics()
    let bytes = 5
    metrics.observe({ lag: () => [{ connector: 'a', bytes, seconds: bytes / 10 }] })
    const first = await scrape(metrics)
    expect([first('idmefv2_lag_bytes'), first('idmefv2_lag_seconds')]).toEqual([5, 0.5])
    bytes = 70
    const second = await scrape(metrics)
    expect([second('idmefv2_lag_bytes'), second('idmefv2_lag_seconds')]).toEqual([70, 7])
  })

  test('a spool is shown for those that have one', async () => {
    const metrics = createMetrics()
    metrics.observe({
      lag: () => [
        { connector: 'a', bytes: 1, seconds: 1 },
        { connector: 'b', bytes: 1, seconds: 1, spooled: 500 },
      ],
    })
    const value = await scrape(metrics)
    expect(value('idmefv2_spool_bytes', { connector: 'a' })).toBeUndefined()
    expect(value('idmefv2_spool_bytes', { connector: 'b' })).toBe(500)
  })

  test('lag of a connector that went away is not shown any longer', async () => {
    const metrics = createMetrics()
    metrics.observe({ lag: () => [{ connector: 'a', bytes: 1, seconds: 1 }] })
    await scrape(metrics)
    metrics.observe({ lag: () => [{ connector: 'b', bytes: 2, seconds: 2 }] })
    const value = await scrape(metrics)
    expect(value('idmefv2_lag_bytes', { connector: 'a' })).toBeUndefined()
    expect(value('idmefv2_lag_seconds', { connector: 'b' })).toBe(2)
  })

  test('exactly one destination state is 1', async () => {
    const metrics = createMetrics()
    metrics.observe({ gate: () => ({ state: 'down', inFlight: 3, retries: 9 }) })
    const value = await scrape(metrics)
    const states = ['open', 'paused', 'down'].map((state) => value('idmefv2_destination_state', { state }))
    expect(states).toEqual([0, 0, 1])
    expect(value('idmefv2_requests_in_flight')).toBe(3)
    expect(value('idmefv2_delivery_retries_total')).toBe(9)
  })

  test('totals do not add up over scrapes', async () => {
    const metrics = createMetrics()
    metrics.observe({
      checkpoint: () => ({ ageSeconds: 1.5, writes: 12, failures: 2 }),
      workers: () => ({ utilisation: 0.75, ranges: 4, restarts: 1 }),
      deadLetter: () => ({ bytes: 99 }),
    })
    await scrape(metrics)
    const value = await scrape(metrics)
    expect(value('idmefv2_checkpoint_age_seconds')).toBe(1.5)
    expect(value('idmefv2_checkpoint_writes_total')).toBe(12)
    expect(value('idmefv2_checkpoint_errors_total')).toBe(2)
    expect(value('idmefv2_worker_utilisation')).toBe(0.75)
    expect(value('idmefv2_ranges_in_flight')).toBe(4)
    expect(value('idmefv2_worker_restarts_total')).toBe(1)
    expect(value('idmefv2_dead_letter_bytes')).toBe(99)
  })
})
