import type { DeadLetter, Destination, Refusal } from '../types.ts'
import { BATCH_BYTES, Batch } from '../worker/batch.ts'
import { type Retrial, refused, skipped, type Verdict } from './retrial.ts'

/** What is held at a time; after a crash, up to so much is delivered again, with the same IDs. */
const ROUND_BYTES = 8 * 1024 ** 2
const ROUND_LETTERS = 500

/** A line of the dead-letter file; one that nobody meant has no verdict and stays. */
export interface Item {
  line: Buffer
  verdict?: Verdict
}

/** A batch, and the letters of its messages by index. */
interface Parcel {
  batch: Batch
  items: Item[]
  letters: DeadLetter[]
}

/** Letters that are tried together, with the lines between them, in order. */
export class Round {
  readonly items: Item[] = []
  readonly #retrial: Retrial
  readonly #parcels: Parcel[] = []
  #bytes = 0
  #tried = 0

  constructor(retrial: Retrial) {
    this.#retrial = retrial
  }

  get isFull(): boolean {
    return this.#bytes >= ROUND_BYTES || this.#tried >= ROUND_LETTERS
  }

  /** A line that stays as it is. */
  pass(line: Buffer): void {
    this.items.push({ line })
    this.#bytes += line.length
  }

  /** A letter whose record is converted at once. Until `deliver` says otherwise, what could be converted counts as delivered. */
  try(line: Buffer, letter: DeadLetter): void {
    this.pass(line)
    this.#tried++
    const item: Item = { line, verdict: { is: 'delivered' } }
    this.items[this.items.length - 1] = item
    for (let parcel = this.#parcels.at(-1) ?? this.#open(); ; parcel = this.#open()) {
      const obstacle = this.#retrial.convert(letter, parcel.batch)
      if (obstacle === 'full') continue
      if (obstacle !== undefined) item.verdict = obstacle
      else {
        parcel.items.push(item)
        parcel.letters.push(letter)
      }
      return
    }
  }

  /**
   * Sends what was converted. Resolves when every verdict is final, also after `signal` aborted; gives the error if
   * the destination failed by itself.
   */
  async deliver(destination: Destination, signal: AbortSignal): Promise<unknown> {
    const failures = await Promise.all(this.#parcels.map((parcel) => send(parcel, destination, signal)))
    return failures.find((failure) => failure !== undefined)
  }

  #open(): Parcel {
    const parcel: Parcel = { batch: new Batch(Buffer.allocUnsafeSlow(BATCH_BYTES)), items: [], letters: [] }
    this.#parcels.push(parcel)
    return parcel
  }
}

async function send(parcel: Parcel, destination: Destination, signal: AbortSignal): Promise<unknown> {
  try {
    for (const refusal of await destination.send(parcel.batch, signal)) refuse(parcel, refusal)
    return undefined
  } catch (error) {
    // Some of them may have arrived; they will again, with the same ID.
    for (const item of parcel.items) item.verdict = skipped('it is not known whether it arrived')
    return signal.aborted ? undefined : error
  }
}

function refuse({ batch, items, letters }: Parcel, { index, ...refusal }: Refusal): void {
  const [item, letter] = [items[index], letters[index]]
  if (item === undefined || letter === undefined) throw new RangeError(`no message ${index} in the batch`)
  const message = batch.bytes.toString('utf8', batch.ends[index - 1] ?? 0, batch.ends[index])
  const { status } = refusal
  const detail = status === undefined ? 'the receiver refused the message' : `the receiver answered ${status}`
  item.verdict = refused(letter, { ...refusal, detail, message })
}
