import {
  appendFileSync,
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { SourceEvent } from '../../src/sources/context.ts'
import { Delivered } from '../../src/sources/delivered.ts'
import { type TreeOptions, tree } from '../../src/sources/tree.ts'
import { checkBy } from '../../src/sources/whole.ts'
import { Checkpoints } from '../../src/state/checkpoint.ts'
import { LineReader } from '../../src/worker/reader.ts'
import { until } from '../e2e/wait.ts'
import { consume, folder, type Run, silent } from './consumer.ts'

interface Setup extends Partial<Omit<TreeOptions, 'root'>> {
  commit?: boolean
  once?: boolean
  poll_interval?: number
  document_check?: 'json' | 'simdjson'
}

function place() {
  const base = folder()
  const root = join(base, 'audit')
  mkdirSync(root)
  /** Reads the tree with its own positions, like one run of the program. */
  const read = (setup: Setup = {}): Run => {
    const { commit = true, once = false, poll_interval = 10, document_check = 'json', ...options } = setup
    const checkpoints = new Checkpoints({ path: join(base, 'checkpoint'), intervalMs: 10, log: silent })
    const events: SourceEvent[] = []
    const source = tree(
      { root, accepts: (name) => name.endsWith('.json'), start: 'beginning', quietMs: 50, ...options },
      {
        connector: 'wall',
        checkpoints,
        workers: 2,
        range_min: 64,
        range_max: 4096,
        max_line: 1024 ** 2,
        poll_interval,
        document_check,
        once,
        fromStart: false,
        log: silent,
        onEvent: (event) => events.push(event),
      },
    )
    return consume(source, events, commit, () => checkpoints.close())
  }
  const write = (name: string, text: string) => {
    const path = join(root, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }
  return { root, read, write }
}

const document = (n: number) => JSON.stringify({ n, text: 'as different from each other as real ones' })
const names = (run: Run) => run.pieces.map((work) => (work.kind === 'range' ? work.path : '')).sort()
const files = (run: Run) => run.pieces.map((work) => (work.kind === 'range' ? work.file : '')).sort()

/** The ways to tell what is whole; the addon is optional. */
const CHECKS = (['json', 'simdjson'] as const).filter((check) => {
  try {
    return checkBy(check)
  } catch {
    return false
  }
})

describe('a tree of documents', () => {
  test('is read whole, and what comes to it, in folders that come too', async () => {
    const { read, write } = place()
    const expected = [write('a.json', document(1)), write('20261122/0309/b.json', document(2))]
    const run = read()
    await run.until(2)
    expected.push(write('20261122/0309/c.json', document(3)), write('20261123/0000/d.json', document(4)))
    await run.until(4)
    expect(names(run)).toEqual(expected.sort())
    await run.stop()
    expect(run.events).toEqual([])
  })

  test.each(CHECKS)('is noticed at once where it can be watched, whole ones alone (%s)', async (check) => {
    const { read, write } = place()
    write('x/a.json', document(1))
    write('x/part.json', document(3).slice(0, -1))
    const run = read({ poll_interval: 3_600_000, quietMs: 3_600_000, document_check: check })
    await run.until(1)
    write('x/b.json', document(2))
    await run.until(2)
    expect(run.records).toHaveLength(2)
  })

  test('is left as it was found when only what comes is asked for', async () => {
    const { read, write } = place()
    write('old.json', document(1))
    // What was written within the millisecond of the start counts as new.
    await new Promise((resolve) => setTimeout(resolve, 20))
    const run = read({ start: 'end' })
    await run.until(0)
    await new Promise((resolve) => setTimeout(resolve, 20))
    const path = write('new.json', document(2))
    await run.until(1)
    expect(names(run)).toEqual([path])
  })

  test('holds other files, and links, which are none of ours', async () => {
    const { root, read, write } = place()
    const path = write('a.json', document(1))
    write('index.log', 'GET / 403')
    symlinkSync(root, join(root, 'loop'))
    symlinkSync(path, join(root, 'link.json'))
    const run = read({ once: true })
    await run.ended
    expect(names(run)).toEqual([path])
  })

  test('is looked into only where documents may be', async () => {
    const { root, read, write } = place()
    const path = write('job-1/a.json', document(1))
    write('job-1/job-2/b.json', document(2))
    write('other/c.json', document(3))
    const entered: string[] = []
    const enters = (name: string) => entered.push(name) > 0 && /^job-[^/]*$/.test(name)
    const run = read({ once: true, enters })
    await run.ended
    expect(names(run)).toEqual([path])
    expect(new Set(entered)).toEqual(new Set(['job-1', 'job-1/job-2', 'other']))
    expect(root).not.toContain('job')
  })

  test('may have names that are no UTF-8, which are read and remembered like others', async () => {
    const { root, read } = place()
    const named = (latin1: string) =>
      Buffer.concat([Buffer.from(`${root}/💀`), Buffer.from(latin1, 'latin1')])
    const put = (n: number) => {
      mkdirSync(named(`caf\xe9-${n}`))
      writeFileSync(named(`caf\xe9-${n}/\xff.json`), document(n))
    }
    put(1)
    const first = read()
    await first.until(1)
    put(2)
    await first.until(2)
    await first.stop()
    expect(first.events).toEqual([])
    put(3)
    const second = read()
    await second.until(1)
    expect(second.records.map(({ text }) => JSON.parse(text).n)).toEqual([3])
    await second.stop()
  })

  test('may not be there yet', async () => {
    const { root, read, write } = place()
    rmSync(root, { recursive: true })
    const run = read()
    const path = write('sub/a.json', document(1))
    await run.until(1)
    expect(names(run)).toEqual([path])
  })
})

describe('a document', () => {
  test('is handed out when it is whole, however it is written', async () => {
    const { read, write } = place()
    const text = document(1)
    const path = write('a.json', text.slice(0, 10))
    const run = read({ quietMs: 3_600_000 })
    for (const piece of [text.slice(10, 20), text.slice(20)]) {
      await new Promise((resolve) => setTimeout(resolve, 30))
      expect(run.pieces).toEqual([])
      appendFileSync(path, piece)
    }
    await run.until(1)
    expect(run.records.map((record) => record.text)).toEqual([text])
  })

  test('that never becomes whole is handed out when it is quiet, to be rejected', async () => {
    const { read, write } = place()
    write('a.json', '{"n":')
    const run = read()
    await run.until(1)
    expect(run.records.map(({ text }) => text)).toEqual(['{"n":'])
  })

  test('that is empty is nothing', async () => {
    const { read, write } = place()
    write('a.json', '')
    const path = write('b.json', document(1))
    const run = read({ once: true })
    await run.ended
    expect(names(run)).toEqual([path])
  })

  test('that is written anew is another one', async () => {
    const { read, write } = place()
    write('a.json', document(1))
    const run = read()
    await run.until(1)
    write('a.json', document(22))
    await run.until(2)
    expect(new Set(files(run)).size).toBe(2)
  })

  test('that is removed before it could be read is told as lost', async () => {
    const { root, read, write } = place()
    write('a.json', '{"n":')
    const run = read({ quietMs: 200 })
    await until('it is seen', () => run.source.lag().bytes > 0)
    rmSync(join(root, 'a.json'))
    await until('it is missed', () => run.events.length > 0)
    expect(run.events).toEqual([{ kind: 'lost', path: join(root, 'a.json'), bytes: 5, reason: 'removed' }])
    expect(run.source.lag().bytes).toBe(0)
  })

  test('with line ends in it is one record for the worker, and is rejected by its length alone', () => {
    const { write } = place()
    const path = write('pretty.json', JSON.stringify({ a: [1, 2], b: 'x' }, null, 2))
    const { size } = statSync(path)
    const reader = new LineReader(1024)
    const fd = openSync(path, 'r')
    onTestFinished(() => closeSync(fd))
    const [block, ...rest] = [...reader.document(fd, 0, size)]
    expect(rest).toEqual([])
    if (block === undefined || 'tooLong' in block) throw new Error('no block')
    const line = block.bytes.toString('utf8', block.from, block.to)
    expect(line.indexOf('\n')).toBe(line.length - 1)
    expect(JSON.parse(line)).toEqual({ a: [1, 2], b: 'x' })
    const [long] = [...new LineReader(10).document(fd, 0, size)]
    expect(long).toMatchObject({ tooLong: { offset: 0, length: size } })
  })
})

describe('after a restart', () => {
  test('what was delivered is not read again, renamed or not; what came meanwhile is', async () => {
    const { root, read, write } = place()
    for (let n = 0; n < 100; n++) write(`${n % 7}/${n}.json`, document(n))
    const first = read({ sweepMs: 20 })
    await first.until(100)
    await first.stop()
    const path = write('3/new.json', document(100))
    renameSync(join(root, '0/0.json'), join(root, '0/renamed.json'))
    chmodSync(join(root, '1/1.json'), 0o600)
    const second = read()
    await second.until(1)
    await second.stop()
    expect(names(second)).toEqual([path])
  })

  test('what was out comes again, with the same identity', async () => {
    const { read, write } = place()
    for (let n = 0; n < 10; n++) write(`${n}.json`, document(n))
    const first = read({ commit: false })
    await first.until(10)
    await first.stop()
    const second = read()
    await second.until(10)
    await second.stop()
    expect(files(second)).toEqual(files(first))
    const third = read({ once: true })
    await third.ended
    expect(third.pieces).toEqual([])
  })

  test('what was out and is gone is told as lost', async () => {
    const { root, read, write } = place()
    write('a.json', document(1))
    const first = read({ commit: false })
    await first.until(1)
    await first.stop()
    rmSync(join(root, 'a.json'))
    const second = read({ once: true })
    await second.ended
    expect(second.events).toMatchObject([{ kind: 'lost', reason: 'removed' }])
  })

  test('equal documents are still two, each with its own identity', async () => {
    const { read, write } = place()
    write('a.json', document(1))
    write('b.json', document(1))
    const first = read({ commit: false })
    await first.until(2)
    await first.stop()
    const second = read()
    await second.until(2)
    expect(new Set(files(second)).size).toBe(2)
    const idOf = (run: Run) =>
      Object.fromEntries(run.pieces.map((work) => (work.kind === 'range' ? [work.path, work.file] : [])))
    expect(idOf(second)).toEqual(idOf(first))
  })
})

describe('what is remembered', () => {
  test('is each document since a time, and before it all of them', () => {
    const delivered = new Delivered({ before: 100, done: [['a', 150]] })
    expect([delivered.has('x', 99), delivered.has('x', 100), delivered.has('a', 150)]).toEqual([
      true,
      false,
      true,
    ])
    delivered.add('b', 160)
    delivered.settle(155)
    expect(delivered.state).toEqual({ before: 155, done: [['b', 160]] })
    delivered.settle(120)
    expect(delivered.state.before).toBe(155)
  })

  test('holds on to a document whose mode or name was changed', () => {
    const delivered = new Delivered({ before: 0, done: [['a', 150]] })
    expect(delivered.has('a', 300)).toBe(true)
    delivered.settle(200)
    expect(delivered.has('a', 300)).toBe(true)
  })

  test('is read back as it was written, and a checkpoint without it too', async () => {
    const path = join(folder(), 'checkpoint')
    const first = new Checkpoints({ path, intervalMs: 10, log: silent })
    expect(first.tree('wall', '/a')).toBeUndefined()
    first.putTree('wall', '/a', () => ({ before: 5, done: [['k', 7]] }))
    await first.close()
    const second = new Checkpoints({ path, intervalMs: 10, log: silent })
    expect(second.tree('wall', '/a')).toEqual({ before: 5, done: [['k', 7]] })
    expect(second.tree('other', '/a')).toBeUndefined()
    await second.close()
  })
})
