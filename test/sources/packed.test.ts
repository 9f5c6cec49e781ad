import {
  appendFileSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { events, follow, lines, place, type Run, texts } from './consumer.ts'

/** As gzip(1) and logrotate do: the time of the last write is kept. */
function gzip(path: string): void {
  const { atime, mtime } = statSync(path)
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)))
  utimesSync(`${path}.gz`, atime, mtime)
  rmSync(path)
}

/** Rotates by number, compressing at once; those compressed before move on. */
function rotate(log: string): void {
  for (let n = 9; n >= 1; n--) {
    try {
      renameSync(`${log}.${n}.gz`, `${log}.${n + 1}.gz`)
    } catch {
      // There are not so many yet.
    }
  }
  renameSync(log, `${log}.1`)
  gzip(`${log}.1`)
}

/** Reads and commits so many records of a log, and stops. */
async function readSome(log: string, state: string, pieces: number): Promise<Run> {
  const run = follow(log, { state, commit: false, range_min: 500, range_max: 500 })
  await run.until(20)
  for (const piece of run.pieces.slice(0, pieces)) run.source.commit(piece)
  await run.stop()
  return run
}

test('the unread rest of a file that was rotated and compressed comes with the IDs it would have had', async () => {
  const { state, log } = place()
  writeFileSync(log, lines(0, 2000))
  const first = follow(log, { state, commit: false, range_min: 5000, range_max: 5000 })
  await first.until(2000)
  for (const piece of first.pieces.slice(0, 7)) first.source.commit(piece)
  await first.stop()
  rotate(log)
  writeFileSync(log, lines(2000, 50))
  const run = follow(log, { state, once: true })
  await run.ended
  const committed = first.pieces[6]?.kind === 'range' ? first.pieces[6].end : 0
  const rest = first.records.filter(({ id }) => Number(id.split(':')[1]) >= committed)
  expect(run.records.slice(0, rest.length)).toEqual(rest)
  expect(texts(run).slice(rest.length)).toEqual(events(2000, 50))
  expect(run.events.filter(({ kind }) => kind === 'lost')).toEqual([])
  await run.stop()
  expect(readdirSync(state)).toEqual(expect.arrayContaining(['checkpoint']))
  expect(readdirSync(state).filter((name) => name.startsWith('unpacked'))).toEqual([])
})

test('what was written after we stopped, before it was compressed, comes too', async () => {
  const { state, log } = place()
  writeFileSync(log, lines(0, 100))
  const first = follow(log, { state })
  await first.until(100)
  await first.stop()
  appendFileSync(log, lines(100, 30))
  rotate(log)
  writeFileSync(log, lines(130, 5))
  const run = follow(log, { state, once: true })
  await run.ended
  expect(texts(run)).toEqual(events(100, 35))
})

test('several rotations while nothing ran, each compressed: all are read, oldest first', async () => {
  const { state, log } = place()
  writeFileSync(log, lines(0, 100))
  const first = await readSome(log, state, 3)
  const done =
    first.pieces
      .slice(0, 3)
      .flatMap((piece) => (piece.kind === 'range' ? piece.end : 0))
      .at(-1) ?? 0
  rotate(log)
  writeFileSync(log, lines(100, 200))
  rotate(log)
  writeFileSync(log, lines(300, 10))
  rotate(log)
  writeFileSync(log, lines(310, 5))
  const run = follow(log, { state })
  const expected = [
    ...first.records.filter(({ id }) => Number(id.split(':')[1]) >= done).map(({ text }) => text),
    ...events(first.records.length, 315 - first.records.length),
  ]
  await run.until(expected.length)
  appendFileSync(log, lines(315, 5))
  await run.until(expected.length + 5)
  expect(texts(run)).toEqual([...expected, ...events(315, 5)])
  expect(run.events.filter(({ kind }) => kind === 'lost')).toEqual([])
})

test('with delaycompress: first the compressed one, then the plain ones', async () => {
  const { state, log } = place()
  writeFileSync(log, lines(0, 40))
  await (await readSome(log, state, 0)).stop()
  renameSync(log, `${log}.2`)
  gzip(`${log}.2`)
  writeFileSync(`${log}.1`, lines(40, 40))
  writeFileSync(log, lines(80, 10))
  const run = follow(log, { state, once: true })
  await run.ended
  expect(texts(run)).toEqual(events(0, 90))
})

test('dated names, and a middle one that was removed', async () => {
  const { state, log, logs } = place()
  writeFileSync(log, lines(0, 40))
  const first = follow(log, { state })
  await first.until(40)
  await first.stop()
  rmSync(log)
  writeFileSync(join(logs, 'eve.json-20240102'), lines(60, 20))
  gzip(join(logs, 'eve.json-20240102'))
  writeFileSync(log, lines(80, 10))
  const run = follow(log, { state, once: true })
  await run.ended
  expect(texts(run)).toEqual(events(60, 30))
})

test('a restart in the middle of a compressed file goes on in it', async () => {
  const { state, log } = place()
  writeFileSync(log, lines(0, 300))
  await readSome(log, state, 1)
  rotate(log)
  writeFileSync(log, lines(300, 5))
  const seen: string[] = []
  const ids = new Set<string>()
  for (let round = 0; seen.length < 290 && round < 100; round++) {
    const run = follow(log, { state, range_min: 700, range_max: 700 })
    await run.until(1)
    if (round === 2) rotateGz(log)
    await run.stop()
    seen.push(...texts(run))
    for (const { id } of run.records) ids.add(id)
  }
  expect(new Set(seen).size).toBe(seen.length)
  expect(ids.size).toBe(seen.length)
  expect(seen.at(-1)).toBe(events(304, 1)[0])
  const [head = ''] = seen
  expect(seen).toEqual(events(JSON.parse(head).n, seen.length))
})

/** The compressed file moves on while it is being read. */
function rotateGz(log: string): void {
  renameSync(`${log}.1.gz`, `${log}.2.gz`)
}

test('a compressed file that was read before it was compressed is never read again', async () => {
  const { state, log } = place()
  writeFileSync(log, lines(0, 50))
  const run = follow(log, { state })
  await run.until(50)
  rotate(log)
  writeFileSync(log, lines(50, 50))
  await run.until(100)
  await sleep(300)
  rotate(log)
  writeFileSync(log, lines(100, 50))
  await run.until(150)
  await run.stop()
  expect(texts(run)).toEqual(events(0, 150))
  for (const state2 of [state, state]) {
    const again = follow(log, { state: state2, once: true })
    await again.ended
    await again.stop()
    expect(texts(again)).toEqual([])
  }
  rotate(log)
  writeFileSync(log, lines(150, 5))
  const last = follow(log, { state, once: true })
  await last.ended
  expect(texts(last)).toEqual(events(150, 5))
})

test('a damaged one gives what can be read, and the rest is told', async () => {
  const { state, log } = place()
  writeFileSync(log, lines(0, 5000))
  await readSome(log, state, 1)
  rotate(log)
  truncateSync(`${log}.1.gz`, statSync(`${log}.1.gz`).size - 3000)
  writeFileSync(log, lines(5000, 5))
  const run = follow(log, { state, once: true })
  await run.ended
  expect(texts(run).slice(-5)).toEqual(events(5000, 5))
  const rest = texts(run).slice(0, -6)
  expect(rest.length).toBeGreaterThan(1000)
  expect(rest).toEqual(events(JSON.parse(rest[0] ?? '').n, rest.length))
  const lost = run.events.flatMap((event) => (event.kind === 'lost' ? event.bytes : []))
  expect(lost.length).toBe(1)
  expect(lost[0]).toBeGreaterThan(0)
})

test('what only has the name of a compressed file is left alone', async () => {
  const { state, log } = place()
  writeFileSync(log, lines(0, 50))
  await readSome(log, state, 1)
  rmSync(log)
  writeFileSync(`${log}.1.gz`, 'not compressed\n')
  writeFileSync(log, lines(50, 5))
  const run = follow(log, { state, once: true })
  await run.ended
  expect(texts(run).slice(-5)).toEqual(events(50, 5))
  expect(run.events.filter(({ kind }) => kind === 'lost').length).toBe(1)
})

test('a copy that was compressed after copytruncate has what was unread', async () => {
  const { state, log } = place()
  writeFileSync(log, lines(0, 50))
  const first = await readSome(log, state, 1)
  const done = first.pieces[0]?.kind === 'range' ? first.pieces[0].end : 0
  writeFileSync(`${log}.1`, readFileSync(log))
  gzip(`${log}.1`)
  const fd = openSync(log, 'r+')
  truncateSync(log)
  writeSync(fd, lines(50, 3), 0)
  closeSync(fd)
  const run = follow(log, { state, once: true })
  await run.ended
  const rest = lines(0, 50).slice(0, done).split('\n').length
  expect(texts(run).slice(-3)).toEqual(events(50, 3))
  expect(texts(run)).toEqual(events(53 - run.records.length, run.records.length))
  expect(run.records.length).toBeGreaterThanOrEqual(53 - rest)
  expect(run.events.filter(({ kind }) => kind === 'lost')).toEqual([])
})

test('only what is unread takes room, and it goes with the last range', async () => {
  const { state, log } = place()
  const fat = (n: number) => `{"n":${n},"x":"${'x'.repeat(100_000)}"}\n`
  writeFileSync(log, Array.from({ length: 200 }, (_, n) => fat(n)).join(''))
  const first = follow(log, { state, range_max: 1024 ** 2, commit: false })
  await first.until(200)
  const delivered = first.pieces.slice(0, -5)
  for (const piece of delivered) first.source.commit(piece)
  await first.stop()
  const offset = delivered.reduce((_, piece) => (piece.kind === 'range' ? piece.end : 0), 0)
  const rest = first.records.filter(({ id }) => Number(id.split(':')[1]) >= offset)
  rotate(log)
  writeFileSync(log, lines(0, 1))
  const run = follow(log, { state, range_max: 1024 ** 2, commit: false })
  await run.until(rest.length + 1)
  expect(run.records.slice(0, -1)).toEqual(rest)
  const unpacked = held(state)
  expect(unpacked.length).toBe(1)
  const { size, blocks } = statSync(`/proc/self/fd/${unpacked[0]}`)
  expect(size).toBe(Array.from({ length: 200 }, (_, n) => fat(n)).join('').length)
  expect(blocks * 512).toBeLessThan(size - offset + 1024 ** 2)
  for (const piece of run.pieces) run.source.commit(piece)
  while (held(state).length > 0) await sleep(10)
})

/** Descriptors of files without a name in a folder. */
function held(folder: string): string[] {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(`${folder}/unpacked-`)
    } catch {
      return false // the descriptor of the listing itself
    }
  })
}

test('whatever is rotated and compressed whenever, no line is lost, doubled or out of order', async () => {
  const step = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 60 }) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('rotate' as const), count: fc.constant(0) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('read' as const), count: fc.integer({ min: 1, max: 40 }) }),
    },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
      const { state, log } = place()
      writeFileSync(log, '')
      await (async () => {
        const run = follow(log, { state, once: true })
        await run.ended
        await run.stop()
      })()
      let written = 0
      const done: string[] = []
      for (const { do: what, count } of steps) {
        if (what === 'append') {
          appendFileSync(log, lines(written, count))
          written += count
          // Times of files are compared.
          await sleep(5)
        }
        if (what === 'rotate') {
          rotate(log)
          writeFileSync(log, '')
          await sleep(5)
        }
        if (what === 'read' && done.length < written) {
          const run = follow(log, { state, range_min: 300, range_max: 300, poll_interval: 10 })
          await run.until(Math.min(count, written - done.length))
          await run.stop()
          done.push(...texts(run))
        }
      }
      const run = follow(log, { state, once: true })
      await run.ended
      await run.stop()
      done.push(...texts(run))
      expect(run.events.filter(({ kind }) => kind === 'lost')).toEqual([])
      expect(done).toEqual(events(0, written))
    }),
    { numRuns: 25 },
  )
})
