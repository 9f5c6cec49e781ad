import { isIP, isIPv4 } from 'node:net'
import { hostname } from 'node:os'

// Who can reach what listens here, and by which names: pure.

/** Of a host name or address, brackets of IPv6 or not: whether only this machine can reach it. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith('127.')
  return ['localhost', '::1', '[::1]'].includes(host.toLowerCase())
}

/**
 * Whether a Host header can be ours: an address or a name of this machine. Any other name was pointed at us by
 * whoever owns it (DNS rebinding), whose pages could then read ours.
 */
export function isOwnHost(host: string | undefined, configured: string): boolean {
  const name = URL.parse(`http://${host ?? ''}`)?.hostname.replace(/^\[|\]$/g, '')
  if (name === undefined) return false
  return isIP(name) !== 0 || ['localhost', configured, hostname()].some((own) => own.toLowerCase() === name)
}
