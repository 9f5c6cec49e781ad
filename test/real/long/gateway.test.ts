import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { until } from '../../e2e/wait.ts'
import { alert, around } from '../../idmefv1/documents.ts'
import { folder, start, whyNoLibrary } from '../gate.ts'
import { PreludeManager, why } from '../prelude.ts'

const AWAY_MS = 60_000

describe.skipIf(why !== '')(`a Prelude manager that is away for a minute${why}`, () => {
  test.for([
    { by: 'our own client', transport: 'wire', whyNot: '' },
    { by: 'libprelude', transport: 'libprelude', whyNot: whyNoLibrary },
  ])('has seen every message in the end, by $by', async ({ transport, whyNot }, { skip }) => {
    skip(whyNot !== '', whyNot)
    const manager = await PreludeManager.register()
    manager.point()
    await manager.start()
    const { program, post } = await start(manager, folder(), `transport = ${transport}`)
    const ids = Array.from({ length: 300 }, (_one, i) => `${transport}-${i}`)
    for (const id of ids.slice(0, 100)) expect(await post(around(alert('', id)))).toBe(200)
    await until('the first ones', () => new Set(manager.seen).isSupersetOf(new Set(ids.slice(0, 100))))
    await manager.stop()
    for (const id of ids.slice(100, 200)) expect(await post(around(alert('', id)))).toBe(200)
    await sleep(AWAY_MS)
    await manager.start()
    for (const id of ids.slice(200)) expect(await post(around(alert('', id)))).toBe(200)
    await until('all of them', () => new Set(manager.seen).isSupersetOf(new Set(ids)))
    expect(await program.stop()).toBe(0)
  })
})
