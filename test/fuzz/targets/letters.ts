import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { DeadLetters, deadLettersIn, toDeadLetter } from '../../../src/state/deadletter.ts'
import { type Entry, isHead, readLetters, recordOf } from '../../../src/state/letters.ts'
import { REJECT_REASONS } from '../../../src/types.ts'
import { mutateJson } from '../mutate.ts'
import { scratch } from '../scratch.ts'
import type { Target } from '../target.ts'

const MAX_BYTES = 1024 ** 3

const folder = scratch()
const path = deadLettersIn(folder)

const last = toDeadLetter(
  {
    connector: 'suricata',
    reason: 'refused',
    detail: 'the last one',
    origin: '/var/log/suricata/eve.json',
    offset: 7,
  },
  Buffer.from('{"event_type":"alert"}'),
  1024,
)

export const target: Target = {
  tokens: [
    '\n',
    '\n\n',
    '{"time":"',
    '"reason":"refused"',
    '"raw":"',
    '"encoding":"base64"',
    '"length":',
    '\0',
    ...REJECT_REASONS.slice(0, 3),
  ],
  seeds: () => [
    Buffer.from(`${JSON.stringify(last)}\n`),
    Buffer.from(`${JSON.stringify(last)}\n`.repeat(3).slice(0, -20)),
  ],
  mutate(input, draw) {
    const lines = input.toString().split('\n')
    const index = draw(lines.length)
    lines[index] = mutateJson(
      lines[index] ?? '',
      ['null', '-1', '"base64"', '"utf8"', '[]', '"\\ud800"', '1e99', '"refused"'],
      draw,
    )
    return Buffer.from(lines.join('\n'))
  },
  async check(input) {
    writeFileSync(path, input)
    checkEntries([...readLetters(folder)], input)
    const deadLetters = new DeadLetters(path, MAX_BYTES)
    try {
      await deadLetters.append([last])
    } finally {
      await deadLetters.close()
    }
    assert.ok(readFileSync(path).subarray(0, input.length).equals(input), 'what stood there was changed')
    const entries = [...readLetters(folder)]
    checkEntries(entries, readFileSync(path))
    const found = entries.at(-1)
    assert.ok(found?.number !== undefined, 'the letter behind it is damaged')
    assert.deepEqual(found.letter, last, 'another letter')
  },
}

function checkEntries(entries: readonly Entry[], bytes: Buffer): void {
  // Empty lines set off a damaged one and say nothing.
  const read = Buffer.concat(entries.map(({ line }) => line)).toString('latin1')
  const kept = bytes.toString('latin1').replaceAll(/(?<![^\n])\n/g, '')
  assert.ok(read === kept, 'bytes are left out')
  let number = 0
  for (const entry of entries) {
    if (entry.number === undefined) continue
    assert.equal(entry.number, ++number, 'numbers do not count through')
    assert.ok(REJECT_REASONS.includes(entry.letter.reason), 'a reason that there is not')
    assert.ok(recordOf(entry.letter).length >= 0 && typeof isHead(entry.letter) === 'boolean', 'no record')
  }
}
