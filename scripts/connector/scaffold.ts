import { common } from '../../src/config/options.ts'

// The first version of a new connector: it works, for a tool that writes one JSON object a line, and is there to be changed.

/** Why a connector cannot have this name; it is a folder, a section of the configuration and a metric label. */
export function misnamed(name: string): string | undefined {
  if (!/^[a-z][a-z\d-]{0,31}$/.test(name))
    return 'a name begins with a letter and has small letters, digits and hyphens'
  return Object.hasOwn(common, name) ? `[${name}] is a section of its own already` : undefined
}

/** The files of the folder by path, without what is made from them: `expected.json`, and the generated parts of the page. */
export function scaffold(name: string): Map<string, string> {
  const title = titled(name)
  return new Map([
    ['index.ts', index(title, name)],
    ['mapping.ts', mapping(title)],
    ['sample.conf', sample(name)],
    ['README.md', page(title, name)],
    ['fixtures/alert/input.json', `${JSON.stringify(ALERT)}\n`],
    ['fixtures/other/input.json', `${JSON.stringify({ ...ALERT, type: 'status' })}\n`],
  ])
}

export function titled(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

const ALERT = {
  time: '2026-03-02T14:25:36.123456+01:00',
  type: 'alert',
  level: 2,
  message: 'Something to look at',
  source: '203.0.113.5',
  target: '198.51.100.20',
}

const index = (title: string, name: string) => `import { z } from 'zod'
import { choice, list, text } from '../../config/values.ts'
import { tail } from '../../sources/tail.ts'
import type { Connector } from '../connector.ts'

const USUAL = '/var/log/${name}/alerts.json'

const options = z.strictObject({
  filename: list().prefault(USUAL).describe('files or globs, separated by commas'),
  start: choice('end', 'beginning')
    .default('end')
    .describe('where to begin with a file that was never read before'),
  mapping: text().optional().describe('JSON file with a mapping of your own'),
})

const connector: Connector<typeof options> = {
  summary: 'Alerts of ${title}',
  options,
  source({ filename, start }, context) {
    return tail({ paths: filename, start }, context)
  },
}

export default connector
`

const mapping = (title: string) => `import type { Mapping, Rules } from '../../mapping/rules.ts'

const analyzer: Mapping = {
  IP: { $context: 'analyzer.ip' },
  Name: { $first: [{ $context: 'analyzer.name' }, '${title}'] },
  Hostname: { $context: 'analyzer.hostname' },
  Model: '${title}',
  Type: 'Cyber',
  Category: { $version: { 'V04-V06': 'LOG', 'V07-V08': 'SIEM.LOG' } },
  Data: 'Log',
  Method: 'Signature',
  Location: { $context: 'location' },
}

const rules: Rules = {
  filter: { $equals: ['$.type', 'alert'] },
  mapping: {
    OrganisationName: { $context: 'organisation' },
    EntityName: { $context: 'entity' },
    Type: 'Cyber',
    Category: 'Other.Undetermined',
    Cause: 'Unknown',
    Description: '$.message',
    Priority: { $lookup: ['$.level', { 1: 'High', 2: 'Medium', 3: 'Low' }, 'Unknown'] },
    CreateTime: '$.time',
    Analyzer: analyzer,
    Source: [{ IP: '$.source' }],
    Target: [{ IP: '$.target' }],
  },
}

export default rules
`

const sample = (name: string) => `[idmefv2]
## receiver of the messages
url = http://127.0.0.1:9999/

[${name}]
## files or globs, separated by commas
# filename = /var/log/${name}/alerts.json

## where to begin with a file that was never read before (end, beginning)
# start = end

## JSON file with a mapping of your own
# mapping =
`

const page = (title: string, name: string) => `# ${title}

Sends the alerts of ${title} as IDMEFv2 messages, read from its log.

## On the side of ${title}

What to switch on there, and who may read the file.

## Options

Section \`[${name}]\`, or \`[${name}:name]\` for one of several.

<!-- options -->
<!-- /options -->

[sample.conf](sample.conf):

<!-- sample -->
<!-- /sample -->

## Mapping

Fields that an alert does not fill are left out. The language is described [on its own page](../../mapping/README.md).

| IDMEFv2 | ${title} |
|---|---|
| \`CreateTime\` | \`time\` |
| \`Description\` | \`message\` |
| \`Priority\` | \`level\`: 1 High, 2 Medium, 3 Low, others Unknown |
| \`Source.IP\`, \`Target.IP\` | \`source\`, \`target\` |
`
