import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Archive } from '../../src/sources/paths.ts'
import { events, folder, follow, lines, texts } from './consumer.ts'

// A log that is a hard link to the file of its day, as Wazuh's alerts.json: rotation unlinks it and links it to another.

const DAYS = ['2026/Feb/ossec-alerts-27', '2026/Feb/ossec-alerts-28', '2026/Mar/ossec-alerts-01']
const MONTHS = ['Feb', 'Mar']
const archive: Archive = {
  glob: '*/*/ossec-alerts-*.json*',
  order(name) {
    const [, year, month = '', rest] = /^(\d+)\/(\w+)\/ossec-alerts-([-\d]+)\.json(\.gz)?$/.exec(name) ?? []
    return year && `${year}-${MONTHS.indexOf(month)}-${rest}`
  },
}

/** A manager that writes and rotates as wazuh-analysisd does. */
class Manager {
  readonly state: string
  readonly log: string
  readonly #logs: string
  #written = 0
  #file = ''

  constructor() {
    const base = folder()
    this.state = join(base, 'state')
    this.#logs = join(base, 'alerts')
    this.log = join(this.#logs, 'alerts.json')
    mkdirSync(this.state)
    mkdirSync(this.#logs)
  }

  get written(): number {
    return this.#written
  }

  /** The file written to, which `log` is a link to. */
  open(name: string): void {
    this.#file = join(this.#logs, `${name}.json`)
    mkdirSync(dirname(this.#file), { recursive: true })
    appendFileSync(this.#file, '')
    if (existsSync(this.log)) unlinkSync(this.log)
    linkSync(this.#file, this.log)
  }

  write(count: number): void {
    appendFileSync(this.#file, lines(this.#written, count))
    this.#written += count
  }

  /** As wazuh-monitord: the time of the last write is not kept. The file written to is left alone. */
  compress(name: string): void {
    const path = join(this.#logs, `${name}.json`)
    if (path === this.#file || !existsSync(path)) return
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)))
    writeFileSync(`${path}.sum`, 'Current checksum:\n')
    rmSync(path)
  }
}

function began(): Manager {
  const manager = new Manager()
  manager.open(DAYS[0] ?? '')
  manager.write(50)
  return manager
}

describe('a day that ends', () => {
  test('while it is followed: both days come, in order and once', async () => {
    const manager = began()
    expect(statSync(manager.log).nlink).toBe(2)
    const run = follow(manager.log, { state: manager.state, archive })
    await run.until(50)
    for (const [index, day] of DAYS.slice(1).entries()) {
      manager.write(5)
      manager.open(day)
      manager.compress(DAYS[index] ?? '')
      manager.write(20)
      await run.until(manager.written)
    }
    await sleep(60)
    expect(texts(run)).toEqual(events(0, manager.written))
    expect(run.events.map(({ kind }) => kind)).toEqual(['rotated', 'rotated'])
  })

  test('while nothing runs: its rest comes from the archive, with the IDs it would have had', async () => {
    const manager = began()
    const first = follow(manager.log, { state: manager.state, archive, commit: false, range_max: 500 })
    await first.until(50)
    for (const piece of first.pieces.slice(0, 3)) first.source.commit(piece)
    await first.stop()
    const [, , done] = first.pieces
    const end = done?.kind === 'range' ? done.end : 0
    const rest = first.records.filter(({ id }) => Number(id.split(':')[1]) >= end)
    for (const day of DAYS.slice(1)) {
      manager.open(day)
      manager.write(20)
    }
    const run = follow(manager.log, { state: manager.state, archive, once: true })
    await run.ended
    expect(rest.length).toBeLessThan(50)
    expect(run.records.slice(0, rest.length).map(({ id, text }) => [id, text])).toEqual(
      rest.map(({ id, text }) => [id, text]),
    )
    expect(texts(run).slice(rest.length)).toEqual(events(50, 40))
    expect(run.events.filter(({ kind }) => kind === 'lost')).toEqual([])
  })

  test('while nothing runs, and is compressed: the same', async () => {
    const manager = began()
    const first = follow(manager.log, { state: manager.state, archive })
    await first.until(50)
    await first.stop()
    for (const [index, day] of DAYS.slice(1).entries()) {
      manager.write(10)
      manager.open(day)
      manager.compress(DAYS[index] ?? '')
    }
    manager.write(10)
    const run = follow(manager.log, { state: manager.state, archive, once: true })
    await run.ended
    expect(texts(run)).toEqual(events(50, 30))
    expect(run.events.filter(({ kind }) => kind === 'lost')).toEqual([])
  })
})

test('what was archived before the log was first followed is not read', async () => {
  const manager = began()
  manager.open(DAYS[1] ?? '')
  manager.write(10)
  const first = follow(manager.log, { state: manager.state, archive })
  await first.until(10)
  await first.stop()
  manager.open(DAYS[2] ?? '')
  manager.write(10)
  manager.compress(DAYS[0] ?? '')
  const run = follow(manager.log, { state: manager.state, archive })
  await run.until(10)
  await sleep(60)
  expect([...texts(first), ...texts(run)]).toEqual(events(50, 20))
})

test('whenever it is rotated, compressed and restarted, no line is lost, doubled or out of order', async () => {
  const step = fc.constantFrom('write', 'write', 'rotate', 'compress', 'restart', 'wait')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
      const manager = began()
      const start = () =>
        follow(manager.log, { state: manager.state, archive, poll_interval: 10, patience: { quietMs: 15 } })
      const names = [DAYS[0] ?? '']
      const done: string[] = []
      let run = start()
      await run.until(1)
      for (const each of steps) {
        if (each === 'write') manager.write(7)
        if (each === 'wait') await sleep(12)
        if (each === 'compress') for (const name of names) manager.compress(name)
        if (each === 'rotate') {
          const name = `2026/Feb/ossec-alerts-27-${String(names.length).padStart(3, '0')}`
          names.push(name)
          manager.open(name)
        }
        if (each === 'restart') {
          await run.stop()
          done.push(...texts(run))
          run = start()
        }
      }
      manager.write(1)
      await run.until(manager.written - done.length)
      await run.stop()
      expect([...done, ...texts(run)]).toEqual(events(0, manager.written))
    }),
    { numRuns: 25 },
  )
})
