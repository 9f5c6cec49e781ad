import { appendFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Elastic } from '../connectors/elastic.ts'
import { range } from './events.ts'
import { EXACT, Oracle } from './oracle.ts'
import { Program } from './program.ts'
import { Site } from './site.ts'

/** As the Python connector for T-Pot has it, key for key. */
const connector = (url: string, elasticsearch: string) => `[logging]
level = INFO

[idmefv2]
url = ${url}

[tpot]
elasticsearch_url = ${elasticsearch}
poll_interval = 1
index_pattern = logstash-*
catch_up = True
`

/** What that file has no words for; the defaults would be shared with other programs on this machine. */
const ours = (site: Site) => `[state]\ndirectory = ${site.path('state')}\n[metrics]\nlisten = 127.0.0.1:0\n`

const NOON = Date.UTC(2026, 10, 22, 12)
const command = (number: number, timeMs: number) => ({
  eventid: 'cowrie.command.input',
  input: `id #${number}`,
  timestamp: new Date(timeMs).toISOString(),
  src_ip: '203.0.113.10',
  session: '1e7e4692c7d5',
})

test('the file of the Python connector, unchanged: all of the index, then what comes, each event once over a restart', async () => {
  const [site, oracle, elastic] = [new Site(), await Oracle.start(), new Elastic()]
  const server = await elastic.serve()
  const python = site.file('tpot.conf', connector(oracle.url, `http://127.0.0.1:${server.port}`))
  const args = ['run', '-c', python, '-c', site.file('ours.conf', ours(site))]
  // Seven of each millisecond, so that pages end between them; the newest are stored first.
  const store = (from: number, to: number) => {
    for (const number of range(from, to).toReversed()) {
      const timeMs = NOON + Math.floor(number / 7)
      elastic.store(`e${number}`, timeMs, command(number, timeMs))
    }
  }
  store(0, 1200)
  const first = new Program(args)
  await oracle.arrival(0, 1200)
  store(1200, 1210)
  await oracle.arrival(1200, 1210)
  expect(await first.stop()).toBe(0)

  store(1210, 1220)
  const second = new Program(args)
  await oracle.arrival(1210, 1220)
  expect(await second.stop()).toBe(0)
  expect(oracle.account(range(0, 1220))).toEqual(EXACT)
})

test('a log of Cowrie: what is in it, and what is written to it', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  const log = site.path('cowrie.json')
  const lines = (from: number, to: number) =>
    range(from, to)
      .map((number) => `${JSON.stringify(command(number, NOON + number))}\n`)
      .join('')
  writeFileSync(log, lines(0, 20))
  const conf = site.file(
    'tpot.conf',
    `[idmefv2]\nurl = ${oracle.url}\n[tpot]\nfilename = ${log}\nstart = all\n${ours(site)}`,
  )
  const program = new Program(['run', '-c', conf])
  await oracle.arrival(0, 20)
  appendFileSync(log, lines(20, 40))
  await oracle.arrival(20, 40)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 40))).toEqual(EXACT)
})
