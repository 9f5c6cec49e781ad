import { once } from 'node:events'
import { z } from 'zod'
import { common } from '../config/options.ts'
import type { Config, ConnectorSection } from '../config/read.ts'
import { loadConnector, loadRules, probes } from '../connectors/load.ts'
import { ConfigError, EXIT, UsageError } from '../errors.ts'
import { profile } from '../idmefv2/profiles.ts'
import { oneLine } from '../log.ts'
import { type Converter, compile } from '../mapping/compile.ts'
import { applyDocument } from '../mapping/file.ts'
import { Ids } from '../mapping/ids.ts'
import { MappingError } from '../mapping/read.ts'
import type { Rules } from '../mapping/rules.ts'
import { nearest } from '../nearest.ts'
import { contextOf, mappingProblems, readDocument, requireMapping } from '../setup.ts'
import { BATCH_BYTES, Batch } from '../worker/batch.ts'
import { identifyBy } from '../worker/identify.ts'
import type { Block, LongLine } from '../worker/reader.ts'
import { type Counts, type Fault, Records } from '../worker/records.ts'
import { readChecked } from './config.ts'
import { type Input, openInput } from './input.ts'
import { unknownProbe } from './probe.ts'
import { type Call, type Streams, textOf, textsOf, type Verb, versionOf } from './verb.ts'

const usage = `idmefv2 convert PROBE [FILE|-] [options]

Converts what a tool wrote and prints the messages, one a line. Nothing is sent and nothing is remembered. IDs are made
from the content of each record: the same record gives the same ID. The file is what the tool itself emits: lines, one
document of JSON, the answer of an API or the body of a request.

      --idmefv2-version V   2.D.V04 to 2.D.V08, or V04 to V08 (2.D.V08)
      --mapping FILE        a mapping file, as [PROBE] mapping
  -o, --option KEY=VALUE    an option of the probe, as in its section; as often as needed
  -c, --config FILE         take the options of the probe and of [idmefv2] from a configuration; PROBE may then be the
                            name of its section, such as suricata:dmz

Exit codes: 0 every record was converted or filtered, 1 a record was rejected (told on standard error)
`

export const convert: Verb = {
  summary: 'convert a file, print the messages',
  usage,
  options: {
    'idmefv2-version': { type: 'string' },
    mapping: { type: 'string' },
    option: { type: 'string', short: 'o', multiple: true },
    config: { type: 'string', short: 'c', multiple: true },
  },
  operands: 2,
  async run(call: Call): Promise<number> {
    const [probe, file = '-'] = call.positionals
    if (probe === undefined) throw new UsageError('name the probe: idmefv2 convert PROBE [FILE|-]')
    const [name = ''] = probe.split(':', 1)
    if (!probes().includes(name)) throw new UsageError(unknownProbe(name))
    const { converter, rules } = await converterFor(probe, call)
    const input = openInput(file, call.streams.stdin, rules)
    const conversion = new Conversion(converter, file, input, call.streams)
    return (await conversion.run()) ? EXIT.ok : EXIT.failed
  },
}

async function converterFor(probe: string, call: Call): Promise<{ converter: Converter; rules: Rules }> {
  const { delivery, section } = await settings(probe, call)
  const version = versionOf(call) ?? delivery.version
  const given = textOf(call, 'mapping') ?? section.options.mapping
  const file = typeof given === 'string' ? given : undefined
  requireMapping(await loadConnector(section.probe), file, probe)
  const own = await loadRules(section.probe, section.options)
  try {
    const rules = file === undefined ? own : applyDocument(own, await readDocument(file))
    const converter = compile(rules, profile(version), contextOf(section, { ...delivery, version }))
    return { converter, rules }
  } catch (error) {
    if (!(error instanceof MappingError)) throw error
    throw new ConfigError(mappingProblems(error, file ?? probe))
  }
}

/** From a configuration, where there is one; else what an empty one would give. What the command line says lies over either. */
async function settings(
  name: string,
  call: Call,
): Promise<{ delivery: Config['idmefv2']; section: ConnectorSection }> {
  const files = textsOf(call, 'config')
  const [probe = ''] = name.split(':', 1)
  const { options: schema } = await loadConnector(probe)
  const given = givenOptions(schema, textsOf(call, 'option'))
  if (files.length === 0) {
    const options = { ...schema.parse({}), ...given }
    return { delivery: common.idmefv2.parse({}), section: { probe, instance: name, options } }
  }
  const { config } = await readChecked(files, false)
  const section = config.connectors.find((one) => one.instance === name || one.probe === name)
  if (section === undefined) throw new UsageError(`the configuration has no section [${name}]`)
  return { delivery: config.idmefv2, section: { ...section, options: { ...section.options, ...given } } }
}

/** `KEY=VALUE` as the section would give it. @throws {UsageError} */
function givenOptions(schema: z.ZodObject, words: readonly string[]): Record<string, unknown> {
  const found = words.map((word) => {
    const [, key = '', value = ''] = /^([^=]*)=(.*)$/s.exec(word) ?? []
    const option = Object.hasOwn(schema.shape, key) ? schema.shape[key] : undefined
    if (option === undefined) throw new UsageError(`--option ${word}: ${unknownOption(key, schema)}`)
    const parsed = z.safeParse(option, value)
    if (parsed.success) return [key, parsed.data] as const
    throw new UsageError(`--option ${word}: ${parsed.error.issues.map(({ message }) => message).join('; ')}`)
  })
  return Object.fromEntries(found)
}

function unknownOption(key: string, schema: z.ZodObject): string {
  const guess = nearest(key, Object.keys(schema.shape))
  return `expected KEY=VALUE with an option of the probe${guess ? `; did you mean ${guess}?` : ''}`
}

class Conversion implements Counts {
  records = 0
  filtered = 0
  converted = 0
  repaired = 0
  #rejected = 0
  readonly #records: Records
  readonly #streams: Streams
  readonly #file: string
  readonly #input: Input
  /** Offsets say something: what is read are lines of the input. */
  #hasPlaces = true
  #bytes: Buffer = Buffer.alloc(0)

  constructor(converter: Converter, file: string, input: Input, streams: Streams) {
    this.#records = new Records(converter, new Ids(), this, (fault) => this.#reject(fault))
    this.#streams = streams
    this.#file = file
    this.#input = input
  }

  /** False when a record was rejected. */
  async run(): Promise<boolean> {
    for await (const found of this.#input.blocks) {
      this.#hasPlaces = !found.isCut
      if ('tooLong' in found) this.#skip(found.tooLong)
      else if ('damaged' in found) this.#damaged(found.damaged)
      else await this.#convert(found)
    }
    const { converted, filtered, repaired } = this
    const also = repaired > 0 ? `, ${repaired} with invalid UTF-8 replaced` : ''
    this.#streams.stderr.write(
      `${converted} converted, ${filtered} filtered, ${this.#rejected} rejected${also}\n`,
    )
    return this.#rejected === 0
  }

  async #convert(block: Block): Promise<void> {
    const { place, changed } = this.#input
    this.#bytes = block.bytes
    this.#records.begin(
      block,
      identifyBy('content', { kind: 'bytes', bytes: new Uint8Array(), origin: this.#file }),
      this.#hasPlaces ? place : { ...place, changed },
    )
    for (let finished = false; !finished; ) {
      const batch = new Batch(Buffer.allocUnsafeSlow(BATCH_BYTES))
      finished = this.#records.fill(batch)
      await this.#print(batch)
    }
  }

  async #print(batch: Batch): Promise<void> {
    let from = 0
    const lines: Buffer[] = []
    for (const end of batch.ends) {
      lines.push(batch.bytes.subarray(from, end), NEWLINE)
      from = end
    }
    const { stdout } = this.#streams
    if (lines.length > 0 && !stdout.write(Buffer.concat(lines))) await once(stdout, 'drain')
  }

  /** A document, of which nothing is taken. */
  #damaged(detail: string): void {
    this.records++
    this.#tell(0, 'not a document', detail)
  }

  #skip({ offset, length }: LongLine): void {
    this.records++
    this.#tell(offset, 'line_too_long', `${length} bytes`)
  }

  #reject({ offset, start, end, reason, detail }: Fault): void {
    this.#tell(
      offset,
      reason,
      `${detail}: ${this.#bytes.toString('utf8', start, Math.min(end, start + SHOWN_BYTES))}`,
    )
  }

  #tell(offset: number, reason: string, detail: string): void {
    this.#rejected++
    const place = this.#hasPlaces ? `byte ${offset}` : `record ${this.records}`
    const file = this.#file === '-' ? 'stdin' : this.#file
    this.#streams.stderr.write(`${file}, ${place}: ${reason}: ${oneLine(detail)}\n`)
  }
}

const NEWLINE = Buffer.from('\n')
const SHOWN_BYTES = 120
