import { ipv6 } from './address.ts'

// One letter would be a drive (`C:\Windows`).
const PARTS = /^([A-Za-z][A-Za-z0-9+.-]+):(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/s
const AUTHORITY = /^(?:(.*)@)?(\[[^\]]*\]|[^:@[\]]*)(:\d*)?$/s

// What may stand unencoded in each part (RFC 3986 section 3), and a percent sign that begins no triplet.
const STRAY_PERCENT = '%(?![0-9A-Fa-f]{2})'
const allBut = (allowed: string) => new RegExp(`${STRAY_PERCENT}|[^%${allowed}]`, 'gu')
const HOST = "A-Za-z0-9\\-._~!$&'()*+,;="
const NOT_IN_HOST = allBut(HOST)
const NOT_IN_USER = allBut(`${HOST}:`)
const NOT_IN_PATH = allBut(`${HOST}:@/`)
const NOT_IN_QUERY = allBut(`${HOST}:@/?`)

/**
 * An absolute URI (RFC 3986), with what may not stand in one percent-encoded. Nothing for text without a scheme
 * (`www.example.org/a`) or a path, for `host.name:port`, and for an authority that is no host.
 */
export function uri(text: string): string | undefined {
  const [, scheme, authority, path = '', query = '', fragment = ''] = PARTS.exec(text.toWellFormed()) ?? []
  if (scheme === undefined) return undefined
  if (authority === undefined && (path === '' || isPort(scheme, path))) return undefined
  const place = authority === undefined ? '' : written(authority)
  if (place === undefined) return undefined
  const tail = encoded(query.slice(1), NOT_IN_QUERY)
  const end = encoded(fragment.slice(1), NOT_IN_QUERY)
  return `${scheme}:${place}${encoded(path, NOT_IN_PATH)}${query && `?${tail}`}${fragment && `#${end}`}`
}

/** `example.org:8080/a` has the shape of a URI with the scheme `example.org`. */
const isPort = (scheme: string, path: string) => scheme.includes('.') && /^\d/.test(path)

function written(authority: string): string | undefined {
  const [, user, host, port = ''] = AUTHORITY.exec(authority) ?? []
  if (host === undefined) return undefined
  const literal = host.startsWith('[') ? ipv6(host.slice(1, -1)) : undefined
  if (host.startsWith('[') && literal === undefined) return undefined
  const name = literal === undefined ? encoded(host, NOT_IN_HOST) : `[${literal}]`
  return `//${user === undefined ? '' : `${encoded(user, NOT_IN_USER)}@`}${name}${port}`
}

const encoded = (text: string, forbidden: RegExp) => text.replace(forbidden, encodeURIComponent)
