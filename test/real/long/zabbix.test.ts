import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../e2e/port.ts'
import { Program } from '../../e2e/program.ts'
import { until } from '../../e2e/wait.ts'
import { lacking } from '../packages.ts'
import { receiver } from '../receiver.ts'
import { NEEDED, Zabbix } from './zabbix.ts'

const MEDIA_TYPE = new URL('../../../config/zabbix-media-type.yaml', import.meta.url)
const TOKEN = 'sender-token-0123456789'

interface Message {
  ID: string
  Description: string
  Priority: string
  Category: string[]
  Note?: string
  CreateTime: string
  StartTime: string
  EndTime?: string
  CorrelID: [string]
  AltNames: string[]
  Analyzer: { Model: string }
  Target: { IP?: string; Hostname?: string; Note: string }[]
}

const why = lacking(NEEDED)
describe.skipIf(why !== '')(`a Zabbix server${why}`, () => {
  let zabbix: Zabbix
  beforeAll(async () => {
    zabbix = await Zabbix.start()
  }, 300_000)
  afterAll(() => zabbix?.stop())

  test('its problems, their updates and their ends are received, valid, once each, by poll and by webhook', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zabbix-stream-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const { messages, invalid, url } = await receiver<Message>()
    const port = await freePort()
    await configure(zabbix, `http://127.0.0.1:${port}/alert`)
    const conf = configuration({ folder, url, api: zabbix.url, port })
    const program = new Program(['run', '-c', conf])
    await program.says('taking records')
    // Nothing was sent of what was open before: a look that found nothing to do is behind us.
    await until('a look', () => existsSync(join(folder, 'state/polls/zabbix.json')))

    zabbix.send('web01', 'load', 9)
    await until(
      'the problem, twice',
      () => messages.length >= 2,
      () => zabbix.log,
    )
    const [polled, pushed] = byWay(messages.slice(0, 2))
    for (const message of [polled, pushed]) {
      expect(message).toMatchObject({
        Description: 'Load of Web 01 é is too high: 9',
        Priority: 'High',
        Category: ['Availability.Overload'],
      })
      expect(Math.abs(Date.now() - Date.parse(message?.CreateTime ?? ''))).toBeLessThan(120_000)
      expect(message?.Target).toMatchObject([{ IP: '192.0.2.10', Hostname: 'web01' }, { Hostname: 'noif' }])
    }
    expect(seconds(polled?.CreateTime)).toBe(seconds(pushed?.CreateTime))

    const [eventid] = polled?.AltNames.flatMap((name) => /^event:(\d+)$/.exec(name)?.[1] ?? []) ?? []
    await zabbix.call('event.acknowledge', { eventids: [eventid], action: 6, message: 'looking at it' })
    await until(
      'the update, by webhook',
      () => messages.length >= 3,
      () => zabbix.log,
    )
    expect(messages[2]).toMatchObject({
      Description: 'Updated: Load of Web 01 é is too high: 9',
      Priority: 'High',
    })
    expect(messages[2]?.Note).toContain('comment: looking at it')
    expect(messages[2]?.CorrelID).toEqual(pushed?.CorrelID)

    zabbix.send('web01', 'load', 0)
    await until(
      'its end, twice',
      () => messages.length >= 5,
      () => zabbix.log,
    )
    const [polledEnd, pushedEnd] = byWay(messages.slice(3))
    for (const [end, begin] of [
      [polledEnd, polled],
      [pushedEnd, pushed],
    ]) {
      expect(end).toMatchObject({
        Description: 'Resolved: Load of Web 01 é is too high: 9',
        Priority: 'Info',
      })
      expect(end?.Note).toContain('acknowledged; severity was Disaster')
      expect(end?.CorrelID).toEqual(begin?.CorrelID)
      expect(seconds(end?.StartTime)).toBe(seconds(begin?.StartTime))
      expect(seconds(end?.EndTime)).toBeGreaterThanOrEqual(seconds(begin?.CreateTime))
    }
    expect(polledEnd?.Note).toContain('comment: looking at it')
    expect(seconds(polledEnd?.EndTime)).toBe(seconds(pushedEnd?.EndTime))

    expect(await program.stop()).toBe(0)
    expect(invalid()).toBe(0)
    expect(new Set(messages.map(({ ID }) => ID)).size).toBe(5)
    expect(existsSync(join(folder, 'state/dead-letters.ndjson'))).toBe(false)
  }, 180_000)

  test('a webhook with no more than a number as the Python connector has it, gets its details by the API', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zabbix-stream-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const { messages, invalid, url } = await receiver<Message>()
    const port = await freePort()
    const conf = join(folder, 'python.conf')
    // As the Python connector has it.
    writeFileSync(
      conf,
      `[idmefv2]\nurl = ${url}\n[connector]\nmode = push\nlisten_address = 127.0.0.1\nlisten_port = ${port}\n[zabbix]\nurl = ${zabbix.url}\nuser = Admin\npassword = zabbix\n${COMMON(folder)}`,
      { mode: 0o600 },
    )
    const program = new Program(['run', '-c', conf])
    await program.says('taking records')
    const [event] = await zabbix.call<{ eventid: string }[]>('event.get', { value: [1], limit: 1 })
    const answer = await fetch(`http://127.0.0.1:${port}/alert`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ eventid: event?.eventid }),
    })
    expect(answer.status).toBe(204)
    await until('the problem and its end', () => messages.length >= 2)
    expect(messages.map(({ Description }) => Description)).toEqual([
      'Load of Web 01 é is too high: 9',
      'Resolved: Load of Web 01 é is too high: 9',
    ])
    expect(messages[0]?.Target).toMatchObject([{ IP: '192.0.2.10' }, { Hostname: 'noif' }])
    expect(await program.stop()).toBe(0)
    expect(invalid()).toBe(0)
  }, 60_000)
})

const seconds = (time = '') => Math.floor(Date.parse(time) / 1000)

/** The API tells its version, a webhook cannot. */
function byWay(messages: readonly Message[]): (Message | undefined)[] {
  const isPolled = ({ Analyzer }: Message) => Analyzer.Model !== 'Zabbix'
  return [messages.find(isPolled), messages.find((message) => !isPolled(message))]
}

const COMMON = (folder: string) => `[state]
directory = ${join(folder, 'state')}
checkpoint_interval = 50ms
[metrics]
listen = 127.0.0.1:0
[workers]
count = 1
`

function configuration({
  folder,
  url,
  api,
  port,
}: {
  folder: string
  url: string
  api: string
  port: number
}): string {
  const file = join(folder, 'idmefv2.conf')
  const text = `[idmefv2]
url = ${url}
validate = always
[zabbix]
url = ${api}
login = Admin
password = zabbix
poll_interval = 1s
[zabbix:push]
filetype = http
listen = 127.0.0.1:${port}
sender_token = ${TOKEN}
${COMMON(folder)}`
  writeFileSync(file, text, { mode: 0o600 })
  return file
}

/** As the page says: the macros, the media type as it is shipped, a user that has it, an action; and something to watch. */
async function configure(zabbix: Zabbix, target: string): Promise<void> {
  await zabbix.call('usermacro.createglobal', [
    { macro: '{$IDMEFV2.URL}', value: target },
    { macro: '{$IDMEFV2.TOKEN}', value: TOKEN, type: 1 },
    { macro: '{$ZABBIX.URL}', value: 'https://zabbix.example.org/zabbix' },
  ])
  const rules = { mediaTypes: { createMissing: true, updateExisting: true } }
  await zabbix.call('configuration.import', {
    format: 'yaml',
    rules,
    source: readFileSync(MEDIA_TYPE, 'utf8'),
  })
  const [type] = await zabbix.call<{ mediatypeid: string }[]>('mediatype.get', {
    filter: { name: 'IDMEFv2' },
  })
  const medias = [{ mediatypeid: type?.mediatypeid, sendto: 'idmefv2-stream' }]
  // Of its own: Zabbix tells nobody of an update that is his.
  const sender = {
    username: 'idmefv2',
    passwd: 'Gw7-pbQx-92rL',
    roleid: 3,
    usrgrps: [{ usrgrpid: 7 }],
    medias,
  }
  const { userids } = await zabbix.call<{ userids: [string] }>('user.create', sender)

  const [group] = await zabbix.call<{ groupid: string }[]>('hostgroup.get', { limit: 1 })
  const groups = [{ groupid: group?.groupid }]
  const agent = { type: 1, main: 1, useip: 1, ip: '192.0.2.10', dns: '', port: '10050' }
  const item = { name: 'load', key_: 'load', type: 2, value_type: 0 }
  for (const [host, name, interfaces] of [
    ['web01', 'Web 01 é', [agent]],
    ['noif', 'Host without interface', []],
  ]) {
    const { hostids } = await zabbix.call<{ hostids: [string] }>('host.create', {
      host,
      name,
      groups,
      interfaces,
    })
    await zabbix.call('item.create', { ...item, hostid: hostids[0] })
  }
  await zabbix.call('trigger.create', {
    description: 'Load of {HOST.NAME} is too high: {ITEM.VALUE}',
    event_name: 'Load of {HOST.NAME} is too high: {ITEM.VALUE}',
    expression: 'last(/web01/load)>5 and last(/noif/load)>=0',
    priority: 5,
    tags: [{ tag: 'scope', value: 'performance' }],
  })
  const operation = {
    operationtype: 0,
    opmessage: { default_msg: 1, mediatypeid: type?.mediatypeid },
    opmessage_usr: [{ userid: userids[0] }],
  }
  await zabbix.call('action.create', {
    name: 'IDMEFv2',
    eventsource: 0,
    filter: { evaltype: 0, conditions: [] },
    operations: [operation],
    recovery_operations: [{ ...operation }],
    update_operations: [{ ...operation }],
  })
  zabbix.reload()
  // The server takes it up by and by: values for what it does not know are refused.
  await until('the configuration', () => accepts(zabbix, 'noif'))
  await until('the configuration', () => accepts(zabbix, 'web01'))
}

function accepts(zabbix: Zabbix, host: string): boolean {
  try {
    zabbix.send(host, 'load', 0)
    return true
  } catch {
    // zabbix_sender says by its exit status that the value was refused.
    return false
  }
}
