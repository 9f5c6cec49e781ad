import { EXIT, UsageError } from '../errors.ts'
import { oneLine } from '../log.ts'
import { DeadLetterError } from '../state/deadletter.ts'
import { asideFiles, isHead, readLetters, recordOf } from '../state/letters.ts'
import type { DeadLetter } from '../types.ts'
import { PLACE_OPTIONS, type Place, placeOf, print } from './place.ts'
import { purge } from './purge.ts'
import { replay } from './replay.ts'
import { numberOf, picks, SELECTION_OPTIONS, type Selection, selectionOf } from './selection.ts'
import { type Call, isSet, type Verb } from './verb.ts'

const usage = `idmefv2 dlq ls     [which] [--json]
idmefv2 dlq show   NUMBER [--raw]
idmefv2 dlq replay [which] [--dry-run] [--wait DURATION]
idmefv2 dlq purge  [which] [--yes]

The dead letters: records that could not be converted or delivered. ls names them, show prints one. replay converts and
delivers them again as the configuration says now, with the IDs of the first time; what is delivered leaves the file.
purge removes them. All of it may be done while run goes on.

  -c, --config FILE     configuration; later files change earlier ones key by key
      --state DIRECTORY the state directory instead (all but replay, which needs the configuration as well)

which letters; without any of these, all
      NUMBER …          those with these numbers (replay, purge)
      --reason R        rejected for this reason
      --connector C     of this connector instance
      --since TIME      rejected at this time or later: 2026-07-29, 2026-07-29T10:00 (UTC unless it has a zone), or so long
                        ago: 24h
      --before TIME     rejected earlier than this

      --json            one object a line
      --raw             the record alone, its exact bytes
      --dry-run         convert, but deliver and change nothing
      --wait DURATION   the rest stays when the receiver acknowledges nothing for so long (1min)
      --yes             do not ask

Exit codes: 0 done, 1 a letter that was meant stays (replay), the answer was no (purge), there is no such letter (show), 64
command line not usable, 75 another process replays or purges, 77 state directory not permitted, 78 configuration not usable
`

export const dlq: Verb = {
  summary: 'list, show, replay and purge dead letters',
  usage,
  options: {
    ...PLACE_OPTIONS,
    ...SELECTION_OPTIONS,
    json: { type: 'boolean' },
    raw: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
    wait: { type: 'string' },
    yes: { type: 'boolean' },
  },
  // What to do, and any number of letters.
  operands: Number.POSITIVE_INFINITY,
  async run(call: Call): Promise<number> {
    const [action, ...rest] = call.positionals
    try {
      switch (action) {
        case 'ls':
          if (rest.length > 0) throw new UsageError(`dlq show ${rest[0]} shows one letter`)
          return await ls(call, (await placeOf(call)).state, selectionOf(call, []))
        case 'show':
          return await show(call, await placeOf(call), rest)
        case 'replay':
          return await replay(call, await placeOf(call), selectionOf(call, rest))
        case 'purge':
          return await purge(call, (await placeOf(call)).state, selectionOf(call, rest))
        default:
          throw new UsageError('dlq ls, show, replay or purge? (idmefv2 dlq --help)')
      }
    } catch (error) {
      if (!(error instanceof DeadLetterError)) throw error
      call.streams.stderr.write(`idmefv2: ${error.message}\n`)
      return EXIT.failed
    }
  },
}

async function ls(call: Call, state: string, selection: Selection): Promise<number> {
  const { stdout, stderr } = call.streams
  const line = isSet(call, 'json') ? jsonLine : textLine
  const totals = new Map<string, number>()
  let damaged = 0
  for (const entry of readLetters(state)) {
    if (entry.number === undefined) damaged++
    else if (picks(selection, entry.number, entry.letter)) {
      totals.set(entry.letter.reason, (totals.get(entry.letter.reason) ?? 0) + 1)
      await print(stdout, line(entry.number, entry.letter))
    }
  }
  if (!isSet(call, 'json')) await print(stdout, `${total(totals)}\n`)
  if (damaged > 0) stderr.write(`${damaged} damaged line(s) passed over\n`)
  const aside = asideFiles(state).length
  if (aside > 0) stderr.write(`${aside} file(s) set aside by a replay or purge: under way, or broken off\n`)
  return EXIT.ok
}

/** Enough of it to know what it is about. */
const SHOWN_DETAIL = 100

function textLine(number: number, letter: DeadLetter): string {
  const { time, connector, reason, length, status = '-', detail } = letter
  const head = oneLine(detail.slice(0, SHOWN_DETAIL))
  const columns = [time, oneLine(connector), reason.padEnd(16), oneLine(place(letter)), `${length} B`, status]
  return `${String(number).padStart(5)}  ${columns.join('  ')}  ${head}\n`
}

/** Where the record stands, as far as that can be said. */
function place({ origin, offset }: DeadLetter): string {
  return offset === undefined ? origin : `${origin}:${offset}`
}

/** All but the record and the message, which may be long. */
function jsonLine(number: number, letter: DeadLetter): string {
  const { raw, message, ...rest } = letter
  return `${oneLine(JSON.stringify({ number, ...rest }))}\n`
}

function total(totals: ReadonlyMap<string, number>): string {
  const all = [...totals.values()].reduce((sum, count) => sum + count, 0)
  const parts = [...totals].sort((a, b) => b[1] - a[1]).map(([reason, count]) => `${count} ${reason}`)
  return `${all} letter(s)${all > 0 ? `: ${parts.join(', ')}` : ''}`
}

async function show(call: Call, { state }: Place, [text, ...others]: readonly string[]): Promise<number> {
  if (text === undefined || others.length > 0) throw new UsageError('one letter at a time: dlq show NUMBER')
  const wanted = numberOf(text)
  for (const { number, ...entry } of readLetters(state)) {
    if (number !== wanted || !('letter' in entry)) continue
    await print(
      call.streams.stdout,
      isSet(call, 'raw') ? recordOf(entry.letter) : described(number, entry.letter),
    )
    return EXIT.ok
  }
  call.streams.stderr.write(`there is no letter ${wanted}\n`)
  return EXIT.failed
}

function described(number: number, letter: DeadLetter): string {
  const { raw, encoding, length, ...fields } = letter
  const record = recordOf(letter)
  const cut = isHead(letter) ? `, of which the first ${record.length} were kept` : ''
  const bytes = encoding === 'base64' ? ', not valid UTF-8: --raw gives them as they are' : ''
  const lines = Object.entries({ number, ...fields, length: `${length} bytes${cut}${bytes}` })
  return [...lines, ['record', record.toString()]]
    .map(([name, value]) => `${String(name).padEnd(10)}  ${oneLine(String(value))}\n`)
    .join('')
}
