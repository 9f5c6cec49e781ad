// What a reader wants to see of a message at a glance. Pure; the message is valid in its own version, but versions
// differ (V04 has one Status where V08 has a list), so nothing is taken for granted.

export interface Summary {
  id: string
  createTime: string
  priority: string
  category: string
  description: string
  analyzer: string
  source: string
  target: string
}

export function summarise(message: Record<string, unknown>): Summary {
  return {
    id: text(message.ID),
    createTime: text(message.CreateTime),
    priority: text(message.Priority) || 'Unknown',
    category: list(message.Category).map(text).join(', '),
    description: text(message.Description),
    analyzer: text(fields(message.Analyzer).Name),
    source: ends(message.Source),
    target: ends(message.Target),
  }
}

/** The first Source or Target, and how many more there are. */
function ends(value: unknown): string {
  const [first, ...others] = list(value).map(fields)
  if (!first) return ''
  const address =
    text(first.IP) || text(first.Hostname) || text(first.User) || text(first.Location) || 'somewhere'
  const [port] = list(first.Port)
  const place =
    port === undefined ? address : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  return others.length === 0 ? place : `${place} (+${others.length})`
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {} // any object can be asked
}

const list = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value]

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
