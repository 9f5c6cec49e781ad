import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { lines, range } from './events.ts'
import { EXACT, Oracle } from './oracle.ts'
import { Site } from './site.ts'
import { until } from './wait.ts'

/** What Suricata does: connect, write, and be gone. */
async function write(path: string, text: string): Promise<void> {
  const socket = connect(path)
  socket.resume().end(text)
  await once(socket, 'close')
}

test('unix_stream: we listen; Suricata comes, goes and comes again, also twice at a time', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  const socket = site.path('eve.sock')
  site.configure(oracle.url, { suricata: { filetype: 'unix_stream', filename: socket } })
  const program = site.run()
  await until('the socket', () => existsSync(socket))
  await write(socket, lines(0, 1000))
  await write(socket, lines(1000, 1200))
  await Promise.all([write(socket, lines(1200, 1700)), write(socket, lines(1700, 2200))])
  // The last line of a connection needs no newline.
  await write(socket, lines(2200, 2300).trimEnd())
  await oracle.arrival(0, 2300)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 2300))).toEqual(EXACT)
  expect(existsSync(socket)).toBe(false)
})

test('unix_stream: what was taken before SIGTERM is delivered', async () => {
  const [site, oracle] = [new Site(), await Oracle.start({ delayMs: 2 })]
  const socket = site.path('eve.sock')
  site.configure(oracle.url, { suricata: { filetype: 'unix_stream', filename: socket } })
  const program = site.run()
  await until('the socket', () => existsSync(socket))
  await write(socket, lines(0, 500))
  await until(
    'all is taken',
    async () => (await program.metrics()).sum('lag_bytes') > 0 || oracle.messages.length > 0,
  )
  await until('the load', () => oracle.messages.length > 10)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 500))).toEqual(EXACT)
})

test('standard input is read to its end, and that is the end of the run', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(oracle.url, { suricata: { filename: '-' } })
  const program = site.run([], { stdin: 'pipe' })
  program.child.stdin?.write(lines(0, 400).slice(0, -30))
  await until('the load', () => oracle.messages.length > 100)
  program.child.stdin?.end(`${lines(0, 400).slice(-30)}${lines(400, 1000)}`.trimEnd())
  expect(await program.exit).toBe(0)
  expect(oracle.account(range(0, 1000))).toEqual(EXACT)
})
