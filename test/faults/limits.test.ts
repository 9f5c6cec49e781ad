import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { Oracle } from '../e2e/oracle.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { Writer } from '../e2e/writer.ts'
import { expectSafe, live, WINDOW } from './run.ts'

// Rows F27 and F46: what the system has no more of.

const writerOf = (site: Site): Writer => {
  const writer = new Writer(site.eve)
  onTestFinished(() => writer.close())
  return writer
}

/** A user namespace has limits of its own: those of this machine stay as they are. */
const WITHOUT_WATCHES = [
  ...['unshare', '--user', '--map-root-user'],
  ...['sh', '-c', 'echo 0 > /proc/sys/user/max_inotify_watches; exec "$@"', 'sh'],
]
const [command = '', ...words] = WITHOUT_WATCHES
const canUnshare = spawnSync(command, [...words, 'true']).stderr?.length === 0

test.skipIf(!canUnshare)('F27: no watches left: found by polling alone (needs user namespaces)', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(oracle.url)
  const writer = writerOf(site)
  const program = site.run([], { through: WITHOUT_WATCHES })
  const told = await program.says('directory cannot be watched, files are noticed by polling alone')
  expect(told).toMatchObject({ level: 'warn', reason: 'ENOSPC' })
  for (let turn = 0; turn < 5; turn++) {
    writer.write(50)
    await oracle.arrival(0, writer.next)
    writer.rotate(5)
  }
  await oracle.arrival(0, writer.next)
  expect(program.logged('directory cannot be watched')).toHaveLength(1)
  await live(site, oracle, program, writer.next)
  expectSafe(oracle, writer.next + 1, 0)
})

test('F27: more notifications than the queue holds, with rotations among them', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(oracle.url)
  const writer = writerOf(site)
  writer.write(10)
  const program = site.run()
  await oracle.arrival(0, 10)
  const limit = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'))
  // It does not look: by turns, for the same twice is told once.
  program.signal('SIGSTOP')
  const noise = [site.path('noise-a'), site.path('noise-b')]
  const script = 'for (let i = 0; i < +process.argv[1]; i++) fs.appendFileSync(process.argv[2 + i % 2], "x")'
  spawnSync(process.execPath, ['-e', script, String(limit), ...noise])
  writer.write(50)
  writer.rotate(5)
  writer.write(50)
  program.signal('SIGCONT')
  await oracle.arrival(0, writer.next)
  await live(site, oracle, program, writer.next)
  expectSafe(oracle, writer.next + 1, 0)
})

const canLimit = spawnSync('prlimit', ['--version']).status === 0
test.skipIf(!canLimit)('F46: no descriptor left for the next file, connection and checkpoint', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(oracle.url)
  const writer = writerOf(site)
  writer.write(100)
  const program = site.run()
  await oracle.arrival(0, 100)
  const { pid } = program.child
  const limit = (count: number) => {
    expect(spawnSync('prlimit', [`--pid=${pid}`, `--nofile=${count}:`]).status).toBe(0)
  }
  const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8')) ?? []
  await until('a scrape', async () => (await program.metrics()).sum('lag_bytes') === 0)
  expect(readdirSync(`/proc/${pid}/fd`).length).toBeGreaterThan(32)
  limit(32)
  await oracle.down()
  await oracle.up()
  for (let turn = 0; turn < 3; turn++) {
    writer.write(50)
    writer.rotate(5)
  }
  const told = await until('it is told', () => {
    const lines = program.log.filter((line) => JSON.stringify(line).includes('EMFILE'))
    return lines.length > 0 ? lines : undefined
  })
  expect(told.length).toBeLessThan(20)
  expect(program.ended).toBe(false)
  limit(Number(soft))
  await oracle.arrival(0, writer.next)
  await live(site, oracle, program, writer.next)
  expectSafe(oracle, writer.next + 1, WINDOW)
})
