import { expect, test } from 'vitest'
import { Air } from '../connectors/air.ts'
import { range } from './events.ts'
import { EXACT, Oracle } from './oracle.ts'
import { Program } from './program.ts'
import { Site } from './site.ts'

/** As the Python connector for Kismet has it, key for key. */
const connector = (url: string, kismet: string) => `[logging]
level = INFO

[idmefv2]
url = ${url}

[kismet]
url = ${kismet}/alerts/all_alerts.json
username = admin
password = admin
polling_interval = 1
`

test('the file of the Python connector, unchanged: what is raised is sent once, what came while it was stopped too', async () => {
  const [site, oracle, air] = [new Site(), await Oracle.start(), new Air()]
  const basic = `Basic ${Buffer.from('admin:admin').toString('base64')}`
  const server = await air.serve(({ authorization }) => authorization === basic)
  const python = site.file('kismet.conf', connector(oracle.url, `http://127.0.0.1:${server.port}`))
  // What that file has no words for; the defaults would be shared with other programs on this machine.
  const ours = site.file(
    'ours.conf',
    `[state]\ndirectory = ${site.path('state')}\n[metrics]\nlisten = 127.0.0.1:0\n`,
  )
  const raise = (from: number, to: number) => {
    for (const number of range(from, to)) air.raise(`alert #${number}`)
    air.now += 1
  }
  raise(0, 5)
  const first = new Program(['run', '-c', python, '-c', ours])
  await server.until(() => server.received.length > 1)
  raise(5, 20)
  await oracle.arrival(5, 20)
  expect(await first.stop()).toBe(0)

  raise(20, 30)
  const second = new Program(['run', '-c', python, '-c', ours])
  await oracle.arrival(5, 30)
  expect(await second.stop()).toBe(0)
  expect(oracle.account(range(5, 30))).toEqual(EXACT)
})
