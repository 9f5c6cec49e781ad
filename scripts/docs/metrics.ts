import { createMetrics } from '../../src/metrics/metrics.ts'

export interface Row {
  name: string
  type: string
  labels: readonly string[]
  help: string
}

/** Our own metrics, in the order of /metrics; Node's are described by prom-client. */
export async function metricRows(): Promise<Row[]> {
  const all = await everyMetric()
  return all.filter(({ name }) => name.startsWith('idmefv2_'))
}

/** Every name that a query can use: for histograms and summaries those of their parts. */
export async function metricNames(): Promise<Set<string>> {
  const all = await everyMetric()
  return new Set(
    all.flatMap(({ name, type }) =>
      type === 'histogram' || type === 'summary'
        ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]
        : [name],
    ),
  )
}

/** As a process has them that runs one connector: labels are known only from the series there are. */
async function everyMetric(): Promise<Row[]> {
  const { registry, observe } = createMetrics({ version: '1.2.3', connectors: ['suricata'] })
  observe({ lag: () => [{ connector: 'suricata', bytes: 0, seconds: 0 }] })
  const metrics = await registry.getMetricsAsJSON()
  return metrics.map(({ name, type, help, values }) => {
    const labels = new Set(values.flatMap((value) => Object.keys(value.labels)))
    labels.delete('le')
    return { name, type: String(type), labels: [...labels], help }
  })
}
