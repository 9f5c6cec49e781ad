import type { Unfold } from '../../types.ts'

type Members = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const listIn = (value: unknown, key: string): readonly unknown[] | undefined => {
  const found = isObject(value) ? value[key] : undefined
  return Array.isArray(found) ? found : undefined
}

/**
 * The alerts in what Prometheus answers to `/api/v1/alerts` or `/api/v1/rules` (HTTP API, "Alerts" and "Rules"), or in what Alertmanager
 * and Grafana post to a webhook (`version` 4); these are told which receiver they were for.
 */
export const unfold: Unfold = (document) => {
  if (!isObject(document)) return undefined
  const { data } = document
  const alerts = listIn(data, 'alerts')
  if (alerts) return alerts
  const groups = listIn(data, 'groups')
  if (groups)
    return groups.flatMap((group) =>
      (listIn(group, 'rules') ?? []).flatMap((rule) => listIn(rule, 'alerts') ?? []),
    )
  const { receiver } = document
  return listIn(document, 'alerts')?.map((alert) =>
    isObject(alert) && typeof receiver === 'string' ? { ...alert, receiver } : alert,
  )
}
