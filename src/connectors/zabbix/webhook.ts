import { idOf, type Told } from './told.ts'

// The body of a webhook: what its parameters are called, each with a macro for its value, on the page. All values are texts. A macro
// that has nothing to say is left standing (`{EVENT.RECOVERY.ID}`) or becomes `*UNKNOWN*`, as for the address of a host
// without interface; in a recovery `{EVENT.ID}` is still that of the problem.

/** Bodies have an event and neither of what every event of the API has. */
export function isWebhook(record: Told): boolean {
  return 'eventid' in record && !('clock' in record) && !('objectid' in record)
}

export function fromWebhook(body: Told): Told {
  const given = (key: string) => resolved(body[key])
  const isRecovery = given('value') === '0'
  const begin = whenOf(body, '')
  const end = isRecovery ? whenOf(body, 'recovery_') : undefined
  return {
    ...present({
      eventid: given('eventid'),
      objectid: given('triggerid'),
      name: given('name'),
      severity: given('severity'),
      acknowledged: given('acknowledged'),
      opdata: given('opdata'),
      received: body.received,
      tags: tagsIn(body.tags),
      urls: given('trigger_url') === undefined ? undefined : [{ name: '', url: given('trigger_url') }],
      hosts: hostsIn(body),
      zabbix: given('zabbix_url') === undefined ? undefined : { url: given('zabbix_url') },
    }),
    ...begin,
    ...(isRecovery && { r_eventid: idOf(given('recovery_id')) ?? 'unknown' }),
    ...(end && { r_clock: end.clock, r_local: end.local }),
    ...(given('update_status') === '1' && !isRecovery && { update: updateIn(body) }),
  }
}

/** The seconds since 1970, or the local date and time, which servers before 7.0 have instead. */
function whenOf(body: Told, prefix: string): { clock?: unknown; local?: string } {
  const clock = resolved(body[`${prefix}timestamp`])
  if (clock !== undefined) return { clock }
  const date = resolved(body[`${prefix}date`])
  const time = resolved(body[`${prefix}time`])
  if (typeof date !== 'string' || typeof time !== 'string') return {}
  return { local: `${date.replaceAll('.', '-')} ${time}` }
}

function updateIn(body: Told): Told {
  return present({
    ...whenOf(body, 'update_'),
    action: resolved(body.update_action),
    message: resolved(body.update_message),
    user: resolved(body.update_user),
  })
}

/** `{HOST.NAME}` is that of the first host of the trigger's expression, `{HOST.NAME2}` of the second: it may be the same one. */
const SUFFIXES = ['', '2', '3']

function hostsIn(body: Told): Told[] | undefined {
  const hosts = SUFFIXES.map((suffix) => hostIn(body, suffix)).filter(
    (host) => 'host' in host || 'name' in host,
  )
  const distinct = new Map(hosts.map((host) => [host.hostid ?? host.host ?? host.name, host]))
  return distinct.size === 0 ? undefined : [...distinct.values()]
}

function hostIn(body: Told, suffix: string): Told {
  const given = (key: string) => resolved(body[`${key}${suffix}`])
  const way = present({ ip: given('ip'), dns: given('dns'), port: given('port') })
  const hasWay = 'ip' in way || 'dns' in way
  return present({
    hostid: given('hostid'),
    host: given('hostname'),
    name: given('host'),
    interfaces: hasWay ? [way] : undefined,
  })
}

/** `{EVENT.TAGSJSON}` is JSON in a text. */
function tagsIn(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    // A macro that was left standing, or a list of `{EVENT.TAGS}`: then it is one text.
    return resolved(value) === undefined ? undefined : [{ tag: value, value: '' }]
  }
}

const UNRESOLVED = /^(?:\*UNKNOWN\*|\{[$A-Z][A-Z0-9_.$]*\}|)$/

function resolved(value: unknown): unknown {
  if (typeof value === 'string') return UNRESOLVED.test(value.trim()) ? undefined : value
  return value ?? undefined
}

function present(fields: Told): Told {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
