import { loadConnector, probes } from '../connectors/load.ts'
import { EXIT } from '../errors.ts'
import { VERSIONS } from '../idmefv2/profiles.ts'
import { type Call, isSet, type Verb } from './verb.ts'

export const list: Verb = {
  summary: 'name the probes and the IDMEFv2 versions',
  usage: `idmefv2 list [--json]

Names the probes that can be read, one a line, and the IDMEFv2 versions that can be written.

      --json            the same as one JSON object
`,
  options: { json: { type: 'boolean' } },
  async run(call: Call): Promise<number> {
    const found = await Promise.all(
      probes().map(async (probe) => ({ probe, summary: (await loadConnector(probe)).summary })),
    )
    const { stdout } = call.streams
    if (isSet(call, 'json')) {
      stdout.write(`${JSON.stringify({ probes: found, versions: VERSIONS })}\n`)
      return EXIT.ok
    }
    const width = Math.max(...found.map(({ probe }) => probe.length))
    for (const { probe, summary } of found) stdout.write(`${probe.padEnd(width)}  ${summary}\n`)
    stdout.write(`\nIDMEFv2 versions: ${VERSIONS.join(', ')}\n`)
    return EXIT.ok
  },
}
