import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { PreludeDelivery } from '../../src/gateway/prelude/delivery.ts'
import { AUTH } from '../../src/gateway/prelude/frames.ts'
import { readProfile } from '../../src/gateway/prelude/profile.ts'
import { recordsOf } from '../../src/gateway/prelude/records.ts'
import type { Work } from '../../src/types.ts'
import { Authority, hasOpenssl } from '../delivery/certificates.ts'
import { until } from '../e2e/wait.ts'
import { folder } from '../sources/consumer.ts'
import { Manager, writeProfile } from './manager.ts'

const alerts = (...names: string[]) =>
  names.map((messageid) => `${JSON.stringify({ idmef: 'alert', messageid })}\n`).join('')
const bytes = (...names: string[]): Work => ({
  kind: 'bytes',
  origin: 'test',
  bytes: new Uint8Array(Buffer.from(alerts(...names))),
})

describe.skipIf(!hasOpenssl)(`a Prelude manager${hasOpenssl ? '' : ' (openssl is not installed)'}`, () => {
  const authority = hasOpenssl ? new Authority() : undefined
  afterAll(() => authority?.remove())
  const pairs = authority && {
    manager: authority.selfSigned('manager'),
    other: authority.selfSigned('other'),
    own: authority.issue('client'),
  }

  async function setup({ shows = pairs?.manager } = {}) {
    if (!pairs || !shows) throw new Error('there are no certificates')
    const manager = new Manager(shows)
    const address = await manager.start()
    onTestFinished(() => manager.stop())
    const profiles = folder()
    writeProfile(
      profiles,
      'secef',
      pairs.own,
      pairs.manager,
      `server-addr = ${address.host}:${address.port}\n`,
    )
    const profile = readProfile(profiles, 'secef')
    const told: string[] = []
    const buried: string[] = []
    const log = pino({ level: 'info' }, { write: (line) => void told.push(line) })
    const letters = {
      bury: async (records: readonly string[]) => void buried.push(...records),
      close: async () => {},
    }
    const delivery = new PreludeDelivery({ profile, addresses: profile.addresses, letters, log })
    onTestFinished(() => delivery.close())
    return { manager, delivery, told, buried }
  }

  test('is told who comes, then gets every message in its order', async () => {
    const { manager, delivery } = await setup()
    const [first] = await Promise.all([delivery.run(bytes('a', 'b')), delivery.run(bytes('c'))])
    expect(manager.names).toEqual(['(starting)', 'a', 'b', 'c'])
    expect(manager.capabilities).toEqual([Buffer.of(4, 0, 0, 0, 0)])
    expect(manager.shown).toEqual([1])
    expect(first).toMatchObject({ records: 2, converted: 2, delivered: 2, rejected: {} })
    expect(delivery.notReady()).toBeUndefined()
    await delivery.close()
    await until('the farewell', () => manager.names.at(-1) === '(exiting)')
  })

  test('that goes away gets what may not have reached it again', async () => {
    const { manager, delivery } = await setup()
    const running = delivery.run(bytes('a'))
    await until('the message', () => manager.names.includes('a'))
    await manager.stop()
    await until('the trouble', () => delivery.notReady())
    await manager.start()
    await running
    expect(manager.names).toEqual(['(starting)', 'a', '(starting)', 'a'])
  })

  test('that is away is waited for', async () => {
    const { manager, delivery, told } = await setup()
    await manager.stop()
    const running = delivery.run(bytes('a'))
    await until('the trouble', () => told.some((line) => line.includes('cannot be reached')))
    expect(delivery.notReady()).toContain('the Prelude manager is not connected: ')
    await manager.start()
    await running
    expect(manager.names.filter((name) => name === 'a')).toEqual(['a'])
  })

  test('with another certificate than that of the registration is sent nothing', async () => {
    const { manager, delivery } = await setup({ shows: pairs?.other })
    const running = delivery.run(bytes('a'))
    await until('the reason', () => delivery.notReady()?.includes('another certificate'))
    expect(manager.capabilities).toEqual([])
    expect(manager.messages).toEqual([])
    await delivery.close()
    await expect(running).rejects.toThrow()
  })

  test('that does not admit us is sent nothing', async () => {
    const { manager, delivery } = await setup()
    await manager.stop()
    manager.answer = AUTH.refused
    await manager.start()
    const running = delivery.run(bytes('a'))
    await until('the reason', () => delivery.notReady()?.includes('does not admit'))
    expect(manager.messages).toEqual([])
    manager.answer = AUTH.accepted
    await running
    expect(manager.names).toEqual(['(starting)', 'a'])
  })

  test('is told when a message came, not when it was sent', async () => {
    const { manager, delivery } = await setup()
    const record = { idmef: 'alert', messageid: 'old', taken: 1_588_233_600_250 }
    await delivery.run({
      kind: 'bytes',
      origin: 't',
      bytes: new Uint8Array(Buffer.from(`${JSON.stringify(record)}\n`)),
    })
    expect(manager.times.at(-1)).toEqual([1_588_233_600, 250_000])
  })

  test('does not get what is no message, which is kept', async () => {
    const { manager, delivery, buried } = await setup()
    const lines = `${alerts('a')}{"idmef":\n[]\n${alerts('b')}`
    const done = await delivery.run({ kind: 'bytes', origin: 't', bytes: new Uint8Array(Buffer.from(lines)) })
    expect(done).toMatchObject({ records: 4, delivered: 2, rejected: { invalid_json: 2 } })
    expect(manager.names).toEqual(['(starting)', 'a', 'b'])
    expect(buried).toEqual(['{"idmef":', '[]'])
  })

  test('gets long messages in pieces', async () => {
    const { manager, delivery } = await setup()
    const data = 'x'.repeat(100_000)
    const record = { idmef: 'alert', messageid: 'long', additional_data: [{ type: 'string', data }] }
    await delivery.run({
      kind: 'bytes',
      origin: 't',
      bytes: new Uint8Array(Buffer.from(`${JSON.stringify(record)}\n`)),
    })
    const [data_] = manager.messages.at(-1)?.inner?.filter(({ tag }) => tag === 0) ?? []
    expect(data_?.inner?.at(-1)?.bytes.length).toBe(100_001)
  })
})

test('records belong to the range in which they begin, wherever it is cut', () => {
  const path = join(folder(), 'segment')
  const names = Array.from({ length: 20 }, (_, i) => 'n'.repeat(i + 1))
  const text = alerts(...names)
  writeFileSync(path, text)
  const fd = openSync(path, 'r')
  onTestFinished(() => closeSync(fd))
  for (let size = 1; size < 200; size += 7) {
    const found: string[] = []
    for (let start = 0; start < text.length; start += size) {
      const end = Math.min(start + size, text.length)
      found.push(...recordsOf({ kind: 'range', fd, start, end, file: '0', path }))
    }
    expect(found.map((line) => JSON.parse(line).messageid)).toEqual(names)
  }
})
