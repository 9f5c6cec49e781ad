import { faultOf } from '../config/files.ts'
import { EXIT, StateError, UsageError } from '../errors.ts'
import { createLog, oneLine } from '../log.ts'
import { OpenFile } from '../sources/file.ts'
import { recognise } from '../sources/identity.ts'
import { Checkpoints, type FileState, positionsIn } from '../state/checkpoint.ts'
import { openStateDirectory } from '../state/directory.ts'
import { adopt } from '../state/owner.ts'
import { print } from './place.ts'
import { readPositions } from './positions.ts'
import type { Call } from './verb.ts'

const NEWLINE = 10
const STEP_BYTES = 64 * 1024

/** Where a position is to go: to an offset, or back by bytes or lines from where it is. */
export type Target =
  | { to: 'offset'; offset: number }
  | { to: 'bytes'; bytes: number }
  | { to: 'lines'; lines: number }

export interface Move {
  state: string
  path: string
  connector: string | undefined
  target: Target
}

/**
 * Moves the stored position of a file to the start of a line. Resolves when that is durable.
 *
 * @throws {StateError} `LOCKED` while a process has the state directory
 * @throws {UsageError} when there is no such file, or no position for what it holds
 */
export async function move({ streams }: Call, { state, path, connector, target }: Move): Promise<number> {
  const log = createLog({ level: 'warn', format: 'auto' }, streams)
  const directory = await openStateDirectory(state, log)
  try {
    const stored = positionsIn(state)
    const known = new Set(readPositions(stored).states.map((each) => each.connector))
    const checkpoints = new Checkpoints({ path: stored, intervalMs: 1000, log })
    const file = open(path)
    try {
      const names = connector === undefined ? [...known] : [connector]
      const position = positionOf(file, path, names, checkpoints)
      const before = position.offset
      const asked = askedFor(file, position, target)
      shift(file, position, lineStart(file, asked))
      checkpoints.put(position)
      if (!(await checkpoints.flush())) throw new StateError('PERMISSION', `${stored} cannot be written`)
      adopt(stored, state)
      await print(streams.stdout, told(position, before, asked))
    } finally {
      file.release()
      await checkpoints.close()
    }
    return EXIT.ok
  } finally {
    directory.release()
  }
}

function open(path: string): OpenFile {
  try {
    return new OpenFile(path)
  } catch (error) {
    throw new UsageError(`${path}: ${faultOf(error)}`)
  }
}

/** The position of what the file holds now, whatever its name is. */
function positionOf(
  file: OpenFile,
  path: string,
  names: readonly string[],
  checkpoints: Checkpoints,
): FileState {
  const found = names.flatMap((name) => {
    const [recognition] = recognise([file], checkpoints.files(name))
    return recognition === undefined || recognition.is === 'new' ? [] : [recognition]
  })
  const [one, ...others] = found.filter(({ is }) => is !== 'replaced').map(({ state }) => state)
  if (others.length > 0) throw new UsageError(`${names.join(', ')} follow ${path}: say --connector C`)
  if (one !== undefined) return one
  const of = names.length === 1 ? ` of ${names[0]}` : ''
  if (found.length > 0)
    throw new UsageError(
      `${path} holds another content than the position${of} says; it is read from its beginning`,
    )
  throw new UsageError(`no position${of} is stored for what ${path} holds`)
}

/** @throws {UsageError} for an offset beyond the end */
function askedFor(file: OpenFile, { offset }: FileState, target: Target): number {
  const from = Math.min(offset, file.size)
  if (target.to === 'bytes') return Math.max(0, from - target.bytes)
  if (target.to === 'lines') return linesBefore(file, from, target.lines)
  if (target.offset <= file.size) return target.offset
  throw new UsageError(`the file ends at ${file.size}`)
}

function lineStart(file: OpenFile, offset: number): number {
  return file.lineEnd(0, offset) ?? 0
}

/** The start of the line that is so many lines before an offset; 0 when there are fewer. */
function linesBefore(file: OpenFile, offset: number, lines: number): number {
  // The newline looked for stands before all of these lines; the one that ends the last of them is met first.
  let left = lines + (lineStart(file, offset) === offset ? 1 : 0)
  for (let end = offset; end > 0; end -= STEP_BYTES) {
    const start = Math.max(0, end - STEP_BYTES)
    const block = file.read(start, end - start)
    for (let at = block.lastIndexOf(NEWLINE); at >= 0; at = block.subarray(0, at).lastIndexOf(NEWLINE)) {
      if (--left <= 0) return start + at + 1
    }
  }
  return 0
}

/** The identity stays: what is read again carries the same IDs. */
function shift(file: OpenFile, position: FileState, offset: number): void {
  const { dev, ino, size, changed } = file
  Object.assign(position, {
    offset,
    frontier: file.frontier(offset),
    size,
    changed,
    dev,
    ino,
    seen: Date.now(),
  })
}

function told({ connector, path, offset }: FileState, before: number, asked: number): string {
  const rounded = asked === offset ? '' : ` (rounded down from ${asked} to the start of its line)`
  const effect =
    offset < before
      ? `: ${before - offset} bytes are delivered again`
      : offset > before
        ? `: ${offset - before} bytes are passed over`
        : ': as it was'
  return `${oneLine(path)} of ${oneLine(connector)}: ${before} → ${offset}${rounded}${effect}\n`
}
