import type { Given } from '../config/files.ts'
import { createLog } from '../log.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { VERSION } from '../version.ts'
import { readChecked } from './config.ts'
import { serve } from './run.ts'
import { type Call, isSet, textOf, textsOf, type Verb } from './verb.ts'

const usage = `idmefv2 gateway [-c FILE …] [options]

Takes IDMEFv1 documents by HTTP at port 3128 and sends them on, as [gateway] of the configuration says. It runs as run does;
the options are those of the original gateway, and change [gateway] and [logging]. Without a configuration messages go to
the Prelude manager of the profile.

  -c, --config FILE     configuration; later files change earlier ones key by key
      --profile NAME    profile that prelude-admin registered (secef)
  -s, --sock PATH       take documents at a Unix socket, for a web server in front, and not at a port
  -n, --dry-run         documents are read, judged and answered, and nothing is taken
      --valid-dtd       documents must be valid, not only readable
      --debug           tell of every document in the log
      --strict          warnings about the configuration are errors

Signals and exit codes: as run.
`

export const gateway: Verb = {
  summary: 'take IDMEFv1 (XML) by HTTP, for a Prelude manager or as IDMEFv2',
  usage,
  options: {
    config: { type: 'string', short: 'c', multiple: true },
    profile: { type: 'string' },
    sock: { type: 'string', short: 's' },
    'dry-run': { type: 'boolean', short: 'n' },
    'valid-dtd': { type: 'boolean' },
    debug: { type: 'boolean' },
    strict: { type: 'boolean' },
  },
  async run(call: Call): Promise<number> {
    const [files, strict] = [textsOf(call, 'config'), isSet(call, 'strict')]
    const given = givenBy(call, files.length > 0)
    const checked = await readChecked(files, strict, given)
    const log = createLog(checked.config.logging)
    const connectors = checked.config.connectors.map(({ instance }) => instance)
    const metrics = createMetrics({ version: VERSION, connectors })
    return serve(checked, { files, given, strict, once: false, fromStart: false, log, metrics })
  },
}

/** What the command line says, as if it stood in a file behind the others; so there is a `[gateway]` in any case. */
function givenBy(call: Call, hasFile: boolean): Given {
  const given: Given = [{ section: 'gateway' }]
  const [profile, socket] = [textOf(call, 'profile'), textOf(call, 'sock')]
  const give = (flag: string, section: string, key: string, value: string) =>
    given.push({ section, entry: { flag, key, value } })
  if (!hasFile) give('--profile', 'gateway', 'destination', 'prelude')
  if (profile !== undefined) give('--profile', 'gateway', 'profile', profile)
  if (socket !== undefined) give('--sock', 'gateway', 'socket', socket)
  if (isSet(call, 'dry-run')) give('--dry-run', 'gateway', 'dry_run', 'yes')
  if (isSet(call, 'valid-dtd')) give('--valid-dtd', 'gateway', 'validate', 'yes')
  if (isSet(call, 'debug')) give('--debug', 'logging', 'level', 'debug')
  return given
}
