import { existsSync, lstatSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { SourceEvent, TailContext } from '../../src/sources/context.ts'
import { unixStream } from '../../src/sources/socket.ts'
import { stdin } from '../../src/sources/stdin.ts'
import { Checkpoints } from '../../src/state/checkpoint.ts'
import { consume, folder, silent } from './consumer.ts'

function context(
  events: SourceEvent[] = [],
  changes: Partial<TailContext> = {},
  state = folder(),
): TailContext {
  return {
    connector: 'suricata',
    checkpoints: new Checkpoints({ path: join(state, 'checkpoint'), intervalMs: 1000, log: silent }),
    workers: 2,
    range_min: 65_536,
    range_max: 1024 ** 2,
    max_line: 16 * 1024 ** 2,
    poll_interval: 10,
    once: false,
    fromStart: false,
    log: silent,
    onEvent: (event) => events.push(event),
    ...changes,
  }
}

async function dial(path: string): Promise<Socket> {
  while (!existsSync(path)) await sleep(2)
  const socket = connect(path)
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  onTestFinished(() => void socket.destroy())
  return socket
}

const hangUp = (socket: Socket) => new Promise<void>((resolve) => socket.end(() => resolve()))

function listen(changes: Partial<TailContext> = {}, commit = true, spool_max = 1024 ** 3) {
  const [path, state] = [join(folder(), 'eve.sock'), folder()]
  const events: SourceEvent[] = []
  const ledger = { directory: state, spool_max, dead_letter_max: 1024 ** 3 }
  const run = consume(unixStream({ path }, context(events, { ledger, ...changes }, state)), events, commit)
  return { path, run, state, texts: () => run.records.map(({ text }) => text) }
}

/** Bytes in the spool. */
function onDisk(state: string): number {
  const spool = join(state, 'spool', 'suricata')
  return readdirSync(spool).reduce((sum, name) => sum + statSync(join(spool, name)).size, 0)
}

test('several connections at once: the lines of each are whole and in order', async () => {
  const { path, run, texts } = listen()
  const sockets = [await dial(path), await dial(path), await dial(path)]
  for (let n = 0; n < 50; n++) {
    for (const [who, socket] of sockets.entries()) {
      socket.write(`{"who":${who},`)
      socket.write(`"n":${n}}\n{"who"`)
      socket.write(`:${who},"n":"${n}b"}\n`)
    }
    if (n % 10 === 0) await sleep(1)
  }
  await run.until(300)
  for (const who of sockets.keys()) {
    const expected = Array.from({ length: 50 }, (_, n) => [
      `{"who":${who},"n":${n}}`,
      `{"who":${who},"n":"${n}b"}`,
    ]).flat()
    expect(texts().filter((text) => text.startsWith(`{"who":${who}`))).toEqual(expected)
  }
})

test('a peer that comes back after half a line starts with a whole one', async () => {
  const { path, run, texts } = listen()
  const first = await dial(path)
  first.write('{"n":1}\n{"n":')
  await hangUp(first)
  await run.until(2)
  const second = await dial(path)
  second.write('{"n":3}\n')
  await run.until(3)
  expect(texts()).toEqual(['{"n":1}', '{"n":', '{"n":3}'])
})

test('lines of megabytes come whole; one over the limit costs only itself, and is told', async () => {
  const { path, run, texts } = listen({ max_line: 4 * 1024 ** 2 })
  const socket = await dial(path)
  const big = `{"payload":"${'é'.repeat(1.5 * 1024 ** 2)}"}`
  socket.write(`${big}\n${'y'.repeat(5 * 1024 ** 2)}\n{"n":1}\n`)
  await run.until(3)
  expect(Buffer.from(texts()[0] ?? '', 'latin1').toString()).toBe(big)
  expect(texts()[1]?.length).toBe(4 * 1024 ** 2 + 1)
  expect(texts()[2]).toBe('{"n":1}')
  expect(run.events).toEqual([{ kind: 'over_long', origin: path, bytes: 5 * 1024 ** 2 }])
})

test('an event glued to a cut one is saved', async () => {
  const { path, run, texts } = listen()
  const socket = await dial(path)
  socket.write('{"timestamp":"1","alert":{"sig{"timestamp":"2","n":2}\n{"timestamp":"3"}\n')
  await run.until(3)
  expect(texts()).toEqual(['{"timestamp":"1","alert":{"sig', '{"timestamp":"2","n":2}', '{"timestamp":"3"}'])
})

test('while nothing is delivered a bounded amount is spooled, and the rest waits with the writer', async () => {
  const { path, run, state } = listen({}, false, 8 * 1024 ** 2)
  const socket = await dial(path)
  const line = `${'z'.repeat(99_999)}\n`
  let written = 0
  while (written < 500 && socket.write(line)) written += 1
  for (; written < 500; written++) {
    const drained = await Promise.race([
      new Promise<boolean>((resolve) => socket.write(line, () => resolve(true))),
      sleep(200, false),
    ])
    if (!drained) break
  }
  expect(written).toBeLessThan(200)
  // On the disk the limit, in memory what waits for room.
  expect(onDisk(state)).toBeLessThanOrEqual(8 * 1024 ** 2)
  expect(onDisk(state)).toBeGreaterThan(7 * 1024 ** 2)
  expect(run.source.lag().bytes).toBeLessThan(14 * 1024 ** 2)
  for (const piece of run.pieces) run.source.commit(piece)
  socket.destroy()
  await run.until(written)
})

test('on abort what was taken is handed out, and what was not delivered comes again with the same IDs', async () => {
  const { path, run, state, texts } = listen({}, false)
  const socket = await dial(path)
  socket.write('{"n":1}\n{"half":')
  await run.until(1)
  await run.stop()
  expect(texts()).toEqual(['{"n":1}', '{"half":'])
  expect(existsSync(path)).toBe(false)
  expect(run.events).toEqual([])
  const again = consume(unixStream({ path }, context([], {}, state)))
  await again.until(2)
  expect(again.records).toEqual(run.records)
  await again.stop()
  expect(onDisk(state)).toBe(0)
})

test('on abort a long backlog stays in the spool', async () => {
  const [path, state] = [join(folder(), 'eve.sock'), folder()]
  const source = unixStream({ path }, context([], {}, state))
  const stopping = new AbortController()
  const pieces = source.work(stopping.signal)[Symbol.asyncIterator]()
  const first = pieces.next()
  const socket = await dial(path)
  await new Promise<void>((resolve) => socket.end(`${'z'.repeat(999_999)}\n`.repeat(20), resolve))
  await first
  while (source.lag().bytes < 20_000_000) await sleep(5)
  stopping.abort()
  expect((await pieces.next()).done).toBe(true)
  await source.close()
  expect(onDisk(state)).toBeGreaterThan(20_000_000)
})

test('the socket is for its owner and group', async () => {
  const { path } = listen()
  await dial(path)
  while ((lstatSync(path).mode & 0o777) !== 0o660) await sleep(2)
})

test('a socket file that nobody answers on is replaced', async () => {
  const path = join(folder(), 'eve.sock')
  const { spawnSync } = await import('node:child_process')
  const die = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', die])
  expect(lstatSync(path).isSocket()).toBe(true)
  const run = consume(unixStream({ path }, context()))
  const socket = await (async () => {
    for (;;) {
      try {
        return await dial(path)
      } catch {
        await sleep(5) // still the old file
      }
    }
  })()
  socket.write('{"n":1}\n')
  await run.until(1)
})

test('a socket that somebody answers on, and a file, are left alone until they are gone', async () => {
  const path = join(folder(), 'eve.sock')
  const other = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => other.listen(path, resolve))
  const file = join(folder(), 'eve.sock')
  writeFileSync(file, 'mine')
  const waiting = consume(unixStream({ path: file }, context()))
  const run = consume(unixStream({ path }, context()))
  await sleep(50)
  await expect.poll(() => run.source.notReady?.()).toBe(`${path} cannot be opened: EADDRINUSE`)
  expect(other.listening).toBe(true)
  expect(lstatSync(file).isFile()).toBe(true)
  await waiting.stop()
  await new Promise((resolve) => other.close(resolve))
  const socket = await dial(path)
  socket.write('{"n":1}\n')
  await run.until(1)
  expect(run.source.notReady?.()).toBeUndefined()
})

test('once: ends with the last connection', async () => {
  const { path, run, texts } = listen({ once: true })
  const socket = await dial(path)
  socket.end('{"n":1}\n')
  await run.ended
  expect(texts()).toEqual(['{"n":1}'])
})

test('standard input ends with its last line, newline or not', async () => {
  const input = new PassThrough()
  const run = consume(stdin(context(), input))
  input.write('{"n":1}\n{"n"')
  await run.until(1)
  input.end(':2}')
  await run.ended
  expect(run.records).toEqual([
    { text: '{"n":1}', id: '-', path: '-' },
    { text: '{"n":2}', id: '-', path: '-' },
  ])
  expect(run.source.lag()).toEqual({ bytes: 0, seconds: 0 })
})

test('records that wait are handed out in pieces worth a task', async () => {
  const input = new PassThrough({ highWaterMark: 4 * 1024 ** 2 })
  const source = stdin(context(), input)
  const pieces = source.work(new AbortController().signal)[Symbol.asyncIterator]()
  const line = `${'x'.repeat(999)}\n`
  for (let n = 0; n < 100; n++) input.write(line.repeat(10))
  const first = await pieces.next()
  await sleep(20)
  input.end()
  const sizes = []
  for (let piece = first; !piece.done; piece = await pieces.next()) {
    if (piece.value.kind === 'bytes') sizes.push(piece.value.bytes.length)
    source.commit(piece.value)
  }
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(1_000_000)
  expect(sizes.length).toBeLessThan(8)
})

test('a given buffer can be transferred, and is counted by its size then', async () => {
  const input = new PassThrough()
  const source = stdin(context(), input)
  const pieces = source.work(new AbortController().signal)[Symbol.asyncIterator]()
  input.end('{"n":1}\n')
  const { value } = await pieces.next()
  if (value?.kind !== 'bytes') throw new Error('no bytes')
  expect(value.bytes.buffer.byteLength).toBe(8)
  structuredClone(value.bytes, { transfer: [value.bytes.buffer] })
  source.commit(value)
  expect(source.lag().bytes).toBe(0)
})
