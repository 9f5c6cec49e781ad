/** An object that Zabbix sent. Every value of its API is a text, and none can be relied on. */
export type Told = Readonly<Record<string, unknown>>

export function isTold(value: unknown): value is Told {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An ID of the database: digits, as text or as a number; `0` is none. */
export function idOf(value: unknown): string | undefined {
  const text = textOf(value)
  return text !== undefined && /^[1-9]\d{0,19}$/.test(text) ? text : undefined
}

export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}
