import {
  appendFileSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { events, folder, follow, lines, place, texts } from './consumer.ts'

describe('a growing file', () => {
  test('every line comes once and in order, whatever the bursts', async () => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 500))
    const run = follow(log, { state })
    await run.until(500)
    for (let burst = 0; burst < 20; burst++) {
      appendFileSync(log, lines(500 + burst * 10, 10))
      if (burst % 5 === 0) await run.until(500 + (burst + 1) * 10)
    }
    await run.until(700)
    expect(texts(run)).toEqual(events(0, 700))
  })

  test('is told once when it is not there yet, and so is a glob that names nothing', async () => {
    const { state, logs, log } = place()
    writeFileSync(log, lines(0, 1))
    const told: unknown[] = []
    const paths = [log, join(logs, 'typo.json'), join(logs, 'typo-*.json')]
    const run = follow(paths, {
      state,
      log: pino({ level: 'warn' }, { write: (line) => told.push(JSON.parse(line)) }),
    })
    await run.until(1)
    writeFileSync(join(logs, 'typo.json'), lines(1, 1))
    await run.until(2)
    expect(told).toMatchObject(paths.slice(1).map((path) => ({ path, msg: 'there is no such file yet' })))
  })

  test('comes by polling alone where nothing can be watched', async () => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 10))
    const run = follow(log, { state, watch: false })
    await run.until(10)
    appendFileSync(log, lines(10, 10))
    await run.until(20)
    expect(texts(run)).toEqual(events(0, 20))
  })

  test('is noticed at once where it can be watched', async () => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 1))
    const run = follow(log, { state, poll_interval: 3_600_000 })
    await run.until(1)
    appendFileSync(log, lines(1, 1))
    await run.until(2)
    expect(texts(run)).toEqual(events(0, 2))
  })

  test('a line is given when its newline has come, at whichever byte it was interrupted', async () => {
    const { state, log } = place()
    const line = Buffer.from('{"n":"é\u{1f512}\\u0000"}\r\n')
    writeFileSync(log, '')
    const run = follow(log, { state })
    for (let at = 0; at <= line.length; at++) {
      appendFileSync(log, line.subarray(0, at))
      await sleep(3)
      appendFileSync(log, line.subarray(at))
      await run.until(at + 1)
    }
    expect(texts(run)).toEqual(
      Array.from({ length: line.length + 1 }, () => line.toString('latin1').slice(0, -1)),
    )
  })

  test('ranges of any size give the same lines', async () => {
    const { state, log } = place()
    const content = `${lines(0, 40)}${'x'.repeat(3000)}\n\n\n${lines(40, 5)}`
    writeFileSync(log, content)
    for (const range of [1, 2, 7, 64, 1000]) {
      const run = follow(log, {
        state,
        connector: `c${range}`,
        once: true,
        range_min: range,
        range_max: range,
      })
      await run.ended
      expect(texts(run)).toEqual(content.split('\n').slice(0, -1))
    }
  })

  test('a huge line without an end is searched once, and given when it ends', async () => {
    const { state, log } = place()
    writeFileSync(log, 'x'.repeat(3 * 1024 ** 2))
    const run = follow(log, { state, range_max: 1024 ** 2 })
    await sleep(50)
    expect(run.records).toEqual([])
    appendFileSync(log, 'y\n')
    await run.until(1)
    expect(run.records[0]?.text.length).toBe(3 * 1024 ** 2 + 1)
  })

  test('start = end skips what is there, but not the line being written', async () => {
    const { state, log } = place()
    writeFileSync(log, `${lines(0, 10)}{"half":`)
    const run = follow(log, { state, start: 'end' })
    await sleep(30)
    appendFileSync(log, 'true}\n')
    await run.until(1)
    expect(texts(run)).toEqual(['{"half":true}'])
  })

  test('fromStart reads from the beginning what has no position', async () => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 10))
    const run = follow(log, { state, start: 'end', fromStart: true, once: true })
    await run.ended
    expect(texts(run)).toEqual(events(0, 10))
  })

  test('lag is what is not committed, and its age', async () => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 10))
    const idle = follow(log, { state, commit: false })
    await idle.until(10)
    expect(idle.source.lag().bytes).toBe(statSync(log).size)
    await sleep(20)
    expect(idle.source.lag().seconds).toBeGreaterThan(0.015)
    await idle.stop()
    const run = follow(log, { state })
    await run.until(10)
    expect(run.source.lag()).toEqual({ bytes: 0, seconds: 0 })
  })
})

describe('once', () => {
  test('ends at the end of every file, with a last line that has no newline', async () => {
    const { state, logs } = place()
    writeFileSync(join(logs, 'a.json'), `${lines(0, 100)}{"last":1}`)
    writeFileSync(join(logs, 'b.json'), lines(100, 100))
    writeFileSync(join(logs, 'empty.json'), '')
    const run = follow(join(logs, '*.json'), { state, once: true })
    await run.ended
    const of = (name: string) => run.records.filter(({ path }) => path.endsWith(name)).map(({ text }) => text)
    expect(of('a.json')).toEqual([...events(0, 100), '{"last":1}'])
    expect(of('b.json')).toEqual(events(100, 100))
    expect(run.records.length).toBe(201)
  })

  test('files take turns', async () => {
    const { state, logs } = place()
    writeFileSync(join(logs, 'a.json'), lines(0, 300))
    writeFileSync(join(logs, 'b.json'), lines(300, 300))
    const run = follow(join(logs, '*.json'), { state, once: true, range_max: 256 })
    await run.ended
    const firstOfB = run.records.findIndex(({ path }) => path.endsWith('b.json'))
    expect(firstOfB).toBeLessThan(20)
  })

  test('a file that is not there is no reason to wait', async () => {
    const { state, log } = place()
    const run = follow(log, { state, once: true })
    await run.ended
    expect(run.records).toEqual([])
  })
})

describe('rotation by rename', () => {
  test('the old file is read to its end before the new one, late writes included', async () => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 10))
    const run = follow(log, { state })
    await run.until(10)
    renameSync(log, `${log}.1`)
    appendFileSync(`${log}.1`, lines(10, 10))
    await run.until(20)
    writeFileSync(log, lines(30, 10))
    appendFileSync(`${log}.1`, lines(20, 10))
    await run.until(40)
    expect(texts(run)).toEqual(events(0, 40))
    expect(run.events).toEqual([{ kind: 'rotated', path: log }])
  })

  test('a writer that goes on in the old file after the new one was begun loses nothing', async () => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 10))
    const run = follow(log, { state, patience: { lingerMs: 5000 } })
    await run.until(10)
    renameSync(log, `${log}.1`)
    writeFileSync(log, lines(10, 10))
    await run.until(20)
    appendFileSync(`${log}.1`, lines(20, 10))
    await run.until(30)
    appendFileSync(log, lines(30, 10))
    await run.until(40)
    expect(texts(run)).toEqual(events(0, 40))
  })

  test('the last line of the old file is given without its newline', async () => {
    const { state, log } = place()
    writeFileSync(log, `${lines(0, 3)}{"cut":`)
    const run = follow(log, { state })
    await run.until(3)
    renameSync(log, `${log}.1`)
    writeFileSync(log, lines(3, 3))
    await run.until(7)
    expect(texts(run)).toEqual([...events(0, 3), '{"cut":', ...events(3, 3)])
  })

  test('many rotations in quick succession keep every line and the order', async () => {
    const { state, log } = place()
    writeFileSync(log, '')
    const run = follow(log, { state, poll_interval: 25 })
    for (let turn = 0; turn < 40; turn++) {
      appendFileSync(log, lines(turn * 5, 3))
      for (let n = 6; n >= 1; n--) {
        try {
          renameSync(`${log}.${n}`, `${log}.${n + 1}`)
        } catch {
          // Not that many yet.
        }
      }
      renameSync(log, `${log}.1`)
      appendFileSync(`${log}.1`, lines(turn * 5 + 3, 2))
      writeFileSync(log, '')
      await sleep(10)
    }
    await run.until(200)
    expect(texts(run)).toEqual(events(0, 200))
  })

  test.each([
    ['counted', (log: string, n: number) => `${log}.${n}`],
    ['dated', (log: string, n: number) => `${log}-2024010${9 - n}`],
    ['dated before the extension', (log: string, n: number) => log.replace('.json', `-2024010${9 - n}.json`)],
  ])('five rotations while nothing ran, %s: all are read, oldest first', async (_, name) => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 10))
    const first = follow(log, { state })
    await first.until(10)
    await first.stop()
    appendFileSync(log, lines(10, 10))
    renameSync(log, name(log, 5))
    for (let n = 4; n >= 1; n--) writeFileSync(name(log, n), lines(60 - n * 10, 10))
    writeFileSync(log, lines(60, 10))
    writeFileSync(`${log}.old`, 'not ours\n')
    const run = follow(log, { state, once: true })
    await run.ended
    expect(texts(run)).toEqual(events(10, 60))
    expect(run.events.filter(({ kind }) => kind === 'lost')).toEqual([])
  })

  test('where the file that was read is gone, those written since are read and the loss is told', async () => {
    const { state, log } = place()
    writeFileSync(`${log}.9`, lines(900, 10))
    utimesSync(`${log}.9`, 1e9, 1e9)
    writeFileSync(log, lines(0, 10))
    const first = follow(log, { state, commit: false })
    await first.until(10)
    await first.stop()
    const { size } = statSync(log)
    await sleep(20)
    rmSync(log)
    writeFileSync(`${log}.1`, lines(10, 10))
    writeFileSync(log, lines(20, 10))
    const run = follow(log, { state, once: true })
    await run.ended
    expect(texts(run)).toEqual(events(10, 20))
    // The reason depends on whether the file system has given the inode away again.
    expect(run.events).toContainEqual(expect.objectContaining({ kind: 'lost', path: log, bytes: size }))
  })

  test('between the rename and the new file the old one is followed', async () => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 5))
    const first = follow(log, { state })
    await first.until(5)
    await first.stop()
    renameSync(log, `${log}.1`)
    const run = follow(log, { state })
    appendFileSync(`${log}.1`, lines(5, 5))
    await run.until(5)
    writeFileSync(log, lines(10, 5))
    await run.until(10)
    expect(texts(run)).toEqual(events(5, 10))
  })
})

describe('truncation', () => {
  test('a reader that has caught up starts again at 0, under another identity', async () => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 10))
    const run = follow(log, { state })
    await run.until(10)
    copyFileSync(log, `${log}.copy`)
    truncateSync(log)
    appendFileSync(log, lines(10, 5))
    await run.until(15)
    expect(texts(run)).toEqual(events(0, 15))
    expect(new Set(run.records.map(({ id }) => id)).size).toBe(15)
    expect(run.events).toEqual([])
  })

  test('what a lagging reader had not delivered goes on in the copy beside it, with the same IDs', async () => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 10))
    const run = follow(log, { state, commit: false })
    await run.until(10)
    copyFileSync(log, `${log}.1`)
    truncateSync(log)
    appendFileSync(log, lines(10, 5))
    await run.until(25)
    expect(texts(run)).toEqual([...events(0, 10), ...events(0, 15)])
    expect(run.records.slice(10, 20).map(({ id }) => id)).toEqual(
      run.records.slice(0, 10).map(({ id }) => id),
    )
    expect(run.events).toEqual([])
  })

  test('without a copy the loss is told to the byte', async () => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 10))
    const run = follow(log, { state, commit: false })
    await run.until(10)
    const { size } = statSync(log)
    truncateSync(log)
    appendFileSync(log, lines(10, 5))
    await run.until(15)
    expect(run.events).toEqual([{ kind: 'lost', path: log, bytes: size, reason: 'truncated' }])
  })

  test('a copy that a glob finds is not read a second time', async () => {
    const { state, logs, log } = place()
    writeFileSync(log, lines(0, 50))
    const run = follow(`${logs}/eve*`, { state })
    await run.until(50)
    copyFileSync(log, `${log}.1`)
    await sleep(60)
    truncateSync(log)
    appendFileSync(log, lines(50, 5))
    await run.until(55)
    await sleep(60)
    expect(texts(run)).toEqual(events(0, 55))
  })

  test('regrown past the old offset between two looks', async () => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 10))
    const run = follow(log, { state })
    await run.until(10)
    writeFileSync(log, lines(10, 20))
    await run.until(30)
    expect(texts(run)).toEqual(events(0, 30))
  })

  test('regrown past the old offset while nothing ran', async () => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 10))
    const first = follow(log, { state })
    await first.until(10)
    await first.stop()
    writeFileSync(log, lines(10, 20))
    const run = follow(log, { state, once: true })
    await run.ended
    expect(texts(run)).toEqual(events(10, 20))
  })

  test('a commit after the truncation moves nothing: the worker may have read anything', async () => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 10))
    const run = follow(log, { state, commit: false, watch: false, poll_interval: 100 })
    await run.until(10)
    copyFileSync(log, `${log}.1`)
    truncateSync(log)
    for (const piece of run.pieces) run.source.commit(piece)
    await run.until(20)
    expect(run.records.slice(10)).toEqual(run.records.slice(0, 10))
  })

  test.each([
    ['while nothing ran', true],
    ['under a reader', false],
  ])('a file that lost its end %s goes on at the new end, under another identity', async (_, down) => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 100))
    let run = follow(log, { state })
    await run.until(100)
    const before = run.records
    if (down) await run.stop()
    truncateSync(log, statSync(log).size - 70)
    if (down) run = follow(log, { state })
    while (run.events.length === 0) await sleep(5)
    // Half a line is left, which was delivered while it was whole.
    expect(readFileSync(log, 'latin1').at(-1)).not.toBe('\n')
    appendFileSync(log, lines(200, 5))
    await run.until((down ? 0 : 100) + 5)
    expect(texts(run).slice(-5)).toEqual(events(200, 5))
    expect(run.events).toEqual([{ kind: 'shortened', path: log, bytes: 70 }])
    const all = [...before.slice(0, 100), ...run.records.slice(-5)]
    expect(new Set(all.map(({ id }) => id)).size).toBe(105)
  })
})

describe('identity', () => {
  test('an inode that is used again is another file', async () => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 10))
    const first = follow(log, { state })
    await first.until(10)
    await first.stop()
    unlinkSync(log)
    writeFileSync(log, lines(10, 20))
    const run = follow(log, { state, once: true })
    await run.ended
    expect(texts(run)).toEqual(events(10, 20))
  })

  test('files that begin alike are both read', async () => {
    const { state, logs, log } = place()
    const other = join(logs, 'eve2.json')
    const head = lines(0, 100)
    writeFileSync(log, head + lines(100, 10))
    const run = follow(`${logs}/eve*.json`, { state })
    await run.until(110)
    writeFileSync(other, head + lines(200, 10))
    await run.until(220)
    const of = (path: string) => run.records.filter((record) => record.path === path).map(({ text }) => text)
    expect(of(log)).toEqual(events(0, 110))
    expect(of(other)).toEqual([...events(0, 100), ...events(200, 10)])
  })

  test('links, their target and overlapping globs are read once', async () => {
    const { state, logs, log } = place()
    writeFileSync(log, lines(0, 10))
    symlinkSync(log, join(logs, 'eve-link.json'))
    linkSync(log, join(logs, 'eve-hard.json'))
    const paths = [log, `${logs}/*.json`, `${logs}/eve*`, join(logs, 'eve-link.json')]
    const run = follow(paths, { state })
    await run.until(10)
    appendFileSync(log, lines(10, 10))
    await run.until(20)
    await sleep(40)
    expect(texts(run)).toEqual(events(0, 20))
  })

  test('after a kill between delivery and commit the same lines come with the same IDs', async () => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 30))
    const first = follow(log, { state, commit: false })
    await first.until(30)
    // No stop: what is on disk now is what a kill -9 would leave.
    const copy = join(folder(), 'state')
    mkdirSync(copy)
    copyFileSync(join(state, 'checkpoint'), join(copy, 'checkpoint'))
    const run = follow(log, { state: copy, once: true })
    await run.ended
    expect(run.records).toEqual(first.records)
  })

  test('FIFOs, directories and compressed files in a glob are left alone', async () => {
    const { state, logs, log } = place()
    const { execFileSync } = await import('node:child_process')
    execFileSync('mkfifo', [join(logs, 'eve-fifo.json')])
    mkdirSync(join(logs, 'eve-dir.json'))
    writeFileSync(join(logs, 'eve.json.1.gz'), 'packed\n')
    writeFileSync(log, lines(0, 3))
    const run = follow(`${logs}/eve*`, { state, once: true })
    await run.ended
    expect(texts(run)).toEqual(events(0, 3))
  })
})

describe('coming and going', () => {
  test('a directory and file that appear later are read from their beginning', async () => {
    const { state, logs } = place()
    const later = join(logs, 'sub', 'eve.json')
    const run = follow(later, { state, start: 'end' })
    await sleep(30)
    mkdirSync(join(logs, 'sub'))
    writeFileSync(later, lines(0, 10))
    await run.until(10)
    expect(texts(run)).toEqual(events(0, 10))
  })

  test('a file that appeared while nothing ran is read from its beginning', async () => {
    const { state, log } = place()
    const first = follow(log, { state, start: 'end' })
    await sleep(20)
    await first.stop()
    writeFileSync(log, lines(0, 10))
    const run = follow(log, { state, start: 'end', once: true })
    await run.ended
    expect(texts(run)).toEqual(events(0, 10))
  })

  test('a file that is removed while it is open is read to its end and let go', async () => {
    const { state, log } = place()
    const { closeSync, openSync, readdirSync, readlinkSync, writeSync } = await import('node:fs')
    writeFileSync(log, lines(0, 5))
    const run = follow(log, { state })
    await run.until(5)
    const fd = openSync(log, 'a')
    unlinkSync(log)
    writeSync(fd, lines(5, 5))
    await run.until(10)
    closeSync(fd)
    const held = () =>
      readdirSync('/proc/self/fd').filter((name) => {
        try {
          return readlinkSync(`/proc/self/fd/${name}`).startsWith(log)
        } catch {
          return false // the descriptor of the listing itself
        }
      })
    while (held().length > 0) await sleep(10)
    writeFileSync(log, lines(10, 5))
    await run.until(15)
    expect(texts(run)).toEqual(events(0, 15))
  })

  test('an idle file is closed, and read on when it grows', async () => {
    const { state, log } = place()
    writeFileSync(log, lines(0, 5))
    const run = follow(log, { state, patience: { idleMs: 30 } })
    await run.until(5)
    await sleep(100)
    expect(run.source.lag()).toEqual({ bytes: 0, seconds: 0 })
    appendFileSync(log, lines(5, 5))
    await run.until(10)
    await sleep(100)
    renameSync(log, `${log}.1`)
    appendFileSync(`${log}.1`, lines(10, 5))
    writeFileSync(log, lines(15, 5))
    await run.until(20)
    expect(texts(run)).toEqual(events(0, 20))
  })
})

test('restarted after any committed range, each line comes exactly once', async () => {
  const { state, log } = place()
  writeFileSync(log, lines(0, 60))
  const seen: string[] = []
  for (let round = 0; seen.length < 60; round++) {
    const run = follow(log, { state, range_min: 100 + round, range_max: 100 + round })
    await run.until(1)
    await run.stop()
    seen.push(...texts(run))
  }
  expect(seen).toEqual(events(0, 60))
})

test('whatever is done to the log, no line is lost, doubled or out of order', async () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 20 }) }),
    },
    { weight: 2, arbitrary: fc.constant({ do: 'rotate' as const }) },
    { weight: 2, arbitrary: fc.constant({ do: 'restart' as const }) },
    { weight: 2, arbitrary: fc.constant({ do: 'half' as const }) },
    { weight: 2, arbitrary: fc.constant({ do: 'wait' as const }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const { state, log } = place()
      writeFileSync(log, '')
      const start = () => follow(log, { state, poll_interval: 10, patience: { quietMs: 15 } })
      const done: string[] = []
      let run = start()
      let written = 0
      let rotated = 0
      const write = (count: number) => {
        appendFileSync(log, lines(written, count))
        written += count
      }
      for (const each of steps) {
        if (each.do === 'append') write(each.count)
        if (each.do === 'rotate') {
          for (let n = rotated; n >= 1; n--) renameSync(`${log}.${n}`, `${log}.${n + 1}`)
          renameSync(log, `${log}.1`)
          rotated += 1
          writeFileSync(log, '')
        }
        if (each.do === 'half') {
          const line = lines(written, 1)
          written += 1
          appendFileSync(log, line.slice(0, 20))
          await sleep(12)
          appendFileSync(log, line.slice(20))
        }
        if (each.do === 'restart') {
          await run.stop()
          done.push(...texts(run))
          run = start()
        }
        if (each.do === 'wait') await sleep(12)
      }
      write(1)
      await run.until(written - done.length)
      await run.stop()
      expect([...done, ...texts(run)]).toEqual(events(0, written))
    }),
    { numRuns: 25 },
  )
})
