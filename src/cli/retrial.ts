import type { Config } from '../config/read.ts'
import { loadRules } from '../connectors/load.ts'
import { profile } from '../idmefv2/profiles.ts'
import { compile, mayGenerate } from '../mapping/compile.ts'
import { applyDocument } from '../mapping/file.ts'
import { Ids } from '../mapping/ids.ts'
import { parserOf } from '../mapping/parser.ts'
import { isHead, recordOf } from '../state/letters.ts'
import type { DeadLetter, RejectReason } from '../types.ts'
import type { Batch } from '../worker/batch.ts'
import { whole } from '../worker/check.ts'
import { identifyBy } from '../worker/identify.ts'
import type { ConnectorSetup } from '../worker/messages.ts'
import { type Fault, Records } from '../worker/records.ts'
import type { Checked } from './config.ts'

/**
 * What became of a letter. `refused` carries it as it is to be kept now; `skipped`: it was not tried, or not to the
 * end, and stays as it is.
 */
export type Verdict =
  | { is: 'delivered' }
  | { is: 'refused'; letter: DeadLetter }
  | { is: 'skipped'; why: string }

/** Converts the records of dead letters with the mappings and options in force now. */
export class Retrial {
  readonly #id: Config['idmefv2']['id']
  readonly #records = new Map<string, Records>()
  #fault: Fault | undefined

  static async prepare({ config, connectors }: Checked): Promise<Retrial> {
    const retrial = new Retrial(config)
    await Promise.all(connectors.map((connector) => retrial.#add(connector, config)))
    return retrial
  }

  private constructor({ idmefv2 }: Config) {
    this.#id = idmefv2.id
  }

  /**
   * Adds the message of a letter to the batch, with the ID of the first time. What stands in the way is returned;
   * `full`: the batch is, and has to be another one.
   */
  convert(letter: DeadLetter, batch: Batch): Exclude<Verdict, { is: 'delivered' }> | 'full' | undefined {
    const records = this.#records.get(letter.connector)
    if (records === undefined) return skipped(`the configuration has no [${letter.connector}]`)
    const record = recordOf(letter)
    if (record.length === 0)
      return skipped('the record was gone with its file when the receiver refused the message')
    if (isHead(letter)) return skipped('only the head of the record was kept, for it was over max_line')
    if (record.includes('\n')) return skipped('the record is more than one line')
    const before = batch.ends.length
    this.#fault = undefined
    this.#begin(records, letter, Buffer.concat([record, Buffer.from('\n')]))
    if (!records.fill(batch)) return 'full'
    if (this.#fault !== undefined) return refused(letter, this.#fault)
    return batch.ends.length > before
      ? undefined
      : skipped('the mapping in force does not take it for an alert')
  }

  #begin(records: Records, { file, offset = 0, origin }: DeadLetter, bytes: Buffer<ArrayBuffer>): void {
    // As it was the first time: what has no file has its ID from its content.
    const identify =
      file === undefined
        ? identifyBy(this.#id, { kind: 'bytes', bytes, origin })
        : identifyBy(this.#id, { kind: 'range', fd: -1, start: offset, end: offset, file, path: origin })
    const place = file === undefined ? {} : { path: origin }
    records.begin({ bytes, from: 0, to: bytes.length, origin: offset }, identify, place)
  }

  async #add({ instance, probe, document, context }: ConnectorSetup, config: Config): Promise<void> {
    const { validate, version } = config.idmefv2
    const own = await loadRules(probe, context.options)
    const rules = document === undefined ? own : applyDocument(own, document)
    const converter = compile(rules, profile(version), context, {
      parse: parserOf(config.workers.parser),
      identity: this.#id === 'random' ? 'place' : 'record',
    })
    const counts = { records: 0, filtered: 0, converted: 0, repaired: 0 }
    const note = (fault: Fault) => {
      this.#fault = fault
    }
    // `sample` checks each message here: they are few, and were rejected before. ajv makes code from strings.
    const check = validate === 'never' || !mayGenerate() ? undefined : whole(version)
    this.#records.set(instance, new Records(converter, new Ids(), counts, note, check))
  }
}

/** The letter as it is kept when its record or message was rejected again. */
export function refused(
  letter: DeadLetter,
  failure: { reason: RejectReason; detail: string } & Pick<
    DeadLetter,
    'message' | 'status' | 'answer' | 'attempts'
  >,
): { is: 'refused'; letter: DeadLetter } {
  const { message: _message, status: _status, answer: _answer, ...record } = letter
  const { reason, detail, message, status, answer } = failure
  return {
    is: 'refused',
    letter: {
      ...record,
      reason,
      detail,
      ...(message !== undefined && { message }),
      ...(status !== undefined && { status }),
      ...(answer !== undefined && { answer }),
      attempts: (letter.attempts ?? 1) + (failure.attempts ?? 1),
    },
  }
}

export const skipped = (why: string) => ({ is: 'skipped', why }) as const
