import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Spool, type SpoolOptions } from '../../src/state/spool.ts'

const log = pino({ level: 'silent' })

function open(options: Partial<SpoolOptions> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'spool-'))
  const directory = join(root, 'spool', 'a')
  const spool = new Spool({ directory, maxBytes: 1024 ** 3, log, ...options })
  onTestFinished(async () => {
    await spool.close()
    rmSync(root, { recursive: true, force: true })
  })
  return { directory, spool }
}

const line = (n: number, length = 100) => Buffer.from(`${`{"n":${n}}`.padEnd(length - 1)}\n`)

function content(directory: string): string {
  const names = readdirSync(directory).filter((name) => name.endsWith('.lines'))
  return names.map((name) => readFileSync(join(directory, name), 'latin1')).join('')
}

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  return (await Promise.race([promise, sleep(30, 'pending')])) !== 'pending'
}

test('what was accepted is on disk, whole and in order, for its owner only', async () => {
  const { directory, spool } = open()
  await Promise.all(Array.from({ length: 500 }, (_, n) => spool.append(line(n))))
  expect(content(directory)).toBe(Array.from({ length: 500 }, (_, n) => line(n)).join(''))
  expect(statSync(directory).mode & 0o777).toBe(0o700)
  for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600)
})

test('what comes in one turn, and what comes while a write is on its way, is written together', async () => {
  let groups = 0
  const { spool } = open({ onChange: () => groups++ })
  const first = Array.from({ length: 500 }, (_, n) => spool.append(line(n)))
  await new Promise(setImmediate)
  const second = Array.from({ length: 500 }, (_, n) => spool.append(line(n)))
  await Promise.all([...first, ...second])
  expect(groups).toBe(2)
})

test('nothing is made on disk before the first record', () => {
  const { directory } = open()
  expect(() => statSync(directory)).toThrow('ENOENT')
})

test('segments follow each other, with identities that last', async () => {
  const { directory, spool } = open({ segmentBytes: 1000 })
  for (let n = 0; n < 35; n++) await spool.append(line(n))
  const before = spool.segments.map(({ file, sequence, end }) => ({ file, sequence, end }))
  expect(before.map(({ end }) => end)).toEqual([1000, 1000, 1000, 500])
  expect(new Set(before.map(({ file }) => file)).size).toBe(4)
  await spool.close()
  const again = new Spool({ directory, maxBytes: 1024 ** 3, log })
  expect(again.segments.map(({ file, sequence, end }) => ({ file, sequence, end }))).toEqual(before)
  await again.append(line(35))
  expect(again.segments.at(-1)?.sequence).toBe(5)
  await again.close()
})

describe('when it is full', () => {
  test('records wait, and are accepted in order when a segment was removed', async () => {
    const { directory, spool } = open({ maxBytes: 8000 })
    for (let n = 0; n < 70; n++) await spool.append(line(n))
    expect(spool.hasRoomFor(1)).toBe(true)
    const late = [spool.append(line(100, 2000)), spool.append(line(101))]
    expect(await isSettled(Promise.race(late))).toBe(false)
    expect(spool.tryAppend(line(102))).toBeUndefined()
    expect(spool.bytes).toBeLessThanOrEqual(8000)
    while (spool.segments.length > 5) await removeFirst(spool)
    await Promise.all(late)
    expect(content(directory).endsWith(`${line(100, 2000)}${line(101)}`)).toBe(true)
    await spool.tryAppend(line(103))
    expect(content(directory).endsWith(`${line(103)}`)).toBe(true)
  })

  test('the segment that grows is finished, so that it can go as well', async () => {
    const { spool } = open({ maxBytes: 1000, segmentBytes: 10_000 })
    await spool.append(line(0, 900))
    const late = spool.append(line(1, 900))
    expect(await isSettled(late)).toBe(false)
    const [first] = spool.segments
    expect(first && spool.isSealed(first)).toBe(true)
    await removeFirst(spool)
    await late
  })

  test('a piece over the bound is accepted alone: it would never be otherwise', async () => {
    const { spool } = open({ maxBytes: 1000 })
    await spool.append(line(0, 5000))
    expect(spool.hasRoomFor(1)).toBe(false)
    expect(await isSettled(spool.append(line(1)))).toBe(false)
  })

  test('who is leaving may exceed it', async () => {
    const { spool } = open({ maxBytes: 1000 })
    await spool.append(line(0, 900))
    const late = spool.append(line(1, 900))
    spool.lift()
    await late
  })

  test('what can come again is refused by its size on disk, and the segment that grows is finished for it', async () => {
    const { spool } = open({ maxBytes: 10_000 })
    await spool.append(line(0, 6000))
    expect(spool.tryAppend(Buffer.from(`${'x'.repeat(12)}\n`.repeat(300)))).toBeUndefined()
    const [first] = spool.segments
    while (first && !spool.isSealed(first)) await sleep(1)
    await removeFirst(spool)
    await spool.tryAppend(line(1, 9000))
    expect(spool.bytes).toBe(9012)
  })

  test('while the disk is slow, what can come again is refused before it fills the memory', async () => {
    const { spool } = open()
    const taken = Array.from({ length: 100 }, (_, n) => spool.tryAppend(line(n, 1024 ** 2)))
    const accepted = taken.filter((promise) => promise !== undefined)
    expect(accepted.length).toBe(16)
    await Promise.all(accepted)
    expect(spool.hasRoomFor(1)).toBe(true)
  })
})

test('closed, it takes nothing more, and what it had taken is on disk', async () => {
  const { directory, spool } = open()
  const taken = Array.from({ length: 100 }, (_, n) => spool.append(line(n)))
  await spool.close()
  await Promise.all(taken)
  expect(content(directory).length).toBe(10_000)
  await expect(spool.append(line(1))).rejects.toMatchObject({ code: 'CLOSED' })
  expect(spool.tryAppend(line(1))).toBeUndefined()
})

describe('when nothing can be written', () => {
  test('it goes on by itself as soon as it can', async () => {
    const { directory, spool } = open()
    mkdirSync(join(directory, '..'), { recursive: true })
    writeFileSync(directory, 'in the way')
    const late = spool.append(line(0))
    while (spool.hasRoomFor(1)) await sleep(1)
    expect(await isSettled(late)).toBe(false)
    expect(spool.tryAppend(line(1))).toBeUndefined()
    rmSync(directory)
    await late
    expect(content(directory)).toBe(`${line(0)}`)
    expect(spool.hasRoomFor(1)).toBe(true)
  })

  test('what cannot be written before the end is given back', async () => {
    const { directory, spool } = open()
    mkdirSync(join(directory, '..'), { recursive: true })
    writeFileSync(directory, 'in the way')
    const late = spool.append(line(0))
    late.catch(() => undefined)
    expect(await isSettled(late)).toBe(false)
    await spool.close()
    await expect(late).rejects.toMatchObject({ code: 'CLOSED' })
    expect(spool.queued.bytes).toBe(100)
  })

  const isRoot = process.getuid?.() === 0

  test.runIf(isRoot)(
    'a full disk (1 MiB): records wait until there is room, and none is lost or torn',
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'spool-'))
      onTestFinished(() => rmSync(directory, { recursive: true }))
      const mount = `mount -t tmpfs -o size=1m none ${directory}`
      expect(await child(`${mount} && exec "$0" "$@"`, directory, ['unshare', '-rm'])).toEqual({
        accepted: 400,
        inOrder: true,
        waited: true,
      })
    },
  )

  test('a file size limit (EFBIG): the next segment takes what the last one could not', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'spool-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    expect(await child('ulimit -f 100; exec "$0" "$@"', directory)).toMatchObject({
      accepted: 400,
      inOrder: true,
    })
  })
})

/** What `fill.ts` says, run by a shell under some limit. */
async function child(command: string, directory: string, under: string[] = []): Promise<unknown> {
  const script = fileURLToPath(new URL('fill.ts', import.meta.url))
  const [program = 'sh', ...args] = [...under, 'sh', '-c', command, process.execPath, script, directory]
  const running = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  running.stdout.on('data', (data) => {
    text += data
  })
  await once(running, 'close')
  return JSON.parse(text)
}

async function removeFirst(spool: Spool): Promise<void> {
  const [first] = spool.segments
  if (first) await spool.remove(first)
}
