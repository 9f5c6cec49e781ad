import type { MappingFunction } from '../../mapping/rules.ts'

// What the headers and the trailer of a transaction say.

/** `[headers, name]` → the value of a header, whatever the case of its name; of a list the first. */
export const header: MappingFunction = (headers, name) => {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return undefined
  const wanted = String(name).toLowerCase()
  const [, value] = Object.entries(headers).find(([key]) => key.toLowerCase() === wanted) ?? []
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' && first !== '' ? first : undefined
}

const LABELS = /^(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/i

/** `[host]` → the name in a Host header, without its port. It is the client's word: what is no name is left out. */
export const hostName: MappingFunction = (host) => {
  if (typeof host !== 'string') return undefined
  const [, name = ''] = /^([^:[\]]+?)\.?(?::\d*)?$/.exec(host.trim()) ?? []
  const isAddress = /^[\d.]+$/.test(name)
  return name.length <= 253 && LABELS.test(name) && !isAddress ? name : undefined
}

/** `[version]` → the protocols below and at HTTP: HTTP/3 has QUIC below it. */
export const protocols: MappingFunction = (version) => {
  if (version === undefined) return undefined
  const number = Number(version)
  if (!(number > 0)) return undefined
  return number >= 3 ? ['udp', 'quic', 'http'] : ['tcp', 'http']
}

/** `[producer, connector, components]` → what runs there. Older ones close a quote they did not open. */
export const model: MappingFunction = (producer, connector, components) => {
  const parts: unknown[] = [producer, connector, components].flat()
  const texts = parts.flatMap((part) => (typeof part === 'string' ? part.replace(/"+$/, '').trim() : []))
  const named = texts.filter((text) => text !== '').slice(0, MAX_PARTS)
  return named.length === 0 ? undefined : [...new Set(named)].join(', ')
}
const MAX_PARTS = 8
