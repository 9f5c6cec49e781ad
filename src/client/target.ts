import { ConfigError } from '../errors.ts'
import type { Access } from './access.ts'

/** The server's address. Throws a `ConfigError` when there is none, or none that HTTP can reach. */
export function targetOf({ url, proxy }: Pick<Access, 'url' | 'proxy'>): URL {
  if (url === undefined) throw new ConfigError([{ where: 'url', what: 'is needed' }])
  if (proxy !== undefined) httpUrl('proxy', proxy)
  return httpUrl('url', url)
}

/** An address fit for logs: without user and password. */
export const shown = ({ origin, pathname }: URL): string => `${origin}${pathname}`

export interface Place {
  host: string
  port: number
}

/** Host without the brackets of an IPv6 address, and the port also where the URL leaves it out. */
export const placeOf = (url: URL): Place => ({
  host: url.hostname.replace(/^\[|\]$/g, ''),
  port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
})

function httpUrl(where: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol)) return url
  // Not the text itself: it may hold a password.
  throw new ConfigError([{ where, what: 'expected http://host:port/path or https://host:port/path' }])
}
