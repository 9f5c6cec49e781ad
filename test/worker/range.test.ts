import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { profile } from '../../src/idmefv2/profiles.ts'
import { compile } from '../../src/mapping/compile.ts'
import type { Translate } from '../../src/mapping/rules.ts'
import { DeadLetters } from '../../src/state/deadletter.ts'
import type { Destination, Messages, Refusal, Work } from '../../src/types.ts'
import { BATCH_BYTES, Buffers } from '../../src/worker/batch.ts'
import { type Instruments, Range } from '../../src/worker/range.ts'
import { LineReader } from '../../src/worker/reader.ts'
import { fileOf } from './files.ts'

const RULES = {
  filter: { $equals: ['$.event_type', 'alert'] },
  mapping: { CreateTime: '$.time', Analyzer: { Name: 'Probe' }, Note: '$.note' },
}
const FILE = '0123456789abcdef'
const MAX_LINE = 4096
const TIME = '2026-04-26T10:00:00Z'
const alert = (note: string) => JSON.stringify({ event_type: 'alert', time: TIME, note })

/** Keeps what it is sent, refuses what it is told to, and acknowledges only after a turn of the event loop. */
class Memory implements Destination {
  readonly notes: string[] = []
  readonly ids: string[] = []
  readonly #refuse: (note: string) => Omit<Refusal, 'index'> | undefined

  constructor(refuse: (note: string) => Omit<Refusal, 'index'> | undefined = () => undefined) {
    this.#refuse = refuse
  }

  async send({ bytes, ends }: Messages, signal: AbortSignal): Promise<readonly Refusal[]> {
    await new Promise(setImmediate)
    signal.throwIfAborted()
    const refusals: Refusal[] = []
    for (const [index, end] of ends.entries()) {
      const text = Buffer.from(bytes.subarray(index ? ends[index - 1] : 0, end)).toString()
      const { Note, ID } = JSON.parse(text)
      const refusal = this.#refuse(Note)
      if (refusal !== undefined) refusals.push({ index, ...refusal })
      this.notes.push(Note)
      this.ids.push(ID)
    }
    return refusals
  }

  async close(): Promise<void> {}
}

interface Bench {
  tools: Instruments
  letters(): Record<string, unknown>[]
  warnings: string[]
}

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

function benchFor(destination: Destination, folder: string, changes: Partial<Instruments> = {}): Bench {
  const path = join(folder, 'dead-letters.jsonl')
  const deadLetters = new DeadLetters(path, 1 << 20)
  closing.push(() => deadLetters.close())
  const warnings: string[] = []
  const workers: Instruments['workers'] = {
    count: 'auto',
    range_min: 65_536,
    range_max: 4_194_304,
    max_line: MAX_LINE,
    parser: 'json',
    document_check: 'json',
    poll_interval: 500,
  }
  const tools: Instruments = {
    instance: 'probe:one',
    converter: compile(RULES, profile('2.D.V08'), { values: {}, options: {} }),
    destination,
    deadLetters,
    buffers: new Buffers(2),
    reader: new LineReader(MAX_LINE),
    id: 'position',
    workers,
    log: { warn: (_, text) => warnings.push(text), error: (_, text) => warnings.push(text) },
    signal: new AbortController().signal,
    ...changes,
  }
  const lettersIn = () =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
  return { tools, warnings, letters: () => lettersIn().map((line) => JSON.parse(line)) }
}

function rangeOf(content: string | Buffer): {
  work: Extract<Work, { kind: 'range' }>
  folder: string
  path: string
} {
  const { fd, path, folder } = fileOf(content)
  return { work: { kind: 'range', fd, start: 0, end: statSync(path).size, file: FILE, path }, folder, path }
}

describe('a document', () => {
  const pretty = (note: string) => JSON.stringify(JSON.parse(alert(note)), null, 2)

  test('is one record, whatever line ends are in it, with the ID of its place', async () => {
    const { work, folder } = rangeOf(`${pretty('a')}\r\n`)
    const destination = new Memory()
    const { tools } = benchFor(destination, folder)
    const done = await new Range(tools, { ...work, document: true }).run()
    expect(done).toMatchObject({ records: 1, converted: 1, delivered: 1, rejected: {} })
    await new Range(tools, { ...work, document: true }).run()
    expect(destination.notes).toEqual(['a', 'a'])
    expect(new Set(destination.ids).size).toBe(1)
  })

  test('that is broken, too long or refused is one letter, which can be tried again', async () => {
    const destination = new Memory((note) => (note === 'no' ? { reason: 'refused', attempts: 1 } : undefined))
    const contents = ['{\n"event_type": "alert",\n', pretty('x'.repeat(MAX_LINE)), pretty('no')]
    const letters: Record<string, unknown>[] = []
    for (const content of contents) {
      const { work, folder } = rangeOf(content)
      const bench = benchFor(destination, folder)
      await new Range(bench.tools, { ...work, document: true }).run()
      letters.push(...bench.letters())
    }
    expect(letters.map(({ reason, offset }) => `${reason} ${offset}`)).toEqual([
      'invalid_json 0',
      'line_too_long 0',
      'refused 0',
    ])
    expect(JSON.parse(String(letters[2]?.raw))).toEqual(JSON.parse(alert('no')))
    expect(String(letters[2]?.raw)).not.toContain('\n')
  })
})

describe('records of text', () => {
  const translate: Translate = (text, { path, changed }) => {
    const [, event_type, note] = /^(\w+): ?(.*)$/.exec(text) ?? []
    if (event_type === undefined) return undefined
    if (note === '') throw new Error('nothing behind the colon')
    return { event_type, time: TIME, note: `${note} ${path ?? 'nowhere'} ${changed ?? 'once'}` }
  }
  const converter = () => compile({ ...RULES, translate }, profile('2.D.V08'), { values: {}, options: {} })
  const lines = ['alert: a {"x":', '0F1E2D', 'alert: b', '', 'other: c', 'alert: ', '  alert: d\r']

  test('are converted, filtered and rejected as others are, in ranges cut anywhere', async () => {
    const { work, folder, path } = rangeOf(`${lines.join('\n')}\n`)
    for (const size of [work.end, 1, 7]) {
      const destination = new Memory()
      const { tools, letters } = benchFor(destination, folder, { converter: converter() })
      const done = { records: 0, filtered: 0, converted: 0, rejected: 0 }
      for (let start = 0; start < work.end; start += size) {
        const part = await new Range(tools, { ...work, start, end: Math.min(start + size, work.end) }).run()
        done.records += part.records
        done.filtered += part.filtered
        done.converted += part.converted
        done.rejected += part.rejected.invalid_json ?? 0
      }
      expect(done).toEqual({ records: 6, filtered: 2, converted: 3, rejected: 1 })
      expect(destination.notes).toEqual(['a {"x":', 'b', 'd'].map((note) => `${note} ${path} once`))
      expect(letters().at(-1)).toMatchObject({ raw: 'alert: ', detail: 'nothing behind the colon' })
    }
  })

  test('are told where they come from: documents with their time, and what came by itself with nothing', async () => {
    const { work, folder, path } = rangeOf('alert: a\n')
    const destination = new Memory()
    const { tools } = benchFor(destination, folder, { converter: converter() })
    await new Range(tools, { ...work, document: true, changed: 5 }).run()
    const bytes = new Uint8Array(Buffer.from('alert: a'))
    await new Range(tools, { kind: 'bytes', bytes, origin: 'stdin' }).run()
    expect(destination.notes).toEqual([`a ${path} 5`, 'a nowhere once'])
  })

  test('of files that are read in turns are each told their own', async () => {
    const shared = converter()
    const destination = new Memory()
    const runs = ['x', 'y'].map((name) => {
      const { work, folder } = rangeOf(`alert: ${name} ${'z'.repeat(3000)}\n`.repeat(2000))
      const { tools } = benchFor(destination, folder, { converter: shared })
      return new Range(tools, { ...work, path: name }).run()
    })
    await Promise.all(runs)
    expect(destination.notes).toHaveLength(4000)
    for (const note of destination.notes) expect(note.at(-6)).toBe(note[0])
  })
})

describe('a range', () => {
  test('is done when every alert in it was acknowledged', async () => {
    const lines = [alert('a'), '{"event_type":"dns"}', '', alert('b')]
    const { work, folder } = rangeOf(`${lines.join('\n')}\n`)
    const destination = new Memory()
    const done = await new Range(benchFor(destination, folder).tools, work).run()
    expect(done).toEqual({
      bytes: work.end,
      records: 3,
      filtered: 1,
      converted: 2,
      delivered: 2,
      repaired: 0,
      rejected: {},
    })
    expect(destination.notes).toEqual(['a', 'b'])
  })

  test('gives the same IDs when it is read again, and others for other files', async () => {
    const { work, folder } = rangeOf(`${alert('a')}\n${alert('a')}\n`)
    const [first, again, other] = [new Memory(), new Memory(), new Memory()]
    await new Range(benchFor(first, folder).tools, work).run()
    await new Range(benchFor(again, folder).tools, work).run()
    await new Range(benchFor(other, folder).tools, { ...work, file: 'fedcba9876543210' }).run()
    expect(again.ids).toEqual(first.ids)
    expect(new Set([...first.ids, ...other.ids]).size).toBe(4)
  })

  test('sends nothing that was written after the file was truncated: it would get the IDs of other lines', async () => {
    const { work, folder, path } = rangeOf(`${alert('a')}\n${alert('b')}\n`)
    const guard = new Uint8Array(readFileSync(path).subarray(-256))
    const before = new Memory()
    await new Range(benchFor(before, folder).tools, { ...work, guard }).run()
    expect(before.notes).toEqual(['a', 'b'])
    for (const content of [`${alert('c')}\n${alert('d')}\n${alert('e')}\n`, alert('c').slice(0, 50)]) {
      writeFileSync(path, content)
      const after = new Memory()
      const done = await new Range(benchFor(after, folder).tools, { ...work, guard }).run()
      expect([done.records, done.rejected, after.notes]).toEqual([0, {}, []])
    }
  })

  test('gives the same alerts and IDs however it is cut', async () => {
    const content = `${Array.from({ length: 40 }, (_, i) => alert(`n${i} ${'x'.repeat(i * 7)}`)).join('\n')}\n`
    const { work, folder } = rangeOf(content)
    const whole = new Memory()
    await new Range(benchFor(whole, folder).tools, work).run()
    for (const size of [1, 97, 1000]) {
      const cut = new Memory()
      const { tools } = benchFor(cut, folder)
      for (let start = 0; start < work.end; start += size)
        await new Range(tools, { ...work, start, end: Math.min(start + size, work.end) }).run()
      expect(cut.notes, `ranges of ${size}`).toEqual(whole.notes)
      expect(cut.ids).toEqual(whole.ids)
    }
  })

  test('puts what cannot be converted or is refused into the dead-letter file, and delivers the rest', async () => {
    const long = `{"event_type":"alert","note":"${'x'.repeat(MAX_LINE)}"}`
    const bad = Buffer.from([0x7b, 0xff, 0x61, 0x6c, 0x65, 0x72, 0x74, 0x22])
    const lines = [alert('a'), 'garbage', alert('refuse é'), long, alert('b'), '{"event_type":"alert"}', bad]
    const content = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]))
    const { work, folder, path } = rangeOf(content)
    const destination = new Memory((note) =>
      note.startsWith('refuse')
        ? { reason: 'refused', status: 422, answer: 'no thanks', attempts: 1 }
        : undefined,
    )
    const { tools, letters, warnings } = benchFor(destination, folder)
    const done = await new Range(tools, work).run()

    expect(done).toEqual({
      bytes: content.length,
      records: 7,
      filtered: 0,
      converted: 3,
      delivered: 2,
      repaired: 0,
      rejected: { invalid_json: 2, line_too_long: 1, missing_required: 1, refused: 1 },
    })
    expect(destination.notes).toEqual(['a', 'refuse é', 'b'])
    expect(warnings.length).toBeGreaterThan(0)
    const found = letters()
    expect(found).toHaveLength(5)
    for (const letter of found) {
      expect(letter).toMatchObject({
        connector: 'probe:one',
        origin: path,
        file: FILE,
        time: expect.any(String),
      })
      const [offset, length] = [letter.offset as number, letter.length as number]
      const record = content.subarray(offset, offset + length)
      const raw = Buffer.from(letter.raw as string, letter.encoding as BufferEncoding)
      expect(raw.equals(record.subarray(0, raw.length)), String(letter.reason)).toBe(true)
      expect(raw.length).toBe(letter.reason === 'line_too_long' ? MAX_LINE : length)
    }
    const byReason = (reason: string) => found.filter((letter) => letter.reason === reason)
    expect(byReason('refused')).toMatchObject([
      {
        raw: alert('refuse é'),
        status: 422,
        answer: 'no thanks',
        attempts: 1,
        detail: 'the receiver answered 422',
      },
    ])
    expect(JSON.parse(byReason('refused')[0]?.message as string)).toMatchObject({ Note: 'refuse é' })
    expect(byReason('line_too_long')).toMatchObject([
      { length: long.length, detail: `${long.length} bytes; the limit is ${MAX_LINE}` },
    ])
    expect(byReason('missing_required')).toMatchObject([{ raw: '{"event_type":"alert"}' }])
    expect(
      byReason('invalid_json')
        .map(({ encoding }) => encoding)
        .sort(),
    ).toEqual(['base64', 'utf8'])
  })

  test('keeps no other record with a refused message when the file was truncated meanwhile', async () => {
    const { work, folder, path } = rangeOf(`${alert('a')}\n${alert('b')}\n`)
    const guard = new Uint8Array(readFileSync(path).subarray(-256))
    for (const content of [`${alert('c')}\n${alert('d')}\n`, '']) {
      writeFileSync(path, `${alert('a')}\n${alert('b')}\n`)
      const destination = new Memory((note) => {
        if (note === 'b') writeFileSync(path, content)
        return note === 'b' ? { reason: 'refused', status: 400, attempts: 1 } : undefined
      })
      const { tools, letters } = benchFor(destination, folder)
      await new Range(tools, { ...work, guard }).run()
      const letter = letters().at(-1)
      expect(letter).toMatchObject({ reason: 'refused', raw: '', length: alert('b').length })
      expect(JSON.parse(letter?.message as string)).toMatchObject({ Note: 'b' })
    }
  })

  test('sends the alerts of all its blocks together, when they are few', async () => {
    const filler = `${JSON.stringify({ event_type: 'dns', x: 'x'.repeat(1000) })}\n`.repeat(700)
    const { work, folder } = rangeOf(`${alert('a')}\n${filler}${alert('b')}\n${filler}${alert('c')}\n`)
    const batches: number[] = []
    const destination: Destination = {
      send: async ({ ends }) => {
        batches.push(ends.length)
        return []
      },
      close: async () => {},
    }
    const done = await new Range(benchFor(destination, folder).tools, work).run()
    expect(done.delivered).toBe(3)
    expect(batches).toEqual([3])
  })

  test('delivers more than the buffers hold at once', async () => {
    const lines = Array.from({ length: 3000 }, (_, i) => alert(`${i} ${'x'.repeat(900)}`))
    const { work, folder } = rangeOf(`${lines.join('\n')}\n`)
    const destination = new Memory()
    const done = await new Range(benchFor(destination, folder).tools, work).run()
    expect(done).toMatchObject({ converted: 3000, delivered: 3000 })
    expect(destination.notes.map((note) => Number.parseInt(note, 10)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 3000 }, (_, i) => i),
    )
  })

  test('fails when delivery does, after all that was under way has ended, and gives every buffer back', async () => {
    let out = 0
    const destination: Destination = {
      async send({ ends }) {
        out++
        await new Promise(setImmediate)
        out--
        if (ends.length > 0) throw new Error('cannot go on')
        return []
      },
      async close() {},
    }
    const lines = Array.from({ length: 3000 }, (_, i) => alert(`${i} ${'x'.repeat(900)}`))
    const { work, folder } = rangeOf(`${lines.join('\n')}\n`)
    const { tools } = benchFor(destination, folder)
    await expect(new Range(tools, work).run()).rejects.toThrow('cannot go on')
    expect(out).toBe(0)
    await expectAllBuffers(tools.buffers)
  })

  test('fails when a check throws, and gives every buffer back', async () => {
    const { work, folder } = rangeOf(`${alert('a')}\n`)
    const check = () => {
      throw new Error('a bug')
    }
    const { tools } = benchFor(new Memory(), folder, { check })
    await expect(new Range(tools, work).run()).rejects.toThrow('a bug')
    await expectAllBuffers(tools.buffers)
  })

  test('waits for the dead-letter file, and ends when it is told to', async () => {
    const { work, folder } = rangeOf(`${'garbage\n'.repeat(2)}`)
    const controller = new AbortController()
    const missing = new DeadLetters(join(folder, 'no', 'such', 'folder'), 1 << 20)
    const { tools, warnings } = benchFor(new Memory(), folder, {
      deadLetters: missing,
      signal: controller.signal,
    })
    const log: Instruments['log'] = {
      warn: () => {},
      error: (_, text) => {
        warnings.push(text)
        controller.abort()
      },
    }
    await expect(new Range({ ...tools, log }, work).run()).rejects.toThrow()
    expect(warnings).toEqual([expect.stringMatching(/cannot be written.*; waiting$/)])
    await expectAllBuffers(tools.buffers)
  })

  async function expectAllBuffers(buffers: Buffers): Promise<void> {
    const both = [buffers.take(), buffers.take()]
    expect(both.every((buffer) => Buffer.isBuffer(buffer))).toBe(true)
  }
})

describe('bytes that were handed over', () => {
  const bytesOf = (text: string): Work => ({
    kind: 'bytes',
    bytes: new Uint8Array(Buffer.from(text)),
    origin: 'socket /run/eve.sock',
  })

  test('are done like a range, and name their origin', async () => {
    const { folder } = fileOf('')
    const destination = new Memory((note) =>
      note === 'no' ? { reason: 'too_large', attempts: 1 } : undefined,
    )
    const { tools, letters } = benchFor(destination, folder)
    const long = `{"x":"${'x'.repeat(MAX_LINE)}"}`
    const text = [alert('a'), 'garbage', alert('no'), long, alert('b')].join('\n')
    const done = await new Range(tools, bytesOf(text)).run()
    expect(done).toEqual({
      bytes: text.length,
      records: 5,
      filtered: 0,
      converted: 3,
      delivered: 2,
      repaired: 0,
      rejected: { invalid_json: 1, too_large: 1, line_too_long: 1 },
    })
    expect(destination.notes.sort()).toEqual(['a', 'b', 'no'])
    for (const letter of letters()) {
      expect(letter).toMatchObject({ origin: 'socket /run/eve.sock', offset: expect.any(Number) })
      expect(letter).not.toHaveProperty('file')
      expect(text.slice(letter.offset as number)).toMatch(
        new RegExp(`^${(letter.raw as string).slice(0, 5)}`),
      )
    }
    expect(letters().find(({ reason }) => reason === 'too_large')).toMatchObject({ raw: alert('no') })
  })

  test('give equal records equal IDs, because they have no place', async () => {
    const { folder } = fileOf('')
    const destination = new Memory()
    const { tools } = benchFor(destination, folder)
    for (const text of [`${alert('a')}\n${alert('b')}\n`, alert('a')])
      await new Range(tools, bytesOf(text)).run()
    expect(destination.ids[0]).toBe(destination.ids[2])
    expect(destination.ids[0]).not.toBe(destination.ids[1])
  })
})

describe('IDs', () => {
  const idsBy = async (id: Instruments['id']) => {
    const { work, folder } = rangeOf(`${alert('a')}\n${alert('a')}\n${alert('b')}\n`)
    const destination = new Memory()
    await new Range(benchFor(destination, folder, { id }).tools, work).run()
    return destination.ids
  }

  test('by content are equal for equal records', async () => {
    const [a, same, b] = await idsBy('content')
    expect(same).toBe(a)
    expect(b).not.toBe(a)
    expect(await idsBy('content')).toEqual([a, same, b])
  })

  test('by chance are never equal', async () => {
    const ids = [...(await idsBy('random')), ...(await idsBy('random'))]
    expect(new Set(ids).size).toBe(6)
  })
})

describe('the buffers of a worker', () => {
  test('are bounded: who asks for one more waits until one comes back', async () => {
    const buffers = new Buffers(2)
    const [first, second] = [await buffers.take(), await buffers.take()]
    const third = buffers.take()
    expect(third).toBeInstanceOf(Promise)
    buffers.give(first)
    expect(await third).toBe(first)
    buffers.give(second)
    expect(await buffers.take()).toBe(second)
  })

  test('that grew are replaced', async () => {
    const buffers = new Buffers(1)
    await buffers.take()
    buffers.give(Buffer.alloc(10 * BATCH_BYTES))
    expect((await buffers.take()).length).toBe(BATCH_BYTES)
  })
})
