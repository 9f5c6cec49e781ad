import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { defaultStateDirectory, openStateDirectory } from '../../src/state/directory.ts'

const log = pino({ level: 'silent' })

function place(): string {
  const path = mkdtempSync(join(tmpdir(), 'state-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return join(path, 'state')
}

/** Another process that opens the directory, says how that went, and holds it until it is killed. */
async function opener(path: string): Promise<{ child: ChildProcess; said: string }> {
  const module = new URL('../../src/state/directory.ts', import.meta.url).href
  const script = `
    import { openStateDirectory } from ${JSON.stringify(module)}
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    try {
      await openStateDirectory(${JSON.stringify(path)}, log)
      console.log('open')
      setInterval(() => {}, 1000)
    } catch (error) {
      console.log(error.code + ' ' + error.message)
    }
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [said] = await once(createInterface(child.stdout), 'line')
  return { child, said }
}

test('S23: makes the directory, for its owner alone, with the lock in it', async () => {
  const path = join(place(), 'deep')
  const directory = await openStateDirectory(path, log)
  expect(statSync(path).mode & 0o777).toBe(0o700)
  expect(statSync(join(path, 'lock')).mode & 0o777).toBe(0o600)
  directory.release()
  expect(existsSync(join(path, 'lock'))).toBe(false)
})

test('S23: one that others can write to is used, and warned of', async () => {
  const path = place()
  mkdirSync(path)
  for (const [mode, warnings] of [
    [0o777, 1],
    [0o770, 1],
    [0o755, 0],
  ] as const) {
    chmodSync(path, mode)
    const lines: string[] = []
    const directory = await openStateDirectory(
      path,
      pino({ level: 'warn' }, { write: (line) => void lines.push(line) }),
    )
    directory.release()
    expect(lines.filter((line) => line.includes('others can write'))).toHaveLength(warnings)
  }
})

test('a second process is told the id of the first', async () => {
  const path = place()
  const { child, said } = await opener(path)
  expect(said).toBe('open')
  await expect(openStateDirectory(path, log)).rejects.toMatchObject({
    code: 'LOCKED',
    message: expect.stringContaining(`process ${child.pid}`),
  })
})

test('the lock of a killed process is taken over', async () => {
  const path = place()
  const { child } = await opener(path)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const directory = await openStateDirectory(path, log)
  expect(readFileSync(join(path, 'lock'), 'utf8')).toMatch(new RegExp(`^${process.pid} \\d+\n$`))
  directory.release()
})

test('so is one whose process id belongs to another process now, and one that is no lock', async () => {
  const path = place()
  for (const content of [`${process.ppid} 1\n`, '', 'garbage\n', '0 0\n', '-1 5']) {
    ;(await openStateDirectory(path, log)).release()
    writeFileSync(join(path, 'lock'), content)
    ;(await openStateDirectory(path, log)).release()
  }
})

test('of several processes that find a stale lock at once, exactly one gets it', async () => {
  const path = place()
  ;(await openStateDirectory(path, log)).release()
  writeFileSync(join(path, 'lock'), '999999999 1\n')
  const openers = await Promise.all(Array.from({ length: 6 }, () => opener(path)))
  const said = openers.map((each) => each.said.split(' ')[0]).sort()
  expect(said).toEqual(['LOCKED', 'LOCKED', 'LOCKED', 'LOCKED', 'LOCKED', 'open'])
})

test('of many starts within one process, too', async () => {
  const path = place()
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => openStateDirectory(path, log)))
  expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(1)
})

test('where no directory can be made it says so', async () => {
  const path = place()
  writeFileSync(path, 'a file')
  await expect(openStateDirectory(join(path, 'sub'), log)).rejects.toMatchObject({ code: 'PERMISSION' })
  await expect(openStateDirectory(path, log)).rejects.toMatchObject({ code: 'PERMISSION' })
})

test.skipIf(process.getuid?.() === 0)('a directory of somebody else is refused', async () => {
  await expect(openStateDirectory('/', log)).rejects.toMatchObject({ code: 'PERMISSION' })
})

test.each([
  [{ STATE_DIRECTORY: '/var/lib/private/x:/other', XDG_STATE_HOME: '/s' }, 0, '/var/lib/private/x'],
  [{ XDG_STATE_HOME: '/s' }, 0, '/var/lib/idmefv2-stream'],
  [{ XDG_STATE_HOME: '/s', HOME: '/home/a' }, 1000, '/s/idmefv2-stream'],
  [{ XDG_STATE_HOME: '', HOME: '/home/a' }, 1000, '/home/a/.local/state/idmefv2-stream'],
])('by default %j of user %d gives %s', (env, uid, expected) => {
  expect(defaultStateDirectory(env, uid)).toBe(expected)
})
