import type { MappingFunction } from '../../mapping/rules.ts'

// Single values of an alert, each as it can be told or not at all.

/** A mask may stand behind an address that a rule gave; the one of a whole address says nothing. */
const MAC = /^((?:[0-9A-F]{2}:){5}[0-9A-F]{2})(?:\/FF:FF:FF:FF:FF:FF)?$/
const NO_MAC = '00:00:00:00:00:00'
const NO_KEY = /^0+_0*$/
const DECIMAL = /^\d{1,12}(?:\.\d+)?$/
const CVE = /\bCVE-\d{4}-\d{4,7}\b/g
/** Names that are in a text by chance, or because somebody put them into the name of a network, end somewhere. */
const MAX_CVES = 8

/** The first of the addresses that is one: Kismet writes zeros where there is none. */
export const mac: MappingFunction = (...candidates) => {
  for (const candidate of candidates) {
    const [, address] = typeof candidate === 'string' ? (MAC.exec(candidate.trim().toUpperCase()) ?? []) : []
    if (address !== undefined && address !== NO_MAC) return address
  }
  return undefined
}

/** `[address, others…]`: the address, unless it is one of the others: what was told is not told again. */
export const another: MappingFunction = (address, ...others) => {
  const found = mac(address)
  return others.some((other) => mac(other) === found) ? undefined : found
}

/** Seconds since 1970. Zero, or what was before Kismet was, is a clock that was not set. */
export const moment: MappingFunction = (time) => {
  const seconds = typeof time === 'string' && DECIMAL.test(time) ? Number(time) : time
  return typeof seconds === 'number' && seconds > 0 ? seconds : undefined
}

/** `0` is no channel. */
export const channel: MappingFunction = (value) => {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && !/^0*$/.test(text) ? text : undefined
}

/** Kilohertz in, as megahertz are spoken of; zero is unknown. */
export const megahertz: MappingFunction = (kilohertz) =>
  typeof kilohertz === 'number' && kilohertz > 0 && Number.isFinite(kilohertz)
    ? String(Math.round(kilohertz) / 1000)
    : undefined

export const device: MappingFunction = (key) =>
  typeof key === 'string' && key !== '' && !NO_KEY.test(key) ? key : undefined

/**
 * Latitude and longitude where there was a fix. Since 2019 they are a point, longitude first, as in GeoJSON; before they were
 * two fields. Without a fix the object is there all the same, or a zero instead of it.
 */
export const position: MappingFunction = (location) => {
  const field = (name: string): unknown =>
    typeof location === 'object' && location !== null
      ? Reflect.get(location, `kismet.common.location.${name}`)
      : undefined
  const point = field('geopoint')
  const [longitude, latitude] = Array.isArray(point) ? point : [field('lon'), field('lat')]
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return undefined
  const fix = field('fix')
  const isFixed = typeof fix === 'number' ? fix >= 2 : field('valid') !== 0
  return isFixed && (latitude !== 0 || longitude !== 0) ? `${latitude},${longitude}` : undefined
}

/** Vulnerabilities that the text names: Kismet does so where it knows the exploit. */
export const cves: MappingFunction = (text) => {
  const found = typeof text === 'string' ? (text.match(CVE) ?? []) : []
  return [...new Set(found)].slice(0, MAX_CVES).map((id) => `urn:cve:${id}`)
}
