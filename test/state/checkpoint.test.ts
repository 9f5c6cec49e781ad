import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Checkpoints, decode, encode, type FileState } from '../../src/state/checkpoint.ts'

const log = pino({ level: 'silent' })

function place(): string {
  const path = mkdtempSync(join(tmpdir(), 'checkpoint-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return join(path, 'checkpoint')
}

function load(path: string): Checkpoints {
  const checkpoints = new Checkpoints({ path, intervalMs: 10_000, log })
  onTestFinished(() => checkpoints.close())
  return checkpoints
}

function state(n: number, changes: Partial<FileState> = {}): FileState {
  return {
    connector: 'suricata',
    path: `/var/log/suricata/eve-${n}.json`,
    file: n.toString(16).padStart(16, '0'),
    dev: '66306',
    ino: '18446744073709551615',
    head: { length: 10, hash: 'abc' },
    offset: n * 100,
    frontier: { length: 10, hash: 'def' },
    size: n * 100 + 7,
    changed: 1.5,
    seen: 1_700_000_000_000,
    ...changes,
  }
}

/** A checkpoint of two generations: offsets 100 and, before, 0. */
async function written(): Promise<string> {
  const path = place()
  const checkpoints = load(path)
  const file = state(1, { offset: 0 })
  checkpoints.put(file)
  checkpoints.start('suricata', '/var/log/suricata/*.json')
  await checkpoints.flush()
  checkpoints.put(Object.assign(file, { offset: 100 }))
  await checkpoints.flush()
  return path
}

const offsets = (path: string) =>
  load(path)
    .files('suricata')
    .map(({ offset }) => offset)

test('what was flushed is there at the next start, and belongs to its connector', async () => {
  const path = place()
  const checkpoints = load(path)
  expect(checkpoints.warnings).toEqual([])
  checkpoints.put(state(1))
  checkpoints.put(state(2, { connector: 'wazuh' }))
  checkpoints.put(state(3))
  checkpoints.forget(state(3))
  checkpoints.start('suricata', '/var/log/suricata/*.json')
  expect(await checkpoints.flush()).toBe(true)
  const again = load(path)
  expect(again.files('suricata')).toEqual([state(1)])
  expect(again.files('wazuh')).toEqual([state(2, { connector: 'wazuh' })])
  expect(again.started('suricata', '/var/log/suricata/*.json')).toBe(true)
  expect(again.started('wazuh', '/var/log/suricata/*.json')).toBe(false)
  expect(again.warnings).toEqual([])
})

test('S23: positions are for their owner alone', async () => {
  const path = await written()
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(statSync(`${path}.prev`).mode & 0o777).toBe(0o600)
})

test('changes are written together, and nothing is written without one', async () => {
  const path = place()
  const checkpoints = new Checkpoints({ path, intervalMs: 20, log })
  for (let n = 0; n < 1000; n++) checkpoints.put(state(1, { offset: n }))
  expect(checkpoints.ageSeconds()).toBeGreaterThan(0)
  while (checkpoints.counts.writes === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await checkpoints.flush()
  await checkpoints.close()
  expect(checkpoints.counts.writes).toBe(1)
  expect(checkpoints.ageSeconds()).toBe(0)
  expect(offsets(path)).toEqual([999])
})

test('a change made during a write is on disk when any flush called after it resolves', async () => {
  const path = place()
  const onDisk = () => decode(readFileSync(path, 'utf8')).files.map(({ offset }) => offset)
  const opened = Promise.withResolvers<void>()
  const onStep = (step: string) => (step === 'opened' ? opened.resolve() : undefined)
  const checkpoints = new Checkpoints({ path, intervalMs: 10_000, log, onStep })
  onTestFinished(() => checkpoints.close())
  checkpoints.put(state(1, { offset: 1 }))
  void checkpoints.flush()
  await opened.promise
  checkpoints.put(state(1, { offset: 2 }))
  const flushed = [checkpoints.flush(), checkpoints.flush(), checkpoints.flush()].map((each) =>
    each.then(onDisk),
  )
  expect(await Promise.all(flushed)).toEqual([[2], [2], [2]])
  expect(checkpoints.counts.writes).toBe(2)
})

describe('damage', () => {
  test('a checkpoint cut at any byte gives the generation before', async () => {
    const path = await written()
    const whole = readFileSync(path)
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length))
      expect(offsets(path)).toEqual([0])
    }
    writeFileSync(path, whole)
    expect(offsets(path)).toEqual([100])
  })

  test('changed bytes are never taken for a position', async () => {
    const whole = Buffer.from(encode({ files: [state(1)], started: {} }))
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(whole.length - 1), bits: fc.integer({ min: 1, max: 255 }) }), {
          minLength: 1,
          maxLength: 4,
        }),
        (changes) => {
          const bytes = Buffer.from(whole)
          for (const { at, bits } of changes) bytes[at] = (bytes[at] ?? 0) ^ bits
          fc.pre(!bytes.equals(whole))
          expect(() => decode(bytes.toString())).toThrow()
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('both generations damaged: it starts with nothing, and says so', async () => {
    const path = await written()
    writeFileSync(path, Buffer.alloc(4096))
    writeFileSync(`${path}.prev`, 'x')
    const checkpoints = load(path)
    expect(checkpoints.files('suricata')).toEqual([])
    expect(checkpoints.warnings.length).toBe(3)
    checkpoints.put(state(5))
    expect(await checkpoints.flush()).toBe(true)
    expect(offsets(path)).toEqual([500])
  })

  test('a damaged generation never takes the place of the good one', async () => {
    const path = await written()
    writeFileSync(path, 'damaged')
    const checkpoints = new Checkpoints({
      path,
      intervalMs: 10_000,
      log,
      onStep: (step) => {
        if (step === 'kept') throw new Error('as if killed here')
      },
    })
    checkpoints.put(state(1, { offset: 200 }))
    expect(await checkpoints.flush()).toBe(false)
    expect(offsets(path)).toEqual([0])
    expect(readdirSync(join(path, '..'))).toContain('checkpoint.corrupt')
  })

  test('a checkpoint of a later version is not guessed at: what it does not know must not cost a position', async () => {
    const path = await written()
    const later = encode({ files: [], started: {} }, 2)
    expect(() => decode(later)).toThrow('another version (2)')
    writeFileSync(path, later)
    expect(offsets(path)).toEqual([0])
    for (const generation of [path, `${path}.prev`]) writeFileSync(generation, later)
    expect(() => load(path)).toThrow(expect.objectContaining({ code: 'VERSION' }))
    expect(readFileSync(path, 'utf8')).toBe(later)
  })

  test('a version that a changed bit made is damage', () => {
    const text = encode({ files: [], started: {} })
    expect(() => decode(text.replace(' checkpoint 1 ', ' checkpoint 2 '))).toThrow('damaged')
    expect(() => decode(text.replace(' checkpoint 1 ', ' checkpoint ? '))).toThrow('damaged')
  })
})

test.each(['opened', 'written', 'synced', 'kept', 'renamed', 'done'])(
  'killed after the step "%s", one whole generation is there',
  async (step) => {
    const path = await written()
    const module = new URL('../../src/state/checkpoint.ts', import.meta.url).href
    const script = `
    import { Checkpoints } from ${JSON.stringify(module)}
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const onStep = (step) => step === ${JSON.stringify(step)} && process.kill(process.pid, 'SIGKILL')
    const checkpoints = new Checkpoints({ path: ${JSON.stringify(path)}, intervalMs: 1000, log, onStep })
    const [file] = checkpoints.files('suricata')
    checkpoints.put(Object.assign(file, { offset: 200 }))
    await checkpoints.flush()
  `
    const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script])
    expect(signal).toBe('SIGKILL')
    const renamed = step === 'renamed' || step === 'done'
    const again = load(path)
    expect(again.files('suricata').map(({ offset }) => offset)).toEqual([renamed ? 200 : 100])
    expect(again.warnings).toEqual([])
  },
)

test('a directory that goes away stops nothing: writing is tried again until it works', async () => {
  const path = join(place(), 'sub', 'checkpoint')
  const directory = join(path, '..')
  mkdirSync(directory, { recursive: true })
  const lines: string[] = []
  const told = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line).msg) })
  const checkpoints = new Checkpoints({ path, intervalMs: 5, log: told })
  onTestFinished(() => checkpoints.close())
  rmSync(directory, { recursive: true })
  checkpoints.put(state(1))
  while (checkpoints.counts.failures < 3) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(checkpoints.healthy()).toBe(false)
  expect(checkpoints.ageSeconds()).toBeGreaterThan(0)
  mkdirSync(directory)
  while (!checkpoints.healthy()) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(offsets(path)).toEqual([100])
  expect(lines.length).toBe(2)
  expect(lines[1]).toMatch(/^recovered/)
})

test.skipIf(process.getuid?.() === 0)(
  'a read-only directory is unhealthy, and keeps what it holds',
  async () => {
    const path = await written()
    chmodSync(join(path, '..'), 0o500)
    const checkpoints = load(path)
    checkpoints.put(state(1, { offset: 300 }))
    expect(await checkpoints.flush()).toBe(false)
    chmodSync(join(path, '..'), 0o700)
    expect(offsets(path)).toEqual([100])
  },
)

describe('bounds', () => {
  test('files not seen for a week before the newest are forgotten at a start, however long nothing ran', async () => {
    const path = place()
    const day = 86_400_000
    const seen = Date.now() - 100 * day
    writeFileSync(
      path,
      encode({
        files: [state(1, { seen }), state(2, { seen: seen - 6 * day }), state(3, { seen: seen - 8 * day })],
        started: {},
      }),
    )
    expect(
      load(path)
        .files('suricata')
        .map(({ offset }) => offset),
    ).toEqual([100, 200])
  })

  test('of more than ten thousand files those seen last are kept', async () => {
    const path = place()
    const checkpoints = load(path)
    for (let n = 0; n < 10_050; n++) checkpoints.put(state(n, { seen: 1_700_000_000_000 + n }))
    await checkpoints.flush()
    const kept = load(path).files('suricata')
    expect(kept.length).toBe(10_000)
    expect(Math.min(...kept.map(({ seen }) => seen))).toBe(1_700_000_000_050)
    expect(existsSync(path)).toBe(true)
  })
})
