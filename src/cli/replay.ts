import { duration } from '../config/values.ts'
import { EXIT, UsageError } from '../errors.ts'
import { createLog, oneLine } from '../log.ts'
import { Aside, type Step } from '../state/aside.ts'
import { type Entry, readLetters } from '../state/letters.ts'
import { Dispatch } from './dispatch.ts'
import { type Place, print } from './place.ts'
import { Retrial } from './retrial.ts'
import { type Item, Round } from './round.ts'
import { picks, type Selection } from './selection.ts'
import { type Call, isSet, textOf } from './verb.ts'

const DEFAULT_WAIT = '1min'

/** Tries dead letters again; what is delivered leaves the file. `onStep` is told as by `Aside`; tests die there. */
export async function replay(
  call: Call,
  { state, checked }: Place,
  selection: Selection,
  onStep?: (step: Step) => void,
): Promise<number> {
  if (checked === undefined) throw new UsageError('replay needs the configuration: -c FILE')
  const { idmefv2, logging } = checked.config
  const waitMs = waitOf(call)
  const retrial = await Retrial.prepare(checked)
  const tally = new Tally()
  if (isSet(call, 'dry-run')) {
    for (const round of roundsOf(readLetters(state), selection, retrial)) tally.count(round)
    return tell(call, tally, 'would be delivered', selection)
  }
  const log = createLog({ level: logging.level, format: logging.format }, call.streams)
  const dispatch = new Dispatch(idmefv2, waitMs, log)
  try {
    const aside = await Aside.take(state, log, onStep)
    try {
      await deliver(roundsOf(aside.entries(), selection, retrial), dispatch, aside, tally)
    } finally {
      aside.close()
    }
  } finally {
    await dispatch.close()
  }
  // Messages that go to standard output have it for themselves.
  const { stdout, stderr } = call.streams
  const streams = { ...call.streams, stdout: idmefv2.delivery === 'stdout' ? stderr : stdout }
  return tell({ ...call, streams }, tally, 'delivered', selection, dispatch.obstacle)
}

async function deliver(
  rounds: Iterable<Round>,
  dispatch: Dispatch,
  aside: Aside,
  tally: Tally,
): Promise<void> {
  for (const round of rounds) {
    await dispatch.deliver(round)
    tally.count(round)
    for (const item of round.items) {
      const left = leftOf(item)
      if (left !== undefined) await aside.keep(left)
    }
    if (dispatch.obstacle !== undefined) break
  }
  // After an obstacle, this puts back what was not tried.
  await aside.finish()
}

/** The entries in rounds of bounded size, none of which loses any. */
function* roundsOf(entries: Iterable<Entry>, selection: Selection, retrial: Retrial): Generator<Round> {
  let round = new Round(retrial)
  for (const entry of entries) {
    if (entry.number !== undefined && picks(selection, entry.number, entry.letter))
      round.try(entry.line, entry.letter)
    else round.pass(entry.line)
    if (!round.isFull) continue
    yield round
    round = new Round(retrial)
  }
  yield round
}

/** The line that stays, if one does. */
function leftOf({ line, verdict }: Item): Buffer | undefined {
  if (verdict?.is === 'delivered') return undefined
  return verdict?.is === 'refused' ? Buffer.from(`${JSON.stringify(verdict.letter)}\n`) : line
}

class Tally {
  readonly verdicts = { delivered: 0, refused: 0, skipped: 0 }
  /** How many were skipped, by why. */
  readonly skipped = new Map<string, number>()

  count({ items }: Round): void {
    for (const { verdict } of items) {
      if (verdict === undefined) continue
      this.verdicts[verdict.is]++
      if (verdict.is === 'skipped') this.skipped.set(verdict.why, (this.skipped.get(verdict.why) ?? 0) + 1)
    }
  }
}

async function tell(
  { streams }: Call,
  tally: Tally,
  done: string,
  { numbers }: Selection,
  obstacle?: string,
): Promise<number> {
  const { delivered, refused, skipped } = tally.verdicts
  const unknown = obstacle === undefined ? Math.max(0, numbers.size - delivered - refused - skipped) : 0
  for (const [why, count] of tally.skipped) streams.stderr.write(`skipped ${count}: ${oneLine(why)}\n`)
  if (unknown > 0) streams.stderr.write(`${unknown} of the numbers name no such letter\n`)
  if (obstacle !== undefined) streams.stderr.write(`broken off, what was not tried stays: ${obstacle}\n`)
  await print(streams.stdout, `${delivered} ${done}, ${refused} still refused, ${skipped} skipped\n`)
  return refused + skipped + unknown === 0 && obstacle === undefined ? EXIT.ok : EXIT.failed
}

/** @throws {UsageError} */
function waitOf(call: Call): number {
  const parsed = duration(100).safeParse(textOf(call, 'wait') ?? DEFAULT_WAIT)
  if (parsed.success) return parsed.data
  throw new UsageError('--wait: expected a duration such as 30s')
}
