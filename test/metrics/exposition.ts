/** One line of the text format: a series and its value. */
export interface Series {
  name: string
  labels: Record<string, string>
  value: number
}

export interface Family {
  type: string
  help: string
  series: Series[]
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y

/**
 * Reads the Prometheus text format 0.0.4 and throws at whatever Prometheus or its linter would object to: a sample
 * without HELP and TYPE before it, a family in two places, a series twice, a counter without `_total`, a broken histogram.
 */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line must end with a newline')
  const families = new Map<string, Family>()
  const seen = new Set<string>()
  let current = ''
  let help: { name: string; text: string } | undefined
  for (const line of text.split('\n')) {
    if (line === '') continue
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (keyword === 'HELP') {
      help = { name, text: rest }
    } else if (keyword === 'TYPE') {
      if (help?.name !== name) throw new Error(`TYPE without HELP: ${name}`)
      if (families.has(name)) throw new Error(`family twice: ${name}`)
      if (!NAME.test(name)) throw new Error(`bad name: ${name}`)
      if (!['counter', 'gauge', 'histogram', 'summary'].includes(rest)) throw new Error(`bad type: ${rest}`)
      if (rest === 'counter' && !name.endsWith('_total')) throw new Error(`counter without _total: ${name}`)
      families.set(name, { type: rest, help: help.text, series: [] })
      current = name
    } else {
      const series = parseSample(line)
      const key = `${series.name}${JSON.stringify(Object.entries(series.labels).sort())}`
      if (seen.has(key)) throw new Error(`series twice: ${line}`)
      seen.add(key)
      const family = families.get(current)
      if (!family || !belongs(series.name, current, family.type)) throw new Error(`stray sample: ${line}`)
      family.series.push(series)
    }
  }
  for (const [name, family] of families) if (family.type === 'histogram') checkHistogram(name, family.series)
  return families
}

function parseSample(line: string): Series {
  const [, name, inside = '', digits] = SAMPLE.exec(line) ?? []
  if (name === undefined || digits === undefined) throw new Error(`not a sample: ${line}`)
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < inside.length) {
    const at = LABEL.lastIndex
    const [, label, value] = LABEL.exec(inside) ?? []
    if (label === undefined || value === undefined) throw new Error(`bad labels at ${at}: ${line}`)
    if (label in labels) throw new Error(`label twice: ${line}`)
    labels[label] = value
  }
  return { name, labels, value: parseNumber(digits) }
}

function parseNumber(digits: string): number {
  if (/^[+-]?Inf$/.test(digits)) return digits.startsWith('-') ? -Infinity : Infinity
  if (/^NaN$/i.test(digits)) return Number.NaN
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(digits)) throw new Error(`not a number: ${digits}`)
  return Number(digits)
}

function belongs(name: string, family: string, type: string): boolean {
  const suffixes =
    type === 'histogram' ? ['_bucket', '_sum', '_count'] : type === 'summary' ? ['', '_sum', '_count'] : ['']
  return suffixes.some((suffix) => name === family + suffix)
}

function checkHistogram(name: string, series: readonly Series[]): void {
  const groups = Map.groupBy(series, ({ labels: { le: _, ...rest } }) =>
    JSON.stringify(Object.entries(rest).sort()),
  )
  for (const [labels, group] of groups) {
    const buckets = group.filter((one) => one.name === `${name}_bucket`)
    const bounds = buckets.map(({ labels }) => parseNumber(labels.le ?? ''))
    const counts = buckets.map(({ value }) => value)
    const count = group.find((one) => one.name === `${name}_count`)?.value
    if (!group.some((one) => one.name === `${name}_sum`)) throw new Error(`no sum: ${name}${labels}`)
    if (bounds.at(-1) !== Infinity) throw new Error(`no +Inf bucket: ${name}${labels}`)
    if (bounds.some((bound, i) => i > 0 && bound <= (bounds[i - 1] ?? 0)))
      throw new Error(`bounds: ${name}${labels}`)
    if (counts.some((value, i) => i > 0 && value < (counts[i - 1] ?? 0)))
      throw new Error(`not cumulative: ${name}${labels}`)
    if (counts.at(-1) !== count) throw new Error(`+Inf is not the count: ${name}${labels}`)
  }
}
