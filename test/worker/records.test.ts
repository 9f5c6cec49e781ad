import { describe, expect, test } from 'vitest'
import { profile } from '../../src/idmefv2/profiles.ts'
import { compile } from '../../src/mapping/compile.ts'
import { Ids } from '../../src/mapping/ids.ts'
import type { Mapping } from '../../src/mapping/rules.ts'
import { Batch } from '../../src/worker/batch.ts'
import { identifyBy } from '../../src/worker/identify.ts'
import { allocate } from '../../src/worker/memory.ts'
import type { Block } from '../../src/worker/reader.ts'
import { type Check, type Counts, type Fault, Records } from '../../src/worker/records.ts'

const ALERTS: Mapping = { $equals: ['$.event_type', 'alert'] }
const MAPPING = {
  CreateTime: { $first: ['$.time', '2026-04-26T10:00:00Z'] },
  Analyzer: { Name: 'Probe' },
  Note: '$.note',
  Attachment: [{ $attachment: ['Raw', '$', 'json'] }],
}

interface Setting {
  filter?: Mapping
  check?: Check
  batchBytes?: number
  origin?: number
}

/** What became of lines, read by WebAssembly and without it. */
function take(content: string | Buffer, setting: Setting = {}) {
  const plain = Buffer.from(content)
  const swept = allocate(plain.length)
  plain.copy(swept)
  const result = taken(plain, setting)
  // A check sees every message, and should see it once.
  if (setting.check === undefined) {
    const { batches, ...others } = taken(swept, setting)
    expect(others).toEqual({ ...result, batches: undefined })
    expect(batches.map(({ ends }) => ends.length)).toEqual(result.batches.map(({ ends }) => ends.length))
  }
  return result
}

/** The messages of each batch, the faults and the counts. */
function taken(bytes: Buffer, { filter = ALERTS, check, batchBytes = 65_536, origin = 0 }: Setting) {
  const converter = compile({ filter, mapping: MAPPING }, profile('2.D.V08'), { values: {}, options: {} })
  const counts: Counts = { records: 0, filtered: 0, converted: 0, repaired: 0 }
  const faults: Fault[] = []
  const records = new Records(converter, new Ids(), counts, (fault) => faults.push(fault), check)
  const block: Block = { bytes, from: 0, to: bytes.length, origin }
  const work = {
    kind: 'range',
    fd: 0,
    start: 0,
    end: bytes.length,
    file: '0123456789abcdef',
    path: 'x',
  } as const
  records.begin(block, identifyBy('position', work))
  const batches: Batch[] = []
  for (let full = true; full; ) {
    const batch = new Batch(Buffer.alloc(batchBytes))
    full = !records.fill(batch)
    batches.push(batch)
    if (batches.length > 10_000) throw new Error('no end')
  }
  const messages = batches.flatMap((batch) =>
    batch.ends.map((end, i) => JSON.parse(batch.bytes.toString('utf8', i ? batch.ends[i - 1] : 0, end))),
  )
  return {
    batches,
    messages,
    faults,
    counts,
    offsets: batches.flatMap(({ offsets }) => offsets),
    lengths: batches.flatMap(({ lengths }) => lengths),
  }
}

const notesIn = (content: string | Buffer, setting?: Setting) =>
  take(content, setting).messages.map(({ Note }) => Note)
const alert = (note: string) => `{"event_type":"alert","note":${JSON.stringify(note)}}`
const dns = '{"event_type":"dns","query":"alert"}'

describe('records of a block', () => {
  test('become messages where the filter says so, with their place and length', () => {
    const lines = [dns, alert('a'), '{"event_type":"flow"}', alert('bé'), dns]
    const { messages, counts, offsets, lengths, faults } = take(`${lines.join('\n')}\n`, { origin: 1000 })
    expect(messages.map(({ Note }) => Note)).toEqual(['a', 'bé'])
    expect(offsets).toEqual([1000 + dns.length + 1, 1000 + dns.length + alert('a').length + 24])
    expect(lengths).toEqual([alert('a').length, Buffer.byteLength(alert('bé'))])
    expect(counts).toEqual({ records: 5, filtered: 3, converted: 2, repaired: 0 })
    expect(faults).toEqual([])
    expect(messages[0].ID).not.toBe(messages[1].ID)
  })

  test('are converted where there is nothing to search for', () => {
    expect(notesIn(`${alert('a')}\n${dns}\n{}\n`, { filter: true })).toEqual(['a', undefined, undefined])
  })

  test('are found where the writer escapes what is searched for', () => {
    const lines = [
      String.raw`{"event_type":"\u0061lert","note":"a"}`,
      String.raw`{"event_typ\u0065":"alert","note":"b"}`,
      String.raw`{"event_type":"d\u006es"}`,
    ]
    const { messages, counts } = take(`${lines.join('\n')}\n`)
    expect(messages.map(({ Note }) => Note)).toEqual(['a', 'b'])
    expect(counts).toMatchObject({ records: 3, filtered: 1 })
  })

  test('may have blanks anywhere', () => {
    expect(notesIn(`\t { "note" : "a" , "event_type" : "alert" } \n`)).toEqual(['a'])
  })
})

describe('a line that is no plain object', () => {
  test('is passed over when it is blank', () => {
    const { counts, faults } = take(`\n \n\r\n\0\0\0\n\t\n${alert('a')}\n\n`)
    expect(counts).toEqual({ records: 1, filtered: 0, converted: 1, repaired: 0 })
    expect(faults).toEqual([])
  })

  test.each([
    ['a prefix', '@cee: '],
    ['a syslog header', '<13>Apr 26 10:00:00 host suricata[1]: '],
    ['a byte order mark', '\ufeff'],
    ['NULs that copytruncate leaves', '\0'.repeat(5000)],
    ['blanks', ' \t'],
  ])('is read from its brace on: %s', (_, prefix) => {
    const { messages, counts, lengths, offsets } = take(
      `${prefix}${dns}\n${prefix}${alert('a')}\n${prefix}${dns}\n`,
    )
    expect(messages.map(({ Note }) => Note)).toEqual(['a'])
    expect(counts).toEqual({ records: 3, filtered: 2, converted: 1, repaired: 0 })
    const width = Buffer.byteLength(prefix)
    expect(offsets).toEqual([width + dns.length + 1])
    expect(lengths).toEqual([width + alert('a').length])
  })

  test('may end in a carriage return', () => {
    const { messages, counts, faults } = take(`${dns}\r\n${alert('a')}\r\n{}\r\n`)
    expect(messages.map(({ Note }) => Note)).toEqual(['a'])
    expect(counts).toEqual({ records: 3, filtered: 2, converted: 1, repaired: 0 })
    expect(faults).toEqual([])
  })

  test.each([
    ['garbage', 'not JSON at all', 'invalid_json'],
    ['garbage with what is searched for', 'alert" alert"', 'invalid_json'],
    ['a record cut short', '{"event_type":"alert","note":"b', 'invalid_json'],
    ['a record whose beginning is lost', '"event_type":"alert","note":"b"}', 'invalid_json'],
    ['two records that ran together', `${alert('x')}${alert('y')}`, 'invalid_json'],
    ['a list', '["event_type","alert"]', 'not_an_object'],
    ['a text', '"alert"', 'not_an_object'],
    ['a brace alone', '{', 'invalid_json'],
  ])('is rejected with its place, and its neighbours are not: %s', (_, line, reason) => {
    const { messages, counts, faults } = take(`${alert('a')}\n${line}\n${alert('b')}\n`)
    expect(messages.map(({ Note }) => Note)).toEqual(['a', 'b'])
    expect(counts).toEqual({ records: 3, filtered: 0, converted: 2, repaired: 0 })
    const offset = alert('a').length + 1
    expect(faults).toEqual([
      { offset, start: offset, end: offset + line.length, reason, detail: expect.any(String) },
    ])
  })

  test('costs no other record, however many there are', () => {
    const garbage = [
      '',
      'garbage',
      '{"event_type":"alert"',
      'alert"',
      '}{',
      '\0',
      '{"event_type":"alert","note":"\\ud8"}',
    ]
    const lines = Array.from({ length: 2000 }, (_, i) =>
      i % 2 ? (garbage[(i >> 1) % garbage.length] ?? '') : alert(`n${i}`),
    )
    const { messages } = take(`${lines.join('\n')}\n`)
    expect(messages.map(({ Note }) => Note)).toEqual(Array.from({ length: 1000 }, (_, i) => `n${2 * i}`))
  })
})

describe('invalid UTF-8', () => {
  const line = (text: string) =>
    Buffer.concat([
      Buffer.from('{"event_type":"alert","note":"'),
      Buffer.from(text, 'latin1'),
      Buffer.from('"}\n'),
    ])

  test('in an alert is replaced, and that is counted', () => {
    const { messages, counts, faults } = take(
      Buffer.concat([line('caf\xe9'), line('plain'), line('\xc3'), line('é\xed\xa0\x80')]),
    )
    expect(messages.map(({ Note }) => Note)).toEqual([
      'caf\ufffd',
      'plain',
      '\ufffd',
      '\ufffd\ufffd\ufffd\ufffd',
    ])
    expect(counts).toEqual({ records: 4, filtered: 0, converted: 4, repaired: 3 })
    expect(faults).toEqual([])
  })

  test('behind a prefix is replaced as well, and the place is that of the line', () => {
    const { messages, offsets, lengths, counts } = take(
      Buffer.concat([Buffer.from('\n@cee: '), line('\xe9')]),
    )
    expect(messages.map(({ Note }) => Note)).toEqual(['\ufffd'])
    expect([offsets, lengths]).toEqual([[1], [6 + line('x').length - 1]])
    expect(counts.repaired).toBe(1)
  })

  test('elsewhere is nobody’s business', () => {
    const { counts, faults } = take(
      Buffer.concat([
        Buffer.from('{"event_type":"dns","x":"\xff"}\n', 'latin1'),
        Buffer.from(`${alert('a')}\n`),
      ]),
    )
    expect(counts).toEqual({ records: 2, filtered: 1, converted: 1, repaired: 0 })
    expect(faults).toEqual([])
  })

  test('that hides no needle changes no ID', () => {
    const [whole, broken] = ['e', '\xe9'].map((text) => take(line(text)).messages[0].ID)
    expect(broken).toBe(whole)
  })
})

describe('a batch', () => {
  test('that is full is followed by another one, and no message is lost or made twice', () => {
    const lines = Array.from({ length: 50 }, (_, i) => alert(`number ${i}`))
    for (const batchBytes of [700, 1000, 5000]) {
      const { messages, batches, counts } = take(`${lines.join('\n')}\n`, { batchBytes })
      expect(messages.map(({ Note }) => Note)).toEqual(Array.from({ length: 50 }, (_, i) => `number ${i}`))
      expect(batches.length).toBeGreaterThan(2)
      expect(counts).toEqual({ records: 50, filtered: 0, converted: 50, repaired: 0 })
    }
  })

  test('becomes as large as one message takes', () => {
    const { messages, batches } = take(`${alert('a')}\n${alert('x'.repeat(100_000))}\n${alert('b')}\n`, {
      batchBytes: 1000,
    })
    expect(messages.map(({ Note }) => Note.length)).toEqual([1, 100_000, 1])
    expect(batches.map(({ ends }) => ends.length)).toContain(1)
  })

  test('holds no more than two thousand messages', () => {
    const { batches } = take(`${'{}\n'.repeat(4100)}`, { filter: true, batchBytes: 4 << 20 })
    expect(batches.map(({ ends }) => ends.length)).toEqual([2000, 2000, 100])
  })
})

test('a message that fails the check is rejected, and the next one takes its place', () => {
  const seen: string[] = []
  const check: Check = (bytes, from, to) => {
    const { Note } = JSON.parse(bytes.toString('utf8', from, to))
    seen.push(Note)
    return Note === 'bad' ? '/Note: is bad' : undefined
  }
  const { messages, faults, counts } = take(`${alert('a')}\n${alert('bad')}\n${alert('b')}\n`, { check })
  expect(seen).toEqual(['a', 'bad', 'b'])
  expect(messages.map(({ Note }) => Note)).toEqual(['a', 'b'])
  expect(faults).toMatchObject([
    { reason: 'invalid_message', detail: '/Note: is bad', offset: alert('a').length + 1 },
  ])
  expect(counts).toEqual({ records: 3, filtered: 0, converted: 2, repaired: 0 })
})

test('a record without what a message requires is rejected', () => {
  const { faults, messages } = take(`{"event_type":"alert","time":"never"}\n`)
  expect(messages).toEqual([])
  expect(faults).toMatchObject([
    { reason: 'missing_required', detail: 'the record has nothing usable for CreateTime' },
  ])
})
