import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FakeZabbix } from '../connectors/zabbix.server.ts'
import { receiver } from '../real/receiver.ts'
import { folder } from '../sources/consumer.ts'
import { freePort } from './port.ts'
import { Program } from './program.ts'
import { until } from './wait.ts'

// The whole program before a server that behaves as Zabbix is documented to: asked by one section, told by a webhook in another.

interface Message {
  ID: string
  Description: string
  CorrelID: string[]
  EndTime?: string
}

test.each(['6.0.14', '7.4.0'])(
  'Zabbix %s: asked and told, over a restart, each once and valid',
  async (version) => {
    const zabbix = await FakeZabbix.start(version)
    const { messages, invalid, url } = await receiver<Message>()
    const state = folder()
    const port = await freePort()
    const conf = join(state, 'a.conf')
    writeFileSync(
      conf,
      `[idmefv2]
url = ${url}
[zabbix]
url = ${zabbix.url}
login = Admin
password = zabbix-secret
poll_interval = 100ms
start = all
[zabbix:push]
filetype = http
url = ${zabbix.url}
token = api-token-secret
listen = 127.0.0.1:${port}
sender_token = sender-secret
[state]
directory = ${join(state, 'state')}
[metrics]
listen = 127.0.0.1:0
[workers]
count = 1
`,
      { mode: 0o600 },
    )
    const push = async (body: object, token = 'sender-secret') => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
      const answer = await fetch(`http://127.0.0.1:${port}/alert`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      })
      return answer.status
    }
    const texts = () => messages.map(({ Description }) => Description)

    const problem = zabbix.raise('Service is down')
    const first = new Program(['run', '-c', conf])
    await first.says('taking records')
    await until('what is open', () => messages.length >= 1)
    expect(await push({ eventid: problem })).toBe(204)
    await until('what was pushed', () => messages.length >= 2)
    expect(await first.stop()).toBe(0)

    zabbix.solve(problem)
    const second = new Program(['run', '-c', conf])
    await second.says('taking records')
    await until('the end', () => messages.length >= 3)
    const end = { value: '0', recovery_id: '2', recovery_timestamp: '1795318002' }
    const body = { eventid: problem, name: 'Service is down', timestamp: '1795318001', ...end }
    expect(await push(body)).toBe(204)
    await until('the end that was pushed', () => messages.length >= 4)
    expect(await push({ eventid: problem }, 'another')).toBe(401)
    expect(await second.stop()).toBe(0)

    expect(texts()).toEqual([
      'Service is down',
      'Service is down',
      'Resolved: Service is down',
      'Resolved: Service is down',
    ])
    expect(new Set(messages.map(({ ID }) => ID)).size).toBe(4)
    expect(messages[2]?.CorrelID).toEqual(messages[0]?.CorrelID)
    expect(messages[3]?.CorrelID).toEqual(messages[1]?.CorrelID)
    expect(invalid()).toBe(0)
    expect(first.stderr + second.stderr).not.toContain('secret')
  },
)
