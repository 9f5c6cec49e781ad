import type { MappingFunction } from '../../mapping/rules.ts'

type Priority = 'High' | 'Medium' | 'Low' | 'Info' | 'Unknown'

/**
 * What people write into the label `severity`, which Prometheus gives no meaning. A number alone is read as that of an incident
 * (severity 1, SEV1, P1), where 1 is the worst.
 */
export const WORDS: Readonly<Record<Exclude<Priority, 'Unknown'>, readonly string[]>> = {
  High: [
    'critical',
    'crit',
    'fatal',
    'emergency',
    'emerg',
    'alert',
    'disaster',
    'page',
    'high',
    'error',
    'err',
    'major',
    'p0',
    'p1',
    'sev0',
    'sev1',
    '0',
    '1',
  ],
  Medium: ['warning', 'warn', 'medium', 'moderate', 'average', 'p2', 'p3', 'sev2', 'sev3', '2', '3'],
  Low: ['minor', 'low', 'notice', 'ticket', 'p4', 'sev4', '4'],
  Info: ['info', 'information', 'informational', 'debug', 'ok', 'none', 'p5', 'sev5', '5'],
}

const TABLE: ReadonlyMap<string, string> = new Map(
  Object.entries(WORDS).flatMap(([priority, words]) => words.map((word) => [word, priority])),
)

/** What an operator may give: `page=Medium`. */
export const PAIR = /^([^=]+)=\s*(High|Medium|Low|Info|Unknown)$/i

const plain = (word: unknown) => String(word).trim().toLowerCase()

/** `[own, severity, …]`: the first label that is there decides, by the operator's own words before those above. */
export const priority: MappingFunction = (own, ...severities) => {
  const severity = severities.find((one) => typeof one === 'string' || typeof one === 'number')
  if (severity === undefined) return 'Unknown'
  const word = plain(severity)
  for (const pair of Array.isArray(own) ? own : []) {
    const [, name = '', given = ''] = PAIR.exec(String(pair)) ?? []
    if (plain(name) === word) return given.charAt(0).toUpperCase() + given.slice(1).toLowerCase()
  }
  return TABLE.get(word) ?? 'Unknown'
}
