import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chunks, mend, streamRecords } from '../../src/sources/records.ts'

/** The bytes given on, how long the over-long lines were, and how many deliveries there were. */
async function pass(pieces: Uint8Array[], maxLine = 1000) {
  const delivered: string[] = []
  const overLong: number[] = []
  const input = Readable.from(
    pieces.map((piece) => Buffer.from(piece)),
    { objectMode: false },
  )
  const never = new AbortController().signal
  await streamRecords(
    chunks(input, never),
    maxLine,
    async (records) => {
      delivered.push(records)
    },
    (bytes) => overLong.push(bytes),
  )
  return { bytes: Buffer.from(delivered.join(''), 'latin1'), overLong, deliveries: delivered.length }
}

test('any bytes, however they are cut, come out as they went in', async () => {
  const newlines = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.uint8Array({ maxLength: 40 }) },
      { weight: 1, arbitrary: fc.constant(Uint8Array.of(10)) },
    ),
  )
  await fc.assert(
    fc.asyncProperty(newlines, async (pieces) => {
      const input = Buffer.concat(pieces)
      const { bytes } = await pass(pieces)
      const whole = input.length === 0 || input.at(-1) === 10
      expect(bytes).toEqual(whole ? input : Buffer.concat([input, Buffer.from('\n')]))
    }),
    { numRuns: 300 },
  )
})

test('the last line needs no newline', async () => {
  const { bytes } = await pass([Buffer.from('one\ntwo')])
  expect(bytes.toString()).toBe('one\ntwo\n')
})

test('over-long lines are cut to one byte over the limit and told with their length; the others are whole', async () => {
  const line = (length: number) => `${'x'.repeat(length)}\n`
  const text = line(10) + line(11) + line(5000) + line(9) + line(12)
  for (const size of [1, 3, 64, 10_000]) {
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, n) =>
      Buffer.from(text.slice(n * size, (n + 1) * size)),
    )
    const { bytes, overLong } = await pass(pieces, 10)
    expect(
      bytes
        .toString()
        .split('\n')
        .map(({ length }) => length),
    ).toEqual([10, 11, 11, 9, 11, 0])
    expect(overLong).toEqual([11, 5000, 12])
  }
})

test('what arrives together is delivered together', async () => {
  const { deliveries } = await pass([Buffer.from('1\n2\n3\n4')])
  expect(deliveries).toBe(2)
})

test('a stream that fails gives what it had, and its error', async () => {
  const input = new Readable({ read: () => undefined })
  const delivered: string[] = []
  const done = streamRecords(
    chunks(input, new AbortController().signal),
    100,
    async (text) => void delivered.push(text),
    () => undefined,
  )
  input.push('one\ntw')
  await new Promise((resolve) => input.once('readable', resolve))
  setImmediate(() => input.destroy(new Error('gone')))
  await expect(done).rejects.toThrow('gone')
  expect(delivered).toEqual(['one\n', 'tw\n'])
})

describe('a broken line', () => {
  const event =
    '{"timestamp":"2024-01-01T00:00:00.000000+0000","event_type":"alert","data":{"timestamp":"nested"}}'

  test('with an event glued on gives both', () => {
    expect(mend(`{"timestamp":"2024","alert":{"sig${event}`)).toBe(
      `{"timestamp":"2024","alert":{"sig\n${event}\n`,
    )
  })

  test('of several fragments gives the event at its end', () => {
    expect(mend(`gment"}${'{"timestamp":"x","half'.repeat(3)}${event}`)).toMatch(
      new RegExp(`\n${event.replace(/[{}.+]/g, '\\$&')}\n$`),
    )
  })

  test('without a whole event in it stays as it is', () => {
    const line = `{"timestamp":"2024","alert":{"sig${event.slice(0, -5)}`
    expect(mend(line)).toBe(`${line}\n`)
  })

  test('is not what an event with another one inside is', () => {
    expect(mend(event)).toBe(`${event}\n`)
    expect(mend(`{"a":1,"data":${event}}`)).toBe(`{"a":1,"data":${event}}\n`)
  })
})
