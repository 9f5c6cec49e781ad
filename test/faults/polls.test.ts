import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { uniform } from '../../scripts/random.ts'
import { Receiver } from '../delivery/receiver.ts'
import { range } from '../e2e/events.ts'
import { EXACT, Oracle } from '../e2e/oracle.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'

/** A Prometheus with alerts that are numbered, all of which fire. */
async function prometheus() {
  const tool = { alerts: 0, ill: false, server: new Receiver() }
  tool.server.reply = (_, response) => {
    const alerts = range(0, tool.alerts).map((number) => ({
      labels: { alertname: 'Rule', severity: 'page', number: String(number) },
      annotations: { summary: `alert #${number}` },
      state: 'firing',
      activeAt: '2026-11-22T03:00:00Z',
      value: '1e+00',
    }))
    const whole = JSON.stringify({ status: 'success', data: { alerts } })
    if (tool.ill) response.writeHead(200).write(whole.slice(0, -10), () => response.destroy())
    else response.writeHead(200, { 'content-type': 'application/json' }).end(whole)
  }
  await tool.server.listen()
  onTestFinished(() => tool.server.close())
  return tool
}

async function setting() {
  const [site, oracle, tool] = [new Site(), await Oracle.start(), await prometheus()]
  site.configure(oracle.url, {
    prometheus: {
      url: `http://127.0.0.1:${tool.server.port}`,
      start: 'all',
      poll_interval: '100ms',
      retry_max: '200ms',
    },
  })
  return { site, oracle, tool }
}

test('F55: kill -9 at random moments while a tool is asked: nothing lost, and what comes again has its ID', async () => {
  const { site, oracle, tool } = await setting()
  const random = uniform(7)
  for (let life = 0; life < 5; life++) {
    const program = site.run()
    const asked = tool.server.received.length
    tool.alerts += 300
    await until('that it asks', () => tool.server.received.length > asked)
    await sleep(random() * 250)
    program.signal('SIGKILL')
    await program.exit
  }
  const program = site.run()
  await oracle.arrival(0, tool.alerts)
  expect(await program.stop()).toBe(0)
  expect({ ...oracle.account(range(0, tool.alerts)), twice: [] }).toEqual(EXACT)
})

test('F55: a kill between the spool and what was seen: the same again, with the same IDs', async () => {
  const { site, oracle, tool } = await setting()
  tool.alerts = 50
  expect(await site.run(['--once']).exit).toBe(0)
  // As if it had not come so far.
  rmSync(site.path('state/polls/prometheus.json'))
  expect(await site.run(['--once']).exit).toBe(0)
  const account = oracle.account(range(0, 50))
  expect(account).toEqual({ ...EXACT, twice: range(0, 50) })
  expect(await site.run(['--once']).exit).toBe(0)
  expect(oracle.messages).toHaveLength(100)
})

test('F55: a tool that dies, cuts its answers short and comes back: told once, nothing lost, nothing twice', async () => {
  const { site, oracle, tool } = await setting()
  tool.alerts = 20
  const program = site.run()
  await oracle.arrival(0, 20)
  tool.ill = true
  tool.alerts = 40
  const failures = async () => (await program.metrics()).sum('poll_failures_total')
  await until('failures', async () => (await failures()) > 2)
  await program.ready(200)
  tool.ill = false
  await oracle.arrival(20, 40)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 40))).toEqual(EXACT)
  expect(program.log.filter(({ msg }) => msg.startsWith('nothing can be asked for'))).toHaveLength(1)
})
