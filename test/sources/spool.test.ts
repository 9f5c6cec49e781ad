import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { SourceEvent, TailContext } from '../../src/sources/context.ts'
import { unixStream } from '../../src/sources/socket.ts'
import { Spooled } from '../../src/sources/spool.ts'
import type { Source } from '../../src/types.ts'
import { consume, contextIn, folder } from './consumer.ts'

const record = (n: number) => `{"n":${n},"text":"${'x'.repeat(50 + (n % 50))}"}`
const records = (from: number, count: number) => Array.from({ length: count }, (_, i) => record(from + i))
const bytesOf = (lines: string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(''))

const context = (state: string, changes: Partial<TailContext> = {}) =>
  contextIn(state, {
    connector: 'a/b',
    ledger: { directory: state, spool_max: 1024 ** 2, dead_letter_max: 1024 ** 2 },
    ...changes,
  })

/** A source that is nothing but a spool, and what comes out of it. */
function open(
  state: string,
  { commit = true, ...changes }: Partial<TailContext> & { commit?: boolean } = {},
) {
  const events: SourceEvent[] = []
  const setting = context(state, { onEvent: (event) => events.push(event), ...changes })
  const spooled = new Spooled('push', setting)
  const source: Source = {
    async *work(signal) {
      signal.addEventListener('abort', () => void spooled.end())
      yield* spooled.pieces()
    },
    commit: (work) => spooled.commit(work),
    lag: () => spooled.lag(),
    close: () => spooled.close(),
  }
  const run = consume(source, events, commit, () => setting.checkpoints.close())
  return {
    spooled,
    run,
    events,
    checkpoints: setting.checkpoints,
    texts: () => run.records.map(({ text }) => text),
  }
}

const spoolOf = (state: string) => join(state, 'spool', 'a%2Fb')
const filesOf = (state: string, end = '.lines') =>
  existsSync(spoolOf(state))
    ? readdirSync(spoolOf(state))
        .filter((name) => name.endsWith(end))
        .map((name) => join(spoolOf(state), name))
    : []

/** What a spool holds that was not closed: as a kill would leave it, but for what is still in memory. */
async function left(state: string, lines: string[]): Promise<{ text: string; id: string }[]> {
  const { spooled, run } = open(state, { commit: false })
  for (let at = 0; at < lines.length; at += 10) await spooled.accept(bytesOf(lines.slice(at, at + 10)))
  await run.until(lines.length)
  await run.stop()
  return run.records
}

test('what was accepted is handed out in ranges, in order, under the name of its origin', async () => {
  const state = folder()
  const { spooled, run, texts } = open(state)
  for (let n = 0; n < 300; n += 100) await spooled.accept(bytesOf(records(n, 100)))
  await run.until(300)
  expect(texts()).toEqual(records(0, 300))
  expect(run.pieces.every((piece) => piece.kind === 'range' && piece.path === 'push')).toBe(true)
  expect(new Set(run.records.map(({ id }) => id)).size).toBe(300)
  expect(run.source.lag()).toMatchObject({ bytes: 0, seconds: 0 })
  await run.stop()
  // What was delivered does not stay on disk, and no position of it.
  expect(filesOf(state)).toEqual([])
  expect(readFileSync(join(state, 'checkpoint'), 'utf8')).not.toContain('push')
})

test('what was not committed comes again with the same IDs, what was committed does not', async () => {
  const state = folder()
  const first = open(state, { commit: false })
  await first.spooled.accept(bytesOf(records(0, 200)))
  await first.run.until(200)
  for (const piece of first.run.pieces.slice(0, 3)) first.run.source.commit(piece)
  // A range ends anywhere in a line, which is its own.
  const committed = first.run.pieces[2]?.kind === 'range' ? first.run.pieces[2].end : 0
  await first.run.stop()
  const expected = first.run.records.filter(({ id }) => Number(id.split(':')[1]) >= committed)
  const { run } = open(state)
  await run.until(expected.length)
  await run.stop()
  expect(run.records).toEqual(expected)
})

test('a segment that outlived the write of its position is not delivered again', async () => {
  const state = folder()
  const { spooled, run, checkpoints } = open(state, { commit: false })
  await spooled.accept(bytesOf(records(0, 100)))
  await run.until(100)
  const [path = ''] = filesOf(state)
  const content = readFileSync(path)
  for (const piece of run.pieces) run.source.commit(piece)
  await checkpoints.flush()
  const position = readFileSync(join(state, 'checkpoint'))
  await run.stop()
  writeFileSync(path, content)
  writeFileSync(join(state, 'checkpoint'), position)
  const again = open(state)
  await again.spooled.accept(bytesOf(records(100, 1)))
  await again.run.until(1)
  expect(again.texts()).toEqual(records(100, 1))
  await again.run.stop()
  expect(filesOf(state)).toEqual([])
})

test('while it is full nothing is accepted, and with each delivery it goes on', async () => {
  const state = folder()
  const { spooled, run, texts } = open(state, { commit: false })
  let accepted = 0
  const all = (async () => {
    for (let n = 0; n < 30_000; n += 100) {
      await spooled.accept(bytesOf(records(n, 100)))
      accepted += 100
    }
  })()
  while (spooled.tryAccept(bytesOf(records(0, 100))) !== undefined) await sleep(1)
  expect(run.source.lag().bytes).toBeLessThan(1.3 * 1024 ** 2)
  let committed = 0
  while (accepted < 30_000) {
    for (const piece of run.pieces.slice(committed)) run.source.commit(piece)
    committed = run.pieces.length
    await sleep(1)
    expect(spooled.lag().spooled).toBeLessThanOrEqual(1024 ** 2)
  }
  await all
  await run.until(30_000)
  expect(new Set(texts()).size).toBe(30_000)
})

describe('damage', () => {
  const state = () => folder()

  test.each([
    ['in a record', 5],
    ['of its newline', -1],
  ])('%s costs that record alone: it is told, and kept as a dead letter', async (_, at) => {
    const place = state()
    const before = await left(place, records(0, 60))
    const [path = ''] = filesOf(place)
    const content = readFileSync(path)
    const start = content.indexOf(`${record(30)}\n`)
    const hit = at < 0 ? start + record(30).length : start + at
    content[hit] = (content[hit] ?? 0) ^ 2
    writeFileSync(path, content)
    const { run, events } = open(place)
    await run.until(59)
    expect(run.records).toEqual(before.filter(({ text }) => text !== record(30)))
    const length = record(30).length + 1
    expect(events).toEqual([{ kind: 'lost', path, bytes: length, reason: 'damaged' }])
    const [letter] = readFileSync(join(place, 'dead-letters.ndjson'), 'utf8').split('\n')
    expect(JSON.parse(letter ?? '')).toMatchObject({
      connector: 'a/b',
      reason: 'incomplete',
      origin: 'push',
      offset: start,
      length,
      raw: content.toString('latin1', start, start + length - (at < 0 ? 1 : 0)) + (at < 0 ? '\b' : ''),
    })
    await run.stop()
    expect(filesOf(place)).toEqual([])
  })

  test('of a delivered line disturbs nobody, wherever in it the position stands', async () => {
    for (const commit of [0, 1, 2, 3, 4, 5]) {
      const place = state()
      const first = open(place, { commit: false, range_max: 700 })
      await first.spooled.accept(bytesOf(records(0, 60)))
      await first.run.until(60)
      const piece = first.run.pieces[commit]
      if (piece?.kind !== 'range') throw new Error('no range')
      first.run.source.commit(piece)
      await first.run.stop()
      const [path = ''] = filesOf(place)
      const content = readFileSync(path)
      // The last newline of what was delivered.
      content[content.indexOf('\n', piece.end - 1)] = 0
      writeFileSync(path, content)
      const expected = first.run.records.filter(({ id }) => Number(id.split(':')[1]) >= piece.end)
      const { run, events } = open(place)
      await run.until(expected.length)
      await run.stop()
      expect(run.records).toEqual(expected)
      expect(events).toEqual([])
    }
  })

  test('a last line that was cut short is left out', async () => {
    const place = state()
    const before = await left(place, records(0, 20))
    const [path = ''] = filesOf(place)
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from('{"n":20,"te')]))
    const { spooled, run, texts, events } = open(place)
    await run.until(20)
    await spooled.accept(bytesOf(records(21, 1)))
    await run.until(21)
    expect(run.records.slice(0, 20)).toEqual(before)
    expect(texts().slice(20)).toEqual(records(21, 1))
    expect(events).toEqual([])
  })

  test('a segment that lost its end gives what is left, and the rest is told', async () => {
    const place = state()
    await left(place, records(0, 20))
    const [path = ''] = filesOf(place)
    truncateSync(path, statSync(path).size - 10)
    const { run, texts, events } = open(place)
    await run.until(19)
    expect(texts()).toEqual(records(0, 19))
    expect(events).toEqual([{ kind: 'lost', path, bytes: record(19).length + 1, reason: 'damaged' }])
  })

  test('checks that are missing, and files that are none of ours, disturb nobody', async () => {
    const place = state()
    const before = await left(place, records(0, 20))
    for (const path of filesOf(place, '.checks')) rmSync(path)
    writeFileSync(join(spoolOf(place), 'README'), 'mine')
    writeFileSync(join(spoolOf(place), '000000000009-0123456789abcdef.checks'), 'left over')
    const { run, events } = open(place)
    await run.until(20)
    expect(run.records).toEqual(before)
    expect(events).toEqual([])
  })

  test('a segment that is gone is told as far as its position says, and the others are delivered', async () => {
    const place = state()
    for (let n = 0; n < 3; n++) {
      const { spooled, run } = open(place, { commit: false })
      await spooled.accept(bytesOf(records(n * 10, 10)))
      await run.until(10 * (n + 1))
      if (n === 2) for (const piece of run.pieces.slice(0, 1)) run.source.commit(piece)
      await run.stop()
    }
    const [first = '', second = ''] = filesOf(place).sort()
    rmSync(first)
    rmSync(second)
    const { run, texts, events } = open(place)
    await run.until(10)
    expect(texts()).toEqual(records(20, 10))
    expect(events).toEqual([
      { kind: 'lost', path: first, bytes: expect.toSatisfy((bytes) => bytes > 0), reason: 'removed' },
    ])
  })

  test('one that cannot be read is left alone, and the next one is delivered', async () => {
    const place = state()
    await left(place, records(0, 10))
    const [path = ''] = filesOf(place)
    rmSync(path)
    mkdirSync(path)
    const { spooled, run, texts } = open(place)
    await spooled.accept(bytesOf(records(10, 10)))
    await run.until(10)
    expect(texts()).toEqual(records(10, 10))
  })
})

describe('kill -9', () => {
  const script = fileURLToPath(new URL('spoolchild.ts', import.meta.url))

  function child(task: string, state: string, ...args: string[]) {
    const out = join(folder(), 'out')
    const running = spawn(process.execPath, [script, task, state, out, ...args], { stdio: 'inherit' })
    const exit = once(running, 'exit')
    onTestFinished(() => void running.kill('SIGKILL'))
    /** Whole lines of what it wrote. */
    const lines = () => (existsSync(out) ? readFileSync(out, 'latin1').split('\n').slice(0, -1) : [])
    return {
      lines,
      async until(count: number, meanwhile = () => {}) {
        while (lines().length < count) {
          if (running.exitCode !== null) throw new Error(`ended with ${running.exitCode}`)
          meanwhile()
          await sleep(5)
        }
      },
      async kill() {
        running.kill('SIGKILL')
        await exit
      },
    }
  }

  test('of what was accepted nothing is lost, at whatever moment', async () => {
    for (const after of [1, 200, 2000, 6000]) {
      const state = folder()
      const running = child('accept', state)
      await running.until(after)
      await running.kill()
      const accepted = running.lines().map(Number)
      const { run } = open(state, { connector: 'a' })
      await run.until(accepted.length)
      await sleep(20)
      const found = new Set(run.records.map(({ text }) => JSON.parse(text).n))
      expect(accepted.filter((n) => !found.has(n))).toEqual([])
      expect(found.size).toBe(run.records.length)
      await run.stop()
    }
  })

  test('of what was read from a socket and spooled nothing is lost, and nothing comes with another ID', async () => {
    const [state, path] = [folder(), join(folder(), 'eve.sock')]
    const ids = new Map<string, string>()
    let written = 0
    for (let round = 0; round < 3; round++) {
      const running = child('socket', state, path)
      const socket = await dial(path)
      socket.on('error', () => undefined)
      const before = ids.size
      await running.until(3000 * (round + 1), () => {
        if (socket.writableLength < 100_000)
          for (let n = 0; n < 500; n++) socket.write(`${record(written++)}\n`)
      })
      await running.kill()
      socket.destroy()
      for (const line of running.lines()) note(ids, line)
      expect(ids.size).toBeGreaterThan(before)
    }
    const run = consume(unixStream({ path }, context(state, { connector: 'a' })))
    while (run.source.lag().bytes > 0) await sleep(5)
    for (const { id, text } of run.records) note(ids, `${id} ${text}`)
    // Of each connection what was read is a beginning, the last line perhaps cut by the kill: nothing is missing in between.
    const numbers = [...ids.values()].flatMap((text) => (text.endsWith('}') ? [JSON.parse(text).n] : []))
    expect(new Set(numbers).size).toBe(numbers.length)
    const gaps = numbers.sort((a, b) => a - b).filter((n, i) => n !== (numbers[i - 1] ?? -1) + 1)
    expect(gaps.length).toBeLessThanOrEqual(2)
  })
})

/** The same record never has two IDs, and an ID is never given to two records. */
function note(ids: Map<string, string>, line: string): void {
  const [id = '', text = ''] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]
  expect(ids.get(id) ?? text).toBe(text)
  ids.set(id, text)
}

async function dial(path: string) {
  for (;;) {
    const socket = connect(path)
    try {
      await once(socket, 'connect')
      onTestFinished(() => void socket.destroy())
      return socket
    } catch {
      await sleep(5) // not there yet, or left by the one before
    }
  }
}
