import type { Call } from './api.ts'
import { isProblem, joined } from './records.ts'
import { idOf, type Told } from './told.ts'

// Whole records by the API: events with their hosts, the interfaces of these, and the problems that recoveries belong to.

/** Of one question; an answer of so many is some hundred kilobytes. */
export const PAGE = 500
/** Questions for the problems that the recoveries of one page belong to. */
const MAX_SEARCHES = 8

export interface Asking {
  call: Call
  /** Of the server; undefined while it was never asked. */
  version: () => string | undefined
  /** Of the API. */
  url: string
}

/** Events of triggers, by their IDs ascending. Parameters that a version does not know, it refuses from 7.0 on. */
export function eventsBy(params: Told, { call, version }: Asking): Promise<readonly Told[]> {
  const acknowledges = Number.parseInt(version() ?? '', 10) < 7 ? 'select_acknowledges' : 'selectAcknowledges'
  return call('event.get', {
    source: 0,
    object: 0,
    output: 'extend',
    selectHosts: ['hostid', 'host', 'name'],
    selectTags: 'extend',
    [acknowledges]: 'extend',
    sortfield: ['eventid'],
    sortorder: 'ASC',
    ...params,
  })
}

/** From events to records, recoveries joined with their problems, the way to each host told. */
export async function recordsOf(found: readonly Told[], asking: Asking): Promise<Told[]> {
  const problems = await problemsOf(found, asking)
  const records = joined(found, problems)
  const interfaces = await interfacesOf(records, asking.call)
  const zabbix = { url: frontendOf(asking.url), version: asking.version() }
  return records.map((record) => ({ ...record, hosts: hostsIn(record).map(interfaces), zabbix }))
}

/** The problems that were closed by the recoveries among the events. */
async function problemsOf(events: readonly Told[], asking: Asking): Promise<Told[]> {
  const ends = events.filter((event) => !isProblem(event))
  const open = new Map(ends.map((event) => [event.eventid, event.objectid]))
  const known: Told[] = []
  const found = new Set<unknown>()
  let last = events.map(({ eventid }) => idOf(eventid) ?? '0').reduce(laterOf, '0')
  for (let search = 0; open.size > 0 && search < MAX_SEARCHES; search++) {
    // The latest problem of a trigger is nearly always the one; of many that end together the others are just before it.
    const params = {
      objectids: [...new Set(open.values())],
      value: [1],
      eventid_till: last,
      sortorder: 'DESC',
      limit: PAGE,
    }
    const earlier = await eventsBy(params, asking)
    const ended = earlier.filter(({ r_eventid }) => open.has(r_eventid))
    known.push(...ended)
    const now = new Set(ended.map(({ r_eventid }) => r_eventid))
    for (const id of found) if (!now.has(id)) open.delete(id)
    for (const id of now) found.add(id)
    if (earlier.length < PAGE) break
    last = String(BigInt(idOf(earlier.at(-1)?.eventid) ?? '1') - 1n)
  }
  return known.reverse()
}

export function laterOf(a: string, b: string): string {
  return BigInt(a) > BigInt(b) ? a : b
}

async function interfacesOf(records: readonly Told[], call: Call) {
  const hostids = [...new Set(records.flatMap(hostsIn).flatMap(({ hostid }) => idOf(hostid) ?? []))]
  const ways = ['type', 'main', 'useip', 'ip', 'dns', 'port']
  const params = { hostids, output: ['hostid'], selectInterfaces: ways }
  const hosts = hostids.length === 0 ? [] : await call('host.get', params)
  const known = new Map(hosts.map(({ hostid, interfaces }) => [hostid, interfaces]))
  return (host: Told): Told => ({ ...host, interfaces: known.get(host.hostid) ?? [] })
}

function hostsIn({ hosts }: Told): Told[] {
  return Array.isArray(hosts) ? hosts : []
}

/** The API lies beside the pages: `https://zabbix.example.org/zabbix/`. */
function frontendOf(api: string): string {
  return new URL('.', api).href
}
