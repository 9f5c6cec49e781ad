import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDestination } from '../../src/delivery/destination.ts'
import { Gate } from '../../src/delivery/gate.ts'
import { linesDestination } from '../../src/delivery/lines.ts'
import { Lock } from '../../src/delivery/lock.ts'
import { ConfigError } from '../../src/errors.ts'
import { memoryLog, messagesOf, never, numbered, optionsFor } from './receiver.ts'

let directory = ''
let file = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lines-'))
  file = join(directory, 'out.json')
})
afterEach(() => rmSync(directory, { recursive: true }))

function open(target: { fd: number } | { path: string }) {
  const gate = new Gate(Gate.allocate(1), 0)
  const log = memoryLog()
  const retry = { retry_min: 5, retry_max: 20 }
  const lock = new Lock(Lock.allocate())
  return { gate, log, lock, destination: linesDestination(target, { gate, lock, retry, hooks: { log } }) }
}

const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -1)

test('each message is a line, appended to a file for its owner alone', async () => {
  const { destination, gate } = open({ path: file })
  expect(await destination.send(messagesOf(['{"a":"é"}', '{"b":2}']), never)).toEqual([])
  await destination.send(messagesOf(numbered(1)), never)
  await destination.close()
  expect(readFileSync(file, 'utf8')).toBe('{"a":"é"}\n{"b":2}\n{"ID":0}\n')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(gate.snapshot()).toMatchObject({ state: 'open', inFlight: 0 })
})

test('half a line that a crash left is ended first', async () => {
  writeFileSync(file, '{"ID":"whole"}\n{"ID":"ha')
  const { destination } = open({ path: file })
  await destination.send(messagesOf(numbered(1)), never)
  await destination.close()
  expect(linesOf(file)).toEqual(['{"ID":"whole"}', '{"ID":"ha', '{"ID":0}'])
})

test('after rotation lines go to the new file', async () => {
  const { destination } = open({ path: file })
  await destination.send(messagesOf(numbered(1)), never)
  renameSync(file, `${file}.1`)
  await destination.send(messagesOf(numbered(1, 5)), never)
  await destination.close()
  expect([linesOf(`${file}.1`), linesOf(file)]).toEqual([['{"ID":0}'], ['{"ID":5}']])
})

test('a file that cannot be written is waited for, and told once', async () => {
  const path = join(directory, 'missing', 'out.json')
  const { destination, gate, log } = open({ path })
  const sent = destination.send(messagesOf(numbered(3)), never)
  while (gate.snapshot().retries < 3) await new Promise((resolve) => setImmediate(resolve))
  expect(gate.snapshot().state).toBe('down')
  execFileSync('mkdir', [join(directory, 'missing')])
  expect(await sent).toEqual([])
  await destination.close()
  expect(linesOf(path)).toEqual(numbered(3))
  expect(log.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
})

test('an abort while waiting rejects with its reason', async () => {
  const { destination, gate } = open({ path: join(directory, 'missing', 'out.json') })
  const stop = new AbortController()
  const sent = destination.send(messagesOf(numbered(3)), stop.signal)
  while (gate.snapshot().state === 'open') await new Promise((resolve) => setImmediate(resolve))
  const reason = new Error('stop')
  stop.abort(reason)
  await expect(sent).rejects.toBe(reason)
  await destination.close()
})

describe('standard output', () => {
  const lineWriter = (...words: string[]) =>
    spawn(process.execPath, [new URL('./lineswriter.ts', import.meta.url).pathname, ...words])

  test('a slow reader of a pipe gets every line whole', async () => {
    const child = lineWriter('2000')
    const chunks: Buffer[] = []
    for await (const chunk of child.stdout) {
      chunks.push(chunk)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const lines = Buffer.concat(chunks).toString().split('\n').slice(0, -1)
    expect(lines.map((line) => JSON.parse(line).ID)).toEqual(
      Array.from({ length: 2000 }, (_, index) => index),
    )
  })

  test('a reader that goes away is told as EPIPE', async () => {
    const child = lineWriter('1000000')
    let told = ''
    child.stderr.on('data', (chunk) => {
      told += chunk
    })
    await once(child.stdout, 'data')
    child.stdout.destroy()
    await once(child, 'close')
    expect(told).toBe('EPIPE')
  })
})

test('lines of several threads never mix, and those of a batch stay together', async () => {
  const [gate, lock] = [Gate.allocate(2), Lock.allocate()]
  const fd = openSync(file, 'w')
  const threads = [0, 1].map(
    (workerIndex) =>
      new Worker(new URL('./linesworker.ts', import.meta.url), {
        workerData: { gate, lock, workerIndex, fd },
      }),
  )
  await Promise.all(threads.map((thread) => once(thread, 'exit')))
  closeSync(fd)
  const lines = linesOf(file).map((line): { worker: number; batch: number; index: number } =>
    JSON.parse(line),
  )
  expect(lines).toHaveLength(2 * 20 * 50)
  for (let start = 0; start < lines.length; start += 50) {
    const batch = lines.slice(start, start + 50)
    expect(new Set(batch.map(({ worker, batch }) => `${worker}.${batch}`)).size).toBe(1)
    expect(batch.map(({ index }) => index)).toEqual(Array.from({ length: 50 }, (_, index) => index))
  }
})

test('the option delivery chooses', async () => {
  const shared = { gate: Gate.allocate(1), lock: Lock.allocate(), workerIndex: 0 }
  const destination = openDestination(optionsFor('http://127.0.0.1/', { delivery: 'file', file }), shared)
  await destination.send(messagesOf(numbered(2)), never)
  await destination.close()
  expect(linesOf(file)).toEqual(numbered(2))
  const incomplete = optionsFor('http://127.0.0.1/', { delivery: 'file' })
  expect(() => openDestination(incomplete, shared)).toThrow(ConfigError)
})
