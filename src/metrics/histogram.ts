import type { Metric, Registry } from 'prom-client'
import type { Tally } from '../worker/messages.ts'

interface Sample {
  metricName: string
  labels: Record<string, string | number>
  value: number
}

/**
 * A Prometheus histogram that is fed with counts per bucket instead of single observations: the workers count in
 * plain arrays and prom-client's own Histogram can only be told one value at a time. It is a metric to a Registry,
 * which asks no more of one than `name`, `get` and `reset`.
 */
export class TallyHistogram {
  readonly type = 'histogram'
  readonly aggregator = 'sum'
  readonly name: string
  readonly help: string
  readonly #bounds: readonly number[]
  readonly #tallies = new Map<string, { buckets: number[]; sum: number; count: number }>()

  constructor(name: string, help: string, bounds: readonly number[], registry: Registry) {
    this.name = name
    this.help = help
    this.#bounds = bounds
    // The declared type lists prom-client's four classes; the registry itself needs only what this class has.
    registry.registerMetric(this as unknown as Metric)
  }

  /** Adds what was counted since the last time; an empty tally makes the series known. */
  add(connector: string, { buckets, sum, count }: Tally): void {
    const tally = this.#tallies.get(connector) ?? { buckets: this.#bounds.map(() => 0), sum: 0, count: 0 }
    this.#tallies.set(connector, tally)
    tally.buckets = tally.buckets.map((total, index) => total + (buckets[index] ?? 0))
    tally.sum += sum
    tally.count += count
  }

  get() {
    const values = [...this.#tallies].flatMap(([connector, tally]) => this.#samples(connector, tally))
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values }
  }

  reset(): void {
    this.#tallies.clear()
  }

  /** The exposition format wants each bucket to hold all below it too. */
  #samples(connector: string, { buckets, sum, count }: Tally): Sample[] {
    let below = 0
    const cumulative = this.#bounds.map((le, index): Sample => {
      below += buckets[index] ?? 0
      return { metricName: `${this.name}_bucket`, labels: { connector, le }, value: below }
    })
    return [
      ...cumulative,
      { metricName: `${this.name}_bucket`, labels: { connector, le: '+Inf' }, value: count },
      { metricName: `${this.name}_sum`, labels: { connector }, value: sum },
      { metricName: `${this.name}_count`, labels: { connector }, value: count },
    ]
  }
}
