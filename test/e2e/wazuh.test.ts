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
import { dirname } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { range } from './events.ts'
import { EXACT, Oracle } from './oracle.ts'
import { Program } from './program.ts'
import { Site } from './site.ts'

const fixture = new URL('../../src/connectors/wazuh/fixtures/guessing/input.json', import.meta.url)
const ALERT = JSON.parse(readFileSync(fixture, 'utf8'))
const DAYS = ['2026/Feb/ossec-alerts-27', '2026/Feb/ossec-alerts-28', '2026/Mar/ossec-alerts-01'] as const

/** As the Python connector for Wazuh has it, key for key. */
const connector = (url: string, log: string) => `[logging]
level = DEBUG

[wazuh]
logfile=${log}

[idmefv2]
url = ${url}
`

/** What a manager writes: `log` is a hard link to the file of the day. */
class Manager {
  readonly site: Site
  readonly log: string
  next = 0
  #day = ''

  constructor(site: Site) {
    this.site = site
    this.log = site.path('alerts/alerts.json')
  }

  begin(day: string): void {
    this.#day = this.#path(day)
    mkdirSync(dirname(this.#day), { recursive: true })
    writeFileSync(this.#day, '')
    if (existsSync(this.log)) unlinkSync(this.log)
    linkSync(this.#day, this.log)
  }

  write(count: number): void {
    const alerts = range(this.next, this.next + count).map((number) => {
      const rule = { ...ALERT.rule, description: `${ALERT.rule.description} #${number}` }
      return `${JSON.stringify({ ...ALERT, id: `1772457936.${number}`, rule })}\n`
    })
    appendFileSync(this.#day, alerts.join(''))
    this.next += count
  }

  compress(day: string): void {
    writeFileSync(`${this.#path(day)}.gz`, gzipSync(readFileSync(this.#path(day))))
    rmSync(this.#path(day))
  }

  #path(day: string): string {
    return this.site.path(`alerts/${day}.json`)
  }
}

test('the file of the Python connector, unchanged; midnight while it runs and while it is stopped loses and repeats nothing', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  const manager = new Manager(site)
  const python = site.file('wazuh-idmefv2.conf', connector(oracle.url, manager.log))
  const ours = site.file(
    'ours.conf',
    `[state]\ndirectory = ${site.path('state')}\n[metrics]\nlisten = 127.0.0.1:0\n[workers]\npoll_interval = 20ms\n`,
  )
  const run = () => new Program(['run', '-c', python, '-c', ours])
  manager.begin(DAYS[0])
  manager.write(10)

  const first = run()
  await first.says('following file')
  manager.write(100)
  manager.begin(DAYS[1])
  manager.write(100)
  manager.compress(DAYS[0])
  await oracle.arrival(10, manager.next)
  expect(statSync(manager.log).nlink).toBe(2)
  expect(await first.stop()).toBe(0)

  manager.write(50)
  manager.begin(DAYS[2])
  manager.compress(DAYS[1])
  manager.write(50)
  const last = run()
  await oracle.arrival(10, manager.next)
  manager.write(20)
  await oracle.arrival(10, manager.next)
  expect(await last.stop()).toBe(0)

  expect(oracle.account(range(10, manager.next))).toEqual(EXACT)
  expect(site.deadLetters).toEqual([])
})
