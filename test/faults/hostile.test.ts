import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { GARBAGE } from '../../bench/garbage/lines.ts'
import { alert, lines, numberOf, range } from '../e2e/events.ts'
import { EXACT, Oracle } from '../e2e/oracle.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { Faulty } from './faulty.ts'
import { plain, reference } from './reference.ts'
import { live, memoryOf, scaled } from './run.ts'

const MIB = 1024 ** 2
const DEPTH = 10_000

/** An alert with more members: text, as JSON.stringify would not write what is asked for. */
const withMembers = (number: number, members: string): string => `${alert(number).slice(0, -1)},${members}}`

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

/** Runs over these lines with a good alert behind each: good ones carry even numbers. */
async function runOver(records: readonly (string | Buffer)[], start = (site: Site) => site.run()) {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(oracle.url)
  site.file('eve.json', '')
  for (const [index, record] of records.entries()) {
    site.append(record)
    site.append(`\n${alert(2 * index)}\n`)
  }
  const program = start(site)
  await until(
    'the good ones',
    () => records.every((_, index) => oracle.times(2 * index) > 0),
    () => program.stderr,
  )
  await until('the end', async () => (await program.metrics()).sum('lag_bytes') === 0)
  return { site, oracle, program }
}

describe('F30: size and depth', () => {
  test('1 B to 64 MiB: what is over the limit costs itself only, and memory is bounded', async () => {
    const padded = (number: number, bytes: number) => withMembers(number, `"padding":"${'x'.repeat(bytes)}"`)
    const sizes = [100, 10_000, MIB, 15 * MIB]
    const taken = sizes.map((bytes, index) => padded(2 * index + 1, bytes))
    const short = ['x', '{', '}', '"', '[]', '{}', ' ', '\t{', '{"event_type":"alert"']
    const long = [17 * MIB, scaled(64, 256) * MIB].map(
      (bytes) => `{"event_type":"alert","x":"${'y'.repeat(bytes)}"}`,
    )
    const { site, oracle, program } = await runOver([...taken, ...long, ...short])
    const peak = memoryOf(program, 'VmHWM')
    const count = taken.length + long.length + short.length
    await live(site, oracle, program, 2 * count)
    const wanted = [
      ...range(0, count + 1).map((index) => 2 * index),
      ...taken.map((_, index) => 2 * index + 1),
    ]
    expect(oracle.account(wanted)).toEqual(EXACT)
    const letters = site.deadLetters.filter(({ reason }) => reason === 'line_too_long')
    expect(letters.map(({ length }) => length)).toEqual(long.map(({ length }) => length))
    // An empty object is an event that is no alert, and blanks are no record.
    expect(site.deadLetters.map(({ raw }) => raw.slice(0, 30)).sort()).toEqual(
      [
        ...short.filter((text) => text !== '{}' && text !== ' '),
        ...long.map((text) => text.slice(0, 30)),
      ].sort(),
    )
    expect(peak).toBeLessThan(512 * MIB)
  })

  test('10,000 levels, a million keys, numbers of 300 digits: each is delivered as any parser reads it, or kept', async () => {
    const digits = '7'.repeat(300)
    const keys = Array.from({ length: scaled(200_000, 1_000_000) }, (_, index) => `"k${index}":${index}`)
    const hostile = [
      withMembers(1, `"x":${nested(DEPTH)}`),
      withMembers(3, `"x":${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`),
      withMembers(5, `"x":{${keys.join()}}`),
      withMembers(7, keys.slice(0, 50_000).join()),
      withMembers(9, `"x":[${digits},-${digits}e${digits},0.${digits}]`),
      alert(11).replace(/"severity":\d+/, `"severity":${digits}`),
      alert(13).replace(/"signature_id":\d+/, `"signature_id":${digits}`),
      alert(15).replace(/"flow_id":\d+/, `"flow_id":-${digits}.${digits}e-${digits}`),
      withMembers(17, `"src_port":${digits},"dest_port":1e999`),
      withMembers(19, `"vlan":${nested(100_000)}`),
      withMembers(21, `"metadata":${nested(DEPTH)},"http":${nested(DEPTH)}`),
    ]
    const { site, oracle, program } = await runOver(hostile)
    const peak = memoryOf(program, 'VmHWM')
    await live(site, oracle, program, 2 * hostile.length)
    for (const [index, record] of hostile.entries()) {
      const number = 2 * index + 1
      // Of one over the limit the head is kept.
      const kept = site.deadLetters.filter(
        ({ raw, length }) => length === record.length && record.startsWith(raw),
      )
      const message = oracle.messageOf(number)
      if (message) expect(plain(message), `${number}`).toBe(reference(record))
      expect([oracle.times(number), kept.length], `${number}`).toEqual(message ? [1, 0] : [0, 1])
    }
    expect(peak).toBeLessThan(512 * MIB)
  })
})

describe('F31: bytes', () => {
  test('invalid UTF-8 is replaced and counted; lone surrogates, NUL, BOM, CRLF and U+2028 are delivered', async () => {
    const signed = (number: number, sign: string) =>
      alert(number).replace(` #${number}"`, `${sign} #${number}"`)
    const broken = (number: number, ...bytes: number[]) => {
      const line = Buffer.from(signed(number, '\u0001\u0001'))
      const at = line.indexOf(1)
      return Buffer.concat([line.subarray(0, at), Buffer.from(bytes), line.subarray(at + 2)])
    }
    const invalid = [
      broken(1, 0xff),
      broken(3, 0xc3),
      broken(5, 0xed, 0xa0, 0x80), // a surrogate in UTF-8
      broken(7, 0xc0, 0xaf), // overlong
      broken(9, 0xf4, 0x90, 0x80, 0x80), // beyond U+10FFFF
      broken(11, 0xe2, 0x82), // cut short
    ]
    const from = 2 * invalid.length + 1
    const odd = [
      signed(from, '\\ud800'),
      signed(from + 2, '\\udfff\\ud800'),
      signed(from + 4, '\\u0000'),
      signed(from + 6, '\u2028\u2029'),
      signed(from + 8, '\u{1f98a}\u200f\ufeff'),
      signed(from + 10, '\\u001b[2J\\u0007'),
      `\ufeff${alert(from + 12)}`,
      `${alert(from + 14)}\r`,
      `\0\0\0${alert(from + 16)}`,
      `\r\n${alert(from + 18)}\r\n\r`,
    ]
    const { site, oracle, program } = await runOver([...invalid, ...odd])
    const count = invalid.length + odd.length
    expect((await program.metrics()).sum('records_repaired_total')).toBe(invalid.length)
    await live(site, oracle, program, 2 * count)
    expect(oracle.account(range(0, 2 * count + 1))).toEqual(EXACT)
    expect(site.deadLetters).toEqual([])
    for (const [index, record] of [...invalid, ...odd].entries()) {
      const text = record.toString().replaceAll(/^[\ufeff\0\s]+|\s+$/g, '')
      expect(plain(oracle.messageOf(2 * index + 1) ?? {}), text).toBe(reference(text))
    }
  })

  test('a NUL inside a line, which no JSON may have, costs that line only', async () => {
    const { site, oracle, program } = await runOver([
      alert(1).replace('alert', 'al\0ert'),
      alert(3).replace(' #3', '\0 #3'),
    ])
    await live(site, oracle, program, 4)
    expect(oracle.account([0, 2, 4])).toEqual(EXACT)
    expect(site.deadLetters.map(({ reason }) => reason)).toContain('invalid_json')
  })
})

describe('F32: keys', () => {
  test('__proto__, constructor, keys twice, 2^63: what JSON.parse reads, and nothing leaks into other messages', async () => {
    const polluting = '{"polluted":"yes","signature":"polluted","severity":1,"src_ip":"6.6.6.6"}'
    const hostile = [
      withMembers(1, `"__proto__":${polluting}`),
      withMembers(3, `"constructor":{"prototype":${polluting}}`),
      `{"__proto__":${polluting},${alert(5).slice(1)}`,
      alert(7).replace('"alert":{', `"alert":{"__proto__":${polluting},"constructor":1,`),
      alert(9).replace('"alert":{', '"alert":{"severity":1,"signature":"first",'),
      withMembers(11, '"src_ip":"192.0.2.77","src_ip":"192.0.2.78"'),
      withMembers(13, '"hasOwnProperty":1,"toString":null,"valueOf":"x","length":-1'),
      alert(15).replace(/"flow_id":\d+/, '"flow_id":9223372036854775808'),
      alert(17).replace(/"signature_id":\d+/, '"signature_id":9223372036854775807'),
      alert(19).replace(/"severity":\d+/, '"severity":18446744073709551617'),
      withMembers(21, '"src_port":-9223372036854775809,"dest_port":65536'),
      withMembers(23, '"http":{"http_method":{"__proto__":null},"url":["x"],"status":true}'),
    ]
    const { site, oracle, program } = await runOver(hostile, (site) => new Faulty(site).program)
    expect(existsSync(site.path('inside.json.polluted'))).toBe(false)
    await live(site, oracle, program, 2 * hostile.length)
    const account = oracle.account(range(0, 2 * hostile.length + 1))
    const kept = site.deadLetters.map(({ raw }) => hostile.indexOf(raw) * 2 + 1)
    expect({ ...account, lost: [], invalid: 0 }).toEqual(EXACT)
    expect(account.lost).toEqual(kept)
    for (const message of oracle.messages) {
      const number = numberOf(message) ?? -1
      expect(plain(message), `${number}`).toBe(reference(hostile[(number - 1) / 2] ?? alert(number)))
    }
  })
})

describe('F33: garbage', () => {
  // That 1 % costs no more than a tenth of the speed is for the benches: a busy machine cannot tell.
  test.each([0.01, 0.5])(
    '%d of all lines: every good one is delivered, every bad one kept, and the log is not flooded',
    async (share) => {
      const [site, oracle] = [new Site(), await Oracle.start()]
      site.configure(oracle.url)
      const count = scaled(2000, 10_000)
      let bad = 0
      let text = ''
      for (let number = 0, due = 0; number < count; number++) {
        text += lines(number, number + 1)
        for (due += share / (1 - share); due >= 1; due--)
          text += `${GARBAGE[bad++ % GARBAGE.length]} ${bad}\n`
      }
      site.append(Buffer.from(text))
      const program = site.run()
      await oracle.arrival(0, count)
      await live(site, oracle, program, count)
      expect(oracle.account(range(0, count + 1))).toEqual(EXACT)
      expect(site.deadLetters).toHaveLength(bad)
      expect(new Set(site.deadLetters.map(({ raw }) => raw)).size).toBe(bad)
      // Six a minute from each worker.
      expect(program.logged('records were rejected').length).toBeLessThanOrEqual(12)
    },
  )
})
