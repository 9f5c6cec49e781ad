import { readSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DeliveryOptions, WorkerOptions } from '../config/options.ts'
import type { Converter } from '../mapping/compile.ts'
import { Ids } from '../mapping/ids.ts'
import type { Place } from '../mapping/rules.ts'
import { DeadLetterError, type DeadLetters, toDeadLetter } from '../state/deadletter.ts'
import type { DeadLetter, Destination, Refusal, RejectReason, Work } from '../types.ts'
import { Batch, type Buffers } from './batch.ts'
import { type Identify, identifyBy, placeOf } from './identify.ts'
import type { Done } from './messages.ts'
import { type Block, blocksOf, type LineReader, type LongLine, onOneLine } from './reader.ts'
import { type Check, type Counts, type Fault, Records } from './records.ts'

/** Between attempts to write the dead-letter file: nothing moves on until it can be written. */
const DEAD_LETTER_PAUSE_MS = 1000

/** Of records that wait to be written to the dead-letter file, at most one more than this. */
const MAX_UNBURIED_BYTES = 1024 ** 2

export interface Instruments {
  instance: string
  converter: Converter
  destination: Destination
  deadLetters: DeadLetters
  buffers: Buffers
  reader: LineReader
  id: DeliveryOptions['id']
  workers: WorkerOptions
  check?: Check
  log: { warn(fields: object, text: string): void; error(fields: object, text: string): void }
  signal: AbortSignal
}

type LetterFields = Pick<
  DeadLetter,
  'reason' | 'detail' | 'offset' | 'message' | 'status' | 'answer' | 'attempts'
> & {
  length?: number
}

/**
 * One piece of work from bytes to acknowledgement: read, find, convert, deliver. `run` resolves when every alert in
 * it was acknowledged or stands in the dead-letter file.
 */
export class Range implements Counts {
  records = 0
  filtered = 0
  converted = 0
  repaired = 0
  readonly #tools: Instruments
  readonly #work: Work
  readonly #identify: Identify
  readonly #place: Place
  readonly #records: Records
  readonly #rejected: Partial<Record<RejectReason, number>> = {}
  readonly #sending = new Set<Promise<void>>()
  #letters: DeadLetter[] = []
  #unburied = 0
  /** It goes on from block to block: few lines of a block may match, and a receiver of arrays wants long ones. */
  #batch: Batch | undefined
  #bytes: Buffer = Buffer.alloc(0)
  #failure: unknown
  #refused = 0

  constructor(tools: Instruments, work: Work) {
    this.#tools = tools
    this.#work = work
    this.#identify = identifyBy(tools.id, work)
    this.#place = placeOf(work)
    this.#records = new Records(tools.converter, new Ids(), this, (fault) => this.#reject(fault), tools.check)
  }

  async run(): Promise<Done> {
    const length = await this.#process().catch((error) => {
      this.#failure ??= error
      return 0
    })
    this.#finishBatch()
    // What is read again is rejected again.
    if (this.#failure === undefined) {
      await this.#bury().catch((error) => {
        this.#failure ??= error
      })
    }
    await Promise.all(this.#sending)
    if (this.#failure !== undefined) throw this.#failure
    const { records, filtered, converted, repaired } = this
    const rejected = this.#rejected
    return {
      bytes: length,
      records,
      filtered,
      converted,
      delivered: converted - this.#refused,
      repaired,
      rejected,
    }
  }

  #process(): Promise<number> {
    return this.#work.kind === 'range' ? this.#read(this.#work) : this.#take(this.#work)
  }

  async #read(work: Extract<Work, { kind: 'range' }>): Promise<number> {
    const { reader } = this.#tools
    const { fd, start, end, whole } = work
    for (const found of work.document
      ? reader.document(fd, start, end)
      : reader.lines(fd, start, end, whole)) {
      if (!isIntact(work)) break
      if ('tooLong' in found) await this.#tooLong(found.tooLong)
      else await this.#convert(found)
      if (this.#failure !== undefined) break
    }
    return work.end - work.start
  }

  async #take(work: Extract<Work, { kind: 'bytes' }>): Promise<number> {
    const bytes = Buffer.from(work.bytes.buffer, work.bytes.byteOffset, work.bytes.length)
    for (const found of blocksOf(bytes, this.#tools.workers.max_line)) {
      if ('tooLong' in found) await this.#tooLong(found.tooLong)
      else await this.#convert(found)
    }
    return work.bytes.length
  }

  async #convert(block: Block): Promise<void> {
    this.#bytes = block.bytes
    this.#records.begin(block, this.#identify, this.#place)
    for (;;) {
      this.#batch ??= new Batch(await this.#tools.buffers.take())
      const finished = this.#records.fill(this.#batch)
      if (this.#unburied >= MAX_UNBURIED_BYTES) await this.#bury()
      if (finished) return
      this.#finishBatch()
    }
  }

  /** The batch at hand goes out, unless its range will be read again anyway. */
  #finishBatch(): void {
    const batch = this.#batch
    this.#batch = undefined
    if (batch === undefined) return
    if (this.#failure === undefined) this.#send(batch)
    else this.#tools.buffers.give(batch.bytes)
  }

  /** Delivery goes on beside the reading of what follows; the number of buffers bounds how far ahead that runs. */
  #send(batch: Batch): void {
    if (batch.isEmpty) {
      this.#tools.buffers.give(batch.bytes)
      return
    }
    const sending = this.#deliver(batch)
      .catch((error) => {
        this.#failure ??= error
      })
      .finally(() => {
        this.#tools.buffers.give(batch.bytes)
        this.#sending.delete(sending)
      })
    this.#sending.add(sending)
  }

  async #deliver(batch: Batch): Promise<void> {
    const refusals = await this.#tools.destination.send(batch, this.#tools.signal)
    if (refusals.length === 0) return
    this.#refused += refusals.length
    await this.#append(refusals.map((refusal) => this.#refusalLetter(batch, refusal)))
  }

  #refusalLetter(batch: Batch, refusal: Refusal): DeadLetter {
    const { index, reason, status, answer, attempts } = refusal
    const from = index === 0 ? 0 : (batch.ends[index - 1] as number) // an index of the batch
    const message = batch.bytes.toString('utf8', from, batch.ends[index])
    const offset = batch.offsets[index] as number
    const length = batch.lengths[index] as number
    const raw = this.#recordAt(offset, length)
    this.#count(reason)
    const detail =
      status === undefined ? 'the receiver refused the message' : `the receiver answered ${status}`
    const optional = { ...(status !== undefined && { status }), ...(answer !== undefined && { answer }) }
    return this.#letter({ reason, detail, offset, length, message, attempts, ...optional }, raw)
  }

  /**
   * The bytes of a record, read again: the block that held it may have made room for the next one. None when its file was
   * truncated since, for they would be another record's.
   */
  #recordAt(offset: number, length: number): Buffer {
    if (this.#work.kind === 'bytes') return this.#bytes.subarray(offset, offset + length)
    const raw = Buffer.allocUnsafe(length)
    const read = readSync(this.#work.fd, raw, 0, length, offset)
    if (read !== length || !isIntact(this.#work)) return raw.subarray(0, 0)
    // As it was converted: a letter holds one line, so that it can be tried again.
    return this.#work.document ? onOneLine(raw) : raw
  }

  #reject({ offset, start, end, reason, detail }: Fault): void {
    this.#count(reason)
    this.#keep(this.#letter({ reason, detail, offset }, this.#bytes.subarray(start, end)))
  }

  async #tooLong({ offset, length, head }: LongLine): Promise<void> {
    this.records++
    this.#count('line_too_long')
    const detail = `${length} bytes; the limit is ${this.#tools.workers.max_line}`
    this.#keep(this.#letter({ reason: 'line_too_long', detail, offset, length }, head))
    if (this.#unburied >= MAX_UNBURIED_BYTES) await this.#bury()
  }

  #keep(letter: DeadLetter): void {
    this.#letters.push(letter)
    this.#unburied += letter.raw.length
  }

  #letter(fields: LetterFields, raw: Uint8Array): DeadLetter {
    const place =
      this.#work.kind === 'range'
        ? { origin: this.#work.path, file: this.#work.file }
        : { origin: this.#work.origin }
    return toDeadLetter(
      { connector: this.#tools.instance, ...place, ...fields },
      raw,
      this.#tools.workers.max_line,
    )
  }

  #count(reason: RejectReason): void {
    this.#rejected[reason] = (this.#rejected[reason] ?? 0) + 1
  }

  /** Letters that are durable before their range is done; written together, for each writing is a wait for the disk. */
  async #bury(): Promise<void> {
    if (this.#letters.length === 0) return
    const letters = this.#letters
    this.#letters = []
    this.#unburied = 0
    const [first] = letters
    if (first) {
      const { connector, reason, origin, offset, detail } = first
      // The same words each time, so that the log can limit them: details may quote what was sent to us.
      const fields = { connector, reason, origin, offset, detail, records: letters.length }
      this.#tools.log.warn(fields, 'records were rejected; the first one of them is told')
    }
    await this.#append(letters)
  }

  async #append(letters: readonly DeadLetter[]): Promise<void> {
    for (;;) {
      try {
        await this.#tools.deadLetters.append(letters)
        return
      } catch (error) {
        if (!(error instanceof DeadLetterError)) throw error
        this.#tools.log.error({ code: error.code }, `${error.message}; waiting`)
        await sleep(DEAD_LETTER_PAUSE_MS, undefined, { signal: this.#tools.signal })
      }
    }
  }
}

/** Looked at after each reading: what is there now was there then. */
function isIntact({ fd, end, guard }: Extract<Work, { kind: 'range' }>): boolean {
  if (guard === undefined) return true
  const now = Buffer.allocUnsafe(guard.length)
  return readSync(fd, now, 0, now.length, end - now.length) === now.length && now.equals(guard)
}
