import assert from 'node:assert/strict'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { CODINGS, type Coding, decode } from '../../../src/receiver/coding.ts'
import { cutJson, cutLines, type Malformed } from '../../../src/sources/cut.ts'
import type { Target } from '../target.ts'
import { content } from './lines.ts'

const MAX_BYTES = 2 ** 21
/** So much is not compressed at every turn. */
const MAX_CODED_BYTES = 4096

const ENCODE: Record<Coding, (bytes: Buffer) => Buffer> = {
  gzip: (bytes) => gzipSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
}

export const target: Target = {
  tokens: [
    '{"a":1}',
    '[',
    ']',
    ',',
    '"',
    '\\',
    '\\"',
    '{',
    '}',
    '\n',
    '\r\n',
    ' ',
    '\ufeff',
    '[[',
    '40000*',
    'null',
  ],
  seeds: () => Object.values(ENCODE).map((encode) => encode(Buffer.from('{"a":1}\n{"b":[2]}\n'))),
  check(input) {
    const body = content(input)
    checkCut(cutJson(Buffer.from(body)), body)
    checkCut(cutLines(Buffer.from(body)), body)
    checkElements(body)
    checkLines(body)
    checkCoding(body)
  },
}

function checkCut(cut: Buffer | Malformed, body: Buffer): void {
  if (!Buffer.isBuffer(cut)) {
    assert.ok(cut.at >= 0 && cut.at <= body.length, `refused at byte ${cut.at} of ${body.length}`)
    return
  }
  assert.ok(cut.length === 0 || cut.at(-1) === 10, 'the last line has no end')
  if (cut.length === 0) return
  const again = cutLines(Buffer.from(cut))
  // What a body of lines holds is not looked at; what was cut out of one may be no object at all.
  if (Buffer.isBuffer(again) && cut[0] === 0x7b && cut.indexOf('}\n') === cut.indexOf('\n') - 1)
    assert.ok(again.equals(cut), 'cut twice is not as cut once')
}

/** Of what JSON.parse takes, every element must come out, in order, as it stood there. */
function checkElements(body: Buffer): void {
  const text = body.toString()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return
  }
  const cut = cutJson(Buffer.from(text))
  if (typeof value !== 'object' || value === null) {
    assert.ok(!Buffer.isBuffer(cut), 'a bare value was taken')
    return
  }
  assert.ok(Buffer.isBuffer(cut), 'sound JSON was refused')
  const lines = cut.toString().split('\n').slice(0, -1)
  const elements: unknown[] = Array.isArray(value) ? value : [value]
  assert.equal(lines.length, elements.length, 'another number of records than elements')
  for (const [index, line] of lines.entries()) {
    assert.ok(text.replaceAll('\n', ' ').includes(line), 'a record that does not stand in the body')
    assert.deepEqual(JSON.parse(line), elements[index])
  }
}

function checkLines(body: Buffer): void {
  const cut = cutLines(Buffer.from(body))
  const first = body.toString('latin1').split('\n', 1)[0] ?? ''
  if (!Buffer.isBuffer(cut) || !/^\{.*\}$/s.test(first)) return
  const ended = body.at(-1) === 10 ? body : Buffer.concat([body, Buffer.from('\n')])
  assert.ok(cut.equals(ended), 'lines were changed')
}

function checkCoding(body: Buffer): void {
  for (const coding of CODINGS) {
    const decoded = decode(body, coding, MAX_BYTES)
    if (Buffer.isBuffer(decoded)) assert.ok(decoded.length <= MAX_BYTES, 'more than the limit')
    if (body.length > MAX_CODED_BYTES) continue
    const coded = ENCODE[coding](body)
    const back = decode(coded, coding, MAX_BYTES)
    assert.ok(Buffer.isBuffer(back) && back.equals(body), `${coding} gave something else`)
    assert.equal(decode(coded.subarray(0, -1), coding, MAX_BYTES), 'damaged')
  }
}
