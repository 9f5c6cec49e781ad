import { readFileSync } from 'node:fs'
import type { Needle } from '../src/mapping/needle.ts'
import { allocate } from '../src/worker/memory.ts'
import { Search } from '../src/worker/search.ts'
import { sieveFor } from '../src/worker/sieve.ts'
import { measure } from './measure.ts'
import type { Figures, Pace, Question } from './question.ts'
import { converter } from './suricata.ts'

const NEWLINE = 10
/** What a worker looks at together. */
const BLOCK_BYTES = 1024 * 1024
/** More would only take longer. */
const TOTAL_BYTES = 32 * 1024 * 1024
const ALERT = Buffer.from('"event_type":"alert"')

const prefilter: Question = {
  asks: 'What does it cost to tell which lines may be alerts?',
  async *answer({ input, pace }) {
    for (const share of [0.02, 1]) {
      const blocks = blocksOf(readFileSync(input(share)).subarray(0, TOTAL_BYTES))
      yield await findAlerts(blocks, `${100 * share} %`, pace)
    }
  },
}

export default prefilter

export function findAlerts(blocks: readonly Buffer[], share: string, pace: Pace): Promise<Figures> {
  const bytes = blocks.reduce((sum, block) => sum + block.length, 0)
  const items = blocks.reduce((sum, block) => sum + countLines(block), 0)
  const { needle } = converter()
  const search = new Search(needle)
  const over = (name: string, count: (block: Buffer) => number) => ({
    name,
    items,
    bytes,
    run: () => blocks.reduce((sum, block) => sum + count(block), 0),
  })
  return measure(
    `find the alerts among lines in memory, ${share} alerts`,
    'lines',
    [
      over('JSON.parse every line', parseEach),
      over('split into strings, String.includes', includesEach),
      over('each line: Buffer.includes', searchEach),
      over('whole block: Buffer.indexOf of the key and value', searchBlock),
      over('whole block: Search (ours): short needle, escapes', (block) => searchOurs(search, block)),
      over('whole block: sieve (ours): WebAssembly, with counting and UTF-8', (block) => sift(needle, block)),
    ],
    pace,
  )
}

/** Whole lines, about as many as a worker reads at once. */
export function blocksOf(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = []
  let from = 0
  while (from < bytes.length) {
    const to = bytes.lastIndexOf(NEWLINE, from + BLOCK_BYTES) + 1
    if (to <= from) break
    const block = allocate(to - from)
    bytes.copy(block, 0, from, to)
    blocks.push(block)
    from = to
  }
  return blocks
}

function countLines(block: Buffer): number {
  let lines = 0
  for (let at = block.indexOf(NEWLINE); at >= 0; at = block.indexOf(NEWLINE, at + 1)) lines++
  return lines
}

function parseEach(block: Buffer): number {
  let found = 0
  let start = 0
  for (let end = block.indexOf(NEWLINE); end >= 0; end = block.indexOf(NEWLINE, start)) {
    if (JSON.parse(block.toString('utf8', start, end)).event_type === 'alert') found++
    start = end + 1
  }
  return found
}

function includesEach(block: Buffer): number {
  let found = 0
  for (const line of block.toString('latin1').split('\n')) if (line.includes('"event_type":"alert"')) found++
  return found
}

function searchEach(block: Buffer): number {
  let found = 0
  let start = 0
  for (let end = block.indexOf(NEWLINE); end >= 0; end = block.indexOf(NEWLINE, start)) {
    if (block.subarray(start, end).includes(ALERT)) found++
    start = end + 1
  }
  return found
}

function searchBlock(block: Buffer): number {
  let found = 0
  for (let at = block.indexOf(ALERT); at >= 0; at = block.indexOf(ALERT, block.indexOf(NEWLINE, at))) found++
  return found
}

function searchOurs(search: Search, block: Buffer): number {
  let found = 0
  search.start(block, 0, block.length)
  for (let at = search.after(0); at < block.length; at = search.after(block.indexOf(NEWLINE, at))) found++
  return found
}

function sift(needle: Needle | undefined, block: Buffer): number {
  let found = 0
  for (const sieve = sieveFor(needle, block, 0, block.length); sieve.next(); ) if (sieve.isCandidate) found++
  return found
}
