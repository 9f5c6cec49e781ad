import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { encode } from '../../src/gateway/prelude/encode.ts'
import { framed, priorityOf, TAG } from '../../src/gateway/prelude/frames.ts'
import type { Message } from '../../src/idmefv1/record.ts'
import { until } from '../e2e/wait.ts'
import { contentOf, fileContent, hasLibprelude, printed, writtenByLibprelude } from '../gateway/libprelude.ts'
import { alert, around } from '../idmefv1/documents.ts'
import { documents } from './documents.ts'
import { folder, start, whyNoLibrary } from './gate.ts'
import { PreludeManager, why } from './prelude.ts'

// The gateway beside libprelude and a real manager, as Debian has them.

describe.skipIf(why !== '')(`a Prelude manager${why}`, () => {
  test('sees every message of every document', async () => {
    const manager = await PreludeManager.register()
    await manager.start()
    const { program, post } = await start(manager)
    const ids: string[] = []
    for (const { name, bytes, messages } of documents()) {
      expect(await post(bytes), name).toBe(200)
      for (const { messageid } of messages) if (typeof messageid === 'string') ids.push(messageid)
    }
    await until('all of them', () => ids.every((id) => manager.seen.includes(id)))
    await until('that they are delivered', async () => (await program.metrics()).sum('lag_bytes') === 0)
    expect(await program.stop()).toBe(0)
    await manager.stop()
    expect(manager.told).toContain('Prelude Web Gateway')
    for (const id of ids) expect(manager.told).toContain(`messageid: ${id}`)
  })

  test.skipIf(whyNoLibrary !== '')(`sees them through libprelude, too${whyNoLibrary}`, async () => {
    const manager = await PreludeManager.register()
    manager.point()
    await manager.start()
    const { program, post } = await start(manager, folder(), 'transport = libprelude')
    const ids: string[] = []
    for (const { name, bytes, messages } of documents()) {
      expect(await post(bytes), name).toBe(200)
      for (const { messageid } of messages) if (typeof messageid === 'string') ids.push(messageid)
    }
    await until('all of them', () => ids.every((id) => manager.seen.includes(id)))
    expect(await program.stop()).toBe(0)
    await manager.stop()
    expect(manager.told).toContain('model: Prelude Web Gateway')
    // As it was sent: not the number that libprelude makes of the text.
    if (ids.includes('c-06')) expect(manager.told).toContain('data: 0xe2551126.0x7d2f1a9f')
  })

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'that ends by %s and comes again has seen every message',
    async (signal) => {
      const manager = await PreludeManager.register()
      await manager.start()
      const { program, post } = await start(manager)
      const ids = Array.from({ length: 600 }, (_, i) => `${signal}-${i}`)
      for (const [i, id] of ids.entries()) {
        if (i === 200) await manager.stop(signal)
        if (i === 400) await manager.start()
        expect(await post(around(alert('', id)))).toBe(200)
      }
      await until('all of them', () => new Set(manager.seen).isSupersetOf(new Set(ids)))
      expect(await program.stop()).toBe(0)
    },
  )

  test('that is away gets what was taken after a restart of the gateway', async () => {
    const manager = await PreludeManager.register()
    const { program, post, base } = await start(manager)
    expect(await post(around(alert('', 'early')))).toBe(200)
    program.signal('SIGKILL')
    await program.exit
    await manager.start()
    await start(manager, base)
    await until('the message', () => manager.seen.includes('early'))
  })
})

const whyNot = hasLibprelude() ? why : ' (not installed: python3-prelude)'

describe.skipIf(whyNot !== '')(`libprelude${whyNot}`, () => {
  test('writes what we write, but for the numbers it makes of NTP timestamps', () => {
    const path = folder()
    // A path cannot name an object with nothing in it.
    const isWhole = (message: Message) =>
      message.messageid !== undefined && !JSON.stringify(message).includes('{}')
    const messages = documents().flatMap((document) => document.messages.filter(isWhole))
    const theirs = writtenByLibprelude(messages, path)
    for (const [i, message] of messages.entries()) {
      const ours = join(path, `ours-${i}`)
      const frames = Buffer.concat([...framed(TAG.idmef, priorityOf(message), encode(message))])
      writeFileSync(ours, frames)
      const name = `${message.messageid}`
      const isOwnTime = message.create_time === undefined
      const hasNtp = JSON.stringify(message.additional_data ?? '').includes('"ntpstamp"')
      const without = (text: string) =>
        text
          .replace(isOwnTime ? /create_time: .*/ : /$^/, '')
          .replace(hasNtp ? /data: 0x[\da-f]+\.0x[\da-f]+/g : /$^/, '')
      expect(without(printed(ours)), name).toBe(without(printed(theirs[i] ?? '')))
      if (!isOwnTime && !hasNtp) expect(contentOf(frames), name).toEqual(fileContent(theirs[i] ?? ''))
    }
  })
})
