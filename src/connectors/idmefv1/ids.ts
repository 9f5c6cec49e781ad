import { nameUuid } from '../../mapping/ids.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { parts, text } from './parts.ts'

// IDs. What identifies a message in IDMEFv1 is its analyzer and a text of that one's choice (RFC 4765 section 3.2.9). The ID
// is made of these alone, so that an alert and whoever refers to it have the same, whichever of them comes first.

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i

/** A text that is a UUID as it is, any other made into one. */
export function uuidOf(ident: string, ...context: readonly string[]): string {
  return UUID.test(ident) ? ident.toLowerCase() : nameUuid(['idmefv1', ...context, ident])
}

/** The analyzer that raised it: the innermost of the chain. */
export function originator(analyzers: unknown) {
  return parts(analyzers).at(-1) ?? {}
}

const analyzerIdOf = (analyzers: unknown) => text(originator(analyzers).analyzerid) ?? ''

/** `0` is no identifier. */
const identOf = (messageid: unknown) => (text(messageid) === '0' ? undefined : text(messageid))

const messageIdOf = (analyzerid: string, ident: string) => uuidOf(ident, 'message', analyzerid)

/** `[messageid, analyzers]` */
export const messageId: MappingFunction = (messageid, analyzers) => {
  const ident = identOf(messageid)
  return ident === undefined ? undefined : messageIdOf(analyzerIdOf(analyzers), ident)
}

/** `[messageid, analyzers]` → what both were, where they cannot be seen in the ID. */
export const messageName: MappingFunction = (messageid, analyzers) => {
  const ident = identOf(messageid)
  return ident === undefined ? undefined : `idmefv1:${analyzerIdOf(analyzers)}:${ident}`
}

/** `[analyzers, name]`: of the name where it says no identifier. */
export const analyzerId: MappingFunction = (analyzers, name) => {
  const id = identOf(originator(analyzers).analyzerid)
  return id === undefined ? uuidOf(String(name), 'name of an analyzer') : uuidOf(id, 'analyzer')
}

/** `[alertidents, analyzers]` → the IDs that those messages have here. Without an analyzer of its own it is the same one's. */
export const references: MappingFunction = (alertidents, analyzers) =>
  parts(alertidents).flatMap(({ alertident, analyzerid }) => {
    const ident = identOf(alertident)
    return ident === undefined ? [] : messageIdOf(text(analyzerid) ?? analyzerIdOf(analyzers), ident)
  })
