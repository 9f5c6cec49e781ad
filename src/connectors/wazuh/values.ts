import { address as ipOf } from '../../idmefv2/address.ts'
import { texts } from '../../idmefv2/text.ts'
import type { MappingFunction } from '../../mapping/rules.ts'

// Single values out of what decoders found in logs. Each takes candidates and gives the first that is one.

/** What logs have where there is nothing to tell. */
const NOTHING = /^(?:-|N\/A|none|null|\(null\)|unknown|unset|\?)?$/i
/** Every address, which is none. */
const UNSPECIFIED = /^(?:0\.0\.0\.0|::)$/
const WITH_PORT = /^(?:\[([^\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$/
const HOST =
  /^(?=.*[A-Za-z])[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/
/** RFC 1035 section 2.3.4 */
const MAX_HOST = 253
const METHODS = /^(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PROPFIND|SEARCH)$/i
const ALERT_ID = /^(\d{10})\.\d+$/

/** How much of a log record goes into a note; the whole of it can be attached. */
const EXCERPT_CHARACTERS = 1000

export const address: MappingFunction = (...candidates) =>
  firstOf(candidates, (text) => {
    const [, bracketed, plain] = WITH_PORT.exec(text) ?? []
    const ip = ipOf(bracketed ?? plain ?? text)
    return ip === undefined || UNSPECIFIED.test(ip) ? undefined : ip
  })

/** A name that can be one of a host; an address is none. */
export const hostname: MappingFunction = (...candidates) =>
  firstOf(candidates, (text) =>
    text.length <= MAX_HOST && HOST.test(text) && !NOTHING.test(text) && ipOf(text) === undefined
      ? text
      : undefined,
  )

/** PAM puts the number behind the name: `root(uid=0)`. */
export const account: MappingFunction = (...candidates) =>
  firstOf(candidates, (text) => {
    const name = text.replace(/\(uid=\d+\)$/, '')
    return NOTHING.test(name) ? undefined : name
  })

/** The decoders of web servers give the method of the request as protocol. */
export const protocol: MappingFunction = (...candidates) =>
  firstOf(candidates, (text) => {
    if (NOTHING.test(text)) return undefined
    return METHODS.test(text) ? 'http' : text
  })

/** The method of a web request, and no other protocol. */
export const method: MappingFunction = (value) =>
  firstOf([value], (text) => (METHODS.test(text) ? text : undefined))

/** `1655477187.49701` → the seconds before the point: the manager's time of the alert. */
export const epoch: MappingFunction = (id) => {
  const [, seconds] = ALERT_ID.exec(typeof id === 'string' ? id : '') ?? []
  return seconds === undefined ? undefined : Number(seconds)
}

/** Those that are texts: Wazuh writes no time as a number, so a number is none. */
export const written: MappingFunction = (...candidates) => texts(candidates)

/** The beginning of the first text, on one line. */
export const excerpt: MappingFunction = (...candidates) =>
  firstOf(candidates, (text) => {
    const line = text
      .slice(0, 2 * EXCERPT_CHARACTERS)
      .replace(/\s+/g, ' ')
      .trim()
    return line.length > EXCERPT_CHARACTERS ? `${line.slice(0, EXCERPT_CHARACTERS)}…` : line || undefined
  })

/** `[groups, excluded]` → `yes` where one of the groups is excluded. */
export const grouped: MappingFunction = (groups, excluded) => {
  const names = texts(excluded)
  return texts(groups).some((group) => names.includes(group)) ? 'yes' : undefined
}

function firstOf(
  candidates: readonly unknown[],
  read: (text: string) => string | undefined,
): string | undefined {
  for (const candidate of texts(candidates)) {
    const found = read(candidate.trim())
    if (found !== undefined) return found
  }
  return undefined
}
