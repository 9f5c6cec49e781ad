import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Step as WriteStep } from '../../src/state/checkpoint.ts'
import { event, Log } from './log.ts'
import { durable, Reader } from './reader.ts'

export type Command =
  | { do: 'append'; count: number }
  | { do: 'appendPartial'; bytes: number }
  | { do: 'rotate'; late: number }
  | { do: 'copytruncate' | 'truncate' | 'delete' | 'recreate' | 'restart' }
  | { do: 'commit'; pieces: number }
  | { do: 'crash'; at: WriteStep | 'now' }
  | { do: 'tick'; looks: number }

const plain = (name: 'copytruncate' | 'truncate' | 'delete' | 'recreate' | 'restart') =>
  fc.constant<Command>({ do: name })

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 12 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('appendPartial' as const),
      bytes: fc.integer({ min: 12, max: 52 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('rotate' as const), late: fc.integer({ min: 0, max: 3 }) }),
  },
  { weight: 2, arbitrary: plain('copytruncate') },
  { weight: 1, arbitrary: plain('truncate') },
  { weight: 1, arbitrary: plain('delete') },
  { weight: 2, arbitrary: plain('recreate') },
  { weight: 2, arbitrary: plain('restart') },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('commit' as const), pieces: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      at: fc.constantFrom<WriteStep | 'now'>('now', 'opened', 'written', 'synced', 'kept', 'renamed', 'done'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('tick' as const),
      looks: fc.constantFrom(1, 1, 1, 2, 4, 12),
    }),
  },
)

export const history = fc.array(command, { minLength: 3, maxLength: 40, size: 'max' })

/** Looks after which everything must have come: a rotated file is waited for, and there are not so many. */
const LAST_LOOKS = 400

/** What went wrong in a history; nothing, if all is well. */
export async function faultsOf(commands: readonly Command[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'model-'))
  try {
    const play = new Play(folder)
    for (const each of commands) await play.do(each)
    await play.end()
    return play.faults
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

class Play {
  readonly faults: string[] = []
  readonly #folder: string
  readonly #log: Log
  readonly #ids = new Map<number, string>()
  /** Offsets on disk when a reader ended: nothing before them may come again. */
  #safe = new Map<string, number>()
  #last = -1
  #reader: Reader | undefined
  #judged = 0
  #state: string
  #crashes = 0

  constructor(folder: string) {
    this.#folder = folder
    this.#state = join(folder, 'state')
    this.#log = new Log(join(folder, 'eve.json'), (number) => this.#ids.has(number))
  }

  async do(command: Command): Promise<void> {
    switch (command.do) {
      case 'append':
        return this.#log.append(command.count)
      case 'appendPartial':
        return this.#log.appendPartial(command.bytes)
      case 'rotate':
        return this.#log.rotate(command.late)
      case 'commit':
        await this.#reader?.commit(command.pieces)
        return this.#judge()
      case 'tick':
        return this.#tick(command.looks)
      case 'crash':
        return this.#crash(command.at)
      case 'restart':
        await this.#stop()
        return this.#start()
      default:
        return this.#log[command.do]()
    }
  }

  /** After all that, everything that can be read comes, and one fresh event too. */
  async end(): Promise<void> {
    this.#log.recreate()
    if (!this.#reader) await this.#start()
    this.#log.append(1)
    const missing = () =>
      Array.from({ length: this.#log.next }, (_, number) => number).filter(
        (number) => !this.#ids.has(number) && !this.#log.gone.has(number),
      )
    for (let look = 0; look < LAST_LOOKS && missing().length > 0; look++) {
      await this.#tick(1)
      await this.do({ do: 'commit', pieces: 5 })
    }
    await this.#tick(1)
    await this.#stop()
    if (missing().length > 0) this.faults.push(`lost: ${missing()}`)
  }

  async #start(): Promise<void> {
    this.#log.isUp = true
    this.#judged = 0
    this.#reader = new Reader(join(this.#folder, 'eve.json'), this.#state)
    await this.#reader.start()
    this.#log.looked()
    this.#judge()
  }

  async #tick(looks: number): Promise<void> {
    if (!this.#reader) return
    await this.#reader.tick(looks)
    this.#log.looked()
    this.#judge()
  }

  async #stop(): Promise<void> {
    await this.#reader?.stop()
    this.#down()
  }

  async #crash(at: WriteStep | 'now'): Promise<void> {
    if (!this.#reader) return
    this.#state = join(this.#folder, `state-${++this.#crashes}`)
    await this.#reader.crash(at, this.#state)
    this.#down()
  }

  #down(): void {
    this.#judge()
    this.#reader = undefined
    this.#log.isUp = false
    this.#safe = durable(this.#state)
  }

  /** What came since the last time: whole, new or with the ID of the first time, in order, and not after it was safe. */
  #judge(): void {
    const { records = [] } = this.#reader ?? {}
    for (const { text, id } of records.slice(this.#judged)) {
      const number = Number(/^\{"n":(\d{6})/.exec(text)?.[1] ?? -1)
      const [file = '', offset = ''] = id.split(':')
      if (text !== event(number)) this.#fragment(text)
      else if (this.#ids.has(number)) {
        if (this.#ids.get(number) !== id)
          this.faults.push(`${number} came as ${this.#ids.get(number)} and ${id}`)
        if (Number(offset) < (this.#safe.get(file) ?? 0)) this.faults.push(`${number} came after it was safe`)
      } else {
        // What could not be told from the past may still turn up late.
        if (number < this.#last && !this.#log.gone.has(number))
          this.faults.push(`${number} came after ${this.#last}`)
        this.#ids.set(number, id)
        this.#last = Math.max(this.#last, number)
      }
    }
    this.#judged = records.length
  }

  /** The halves of events whose file was cut or removed between them are all that may come besides whole ones. */
  #fragment(text: string): void {
    const isHalf = [...this.#log.gone].some(
      (number) => event(number).startsWith(text) || event(number).endsWith(text),
    )
    if (!isHalf) this.faults.push(`nobody wrote ${JSON.stringify(text)}`)
  }
}
