import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { gatewayAnalyzer, heartbeat, relayed } from '../../src/gateway/prelude/analyzer.ts'
import { encode } from '../../src/gateway/prelude/encode.ts'
import { AUTH, framed, frameIn, priorityOf, TAG } from '../../src/gateway/prelude/frames.ts'
import type { Message } from '../../src/idmefv1/record.ts'
import { decode, textIn } from './decode.ts'

/** What libprelude 5.2 wrote for the same paths, of the fixtures of the connector. */
const golden: Record<string, { priority: number; content: string }> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'libprelude.json'), 'utf8'),
)
const fixtures = join(import.meta.dirname, '../../src/connectors/idmefv1/fixtures')
const fixture = (name: string): Message =>
  JSON.parse(readFileSync(join(fixtures, name, 'input.json'), 'utf8'))

describe('what is encoded', () => {
  test.each(Object.keys(golden))('of %s is byte for byte what libprelude writes', (name) => {
    const message = fixture(name)
    expect(encode(message).toString('base64')).toBe(golden[name]?.content)
    expect(priorityOf(message)).toBe(golden[name]?.priority)
  })

  test('NTP timestamps are 64 bits, of which libprelude makes another number', () => {
    const { inner = [] } = decode(encode(fixture('data')))
    const ntp = inner.filter(({ tag }) => tag === 0).find((data) => textIn(data, 30) === 'n')
    const [kind, value] = ntp?.inner?.filter(({ tag }) => tag === 31) ?? []
    expect(kind?.bytes.readUInt32BE()).toBe(4)
    expect(value?.bytes.toString('hex')).toBe('e25511267d2f1a9f')
  })

  test('empty data is left out, for a manager refuses the whole message otherwise', () => {
    const message: Message = { idmef: 'alert', additional_data: [{ type: 'string', meaning: 'm', data: '' }] }
    const [data] = decode(encode(message)).inner ?? []
    expect(data?.inner?.map(({ tag }) => tag)).toEqual([30, 29])
  })

  test('the largest numbers stay exact', () => {
    const file = { data_size: '18446744073709551615', inode: { number: 4294967295 } }
    const [target] = decode(encode({ idmef: 'alert', target: [{ file: [file] }] })).inner ?? []
    const written = target?.inner?.find(({ tag }) => tag === 15)
    expect(written?.inner?.find(({ tag }) => tag === 35)?.bytes.toString('hex')).toBe('ffffffffffffffff')
  })

  test('a message of megabytes is whole', () => {
    const data = 'é'.repeat(1_000_000)
    const [one] = decode(encode({ idmef: 'alert', additional_data: [{ data }] })).inner ?? []
    expect(one?.inner?.at(-1)?.bytes.length).toBe(2_000_001)
  })

  test('what stands behind a text is the same however long that is: more room is found anywhere', () => {
    const target = {
      service: [{ port: 443, ip_version: 6 }],
      file: [{ data_size: '7', inode: { number: 9 } }],
    }
    const rest = { create_time: { time: '2026-11-22T00:00:00Z' }, target: [target] }
    const behind = (length: number) => {
      const bytes = encode({ idmef: 'alert', messageid: 'x'.repeat(length), ...rest })
      return bytes.toString('hex', bytes.lastIndexOf('x'))
    }
    const expected = behind(1)
    for (let length = 2; length < 8300; length++) expect(behind(length)).toBe(expected)
  })

  test('times before 1970 have no place on the wire', () => {
    const [time] =
      decode(encode({ idmef: 'alert', create_time: { time: '1960-01-01T00:00:00Z' } })).inner ?? []
    expect(time?.bytes.toString('hex')).toBe('000000000000000000000000')
  })
})

describe('frames', () => {
  test('cut what is long at 8 KiB, and say so', () => {
    const frames = framed(TAG.idmef, 2, Buffer.alloc(20_000, 1), 1_588_233_600_250)
    expect(frames.map((frame) => [frame[3], frame.readUInt32BE(4)])).toEqual([
      [1, 8192],
      [1, 8192],
      [0, 3616],
    ])
    expect(frames[0]?.subarray(0, 16).toString('hex')).toBe('01000201000020005eaa85800003d090')
  })

  test('of a manager are read when they are whole', () => {
    const frame = framed(TAG.auth, 0, Buffer.of(AUTH.accepted, 0, 0, 0, 0))[0] ?? Buffer.alloc(0)
    for (let length = 0; length < frame.length; length++)
      expect(frameIn(frame.subarray(0, length))).toBeUndefined()
    expect(frameIn(frame)).toEqual({ tag: TAG.auth, values: [AUTH.accepted] })
    expect(() => frameIn(Buffer.from('HTTP/1.1 400 Bad Request'))).toThrow('not a Prelude manager')
  })
})

describe('the gateway among the analyzers', () => {
  const own = gatewayAnalyzer('77', 'secef')

  test('is the outermost', () => {
    expect(relayed({ idmef: 'alert', analyzer: [{ analyzerid: '1' }] }, own).analyzer).toEqual([
      own,
      { analyzerid: '1' },
    ])
    expect(relayed({ idmef: 'alert' }, own).analyzer).toEqual([own])
  })

  test('is there once', () => {
    const message: Message = { idmef: 'alert', analyzer: [{ analyzerid: '1' }, { analyzerid: '77' }] }
    expect(relayed(message, own)).toBe(message)
  })

  test('tells the manager that it lives', () => {
    const { inner = [] } = decode(encode(heartbeat(own, 'running', 'm')))
    expect(inner.find(({ tag }) => tag === 32)?.bytes.readUInt32BE()).toBe(600)
    const status = inner.find(({ tag }) => tag === 0)
    expect(status && [textIn(status, 30), status.inner?.at(-1)?.bytes.toString()]).toEqual([
      'Analyzer status',
      'running\0',
    ])
  })
})
