// The rules that matched, as the two families of ModSecurity log them in JSON.
//
// libmodsecurity (3.x) writes an object for each: `{message, details: {ruleId, data, severity: "2", ver, tags}}`, every value
// a text, and "" or "0" for what the rule does not set. mod_security2 (2.9, Apache) writes the line of its error log:
// `Warning. … [id "942100"] [msg "…"] [data "…"] [severity "CRITICAL"] [tag "attack-sqli"]`.

export interface Match {
  id: string
  message: string
  /** What the rule says of the text that matched (`logdata`). */
  data: string
  /** 0 (emergency) to 7 (debug), as in syslog; undefined where the rule sets none. */
  severity: number | undefined
  version: string
  tags: readonly string[]
}

const SEVERITIES = ['EMERGENCY', 'ALERT', 'CRITICAL', 'ERROR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG']

/** More rules than this never match in earnest; a hostile request must not make a message without end. */
const MAX_MATCHES = 200

/** `zero`: what libmodsecurity means by the severity "0", for it writes so too where a rule sets none. */
export function matchesIn(messages: unknown, zero: unknown): Match[] {
  if (!Array.isArray(messages)) return []
  return messages.slice(0, MAX_MATCHES).flatMap((message) => {
    if (typeof message === 'string') return fromLine(message)
    const { message: text, details } = fieldsOf(message)
    return details === undefined && text === undefined ? [] : fromObject(text, fieldsOf(details), zero)
  })
}

export function severityName(severity: number): string | undefined {
  return SEVERITIES[severity]
}

function fromObject(message: unknown, details: Record<string, unknown>, zero: unknown): Match {
  const { ruleId, data, severity, ver, tags } = details
  const number = severityOf(severity)
  return {
    id: textOf(ruleId),
    message: textOf(message),
    data: textOf(data),
    severity: number === 0 && zero !== 'emergency' && !isWord(severity) ? undefined : number,
    version: textOf(ver),
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string' && tag !== '') : [],
  }
}

const FIELD = / \[(id|msg|data|severity|ver|tag) "((?:[^"\\]|\\.)*)"\]/gs

/** Quotes and backslashes inside a value have a backslash before them, other bytes are `\xhh`. */
function fromLine(line: string): Match {
  const values = new Map<string, string[]>()
  for (const [, name = '', value = ''] of line.matchAll(FIELD)) {
    values.set(name, [...(values.get(name) ?? []), value.replace(/\\(["\\])/g, '$1')])
  }
  const first = (name: string) => values.get(name)?.[0] ?? ''
  return {
    id: first('id'),
    message: first('msg') || (values.size === 0 ? line : ''),
    data: first('data'),
    severity: severityOf(first('severity')),
    version: first('ver'),
    tags: values.get('tag') ?? [],
  }
}

function severityOf(value: unknown): number | undefined {
  const text = textOf(value).trim()
  if (/^[0-7]$/.test(text)) return Number(text)
  const found = SEVERITIES.indexOf(text.toUpperCase())
  return found < 0 ? undefined : found
}

function isWord(value: unknown): boolean {
  return typeof value === 'string' && /[a-z]/i.test(value)
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function fieldsOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  return value as Record<string, unknown> // an object of JSON; every field is checked by its reader
}
