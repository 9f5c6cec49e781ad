import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { lines } from '../e2e/events.ts'
import { Oracle } from '../e2e/oracle.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { Writer } from '../e2e/writer.ts'
import { expectSafe, live, scaled } from './run.ts'
import { RANGES } from './trial.ts'

const RELOADS = scaled(4, 100)

// 4 times instead of 100 (FAULTS_FULL=1).
test('F47: reloads under load, of broken, sound and changed configurations: nothing lost, nothing twice', {
  timeout: 30_000 + RELOADS * 5_000,
}, async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  const writer = new Writer(site.eve)
  const configure = (filename: string) =>
    site.configure(oracle.url, { workers: RANGES, suricata: { filename } })
  configure(site.eve)
  const program = site.run()
  await program.says('following file')
  let isOver = false
  const load = (async () => {
    for (; !isOver; await sleep(20)) writer.write(5)
  })()
  let [broken, sound] = [0, 0]
  for (let reload = 0; reload < RELOADS; reload++) {
    const before = oracle.messages.length
    await until('the load', () => oracle.messages.length > before)
    if (reload % 3 === 1) {
      site.file('idmefv2.conf', `[idmefv2]\nurl = ${oracle.url}\n[suricata]\nstart = middle\n`)
      program.signal('SIGHUP')
      await program.says('not reloaded', ++broken)
    } else {
      // The same file among others that come and go.
      configure(
        reload % 3 === 0 ? `${site.eve}, ${site.path(`other-${reload}.json`)}` : `${site.folder}/eve.json*`,
      )
      program.signal('SIGHUP')
      await program.says('configuration reloaded', ++sound)
    }
  }
  isOver = true
  await load
  writer.close()
  await oracle.arrival(0, writer.next)
  await live(site, oracle, program, writer.next)
  expectSafe(oracle, writer.next + 1, 0)
})

test('F48: two instances that start together on one state directory: one goes on, the other tells its process id', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(oracle.url)
  site.append(lines(0, 200))
  const both = [site.run(), site.run()]
  await Promise.race(both.map(({ exit }) => exit))
  const [ended] = both.filter((each) => each.ended)
  const [program] = both.filter((each) => each !== ended)
  if (!ended || !program) throw new Error('both ended')
  expect(await ended.exit).toBe(75)
  const pid = String(program.child.pid)
  expect(ended.stderr).toMatch(
    new RegExp(`state directory \\S+ (is in use|was just taken) by process ${pid}\\b`),
  )
  await oracle.arrival(0, 200)

  program.signal('SIGKILL')
  await program.exit
  const next = site.run()
  await next.says('taking over the lock of a process that is gone')
  await oracle.arrival(0, 200)
  await live(site, oracle, next, 200)
  // One kill; all of it may have been out.
  expectSafe(oracle, 201, 200)
})
