import type { Section } from './section.ts'

/** A section that may listen somewhere: `listen` as the options `listen` and `address` give it. */
interface Listening {
  section: Section
  options: { listen?: unknown; filetype?: unknown }
}

interface Address {
  host: string
  port: number
}

/** Of two that listen at one address the second never could, for as long as the program runs. */
export function checkListeners(sections: readonly Listening[]): void {
  const listeners = sections.flatMap(({ section, options }) => {
    const { listen, filetype } = options
    return isAddress(listen) && byHttp(filetype) ? { section, address: listen } : []
  })
  for (const [index, { section, address }] of listeners.entries()) {
    const first = listeners.slice(0, index).find((other) => overlap(other.address, address))?.section
    if (first) section.error('listen', `[${first.name}] listens there too (${first.place('listen')})`)
  }
}

/** Whether a section takes its records by HTTP: one that has no `filetype` does nothing else. */
export function byHttp(filetype: unknown): boolean {
  return filetype === undefined || filetype === 'http'
}

/** Whether a section asks a tool for its records. */
export function byPoll(filetype: unknown): boolean {
  return filetype === undefined || filetype === 'poll'
}

function overlap(a: Address, b: Address): boolean {
  // Port 0 is another one each time.
  if (a.port !== b.port || a.port === 0) return false
  return a.host === b.host || covers(a.host, b.host) || covers(b.host, a.host)
}

/** An address that stands for all of the host: `::` for those of IPv4 as well. */
function covers(wildcard: string, host: string): boolean {
  return wildcard === '::' || (wildcard === '0.0.0.0' && !host.includes(':'))
}

function isAddress(value: unknown): value is Address {
  return typeof value === 'object' && value !== null && 'host' in value && 'port' in value
}
