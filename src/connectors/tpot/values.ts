import { isIPv4 } from 'node:net'
import { address as ipOf } from '../../idmefv2/address.ts'
import { texts } from '../../idmefv2/text.ts'
import type { MappingFunction } from '../../mapping/rules.ts'

// Single values out of what honeypots write. Each takes candidates and gives the first that is one.

/** Logstash writes the name of a field or variable where that has no value. */
const UNRESOLVED = /^[%$]\{/
const MAPPED = '::ffff:'
/** Every address, which is none. */
const UNSPECIFIED = /^(?:0\.0\.0\.0|::)$/
/** RFC 1918, RFC 6598, loopback, link-local; ULA, link-local and loopback of IPv6. */
const PRIVATE =
  /^(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd]|fe[89ab]|::1$)/
const HOST =
  /^(?=.{1,253}$)(?=.*[A-Za-z])[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/

/** Sockets that take both kinds write IPv4 addresses as mapped ones. */
export const address: MappingFunction = (...candidates) => {
  for (const text of texts(candidates)) {
    const ip = ipOf(text.trim())
    if (ip === undefined || UNSPECIFIED.test(ip)) continue
    const inner = ip.slice(MAPPED.length)
    return ip.startsWith(MAPPED) && isIPv4(inner) ? inner : ip
  }
  return undefined
}

/** A name that can be one of a host; an address is none. */
export const hostname: MappingFunction = (...candidates) =>
  texts(candidates).find((text) => HOST.test(text) && ipOf(text) === undefined)

/**
 * `[from, own, outer, inner]` → where the honeypot was met. Its own address is mostly that of a container: then whoever came from
 * a private network met the inner address of the host, everybody else the outer one.
 */
export const decoy: MappingFunction = (from, own, outer, inner) => {
  const met = address(own)
  if (typeof met === 'string' && !PRIVATE.test(met)) return met
  const source = address(from)
  const isInside = typeof source === 'string' && PRIVATE.test(source)
  return address(isInside ? inner : outer) ?? met
}

/** `[told, …addresses]` → the first of the addresses, unless it is the one that is told already. */
export const differing: MappingFunction = (told, ...candidates) => {
  const found = address(...candidates)
  return found === told ? undefined : found
}

/**
 * `[type, eventid, attack, connection]` → the honeypot, by what it writes where Logstash did not say. Cowrie has a type of its own in
 * one event, that of a key, and Logstash leaves it there.
 */
export const sensor: MappingFunction = (type, eventid, attack, connection) => {
  const [, name = ''] = typeof eventid === 'string' ? (NAMED.exec(eventid) ?? []) : []
  if (typeof type === 'string' && type !== '' && name !== 'cowrie') return type
  if (name !== '') return `${name.charAt(0).toUpperCase()}${name.slice(1)}`
  if (isObject(attack)) return 'Honeytrap'
  return isObject(connection) ? 'Dionaea' : undefined
}
const NAMED = /^([a-z]+)\./
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

/** `[name, names]` → the name, where it is one of them; letters may differ in case. */
export const listed: MappingFunction = (name, names) => {
  const word = typeof name === 'string' ? name.toLowerCase() : undefined
  return texts(names).some((each) => each.toLowerCase() === word) ? name : undefined
}

/** The account that was tried. Several are told as Logstash does, separated by commas. */
export const account: MappingFunction = (...candidates) => {
  const names = texts(candidates).filter((name) => name !== '' && !UNRESOLVED.test(name))
  return names.length === 0 ? undefined : [...new Set(names)].slice(0, MAX_NAMES).join(', ')
}
/** Dionaea puts all of a connection into one event. */
const MAX_NAMES = 20

/** `[key, credentials]`: names or passwords in the two shapes that Dionaea gives them: a list of pairs, or a pair of lists. */
export const credential: MappingFunction = (key, credentials) => {
  if (typeof key !== 'string' || typeof credentials !== 'object' || credentials === null) return undefined
  const holders: unknown[] = Array.isArray(credentials) ? credentials : [credentials]
  return account(
    holders.map((holder) =>
      typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key)
        ? Reflect.get(holder, key)
        : undefined,
    ),
  )
}

/** What Dionaea calls its services, by the names that IANA has for their protocols. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  smbd: 'microsoft-ds',
  mssqld: 'ms-sql-s',
  mysqld: 'mysql',
  mongod: 'mongodb',
  httpd: 'http',
  ftpd: 'ftp',
  ftpdatalisten: 'ftp-data',
  ftpdatacon: 'ftp-data',
  tftpserverhandler: 'tftp',
  mqttd: 'mqtt',
  upnpd: 'ssdp',
  pptpd: 'pptp',
  printerd: 'printer',
  memcache: 'memcache',
  epmapper: 'epmap',
  sipsession: 'sip',
  sipcall: 'sip',
  rtpudpstream: 'rtp',
}
/** Not the protocol of anybody: what Dionaea says of ports that nothing listens at. */
const NO_PROTOCOL = /^(?:pcap|mirrord|mirrorc|nfqmirrord|blackhole|emulation|remoteshell)$/

export const protocol: MappingFunction = (...candidates) => {
  for (const text of texts(candidates)) {
    const name = text.trim().toLowerCase()
    if (name === '' || NO_PROTOCOL.test(name)) continue
    return (Object.hasOwn(PROTOCOLS, name) ? PROTOCOLS[name] : undefined) ?? name
  }
  return undefined
}

/** Latitude and longitude as Logstash's geoip filter gives them. */
export const position: MappingFunction = (location) => {
  if (typeof location !== 'object' || location === null) return undefined
  const [lat, lon]: unknown[] = ['lat', 'lon'].map((key) =>
    Object.hasOwn(location, key) ? Reflect.get(location, key) : undefined,
  )
  return typeof lat === 'number' && typeof lon === 'number' ? `${lat},${lon}` : undefined
}

/** Hexadecimal digits as base64, which attachments have. */
export const unhex: MappingFunction = (text) =>
  typeof text === 'string' && text.length > 0 && text.length % 2 === 0 && /^[0-9a-f]+$/i.test(text)
    ? Buffer.from(text, 'hex').toString('base64')
    : undefined

/** Of what attackers write, so much is told. */
const EXCERPT_CHARACTERS = 1000

/** `[text, limit]` → its beginning, on one line. */
export const excerpt: MappingFunction = (value, limit) => {
  const most = typeof limit === 'number' ? limit : EXCERPT_CHARACTERS
  const [text] = texts(value)
  const line = text
    ?.slice(0, 2 * most)
    .replace(/\s+/g, ' ')
    .trim()
  if (!line || UNRESOLVED.test(line)) return undefined
  return line.length > most ? `${line.slice(0, most)}…` : line
}
