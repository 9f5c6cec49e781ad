import { renameSync } from 'node:fs'
import { expect, test } from 'vitest'
import { alert, lines, range } from './events.ts'
import { EXACT, Oracle } from './oracle.ts'
import { Site } from './site.ts'

test('--once delivers all that is in the files, a last line without newline too, and ends with 0', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  const [empty, absent] = [site.file('empty.json', ''), site.path('absent.json')]
  site.configure(oracle.url, { suricata: { filename: `${site.eve}, ${empty}, ${absent}` } })
  site.append(lines(0, 300) + alert(300))
  const program = site.run(['--once'])
  expect(await program.exit).toBe(0)
  expect(oracle.account(range(0, 301))).toEqual(EXACT)
  expect(program.logged('everything was delivered')).toHaveLength(1)

  // A second time there is nothing new; then there is.
  expect(await site.run(['--once']).exit).toBe(0)
  site.append(`\n${lines(301, 400)}`)
  expect(await site.run(['--once']).exit).toBe(0)
  expect(oracle.account(range(0, 400))).toEqual(EXACT)
})

test('--once takes what rotation has left, oldest first', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(oracle.url)
  site.append(lines(0, 50))
  expect(await site.run(['--once']).exit).toBe(0)
  site.append(lines(50, 100))
  renameSync(site.eve, `${site.eve}.2`)
  site.file('eve.json.1', lines(100, 150))
  site.append(lines(150, 200))
  expect(await site.run(['--once']).exit).toBe(0)
  expect(oracle.account(range(0, 200))).toEqual(EXACT)
})
