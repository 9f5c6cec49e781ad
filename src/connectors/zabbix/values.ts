import { address as ipOf } from '../../idmefv2/address.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { endOf } from './records.ts'
import { idOf, isTold, type Told, textOf } from './told.ts'

// Values of a message out of what Zabbix tells.

/** The year 10000, which RFC 3339 does not know. */
const MAX_SECONDS = 253_402_300_800

/** `[clock, ns]` → the time, with all of its nine digits; 0 is none. */
export const moment: MappingFunction = (clock, ns) => {
  const seconds = /^\d{1,12}$/.test(textOf(clock) ?? '') ? Number(clock) : 0
  if (seconds === 0 || seconds >= MAX_SECONDS) return undefined
  const fraction = /^\d{1,9}$/.test(textOf(ns) ?? '') ? `.${String(ns).padStart(9, '0')}` : ''
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}${fraction === '.000000000' ? '' : fraction}Z`
}

/** `[r_eventid, update]` → `begun`, `ended` or `updated`. */
export const phase: MappingFunction = (recovery, update) => {
  if (isTold(update)) return 'updated'
  return endOf(recovery) === undefined ? 'begun' : 'ended'
}

/** What an interface is, by its type. */
const TYPES: Readonly<Record<string, string>> = { 1: 'agent', 2: 'SNMP', 3: 'IPMI', 4: 'JMX' }

/** Those that Zabbix uses by default come first, agents before others. */
function interfacesIn(value: unknown): Told[] {
  const rank = ({ main, type }: Told) => (textOf(main) === '0' ? 10 : 0) + (Number(textOf(type)) || 0)
  return Array.isArray(value) ? value.filter(isTold).toSorted((a, b) => rank(a) - rank(b)) : []
}

/** Where Zabbix goes by the name, the address may be one of long ago. */
const addressOf = ({ useip, ip, dns }: Told) =>
  textOf(useip) === '0' && textOf(dns) !== undefined ? undefined : ipIn(ip)

function ipIn(value: unknown): string | undefined {
  const ip = typeof value === 'string' ? ipOf(value.trim()) : undefined
  return ip === '0.0.0.0' || ip === '::' ? undefined : ip
}

/** `[interfaces]` → the address of the host, as Zabbix reaches it. */
export const hostAddress: MappingFunction = (interfaces) => first(interfacesIn(interfaces), addressOf)

/** `[interfaces, host, name]` → a name that can be one in the network: the one that Zabbix asks for, else its own for the host. */
export const hostName: MappingFunction = (interfaces, ...names) => {
  const asked = interfacesIn(interfaces).map(({ dns }) => dns)
  return first([...asked, ...names], hostnameIn)
}

const HOST = /^(?=.*[A-Za-z])[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*$/
/** RFC 1035 section 2.3.4 */
const MAX_HOST = 253

export function hostnameIn(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > MAX_HOST || !HOST.test(value)) return undefined
  return ipOf(value) === undefined ? value : undefined
}

/** More say no more. */
const MAX_INTERFACES = 8

/** `[interfaces, host, name]` → the names of the host and how it is watched: `Web 01 (web01), agent 192.0.2.10:10050`. */
export const hostNote: MappingFunction = (interfaces, host, name) => {
  const [visible, technical] = [textOf(name), textOf(host)]
  const names =
    visible && technical && visible !== technical ? `${visible} (${technical})` : (visible ?? technical)
  const ways = interfacesIn(interfaces).slice(0, MAX_INTERFACES).flatMap(wayOf)
  return [names, ...ways].filter(Boolean).join(', ') || undefined
}

/** The port is the one that Zabbix asks at: not the one where something fails. */
function wayOf({ type, useip, ip, dns, port }: Told): string[] {
  const end = textOf(useip) === '0' ? (textOf(dns) ?? textOf(ip)) : (textOf(ip) ?? textOf(dns))
  if (end === undefined) return []
  const at = end.includes(':') ? `[${end}]` : end
  return [[TYPES[textOf(type) ?? ''], textOf(port) ? `${at}:${port}` : end].filter(Boolean).join(' ')]
}

/** `[interfaces, …]` → `SNMP` where one of them is. */
export const snmp: MappingFunction = (...lists) =>
  lists.some((list) => interfacesIn(list).some(({ type }) => textOf(type) === '2')) ? 'SNMP' : undefined

/** More tags than a problem has. */
const MAX_TAGS = 64

/** `[tags]` → `name:value`, or the name alone. */
export const tags: MappingFunction = (value) =>
  [...new Set(tagsIn(value).map(({ tag, value }) => (value === '' ? tag : `${tag}:${value}`)))].slice(
    0,
    MAX_TAGS,
  )

export function tagsIn(value: unknown): { tag: string; value: string }[] {
  const told = Array.isArray(value) ? value.filter(isTold) : []
  return told.flatMap(({ tag, value }) => {
    const name = textOf(tag)
    return name === undefined ? [] : [{ tag: name, value: textOf(value) ?? '' }]
  })
}

const MAX_COMMENTS = 8

/** `[acknowledges]` → what people wrote, the oldest first. */
export const comments: MappingFunction = (value) => {
  const told = Array.isArray(value) ? value.filter(isTold) : []
  const written = told
    .toSorted((a, b) => (Number(textOf(a.clock)) || 0) - (Number(textOf(b.clock)) || 0))
    .flatMap(({ message }) => textOf(message) ?? [])
  return written.slice(-MAX_COMMENTS).map((text) => `comment: ${text}`)
}

const YES = /^(?:1|yes|true)$/i

/** `[value, word]` → the word where the value is yes: `1` in the API, `Yes` in a macro. */
export const when: MappingFunction = (value, word) => (YES.test(textOf(value) ?? '') ? word : undefined)

/** `[id]` → the same where it is one. */
export const given: MappingFunction = (value) => idOf(value)

/** `[value]` → the same where it says something. */
export const filled: MappingFunction = (value) => textOf(value)

/** `[urls]` → addresses for people: those of the trigger. */
export const links: MappingFunction = (value) => {
  const told = Array.isArray(value) ? value.filter(isTold) : []
  return told.flatMap(({ url }) => (/^https?:\/\//i.test(textOf(url) ?? '') ? [url] : []))
}

/** `[base, trigger, event]` → the page of the event in the frontend. */
export const eventPage: MappingFunction = (base, trigger, event) => {
  const url = textOf(base)
  if (url === undefined || !URL.canParse(url) || !/^https?:/i.test(url)) return undefined
  const [triggerid, eventid] = [idOf(trigger), idOf(event)]
  if (triggerid === undefined || eventid === undefined) return undefined
  const page = new URL(url)
  page.username = ''
  page.password = ''
  page.hash = ''
  page.pathname = `${page.pathname.replace(/\/+$/, '')}/tr_events.php`
  page.search = `?triggerid=${triggerid}&eventid=${eventid}`
  return page.href
}

/** `[url]` → the host of it, where others can know it by that: its name or its address. */
export const urlName: MappingFunction = (url) => hostnameIn(hostOf(url))
export const urlAddress: MappingFunction = (url) => ipIn(hostOf(url))

const HERE = /^(?:localhost|127\.[\d.]+|\[?::1\]?)$/i

function hostOf(url: unknown): string | undefined {
  const text = textOf(url)
  const host = text !== undefined && URL.canParse(text) ? new URL(text).hostname : undefined
  return host === undefined || HERE.test(host) ? undefined : host.replace(/^\[|\]$/g, '')
}

function first<T>(values: readonly T[], read: (value: T) => string | undefined): string | undefined {
  for (const value of values) {
    const found = read(value)
    if (found !== undefined) return found
  }
  return undefined
}
