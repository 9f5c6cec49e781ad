import type { Step } from '../client/steps.ts'
import { dumpConfig } from '../config/dump.ts'
import { probe } from '../delivery/probe.ts'
import { EXIT } from '../errors.ts'
import { oneLine } from '../log.ts'
import { attempt } from '../sources/attempt.ts'
import { asked, probeOptions, readChecked } from './config.ts'
import { type Call, isSet, textsOf, type Verb } from './verb.ts'

export const check: Verb = {
  summary: 'check a configuration, and the way to the receiver and to tools that are asked',
  usage: `idmefv2 check -c FILE [-c FILE …] [options]

Reads the configuration as run does, tells every problem and prints what is in force, secrets as ***.

  -c, --config FILE     configuration; later files change earlier ones key by key
      --connect         try the way to the receiver, and to tools that are asked: name, connection, TLS, answer; no alert is sent
      --strict          warnings are errors

Exit codes: 0 sound, 69 the receiver or a tool cannot be used, 78 configuration not usable
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
    stderr.write(`${oneLine(verdict(config.files, warnings.length))}\n`)
    if (!isSet(call, 'connect')) return EXIT.ok
    const report = (step: Step) => void stderr.write(`${line(step)}\n`)
    const { delivery } = config.idmefv2
    const isSent = delivery === 'each' || delivery === 'array'
    if (!isSent) stderr.write(`delivery = ${delivery} needs no connection\n`)
    let isReached = !isSent || (await probe(config.idmefv2, report))
    for (const { instance, options } of asked(config)) {
      stderr.write(`[${instance}]\n`)
      isReached = (await attempt(options, report)) && isReached
    }
    return isReached ? EXIT.ok : EXIT.unavailable
  },
}

function verdict(files: readonly string[], warnings: number): string {
  const but =
    warnings === 0 ? '' : `, but see the ${warnings === 1 ? 'warning' : `${warnings} warnings`} above`
  return `${files.join(', ')}: sound${but}`
}

function line({ name, ok, ms, detail }: Step): string {
  // The names in a certificate and the headers of an answer are whatever the other side says.
  return `${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(5)} ${ms.toFixed(1).padStart(8)} ms  ${oneLine(detail)}`
}
