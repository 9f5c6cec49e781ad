import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What `prelude-admin register` leaves: who we are, and how managers are known. */
export interface Profile {
  name: string
  analyzerid: string
  key: string
  /** Ours, one for each manager we registered at. */
  certificates: readonly string[]
  /** Theirs, exactly. */
  trusted: readonly X509Certificate[]
  /** Where managers listen, as the profile or the configuration it includes says. */
  addresses: readonly Address[]
}

export interface Address {
  host: string
  port: number
}

const PORT = 4690
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** @throws {Error} saying what is wrong with it, in words for the operator */
export function readProfile(directory: string, name: string): Profile {
  const at = (file: string) => read(join(directory, name, file))
  const certificates = at('client.keycrt').match(PEM) ?? []
  const trusted = (at('client.trusted').match(PEM) ?? []).map((pem) => new X509Certificate(pem))
  const analyzerid = at('analyzerid').trim()
  const where = join(directory, name)
  if (certificates.length === 0 || trusted.length === 0)
    throw new Error(`the profile ${where} was registered at no manager (prelude-admin register)`)
  return { name, analyzerid, key: at('key'), certificates, trusted, addresses: addressesIn(at('config')) }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`the profile cannot be read: ${error instanceof Error ? error.message : error}`)
  }
}

const INCLUDE = /^\s*include\s*=\s*(\S+)/gm
const SERVER = /^\s*server-addr\s*=\s*(.+)$/m

/** The own `server-addr` counts before those of included files. */
function addressesIn(config: string, depth = 0): readonly Address[] {
  const own = SERVER.exec(config)?.[1]
  if (own !== undefined) return addressesOf(own)
  if (depth > 3) return []
  for (const [, path = ''] of config.matchAll(INCLUDE)) {
    const found = addressesIn(read(path), depth + 1)
    if (found.length > 0) return found
  }
  return []
}

/** `a:4690 || b`: managers that stand in for one another. */
export function addressesOf(written: string): readonly Address[] {
  return written
    .split(/\|\||&&|,/)
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map((one) => {
      const [, bracketed, plain = '', port] =
        /^(?:\[([^\]]+)\]|([^:]+|[\da-f:]*::[\da-f:.]*))(?::(\d+))?$/i.exec(one) ?? []
      const host = bracketed ?? plain
      if (host === '' || host === 'unix') throw new Error(`no address of a manager: ${one}`)
      return { host, port: Number(port ?? PORT) }
    })
}
