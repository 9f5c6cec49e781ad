import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, describe, expect, test } from 'vitest'
import { openInput, type Reading } from '../../src/cli/input.ts'
import type { Unfold } from '../../src/types.ts'

const folder = mkdtempSync(join(tmpdir(), 'idmefv2-input-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = join(folder, 'input')

/** `{ "from": …, "alerts": [ … ] }`, and lists of lists. */
const unfold: Unfold = (document) => {
  if (Array.isArray(document)) return document.flat()
  const { from, alerts } = document as { from?: string; alerts?: object[] }
  return alerts?.map((alert) => ({ from, ...alert }))
}
const translate = (text: string) => ({ text })

/** The records in it, the same from a file, from a stream, and from one of single bytes. */
async function recordsIn(content: string | Buffer, reading: Reading = {}) {
  const bytes = Buffer.from(content)
  writeFileSync(file, bytes)
  const [first, ...others] = await Promise.all([
    taken(openInput(file, Readable.from([]), reading)),
    taken(openInput('-', Readable.from([bytes]), reading)),
    taken(openInput('-', Readable.from([...bytes].map((byte) => Buffer.of(byte))), reading)),
  ])
  for (const other of others) expect(other).toEqual(first)
  return first
}

async function taken({ blocks }: ReturnType<typeof openInput>) {
  const records: string[] = []
  const offsets: (number | 'cut')[] = []
  for await (const found of blocks) {
    if (!('bytes' in found)) continue
    const { bytes, from, to, origin, isCut } = found
    let at = from
    for (const record of bytes.toString('latin1', from, to).split('\n').slice(0, -1)) {
      if (record.trim()) records.push(record)
      if (record.trim()) offsets.push(isCut ? 'cut' : origin + at)
      at += record.length + 1
    }
  }
  return { records, offsets }
}

const a = { n: 'a', x: { y: [1] } }
const b = { n: 'b' }
const pretty = (value: unknown) => JSON.stringify(value, null, 2)

describe('lines', () => {
  test('stay as they are, with their places', async () => {
    const found = await recordsIn(`${JSON.stringify(a)}\n\n{broken\n${JSON.stringify(b)}`)
    expect(found).toEqual({
      records: [JSON.stringify(a), '{broken', JSON.stringify(b)],
      offsets: [0, 25, 33],
    })
  })

  test('of which the first is broken stay lines', async () => {
    const lines = ['{"broken":', JSON.stringify(a), JSON.stringify(b)]
    expect((await recordsIn(`${lines.join('\n')}\n`)).records).toEqual(lines)
  })

  test('may be envelopes, records and garbage in turn', async () => {
    const envelope = JSON.stringify({ from: 'x', alerts: [a, b] })
    const { records } = await recordsIn(`${envelope}\n${JSON.stringify(b)}\ngarbage\n${envelope}`, { unfold })
    const both = [a, b].map((alert) => JSON.stringify({ from: 'x', ...alert }))
    expect(records).toEqual([...both, JSON.stringify(b), 'garbage', ...both])
  })

  test('of text may begin with what JSON begins with', async () => {
    for (const text of ['[SOF]\nALERT : x\n', '{a}: found\n{b}: found\n', '[SOF]\n', '[1] x\n[2] y'])
      expect((await recordsIn(text, { translate })).records).toEqual(text.trim().split('\n'))
  })
})

describe('one document', () => {
  test.each([
    ['a record over several lines', pretty(a), [a]],
    ['the same behind a byte order mark', `\ufeff${pretty(a)}`, [a]],
    ['a list in one line', JSON.stringify([a, b]), [a, b]],
    ['a list over several lines', pretty([a, b]), [a, b]],
    ['several records over several lines', `${pretty(a)}\n${pretty(b)}\n`, [a, b]],
    ['a list of nothing', '[]', []],
  ])('is %s', async (_, content, expected) => {
    const { records } = await recordsIn(content)
    expect(records.map((record) => JSON.parse(record))).toEqual(expected)
  })

  test('of a tool that writes text is one record, too', async () => {
    const { records, offsets } = await recordsIn(pretty(a), { translate })
    expect(records.map((record) => JSON.parse(record))).toEqual([a])
    expect(offsets).toEqual(['cut'])
  })

  test('keeps bytes that are no UTF-8, for whoever counts their repair', async () => {
    const { records } = await recordsIn(Buffer.from('{\n"name": "caf\xe9"\n}', 'latin1'), { translate })
    expect(records).toEqual(['{ "name": "caf\xe9" }'])
  })

  test.each([
    ['over several lines', pretty({ from: 'x', alerts: [a, b] })],
    ['in one line', JSON.stringify({ from: 'x', alerts: [a, b] })],
    ['behind another one', `${pretty({ from: 'x', alerts: [a] })}\n${pretty({ from: 'x', alerts: [b] })}`],
    ['that is a list', pretty([[{ from: 'x', ...a }], { from: 'x', ...b }])],
    ['that is a record itself, and another', `${pretty({ from: 'x', ...a })}${pretty({ from: 'x', ...b })}`],
  ])('is an envelope %s', async (_, content) => {
    const { records } = await recordsIn(content, { unfold })
    expect(records.map((record) => JSON.parse(record))).toEqual(
      [a, b].map((alert) => ({ from: 'x', ...alert })),
    )
  })

  test('may be an envelope with nothing in it', async () => {
    expect((await recordsIn('{"alerts":[]}', { unfold })).records).toEqual([])
  })
})

test('an empty input has no records', async () => {
  expect(await recordsIn('')).toEqual({ records: [], offsets: [] })
})

test('the place of a file is its path and its time, of a stream the present', () => {
  writeFileSync(file, '')
  const before = Date.now() - 1000
  const none = Readable.from([])
  expect(openInput(file, none, {})).toMatchObject({ place: { path: file }, changed: statSync(file).mtimeMs })
  expect(openInput('-', none, {})).toMatchObject({ place: {} })
  expect(openInput('-', none, {}).changed).toBeGreaterThan(before)
})
