const PREFIX = 'kismet.alert.'
/** Fields that tell two alerts apart. The hash alone does not: it is an Adler-32 of some of them. */
const IDENTITY = [
  'timestamp',
  'header',
  'hash',
  'source_mac',
  'dest_mac',
  'transmitter_mac',
  'other_mac',
  'channel',
  'text',
]

/**
 * The alerts in one answer of Kismet: a list (`/alerts/all_alerts.json`), an object that holds one and the time of the server
 * (`wrapped`; before 2020 each answer by time), an event of the event bus, or an alert whose keys have underscores for
 * dots (`.ekjson`). Undefined: it is an alert itself.
 */
export function unfold(document: unknown): readonly unknown[] | undefined {
  if (Array.isArray(document)) return document
  if (typeof document !== 'object' || document === null) return undefined
  const alerts = own(document, 'kismet.alert.list')
  if (Array.isArray(alerts)) return alerts
  const event = own(document, 'ALERT')
  if (typeof event === 'object' && event !== null) return [event]
  return Object.hasOwn(document, 'kismet_alert_header') ? [dotted(document)] : undefined
}

/** Kismet numbers nothing, so an alert is what it says: the time to the microsecond, the addresses, the text. */
export function identity(record: unknown): (string | number)[] | undefined {
  if (typeof record !== 'object' || record === null) return undefined
  const parts = IDENTITY.map((field) => {
    const value = own(record, `${PREFIX}${field}`)
    return typeof value === 'string' || typeof value === 'number' ? value : ''
  })
  return parts.some((part) => part !== '') ? parts : undefined
}

/** Seconds since 1970 at which an alert was raised, or at which the server answered, in `wrapped` answers. */
export function timeOf(record: unknown): number | undefined {
  const time = typeof record === 'object' && record !== null ? own(record, `${PREFIX}timestamp`) : undefined
  return typeof time === 'number' && Number.isFinite(time) ? time : undefined
}

function dotted(alert: object): object {
  return Object.fromEntries(
    Object.entries(alert).map(([key, value]) => [key.replace(/^kismet_alert_/, PREFIX), value]),
  )
}

function own(holder: object, key: string): unknown {
  return Object.hasOwn(holder, key) ? Reflect.get(holder, key) : undefined
}
