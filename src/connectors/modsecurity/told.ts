import type { MappingFunction } from '../../mapping/rules.ts'
import { isEvaluation } from './classes.ts'
import { type Match, matchesIn, severityName } from './matches.ts'

// What goes into notes: the outcome, the rules, the request.

/**
 * `[engine, interrupted, status, messages]` → what became of the request, and its status. libmodsecurity before 2026 does not
 * log whether it intervened; then the engine's mode, the rules that evaluate the sum, and the status tell.
 */
export const outcome: MappingFunction = (engine, interrupted, status, messages) => {
  const code = /^[1-5]\d\d$/.test(String(status)) ? Number(status) : undefined
  const action = actionOf(String(engine ?? ''), interrupted, code, matchesIn(messages, undefined))
  return [action && `action ${action}`, code && `HTTP ${code}`].filter(Boolean).join(', ') || undefined
}

function actionOf(
  engine: string,
  interrupted: unknown,
  code: number | undefined,
  matches: readonly Match[],
): string | undefined {
  if (interrupted === true) return 'blocked'
  const mode = engine.toLowerCase().replace(/[^a-z]/g, '')
  if (mode === 'detectiononly' || mode === 'disabled') return `allowed (${engine})`
  if (interrupted === false) return 'allowed'
  if (mode !== 'enabled' || matches.length === 0) return undefined
  if (code !== undefined && code >= 400 && matches.some(isEvaluation)) return 'blocked'
  return code === 403 ? 'probably blocked' : 'not known'
}

/** Rules told in a note; of more only the number. */
const MAX_TOLD = 40
/** Of the text that matched: enough to see the attack. */
const MAX_DATA = 300

/** `[messages, zero, mask]` → every rule that matched, in the order of their matching. */
export const rulesTold: MappingFunction = (messages, zero, mask) => {
  const matches = matchesIn(messages, zero)
  const told = matches.slice(0, MAX_TOLD).map((match) => ruleTold(match, mask === true))
  if (matches.length > MAX_TOLD) told.push(`and ${matches.length - MAX_TOLD} more rules`)
  return told.length === 0 ? undefined : told.join('; ')
}

function ruleTold({ id, message, data, severity }: Match, mask: boolean): string {
  const level = severity === undefined ? undefined : severityName(severity)
  const head = ['rule', id, level && `(${level})`].filter(Boolean).join(' ')
  const text = mask ? maskedData(data) : data
  const cut = text.length > MAX_DATA ? `${text.slice(0, MAX_DATA)}…` : text
  return [head, message && `: ${message}`, cut && ` [${cut}]`].filter(Boolean).join('')
}

/** Names of parameters, headers and cookies whose values are nobody's business. */
const SECRET =
  /pass(?:w|phrase|code|$|[_-])|pwd|secret|token|api[-_]?key|authorization|^cookie$|sess(?:ion)?[-_]?id|credential|cvv|card[-_]?n/i

/** `Matched Data: … found within ARGS:password: …`, the form of the Core Rule Set: both texts are of the value. */
const FOUND = /^.*? found within ([A-Z_]+:([^:\s]+))[\s\S]*$/s

function maskedData(data: string): string {
  return data.replace(FOUND, (whole, variable: string, name: string) =>
    SECRET.test(name) ? `found within ${variable}: ***` : whole,
  )
}

/** `[uri, mask]` → as it was sent, without the values of secret parameters. */
export const maskedUri: MappingFunction = (uri, mask) => {
  if (typeof uri !== 'string') return undefined
  if (mask !== true) return uri
  return uri.replace(/([?&;])([^=&;#]+)=[^&;#]*/g, (whole, sign: string, name: string) =>
    SECRET.test(name) ? `${sign}${name}=***` : whole,
  )
}

// `GET /path HTTP/1.1`: each takes a request line.

const LINE = /^(\S+) (.*?)(?: (HTTP\/[\d.]+))?$/s

export const lineUri: MappingFunction = (line) =>
  typeof line === 'string' ? LINE.exec(line)?.[2] : undefined
export const lineMethod: MappingFunction = (line) =>
  typeof line === 'string' ? LINE.exec(line)?.[1] : undefined
export const lineVersion: MappingFunction = (line) =>
  typeof line === 'string' ? LINE.exec(line)?.[3]?.slice(5) : undefined
