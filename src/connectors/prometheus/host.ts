import { address } from '../../idmefv2/address.ts'
import type { MappingFunction } from '../../mapping/rules.ts'

/** A label that names a place, taken apart. Nothing that it does not say. */
export interface Place {
  ip?: string
  hostname?: string
  port?: number
  scheme?: string
}

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is
const BRACKETED = /^\[([^\]]+)\](?::(\d+))?$/
const WITH_PORT = /^([^:]*):(\d+)$/
const HOST =
  /^(?=.*[A-Za-z])[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/
/** RFC 1035, section 2.3.4. */
const MAX_HOST = 253
/** Every address, which is none. */
const UNSPECIFIED = /^(?:0\.0\.0\.0|::)$/

/** `host:port`, an address with or without port and brackets, a name, or a URL, of which user and password are passed over. */
export function placeOf(text: string): Place {
  const [, scheme, rest = text] = SCHEME.exec(text.trim()) ?? []
  // A socket has no host.
  if (scheme?.toLowerCase() === 'unix') return { scheme: 'unix' }
  const [authority = ''] = rest.trim().split(/[/?#]/, 1)
  const place = atPort(authority.slice(authority.lastIndexOf('@') + 1))
  return { ...place, ...(scheme && { scheme: scheme.toLowerCase() }) }
}

function atPort(authority: string): Place {
  const [, name = authority, digits] = BRACKETED.exec(authority) ?? WITH_PORT.exec(authority) ?? []
  const port = Number(digits)
  const host = hostOf(name)
  if (host === undefined) return {}
  return { ...host, ...(port >= 1 && port <= 65535 && { port }) }
}

function hostOf(name: string): Place | undefined {
  const ip = address(name)
  if (ip !== undefined) return UNSPECIFIED.test(ip) ? undefined : { ip }
  return name.length <= MAX_HOST && HOST.test(name) ? { hostname: name } : undefined
}

/** The first label that names a host. */
function firstPlace(labels: readonly unknown[]): Place {
  const places = labels.filter((label) => typeof label === 'string').map(placeOf)
  return places.find(({ ip, hostname }) => ip !== undefined || hostname !== undefined) ?? {}
}

export const ip: MappingFunction = (...labels) => firstPlace(labels).ip
export const hostname: MappingFunction = (...labels) => firstPlace(labels).hostname
export const port: MappingFunction = (...labels) => firstPlace(labels).port

/** Schemes that are services by their names (IANA), as probes are pointed at them. */
const SERVICES =
  /^(?:https?|ftps?|ssh|smtps?|imaps?|pop3s?|ldaps?|snmp|mysql|postgresql|redis|amqps?|mqtts?)$/

/** Of a URL. */
export const service: MappingFunction = (...labels) => {
  const { scheme = '' } = firstPlace(labels)
  return SERVICES.test(scheme) ? scheme : undefined
}

/** The first that is an address and nothing else: what senders of packets are called by rules that know them. */
export const sender: MappingFunction = (...labels) => {
  for (const label of labels) {
    const { ip } = typeof label === 'string' ? placeOf(label) : {}
    if (ip !== undefined) return ip
  }
  return undefined
}
