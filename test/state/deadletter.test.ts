import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, onTestFinished, test } from 'vitest'
import { DeadLetters, toDeadLetter } from '../../src/state/deadletter.ts'
import type { DeadLetter } from '../../src/types.ts'

function place(): string {
  const path = mkdtempSync(join(tmpdir(), 'letters-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return join(path, 'dead-letters.ndjson')
}

function open(path: string, maxBytes = 1024 ** 2): DeadLetters {
  const letters = new DeadLetters(path, maxBytes)
  onTestFinished(() => letters.close())
  return letters
}

const fields = {
  connector: 'suricata',
  reason: 'invalid_json',
  detail: 'Unexpected end',
  origin: '/eve.json',
} as const

const letter = (raw: string) => toDeadLetter(fields, Buffer.from(raw), 1000)

const read = (path: string): DeadLetter[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

describe('a dead letter', () => {
  test('holds the record as text where it is UTF-8, and as base64 where it is not', () => {
    expect(letter('{"é":')).toMatchObject({ raw: '{"é":', encoding: 'utf8', length: 6 })
    const bytes = Buffer.from([0x7b, 0xff, 0x00])
    expect(toDeadLetter(fields, bytes, 1000)).toMatchObject({
      raw: bytes.toString('base64'),
      encoding: 'base64',
      length: 3,
    })
  })

  test('of a record over the limit holds the head, cut between characters', () => {
    const text = `x${'é'.repeat(100_000)}`
    const { raw, length, encoding } = toDeadLetter(fields, Buffer.from(text), 1000)
    expect({ length, encoding }).toEqual({ length: 200_001, encoding: 'utf8' })
    expect(text.startsWith(raw)).toBe(true)
    expect(Buffer.byteLength(raw)).toBe(64 * 1024 - 1)
  })

  test('of a record that was cut before knows how long it was', () => {
    expect(toDeadLetter({ ...fields, length: 5000 }, Buffer.from('head'), 1000)).toMatchObject({
      raw: 'head',
      length: 5000,
    })
  })
})

test('letters are lines in a file for its owner alone', async () => {
  const path = place()
  const letters = open(path)
  await letters.append([letter('one'), letter('two\n')])
  await letters.append([])
  await letters.append([letter('three')])
  expect(read(path).map(({ raw }) => raw)).toEqual(['one', 'two\n', 'three'])
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('lines of several threads never mix', async () => {
  const path = place()
  const module = new URL('../../src/state/deadletter.ts', import.meta.url).href
  const script = `
    const { workerData } = require('node:worker_threads')
    import(${JSON.stringify(module)}).then(async ({ DeadLetters, toDeadLetter }) => {
      const letters = new DeadLetters(workerData.path, 1e9)
      for (let n = 0; n < 40; n++) {
        const raw = Buffer.alloc(1 + ((n * 7919) % 50_000), 65 + workerData.thread)
        await letters.append([toDeadLetter({ ...workerData.fields, offset: n }, raw, 1e6)])
      }
      await letters.close()
    })
  `
  await Promise.all(
    [0, 1, 2].map((thread) => {
      const worker = new Worker(script, { eval: true, workerData: { path, thread, fields } })
      return new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
    }),
  )
  const all = read(path)
  expect(all.length).toBe(120)
  for (const { raw, length } of all) expect(raw).toBe(raw.charAt(0).repeat(length))
})

test('a full file takes no more until there is room, and holds no part of what was refused', async () => {
  const path = place()
  const letters = open(path, 1024)
  await letters.append([letter('x'.repeat(700))])
  await expect(letters.append([letter('y'.repeat(700))])).rejects.toMatchObject({ code: 'FULL' })
  expect(read(path).length).toBe(1)
  truncateSync(path)
  await letters.append([letter('y'.repeat(700))])
  expect(read(path).map(({ raw }) => raw.charAt(0))).toEqual(['y'])
})

test('a letter that is larger than the limit alone does not wait for ever', async () => {
  const path = place()
  const letters = open(path, 100)
  await letters.append([letter('x'.repeat(700))])
  expect(read(path).length).toBe(1)
})

test('a file that was moved away is not written to any more', async () => {
  const path = place()
  const letters = open(path)
  await letters.append([letter('one')])
  renameSync(path, `${path}.1`)
  await letters.append([letter('two')])
  rmSync(path)
  await letters.append([letter('three')])
  expect(read(`${path}.1`).map(({ raw }) => raw)).toEqual(['one'])
  expect(read(path).map(({ raw }) => raw)).toEqual(['three'])
})

test('a line that a crash cut short is set off from the next', async () => {
  const path = place()
  const letters = open(path)
  await letters.append([letter('one')])
  appendFileSync(path, '{"time":"20')
  await letters.append([letter('two')])
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  expect(lines[1]).toBe('{"time":"20')
  expect(JSON.parse(lines[2] ?? '').raw).toBe('two')
})

test('a failed write is said, and works again later', async () => {
  const path = place()
  const letters = open(join(path, 'sub', 'letters'))
  await expect(letters.append([letter('one')])).rejects.toMatchObject({
    code: 'WRITE',
    cause: { code: 'ENOENT' },
  })
  const elsewhere = place()
  writeFileSync(elsewhere, '')
  symlinkSync(elsewhere, path)
  await expect(open(path).append([letter('one')])).rejects.toMatchObject({ code: 'WRITE' })
  rmSync(path)
  await open(path).append([letter('one')])
  expect(read(path).length).toBe(1)
})

test('a disk that fills up in the middle of a line costs no other line', () => {
  const path = place()
  const module = new URL('../../src/state/deadletter.ts', import.meta.url).href
  const script = `
    process.on('SIGXFSZ', () => {})
    const { DeadLetters, toDeadLetter } = await import(${JSON.stringify(module)})
    const letters = new DeadLetters(${JSON.stringify(path)}, 1e9)
    const make = (raw) => toDeadLetter(${JSON.stringify(fields)}, Buffer.from(raw), 1e6)
    await letters.append([make('a'.repeat(3000))])
    const code = await letters.append([make('b'.repeat(3000))]).then(() => 'written', (error) => error.code)
    await letters.close()
    console.log(code)
  `
  // ulimit counts in 1024-byte blocks.
  const { stdout } = spawnSync('bash', [
    '-c',
    `ulimit -f 4; exec "$0" --input-type=module -e "$1"`,
    process.execPath,
    script,
  ])
  expect(stdout.toString().trim()).toBe('WRITE')
  expect(statSync(path).size).toBe(4096)
  const letters = open(path)
  return letters.append([letter('c')]).then(() => {
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    expect(lines.length).toBe(3)
    expect(JSON.parse(lines[0] ?? '').raw).toBe('a'.repeat(3000))
    expect(JSON.parse(lines[2] ?? '').raw).toBe('c')
  })
})
