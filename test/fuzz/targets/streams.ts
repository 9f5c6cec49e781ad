import assert from 'node:assert/strict'
import { mend, streamRecords } from '../../../src/sources/records.ts'
import type { Target } from '../target.ts'
import { content, cutsIn, limitsFor, linesIn } from './lines.ts'

const LIMITS = [5, 100, 2 ** 21]
const EVENT = '{"timestamp":"2026-04-26T10:00:00.000000+0000","event_type":"alert"}'

/** The records of a stream that comes in these chunks, and the lengths of those that were too long. */
async function records(
  chunks: readonly string[],
  maxLine: number,
): Promise<{ text: string; overLong: number[] }> {
  let text = ''
  const overLong: number[] = []
  async function* stream() {
    yield* chunks
  }
  const deliver = async (some: string) => {
    assert.ok(some.endsWith('\n'), 'a piece that is no whole record')
    text += some
  }
  await streamRecords(stream(), maxLine, deliver, (bytes) => overLong.push(bytes))
  return { text, overLong }
}

export const target: Target = {
  tokens: ['\n', '\r\n', EVENT, '{"timestamp":"', '"}', '\\"', '40000*'],
  seeds: () => [],
  async check(input) {
    const bytes = content(input)
    const cuts = cutsIn(bytes)
    const chunks = cuts.slice(1).map((end, index) => bytes.toString('latin1', cuts[index], end))
    const lines = linesIn(bytes).map(({ offset, length }) =>
      bytes.toString('latin1', offset, offset + length),
    )
    for (const maxLine of limitsFor(bytes, LIMITS)) {
      const { text, overLong } = await records(chunks, maxLine)
      const wanted = lines.map((line) => mend(line.slice(0, maxLine + 1))).join('')
      assert.ok(text === wanted, 'other records than lines')
      assert.deepEqual(
        overLong,
        lines.map((line) => line.length).filter((length) => length > maxLine),
        'too long',
      )
    }
    for (const line of lines.slice(0, 50)) checkMended(line)
  },
}

function checkMended(line: string): void {
  const pieces = mend(line).slice(0, -1).split('\n')
  assert.equal(pieces.join(''), line, 'mending changed a line')
  assert.ok(pieces.length <= 2, 'a line in more than two pieces')
  const torn = line.slice(0, 200).replaceAll('{"timestamp":"', '')
  if (torn === '' || isJson(torn + EVENT)) return
  assert.ok(mend(torn + EVENT) === `${torn}\n${EVENT}\n`, 'an event behind a torn one is lost')
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
