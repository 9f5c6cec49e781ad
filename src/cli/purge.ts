import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { EXIT, UsageError } from '../errors.ts'
import { createLog } from '../log.ts'
import { Aside } from '../state/aside.ts'
import { type Entry, readLetters } from '../state/letters.ts'
import { print } from './place.ts'
import { picks, picksAll, type Selection } from './selection.ts'
import { type Call, isSet, type Streams } from './verb.ts'

/** What there was to remove when the operator was asked. */
interface Meant {
  letters: number
  /** The last letter there was: what came later is nobody's to remove. */
  last: number
  /** Damaged lines are meant only when everything is. */
  damaged: number
}

/** Removes dead letters for good. */
export async function purge(call: Call, state: string, selection: Selection): Promise<number> {
  const { stdout } = call.streams
  const meant = count(state, selection)
  if (meant.letters + meant.damaged === 0) {
    await print(stdout, `nothing to remove: ${described(meant)}\n`)
    return EXIT.ok
  }
  if (!isSet(call, 'yes') && !(await agreed(call.streams, described(meant)))) return EXIT.failed
  const aside = await Aside.take(state, createLog({ level: 'warn', format: 'auto' }, call.streams))
  try {
    const removed = await remove(aside, selection, meant)
    await print(stdout, `${described({ ...meant, ...removed })} removed\n`)
    return EXIT.ok
  } finally {
    aside.close()
  }
}

function count(state: string, selection: Selection): Meant {
  const found: Meant = { letters: 0, last: 0, damaged: 0 }
  for (const entry of readLetters(state)) {
    found.last = entry.number ?? found.last
    if (entry.number === undefined) found.damaged += picksAll(selection) ? 1 : 0
    else if (picks(selection, entry.number, entry.letter)) found.letters++
  }
  return found
}

async function remove(
  aside: Aside,
  selection: Selection,
  meant: Meant,
): Promise<Pick<Meant, 'letters' | 'damaged'>> {
  const removed = { letters: 0, damaged: 0 }
  const isMeant = (entry: Entry) =>
    entry.number === undefined
      ? removed.damaged < meant.damaged
      : entry.number <= meant.last && picks(selection, entry.number, entry.letter)
  for (const entry of aside.entries()) {
    if (!isMeant(entry)) await aside.keep(entry.line)
    else removed[entry.number === undefined ? 'damaged' : 'letters']++
  }
  await aside.finish()
  return removed
}

function described({ letters, last, damaged }: Meant): string {
  return `${letters} of ${last} letter(s)${damaged > 0 ? ` and ${damaged} damaged line(s)` : ''}`
}

async function agreed({ stdin, stderr }: Streams, what: string): Promise<boolean> {
  if (!('isTTY' in stdin && stdin.isTTY === true))
    throw new UsageError(`nobody can be asked here; --yes removes ${what}`)
  const asking = createInterface({ input: stdin, output: stderr })
  try {
    // At the end of the input the question is never answered.
    const closed = once(asking, 'close').then(() => '')
    const answer = await Promise.race([asking.question(`remove ${what}? [y/N] `), closed])
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    asking.close()
  }
}
