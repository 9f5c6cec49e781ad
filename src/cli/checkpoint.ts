import { bytes } from '../config/values.ts'
import { loadConnector, probeOf, probes } from '../connectors/load.ts'
import { EXIT, UsageError } from '../errors.ts'
import { oneLine } from '../log.ts'
import type { Archive } from '../sources/paths.ts'
import { type FileState, positionsIn } from '../state/checkpoint.ts'
import { move, type Target } from './move.ts'
import { PLACE_OPTIONS, placeOf, print } from './place.ts'
import { readPositions, type Sight, sightsOf } from './positions.ts'
import { type Call, isSet, textOf, type Verb } from './verb.ts'

const usage = `idmefv2 checkpoint ls     [--json]
idmefv2 checkpoint set    FILE OFFSET [--connector C]
idmefv2 checkpoint rewind FILE [--to beginning | --bytes N | --lines N] [--connector C]

The positions up to which files were delivered. ls shows them, and may be used while run goes on. set and rewind change
one, and refuse while a process has the state directory. The file keeps its identity, so what is delivered again has the
same IDs; what set passes over is never delivered. FILE is the file as it is now, also a rotated one (eve.json.1).

  -c, --config FILE     configuration; later files change earlier ones key by key
      --state DIRECTORY the state directory instead
      --connector C     where several connector instances follow the file
      --to beginning    deliver the whole file again (this is what rewind does by itself)
      --bytes N         go back so far: 65536, 10MiB; to the start of the line there
      --lines N         go back so many lines
      --json            one object a line

Exit codes: 0 done, 1 positions cannot be read, 64 no such file or position, 75 the state directory is in use, 77 not permitted
`

export const checkpoint: Verb = {
  summary: 'list positions in files, change them',
  usage,
  options: {
    ...PLACE_OPTIONS,
    connector: { type: 'string' },
    to: { type: 'string' },
    bytes: { type: 'string' },
    lines: { type: 'string' },
    json: { type: 'boolean' },
  },
  operands: 3,
  async run(call: Call): Promise<number> {
    const [action, file, ...rest] = call.positionals
    const { state } = await placeOf(call)
    if (action === 'ls') return ls(call, state)
    if (action !== 'set' && action !== 'rewind')
      throw new UsageError('checkpoint ls, set or rewind? (idmefv2 checkpoint --help)')
    if (file === undefined) throw new UsageError(`name the file: checkpoint ${action} FILE`)
    const target = action === 'set' ? offsetOf(rest) : distanceOf(call, rest)
    return move(call, { state, path: file, connector: textOf(call, 'connector'), target })
  },
}

async function ls(call: Call, state: string): Promise<number> {
  const { stdout, stderr } = call.streams
  const line = isSet(call, 'json') ? jsonLine : textLine
  const { states, warnings } = readPositions(positionsIn(state))
  for (const warning of warnings) stderr.write(`${warning}\n`)
  for (const sight of sightsOf(states, await archivesOf(states))) await print(stdout, line(sight))
  if (states.length === 0) stderr.write('no positions are stored\n')
  return warnings.length > 0 ? EXIT.failed : EXIT.ok
}

/** By connector; of those that this version knows. */
async function archivesOf(states: readonly FileState[]): Promise<Map<string, Archive>> {
  const known = probes()
  const archives = new Map<string, Archive>()
  for (const connector of new Set(states.map((state) => state.connector))) {
    const probe = probeOf(connector)
    const { archive } = known.includes(probe) ? await loadConnector(probe) : {}
    if (archive) archives.set(connector, archive)
  }
  return archives
}

function jsonLine(sight: Sight): string {
  const { state, is, path, size } = sight
  const { connector, file, offset, seen } = state
  const now = { found: is, at: path, size, behind: behind(sight), seen: new Date(seen).toISOString() }
  return `${oneLine(JSON.stringify({ connector, path: state.path, file, offset, ...now }))}\n`
}

function textLine(sight: Sight): string {
  const { connector, path, file, offset, seen } = sight.state
  const rest = `${behind(sight)} behind  seen ${new Date(seen).toISOString()}  ${finding(sight)}`
  const place = `${file}  ${offset} of ${sight.size ?? '?'}`
  return `${oneLine(connector)}  ${oneLine(path)}  ${place}  ${rest}\n`
}

/** Bytes that are there and not yet delivered; of a file that is gone, as many as there were. */
function behind({ state, is, size = state.size }: Sight): number {
  return is === 'replaced' ? size : Math.max(0, size - state.offset)
}

function finding({ state, is, path, packed }: Sight): string {
  const where = path === state.path ? '' : ` as ${oneLine(path ?? '')}`
  switch (is) {
    case 'same':
      return `matches${where}`
    case 'shorter':
      return `matches${where}, but lost its end`
    case 'replaced':
      return `holds another content${where}`
    case 'gone':
      return packed ? 'not found, or compressed' : 'not found'
  }
}

/** @throws {UsageError} */
function offsetOf([text, ...rest]: readonly string[]): Target {
  if (text === undefined || rest.length > 0) throw new UsageError('checkpoint set FILE OFFSET')
  return { to: 'offset', offset: whole(text, 'OFFSET') }
}

/** @throws {UsageError} */
function distanceOf(call: Call, rest: readonly string[]): Target {
  const [to, size, lines] = [textOf(call, 'to'), textOf(call, 'bytes'), textOf(call, 'lines')]
  const given = [to, size, lines].filter((text) => text !== undefined)
  if (rest.length > 0 || given.length > 1)
    throw new UsageError('checkpoint rewind FILE, and one of --to beginning, --bytes N, --lines N')
  if (size !== undefined) return { to: 'bytes', bytes: sizeOf(size) }
  if (lines !== undefined) return { to: 'lines', lines: whole(lines, '--lines') }
  if (to !== undefined && to !== 'beginning') throw new UsageError('--to: expected beginning')
  return { to: 'offset', offset: 0 }
}

function sizeOf(text: string): number {
  const parsed = bytes(0).safeParse(text)
  if (parsed.success) return parsed.data
  throw new UsageError('--bytes: expected a size such as 65536 or 10MiB')
}

function whole(text: string, name: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new UsageError(`${name}: expected a whole number, not ${text}`)
}
