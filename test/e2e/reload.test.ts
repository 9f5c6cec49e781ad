import { appendFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { lines, range } from './events.ts'
import { EXACT, Oracle } from './oracle.ts'
import { Site } from './site.ts'
import { until } from './wait.ts'

/** Small ranges, so that a reload comes between them. */
const RANGES = { workers: { range_min: '16KiB', range_max: '16KiB' } }

test('SIGHUP under load: other files and another receiver, nothing lost and nothing sent twice', async () => {
  const [site, before, after] = [new Site(), await Oracle.start(), await Oracle.start()]
  site.configure(before.url, RANGES)
  site.append(lines(0, 2000))
  const program = site.run()
  await until('the load', () => before.messages.length > 200)
  const second = site.file('second.json', lines(2000, 2200))
  site.configure(after.url, { ...RANGES, suricata: { filename: `${site.eve}, ${second}` } })
  program.signal('SIGHUP')
  await program.says('configuration reloaded')
  site.append(lines(2200, 2400))
  appendFileSync(second, lines(2400, 2500))
  await until('everything', () => before.messages.length + after.messages.length >= 2500)
  expect(await program.stop()).toBe(0)
  const first = [...before.numbers]
  expect(before.account(first)).toEqual(EXACT)
  expect(after.account(range(0, 2500).filter((number) => !before.numbers.has(number)))).toEqual(EXACT)
  expect(first.length).toBeLessThan(2000)
})

test('SIGHUP with a broken configuration says why, and the old one goes on; mended, it is taken', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(oracle.url)
  site.append(lines(0, 20))
  const program = site.run()
  await oracle.arrival(0, 20)
  const broken = site.file(
    'idmefv2.conf',
    `[idmefv2]\nurl = ${oracle.url}\nversion = V99\n[suricata]\nstart = middle\n`,
  )
  program.signal('SIGHUP')
  expect(await program.says('not reloaded', 2)).toMatchObject({ level: 'error', where: `${broken}:5` })
  expect(program.logged('not reloaded')[0]).toMatchObject({
    where: `${broken}:3`,
    msg: expect.stringContaining('2.D.V08'),
  })
  site.append(lines(20, 40))
  await oracle.arrival(20, 40)
  site.configure(oracle.url, { idmefv2: { version: 'V07' }, metrics: { listen: 'off' } })
  program.signal('SIGHUP')
  await program.says('configuration reloaded')
  expect(program.logged('take effect at the next start')).toMatchObject([{ options: ['[metrics] listen'] }])
  site.append(lines(40, 60))
  await oracle.arrival(40, 60)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 60))).toEqual(EXACT)
  expect(oracle.messageOf(30)?.Version).toBe('2.D.V08')
  expect(oracle.messageOf(50)?.Version).toBe('2.D.V07')
})

test('a reload mends what delivery was paused for', async () => {
  const [site, closed, oracle] = [new Site(), await Oracle.start({ path: '/in' }), await Oracle.start()]
  site.configure(closed.url.replace(/\/$/, '/elsewhere'), {
    idmefv2: { drain_timeout: '50ms', probe_interval: '1h' },
  })
  site.append(lines(0, 50))
  const program = site.run()
  await program.says('delivery is paused')
  site.configure(oracle.url)
  program.signal('SIGHUP')
  await oracle.arrival(0, 50)
  await program.ready(200)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 50))).toEqual(EXACT)
})

test('while standard input is read there is no reload, which would lose a part of it', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(oracle.url, { suricata: { filename: '-' } })
  const program = site.run([], { stdin: 'pipe' })
  program.child.stdin?.write(lines(0, 100).slice(0, -20))
  await until('the load', () => oracle.messages.length > 50)
  program.signal('SIGHUP')
  await program.says('not reloaded: standard input is being read')
  program.child.stdin?.end(lines(0, 100).slice(-20))
  expect(await program.exit).toBe(0)
  expect(oracle.account(range(0, 100))).toEqual(EXACT)
})
