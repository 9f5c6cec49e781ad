import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import suricata from '../../../src/connectors/suricata/mapping.ts'
import { profile } from '../../../src/idmefv2/profiles.ts'
import { validator } from '../../../src/idmefv2/validate.ts'
import { Converter, compile, REJECTED } from '../../../src/mapping/compile.ts'
import { Ids } from '../../../src/mapping/ids.ts'
import { readMapping } from '../../../src/mapping/read.ts'
import { Batch } from '../../../src/worker/batch.ts'
import { identifyBy } from '../../../src/worker/identify.ts'
import { blocksOf } from '../../../src/worker/reader.ts'
import { type Counts, type Fault, Records } from '../../../src/worker/records.ts'
import { CONTEXT } from '../../mapping/mappings.ts'
import type { Target } from '../target.ts'

const VERSION = '2.D.V08'
const MAX_LINE = 2 ** 20
/** The first holds hardly a message, so that batches are filled and enlarged all the time. */
const BATCH_BYTES = [600, 512 * 1024]
const WORK = { kind: 'range', fd: 0, start: 0, end: 0, file: '0123456789abcdef', path: 'x' } as const
/** What a line may have before its record; what stands before the brace is passed over. */
const BLANK = /^[ \t\r\0]*$/

const context = { values: CONTEXT.values, options: {} }
const generated = compile(suricata, profile(VERSION), context, { code: 'generated' })
const interpreter = new Converter(readMapping(suricata, profile(VERSION), context), false, JSON.parse)
const isValid = validator(VERSION)
const out = Buffer.alloc(1 << 20)

type Outcome = { offset: number; message: string } | { offset: number; reason: string }

export const target: Target = {
  tokens: [
    '\n',
    '\r\n',
    '"event_type":"alert"',
    '"event_type":"dns",',
    'alert"',
    '\\u0061lert',
    '"alert":{',
    '"src_port":',
    '"timestamp":"',
    '{',
    '}',
    '[',
    ']',
    ',',
    '\\"',
    '\\u0000',
    '\\ud800',
    '\xff',
    '\0\0\0',
    '\ufeff',
    '1e400',
    '__proto__',
  ],
  seeds: () => {
    const folder = join(import.meta.dirname, '../../../src/connectors/suricata/fixtures')
    return readdirSync(folder).map((name) => readFileSync(join(folder, name, 'input.json')))
  },
  check(input) {
    const wanted = byInterpreter(input)
    for (const batchBytes of BATCH_BYTES) {
      const found = byRecords(input, batchBytes)
      compareAll(found, wanted, input)
      for (const outcome of found.values())
        if ('message' in outcome) assert.deepEqual(isValid(JSON.parse(outcome.message)), [], 'not valid')
    }
  },
}

/** What the worker makes of the lines. */
function byRecords(input: Buffer, batchBytes: number): Map<number, Outcome> {
  const counts: Counts = { records: 0, filtered: 0, converted: 0, repaired: 0 }
  const found: Outcome[] = []
  const reject = ({ offset, reason }: Fault) => found.push({ offset, reason })
  const reader = new Records(generated, new Ids(), counts, reject)
  for (const block of blocksOf(input, MAX_LINE)) {
    if ('tooLong' in block) continue
    reader.begin(block, identifyBy('position', WORK))
    for (let isFinished = false; !isFinished; ) {
      const batch = new Batch(Buffer.alloc(batchBytes))
      isFinished = reader.fill(batch)
      assert.ok(isFinished || !batch.isEmpty, 'a batch without progress')
      for (const [index, end] of batch.ends.entries()) {
        const message = batch.bytes.toString('utf8', index === 0 ? 0 : batch.ends[index - 1], end)
        found.push({ offset: batch.offsets[index] ?? -1, message })
      }
    }
  }
  const rejected = found.filter((outcome) => 'reason' in outcome).length
  assert.equal(counts.converted, found.length - rejected, 'messages are counted wrong')
  assert.equal(counts.records, counts.filtered + found.length, 'records are counted wrong')
  const byOffset = new Map(found.map((outcome) => [outcome.offset, outcome]))
  assert.equal(byOffset.size, found.length, 'a line twice')
  return byOffset
}

/** The same line by line, each parsed whole, and nothing passed over by what its bytes look like. */
function byInterpreter(input: Buffer): Map<number, Outcome> {
  const outcomes = new Map<number, Outcome>()
  const ids = new Ids()
  const identify = identifyBy('position', WORK)
  for (let offset = 0; offset < input.length; ) {
    const newline = input.indexOf(10, offset)
    const end = newline < 0 ? input.length : newline
    const text = input.toString('utf8', offset, end)
    const brace = input.subarray(offset, end).indexOf(0x7b)
    if (!BLANK.test(text)) {
      identify(ids, input, offset, end, offset)
      const record = Buffer.from(brace < 0 ? text : input.toString('utf8', offset + brace, end))
      const position = interpreter.convert(record, 0, record.length, ids, out, 0)
      if (position >= 0) outcomes.set(offset, { offset, message: out.toString('utf8', 0, position) })
      else if (position === REJECTED) outcomes.set(offset, { offset, reason: interpreter.reason })
    }
    offset = end + 1
  }
  return outcomes
}

function compareAll(found: Map<number, Outcome>, wanted: Map<number, Outcome>, input: Buffer): void {
  for (const [offset, outcome] of wanted) {
    // Where the JSON is broken in what nobody reads, the scanner may find all it needs.
    const isLenient = 'reason' in outcome && outcome.reason === 'invalid_json'
    if (found.has(offset))
      assert.deepEqual(found.get(offset), isLenient ? found.get(offset) : outcome, 'another outcome')
    else assert.ok('reason' in outcome || isRepeated(input, offset), 'an alert is passed over')
  }
  for (const offset of found.keys()) assert.ok(wanted.has(offset), 'what the filter does not let pass')
}

/** Of a key that comes twice the last one counts, but the first may dismiss the record: as it is documented. */
function isRepeated(input: Buffer, offset: number): boolean {
  const end = input.indexOf(10, offset)
  const line = input.toString('utf8', offset, end < 0 ? input.length : end)
  const keys = (line.match(/"(?:[^"\\]|\\.)*"(?=\s*:)/g) ?? []).map((text) => textOf(text))
  return keys.filter((key) => key === 'event_type').length > 1
}

function textOf(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined // no key of a record that could be read
  }
}
