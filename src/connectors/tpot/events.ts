import { DELIVERY, EXPLOIT, GUESSING, PROBING, type Terms, wordsOf } from '../../idmefv2/terms.ts'
import { texts } from '../../idmefv2/text.ts'
import type { MappingFunction } from '../../mapping/rules.ts'

/** What somebody did to a honeypot, as far as it matters to whoever reads the alert. */
export type Kind =
  | 'connection'
  | 'attempt'
  | 'login'
  | 'root'
  | 'command'
  | 'file'
  | 'tunnel'
  | 'exploit'
  | 'ending'
  | 'other'

export interface Judgement {
  terms: Terms
  priority: 'High' | 'Medium' | 'Low' | 'Info'
  /** What the honeypot looked at: in the words of drafts 04 to 06, and of those after. */
  data: Terms
}

const CONNECTION: Terms = ['Connection', 'Connection']
const LOGIN: Terms = ['Auth', 'Authentication']
const CONTENT: Terms = ['Content', 'Content']

/** A honeypot serves nobody, so whoever comes is up to something; how far he came is the question. */
export const KINDS: Readonly<Record<Kind, Judgement>> = {
  connection: { terms: PROBING, priority: 'Low', data: CONNECTION },
  attempt: { terms: GUESSING, priority: 'Medium', data: LOGIN },
  login: { terms: ['Intrusion.UserCompromise', 'Access.Compromise'], priority: 'High', data: LOGIN },
  root: { terms: ['Intrusion.AdminCompromise', 'Access.Escalation'], priority: 'High', data: LOGIN },
  command: { terms: EXPLOIT, priority: 'High', data: CONTENT },
  file: { terms: DELIVERY, priority: 'High', data: ['File', 'File'] },
  tunnel: { terms: ['Fraud.UnauthorizedUsage', 'Operational.Misuse'], priority: 'Medium', data: CONNECTION },
  exploit: { terms: EXPLOIT, priority: 'Medium', data: CONTENT },
  ending: { terms: ['Other.Uncategorised', 'Other.Uncategorised'], priority: 'Info', data: CONNECTION },
  other: { terms: ['Other.Undetermined', 'Other.Undetermined'], priority: 'Low', data: CONNECTION },
}

/** By the eventid without the name of the honeypot before it: Cowrie's (docs.cowrie.org, OUTPUT), which Adbhoney shares. */
const EVENTS: readonly (readonly [id: RegExp, kind: Kind])[] = [
  [/^session\.connect$/, 'connection'],
  [/^client\.fingerprint$/, 'attempt'],
  [/^client\./, 'connection'],
  [/^login\.failed$/, 'attempt'],
  [/^login\.success$/, 'login'],
  [/^command\./, 'command'],
  [/^session\.input$/, 'command'],
  [/^session\.file_/, 'file'],
  [/^virustotal\./, 'file'],
  [/^direct-tcpip\./, 'tunnel'],
  [/^tcpip-forward\./, 'tunnel'],
  [/^(?:session\.(?:closed|params)|log\.)/, 'ending'],
  // ElasticPot: a query that does something, beside those that only look.
  [/^attack$/, 'exploit'],
]

/** `[eventid, user, password, input, payload, downloads, connection]`, each absent where the honeypot does not tell it. */
export function kindOf(...facts: readonly unknown[]): Kind {
  const [eventid, user, password, input, payload, downloads] = facts
  const [id] = texts(eventid)
  const named = id === undefined ? undefined : ofEvent(id, user)
  if (named) return named
  if (typeof downloads === 'number' && downloads > 0) return 'file'
  if (isTold(user) || isTold(password)) return 'attempt'
  if (isTold(input)) return 'command'
  return typeof payload === 'number' && payload > 0 ? 'exploit' : 'connection'
}

function ofEvent(eventid: string, user: unknown): Kind | undefined {
  const id = eventid.slice(eventid.indexOf('.') + 1)
  const kind = EVENTS.find(([pattern]) => pattern.test(id))?.[1]
  if (kind === 'login' && user === 'root') return 'root'
  return kind ?? (eventid.startsWith('cowrie.') ? 'other' : undefined)
}

const isTold = (value: unknown) => texts(value).some((text) => text !== '')

export const kind: MappingFunction = (...facts) => kindOf(...facts)

/** `[taxonomy, …facts]` → the categories; the taxonomy is `V04`, `V07` or `V08`. */
export const category: MappingFunction = (taxonomy, ...facts) =>
  wordsOf([KINDS[kindOf(...facts)].terms], taxonomy)

export const priority: MappingFunction = (...facts) => KINDS[kindOf(...facts)].priority

/** `[column, …facts]`: 0 for drafts 04 to 06, 1 for those after. */
export const data: MappingFunction = (column, ...facts) => KINDS[kindOf(...facts)].data[column === 1 ? 1 : 0]
