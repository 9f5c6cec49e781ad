import { dumpConfig } from '../config/dump.ts'
import { probe, type Step } from '../delivery/probe.ts'
import { EXIT } from '../errors.ts'
import { oneLine } from '../log.ts'
import { probeOptions, readChecked } from './config.ts'
import { type Call, isSet, textsOf, type Verb } from './verb.ts'

export const check: Verb = {
  summary: 'check a configuration, and the way to the receiver',
  usage: `idmefv2 check -c FILE [-c FILE …] [options]

Reads the configuration as run does, tells every problem and prints what is in force, secrets as ***.

  -c, --config FILE     configuration; later files change earlier ones key by key
      --connect         try the way to the receiver: name, connection, TLS, answer; no alert is sent
      --strict          warnings are errors

Exit codes: 0 sound, 69 the receiver cannot be used, 78 configuration not usable
`,
  options: {
    config: { type: 'string', short: 'c', multiple: true },
    connect: { type: 'boolean' },
    strict: { type: 'boolean' },
  },
  async run(call: Call): Promise<number> {
    const { stdout, stderr } = call.streams
    const { config, warnings } = await readChecked(textsOf(call, 'config'), isSet(call, 'strict'))
    for (const { where, what } of warnings) stderr.write(`${oneLine(`warning: ${where}: ${what}`)}\n`)
    stdout.write(dumpConfig(config, await probeOptions()))
    if (!isSet(call, 'connect')) return EXIT.ok
    if (config.idmefv2.delivery !== 'each' && config.idmefv2.delivery !== 'array') {
      stderr.write(`delivery = ${config.idmefv2.delivery} needs no connection\n`)
      return EXIT.ok
    }
    const reached = await probe(config.idmefv2, (step) => stderr.write(`${line(step)}\n`))
    return reached ? EXIT.ok : EXIT.unavailable
  },
}

function line({ name, ok, ms, detail }: Step): string {
  // The names in a certificate and the headers of an answer are whatever the other side says.
  return `${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(5)} ${ms.toFixed(1).padStart(8)} ms  ${oneLine(detail)}`
}
