import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ValidateArgs, validateCommand } from '../../src/cli/validate.ts'
import { fullest, smallest } from '../idmefv2/messages.ts'

const good = fullest('2.D.V08')
const bad = { ...good, Priority: 'Critical' }
const fault = '/Priority "Critical" is not one of Unknown, Info, Low, Medium, High'
const lines = (...messages: unknown[]) => messages.map((message) => JSON.stringify(message)).join('\n')
const pretty = (value: unknown) => JSON.stringify(value, null, 2)

/** Runs the command on standard input that arrives in pieces of `size` bytes. */
async function run(input: string, args: Partial<ValidateArgs> = {}, size = 1000) {
  const bytes = Buffer.from(input)
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
  const [stdout, stderr] = [collector(), collector()]
  const stdin = Readable.from(pieces, { objectMode: false })
  const code = await validateCommand(
    { file: '-', ...args },
    { stdin, stdout: stdout.stream, stderr: stderr.stream },
  )
  return { code, out: stdout.lines(), err: stderr.lines() }
}

function collector() {
  let text = ''
  // A high-water mark of one byte: every write has to wait for its drain.
  const stream = new Writable({
    highWaterMark: 1,
    write: (chunk, _, done) => {
      text += chunk
      setImmediate(done)
    },
  })
  return { stream, lines: () => text.split('\n').slice(0, -1) }
}

describe('validate', () => {
  it('takes one message a line, and names line and place of each fault', async () => {
    const result = await run(`${lines(good, bad)}\n\n${lines({ ...bad, Type: 'Cyber' })}\n`)
    expect(result.code).toBe(1)
    expect(result.out).toEqual([
      `stdin:2 (message 2): ${fault}`,
      'stdin:4 (message 3): /Type must be a list, is a string',
      `stdin:4 (message 3): ${fault}`,
      '1 valid, 2 invalid',
    ])
  })

  it('takes a pretty-printed message', async () => {
    expect(await run(`\n${pretty(good)}\n`)).toEqual({ code: 0, out: ['1 valid, 0 invalid'], err: [] })
    expect((await run(`\n${pretty(bad)}\n`)).out).toEqual([
      `stdin:2 (message 1): ${fault}`,
      '0 valid, 1 invalid',
    ])
  })

  it('takes an array, and names the line on which each element begins', async () => {
    const first = pretty({ ...good, Note: '"},\n{ [' })
    const next = first.split('\n').length + 3
    const result = await run(`[\n${first},\n\n  3,${pretty(bad)}\n]`)
    expect(result.out).toEqual([
      `stdin:${next} (message 2): must be an object, is a number`,
      `stdin:${next} (message 3): ${fault}`,
      '1 valid, 2 invalid',
    ])
  })

  it('takes arrays on lines of their own', async () => {
    const result = await run(lines([good, bad], good))
    expect(result.out).toEqual([`stdin:1 (message 2): ${fault}`, '2 valid, 1 invalid'])
  })

  it.each([1, 7, 1_000_000])('reads the same from pieces of %i bytes', async (size) => {
    const result = await run(`\ufeff${lines({ ...good, Note: 'é\u2028😀' }, bad)}`, {}, size)
    expect(result.out).toEqual([`stdin:2 (message 2): ${fault}`, '1 valid, 1 invalid'])
  })

  it.each([
    ['first', `{"ID":\n${lines(good, good)}`, 1],
    ['in the middle', `${lines(good)}\n{"ID":\n${lines(good)}`, 2],
    ['last', `${lines(good, good)}\n{"ID":`, 3],
  ])('goes on after a broken line that stands %s', async (_, text, line) => {
    const result = await run(text)
    expect(result.code).toBe(1)
    expect(result.out).toEqual([
      expect.stringContaining(`stdin:${line} (message ${line}): is not JSON`),
      '2 valid, 1 invalid',
    ])
  })

  it('says once that a text is no JSON', async () => {
    const result = await run('Apr 26 10:00:00 host\nApr 26 10:00:01 host\n')
    expect(result.out).toEqual([
      expect.stringMatching(/^stdin:1 \(message 1\): is not JSON: /),
      '0 valid, 1 invalid',
    ])
  })

  it.each(['', '\n\n', '[]'])('fails when there is no message in %j', async (text) => {
    expect(await run(text)).toMatchObject({ code: 1, out: ['0 valid, 0 invalid'] })
  })

  it('holds messages against a version that is forced', async () => {
    const result = await run(lines(smallest('2.D.V06')), { version: '2.D.V08' })
    expect(result.out).toEqual([
      'stdin:1 (message 1): /Version "2.D.V06" is not one of 2.D.V08; did you mean 2.D.V08?',
      '0 valid, 1 invalid',
    ])
  })

  it('warns of what only the text of the draft asks for, and lets it pass', async () => {
    const result = await run(lines({ ...good, StartTime: '2026-04-26T10:00:00' }))
    expect(result).toEqual({
      code: 0,
      out: ['1 valid, 0 invalid'],
      err: ['stdin:1 (message 1): warning: /StartTime has no time zone; receivers will take it for UTC'],
    })
  })

  it('S19: writes nothing that a terminal would obey', async () => {
    const result = await run(lines({ ...good, '\x1b[2J\n': 1 }))
    expect(result.out[0]).toBe('stdin:1 (message 1): /␛[2J  is not a field of a message')
  })
})

describe('validate on a file', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'validate-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('names the file in every fault', async () => {
    const file = join(folder, 'bad.json')
    await writeFile(file, lines(bad))
    expect((await run('', { file })).out[0]).toBe(`${file}:1 (message 1): ${fault}`)
  })

  it('fails with the reason when the file cannot be read', async () => {
    const file = join(folder, 'none.json')
    const result = await run('', { file })
    expect(result.code).toBe(1)
    expect(result.err).toEqual([
      expect.stringContaining(`${file}: cannot be read: no such file or directory`),
    ])
  })
})
