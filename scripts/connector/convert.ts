import { profile, type Version } from '../../src/idmefv2/profiles.ts'
import { compile, FILTERED } from '../../src/mapping/compile.ts'
import { Ids } from '../../src/mapping/ids.ts'
import type { Place, Rules } from '../../src/mapping/rules.ts'
import { unfoldJson } from '../../src/sources/unfold.ts'

/** Documentation addresses (RFC 5737): what a fixture expects must not depend on where it is converted. */
export const ANALYZER = { 'analyzer.ip': '192.0.2.10', 'analyzer.hostname': 'sensor.example.org' }

export interface Setting {
  version: Version
  /** As the connector's schema gives them. */
  options: Readonly<Record<string, unknown>>
  /** `analyzer_name` of the configuration. */
  name: string
  /** Where the records come from, for rules that ask. */
  place?: Place
}

/** A fixture's message is larger than no other. */
const MAX_BYTES = 4 * 1024 ** 2

/**
 * Converts records as a worker does, their IDs made from their content: to a message, or to undefined where the filter
 * says no. An envelope must hold one record. What it returns throws `reason: detail` for a record that cannot become a message.
 */
export function converter(
  rules: Rules,
  { version, options, name, place = {} }: Setting,
): (record: string) => unknown {
  const values = { ...ANALYZER, 'analyzer.name': name }
  const compiled = compile(rules, profile(version), { values, options })
  compiled.place = place
  const ids = new Ids()
  const out = Buffer.alloc(MAX_BYTES)
  return (record) => {
    const bytes = Buffer.from(`${unfolded(record, rules)}\n`)
    ids.ofContent(bytes.subarray(0, -1))
    const end = compiled.convert(bytes, 0, bytes.length - 1, ids, out, 0)
    if (end === FILTERED) return undefined
    if (end < 0) throw new Error(`${compiled.reason}: ${compiled.detail}`)
    return JSON.parse(out.toString('utf8', 0, end))
  }
}

function unfolded(record: string, { unfold }: Rules): string {
  const lines = unfold && unfoldJson(Buffer.from(record), unfold)
  if (!Buffer.isBuffer(lines)) return record
  const records = lines.toString().trimEnd().split('\n')
  if (records.length !== 1) throw new Error(`the document holds ${records.length} records`)
  return records[0] ?? record
}
