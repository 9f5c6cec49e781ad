import { closeSync, constants, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type DeadLetter, REJECT_REASONS } from '../types.ts'
import { deadLettersIn } from './deadletter.ts'
import { reason } from './edges.ts'

// Reading what DeadLetters wrote. Letters lie in one file, to which a running process appends, and in those that were
// set aside to be worked on (aside.ts): the older ones. Numbers count through all of them.
//
//   STATE/aside/1.ndjson   STATE/aside/2.ndjson   STATE/dead-letters.ndjson
//   1 ................ 17  18 ............... 20  21 ...................... 40

const NEWLINE = 10
const READ_BYTES = 1024 * 1024

/**
 * A line beyond this is damage. A record of the default `max_line` whose every byte is escaped takes 96 MiB, and its
 * message may be as long; twice that is still a string for JSON.parse.
 */
const MAX_LETTER_BYTES = 256 * 1024 ** 2

const count = z.int().nonnegative()

/** Members that a later version may add are kept. */
const shape = z.looseObject({
  time: z.iso.datetime(),
  connector: z.string(),
  reason: z.enum(REJECT_REASONS),
  detail: z.string(),
  origin: z.string(),
  file: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .exactOptional(),
  offset: count.exactOptional(),
  length: count,
  raw: z.string(),
  encoding: z.enum(['utf8', 'base64']),
  message: z.string().exactOptional(),
  status: count.exactOptional(),
  answer: z.string().exactOptional(),
  attempts: count.exactOptional(),
}) satisfies z.ZodType<DeadLetter>

/** A line of a file, newline included (but for a last one that has none), or what is damaged: no letter can be made of it. */
export type Entry = { number: number; letter: DeadLetter; line: Buffer } | { number: undefined; line: Buffer }

export const asideFolder = (state: string) => join(state, 'aside')

/** What was set aside, oldest first. */
export function asideFiles(state: string): string[] {
  const folder = asideFolder(state)
  return namesIn(folder)
    .flatMap((name) => /^(\d+)\.ndjson$/.exec(name)?.[1] ?? [])
    .sort((a, b) => Number(a) - Number(b))
    .map((number) => join(folder, `${number}.ndjson`))
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (reason(error) === 'ENOENT') return []
    throw error
  }
}

/** Every letter of a state directory as it stands; nothing is changed, and others may go on writing. */
export function* readLetters(state: string): Generator<Entry> {
  const files: LetterFile[] = []
  try {
    for (const path of [...asideFiles(state), deadLettersIn(state)]) {
      const file = LetterFile.open(path)
      if (file) files.push(file)
    }
    yield* entriesOf(files)
  } finally {
    for (const file of files) file.close()
  }
}

/** Numbered from 1 on; empty lines, which set off a damaged one, are passed over. */
export function* entriesOf(files: readonly LetterFile[]): Generator<Entry> {
  let number = 0
  for (const file of files) {
    for (const line of file.lines()) {
      if (line.length === 1 && line[0] === NEWLINE) continue
      const letter = letterOf(line)
      if (letter) number += 1
      yield letter ? { number, letter, line } : { number: undefined, line }
    }
  }
}

function letterOf(line: Buffer): DeadLetter | undefined {
  if (line.length > MAX_LETTER_BYTES) return undefined
  try {
    return shape.safeParse(JSON.parse(line.toString())).data
  } catch {
    return undefined // damaged, which is what the caller is told
  }
}

export function recordOf({ raw, encoding }: DeadLetter): Buffer {
  return Buffer.from(raw, encoding)
}

/** Of a record over the limit only the head was kept. */
export function isHead(letter: DeadLetter): boolean {
  return recordOf(letter).length < letter.length
}

/** One file, read line by line in bounded memory, and read on from where it ended when it has grown. */
export class LetterFile {
  readonly path: string
  readonly #fd: number
  #position = 0

  private constructor(path: string, fd: number) {
    this.path = path
    this.#fd = fd
  }

  /** Undefined when there is none. @throws Error of the file system */
  static open(path: string): LetterFile | undefined {
    try {
      return new LetterFile(path, openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW))
    } catch (error) {
      if (reason(error) === 'ENOENT') return undefined
      throw error
    }
  }

  /**
   * The lines up to the end as it is then; each is the caller's. One beyond the limit comes in parts. Who stops early
   * goes on with the line after the last one taken.
   */
  *lines(): Generator<Buffer> {
    const chunk = Buffer.allocUnsafeSlow(READ_BYTES)
    let begun: Buffer[] = []
    let begunBytes = 0
    for (;;) {
      const filled = chunk.subarray(0, readSync(this.#fd, chunk, 0, READ_BYTES, this.#position + begunBytes))
      if (filled.length === 0) break
      let from = 0
      for (let end = filled.indexOf(NEWLINE); end >= 0; end = filled.indexOf(NEWLINE, from)) {
        yield this.#taken([...begun, filled.subarray(from, end + 1)])
        begun = []
        begunBytes = 0
        from = end + 1
      }
      begun.push(Buffer.from(filled.subarray(from)))
      begunBytes += filled.length - from
      if (begunBytes <= MAX_LETTER_BYTES) continue
      yield this.#taken(begun)
      begun = []
      begunBytes = 0
    }
    if (begunBytes > 0) yield this.#taken(begun)
  }

  close(): void {
    closeSync(this.#fd)
  }

  #taken(parts: readonly Buffer[]): Buffer {
    const line = Buffer.concat(parts)
    this.#position += line.length
    return line
  }
}
