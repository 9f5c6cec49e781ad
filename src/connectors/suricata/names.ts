import type { MappingFunction } from '../../mapping/rules.ts'

// Names of hosts and people, out of what protocols say. Each takes candidates and gives the first that is one.

/** What Suricata writes where a protocol had no name to tell. */
const NO_NAME = /^(?:<empty>|<none>|)$/

export const hostname: MappingFunction = (...candidates) => firstOf(candidates, bareHost)

export const account: MappingFunction = (...candidates) =>
  firstOf(candidates, (text) => (NO_NAME.test(text) ? undefined : text))

/** The address in `Toto <toto@example.com>`, `<toto@example.com>` or `toto@example.com`. */
export const mailbox: MappingFunction = (...candidates) =>
  firstOf(candidates, (text) => /[^\s<>"']+@[^\s<>"']+/.exec(text)?.[0])

/** `[a, b, value]` → the value where a and b are the same text. */
export const ifSame: MappingFunction = (a, b, value) => (a !== undefined && a === b ? value : undefined)

/** Without port, brackets and the final dot: `www.example.com:8080`, `[2001:db8::1]:443`, `example.com.` */
function bareHost(text: string): string | undefined {
  const found = /^\[([^\]]*)\](?::\d*)?$|^([^:]*)(?::\d*)?$/.exec(text.trim())
  const name = found ? (found[1] ?? found[2] ?? '') : text.trim()
  return name.replace(/\.$/, '') || undefined
}

function firstOf(
  candidates: readonly unknown[],
  read: (text: string) => string | undefined,
): string | undefined {
  for (const candidate of candidates) {
    const found = typeof candidate === 'string' ? read(candidate) : undefined
    if (found !== undefined) return found
  }
  return undefined
}
