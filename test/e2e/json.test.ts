import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Receiver } from '../delivery/receiver.ts'
import { onTestFinished } from './ending.ts'
import { Oracle } from './oracle.ts'
import { Site } from './site.ts'
import { until } from './wait.ts'

const SHARED = new URL('../../src/connectors/json/fixtures/', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, SHARED), 'utf8')
const DOOR = JSON.parse(read('whole-mapping/input.json'))

test('two tools with one mapping: one is asked, one sends, over a restart; what is told twice has the same ID', async () => {
  const oracle = await Oracle.start()
  const tool = await new Receiver().listen()
  onTestFinished(() => tool.close())
  const events = [{ ...DOOR, id: 1 }]
  tool.reply = (_, response) => response.writeHead(200).end(JSON.stringify({ data: { events } }))
  const site = new Site()
  const common = {
    mapping: site.file('doors.json', read('whole-mapping/mapping.json')),
    records: '$.data.events',
    identity: '$.id',
  }
  site.configure(oracle.url, {
    'json:front': {
      ...common,
      filetype: 'poll',
      url: `http://127.0.0.1:${tool.port}/`,
      poll_interval: '100ms',
      start: 'all',
    },
    'json:back': { ...common, filetype: 'http', listen: '127.0.0.1:0' },
  })
  const names = () => oracle.messages.map(({ AltNames }) => String(AltNames))
  const seen = (name: string, times = 1) =>
    until(name, () => names().filter((each) => each === `event:${name}`).length === times)

  const first = site.run()
  await seen('1')
  const { url } = await first.says('taking records')
  const send = async (id: number, to = url) => {
    const body = JSON.stringify({ data: { events: [{ ...DOOR, id }] } })
    const answer = await fetch(String(to), {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.status).toBe(204)
  }
  await send(7)
  await send(7)
  await seen('7', 2)
  expect(await first.stop()).toBe(0)

  events.unshift({ ...DOOR, id: 2 })
  const second = site.run()
  await seen('2')
  await send(7, (await second.says('taking records')).url)
  await seen('7', 3)
  expect(await second.stop()).toBe(0)

  expect(names().toSorted()).toEqual(['event:1', 'event:2', 'event:7', 'event:7', 'event:7'])
  const sevens = oracle.messages.filter(({ AltNames }) => String(AltNames) === 'event:7')
  expect(new Set(sevens.map(({ ID }) => ID)).size).toBe(1)
  expect(oracle.account([]).invalid).toBe(0)
  expect(site.deadLetters).toEqual([])
})
