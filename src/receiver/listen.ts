import { once } from 'node:events'
import type { ServerOptions } from 'node:http'
import { type AddressInfo, isIPv6, type Server } from 'node:net'

/**
 * What a server that anyone on the network may talk to allows a client: slow or endless headers and bodies end after
 * these times. `maxHeaderSize` stays at Node's 16 KiB.
 */
export const PATIENCE = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2000,
  // Whatever --insecure-http-parser says: what two parsers understand differently is how requests are smuggled.
  insecureHTTPParser: false,
} as const satisfies ServerOptions

export const MAX_HEADERS = 64

/** The address cannot be listened on. The message says which and why, ready for the operator. */
export class ListenError extends Error {
  override name = 'ListenError'
  readonly code = 'LISTEN'
}

const REASONS: Partial<Record<string, string>> = {
  EADDRINUSE: 'another process already listens there',
  EADDRNOTAVAIL: 'this host has no such address',
  EACCES: 'that port needs more rights (ports below 1024 usually do)',
  ENOTFOUND: 'that host name is not known',
}

/** Resolves when `server` listens, with the port it got (0 asks for any) and the URL to reach it by. Rejects with `ListenError`. */
export async function listen(
  server: Server,
  { host, port, scheme = 'http' }: { host: string; port: number; scheme?: 'http' | 'https' },
): Promise<{ url: string; port: number }> {
  try {
    server.listen({ host, port })
    await once(server, 'listening')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException // node:net fails with nothing else
    throw new ListenError(`cannot listen on ${authority(host, port)}: ${REASONS[code ?? ''] ?? message}`, {
      cause: error,
    })
  }
  const bound = (server.address() as AddressInfo).port // not a pipe: we gave a host and a port
  return { url: `${scheme}://${authority(host, bound)}`, port: bound }
}

/** As it stands in a URL. */
export function authority(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}
