import { createHash } from 'node:crypto'
import type { Mapping, RulesFor } from '../../mapping/rules.ts'
import { namesAt, recordsAt } from './records.ts'

/** What every message can have, whatever the tool: a file with `$extends` need say only the rest. */
const mapping: Mapping = {
  OrganisationName: { $context: 'organisation' },
  EntityName: { $context: 'entity' },
  Type: 'Cyber',
  Category: 'Other.Uncategorised',
  Cause: 'Unknown',
  Priority: 'Unknown',
  Analyzer: {
    IP: { $context: 'analyzer.ip' },
    Name: { $first: [{ $option: 'name' }, { $context: 'analyzer.name' }, { $context: 'instance' }] },
    Hostname: { $context: 'analyzer.hostname' },
    Type: 'Cyber',
    Location: { $context: 'location' },
  },
}

const rules: RulesFor = ({ records, identity, filetype }) => ({
  filter: true,
  mapping,
  ...(typeof records === 'string' && { unfold: recordsAt(records) }),
  ...identityBy(identity, filetype),
})

/**
 * Without paths that name a record, one that was asked for is named by all it holds: as such it was found to be new, and after a
 * crash it may come again.
 */
function identityBy(paths: unknown, filetype: unknown) {
  if (Array.isArray(paths) && paths.length > 0) return { identity: namesAt(paths.map(String)) }
  if (filetype !== 'poll') return {}
  return {
    identity: (record: unknown) => [createHash('sha256').update(JSON.stringify(record)).digest('hex')],
  }
}

export default rules
