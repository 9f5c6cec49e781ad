import { networkInterfaces } from 'node:os'

/**
 * The address by which others know this host: the first that is not loopback and not link-local, IPv4 before IPv6.
 * Not what the host's own name resolves to, which on Debian is 127.0.1.1.
 */
export function hostAddress(interfaces = readInterfaces()): string | undefined {
  const usable = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !/^(?:fe[89ab]|169\.254\.)/i.test(address))
  return (usable.find(({ family }) => family === 'IPv4') ?? usable[0])?.address
}

/** A sandbox may forbid netlink(7); then no address is known. */
function readInterfaces(): ReturnType<typeof networkInterfaces> {
  try {
    return networkInterfaces()
  } catch {
    return {}
  }
}
