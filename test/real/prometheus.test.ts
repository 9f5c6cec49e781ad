import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Authority, hasOpenssl, type Pair } from '../delivery/certificates.ts'
import { freePort } from '../e2e/port.ts'
import { Program } from '../e2e/program.ts'
import { until } from '../e2e/wait.ts'
import { lacking } from './packages.ts'
import { receiver } from './receiver.ts'
import { settingsIn } from './settings.ts'

// Prometheus and Alertmanager as Debian has them, on loopback: what they watch goes down and comes up again, and what they tell of it is
// asked for, or taken, by the program, and received by the testserver, which validates.

const why = lacking([
  ['prometheus', '/usr/bin/prometheus'],
  ['prometheus-alertmanager', '/usr/bin/prometheus-alertmanager'],
])

interface Message {
  ID: string
  CorrelID: string[]
  Description: string
  Priority: string
  Category: string[]
  CreateTime: string
  StartTime: string
  EndTime?: string
  Ref?: string[]
  Target: [{ IP?: string; Port?: number[]; Note: string }]
}

/** bcrypt, as Prometheus wants it, of the password below. */
const HASH = '$2b$04$RKiFVLhVPITPxUhybLHYH.HvQ7k8OtusxKIE7R6ooU5GkkX0U4zJ.'
const PASSWORD = 'sesame'

describe.skipIf(why !== '' || !hasOpenssl)(`Prometheus${why}`, () => {
  let authority: Authority
  let pair: Pair
  beforeAll(() => {
    authority = new Authority()
    pair = authority.issue('prometheus')
  })
  afterAll(() => authority.remove())

  test('asked over TLS with a password: what fires, once, when it fires; its end; also over a restart', async () => {
    const { messages, invalid, url } = await receiver<Message>()
    const shop = await Shop.start()
    const watch = await Watch.start(shop, { tls: pair, ca: authority.ca })
    const conf = watch.configure(url, [
      `url = https://127.0.0.1:${watch.port}/metrics-of-us/`,
      `ca = ${authority.ca}`,
      'login = me',
      `password = ${PASSWORD}`,
      'poll_interval = 200ms',
      'resolve_after = 1s',
    ])
    const seen = (description: string) => messages.filter((one) => one.Description === description)
    const DOWN = `ShopDown: 127.0.0.1:${shop.port} does not answer`

    const first = new Program(['run', '-c', conf])
    await first.says('started')
    await until('what always fires', async () =>
      (await watch.alerts()).some(({ state }) => state === 'firing'),
    )
    await shop.stop()
    await until('that it is pending', async () =>
      (await watch.alerts()).some(({ state }) => state === 'pending'),
    )
    expect(seen(DOWN)).toEqual([])
    await until('that it fires', () => seen(DOWN).length > 0 && seen('NobodyThere').length > 0)
    await shop.listen()
    await until('its end', () => seen(`Resolved: ${DOWN}`).length > 0)
    await shop.stop()
    await until('that it fires again', () => seen(DOWN).length > 1)
    expect(await first.stop()).toBe(0)

    await shop.listen()
    await until('that all is well', async () => (await watch.alerts()).length === 1)
    const second = new Program(['run', '-c', conf])
    await until('the end that nobody saw', () => seen(`Resolved: ${DOWN}`).length > 1)
    await until('the other end', () => seen('Resolved: NobodyThere').length > 1)
    expect(await second.stop()).toBe(0)

    expect(invalid()).toBe(0)
    expect(watch.deadLetters).toBe('')
    expect(seen(DOWN)).toHaveLength(2)
    expect(seen(`Resolved: ${DOWN}`)).toHaveLength(2)
    expect(messages.some(({ Description }) => Description.includes('Watchdog'))).toBe(false)
    expect(new Set(messages.map(({ ID }) => ID)).size).toBe(messages.length)
    for (const [i, begun] of seen(DOWN).entries()) {
      const ended = seen(`Resolved: ${DOWN}`)[i]
      expect(begun).toMatchObject({
        Priority: 'High',
        Category: ['Availability.Outage'],
        Ref: ['https://runbooks.example.test/shop'],
        Target: [{ IP: '127.0.0.1', Port: [shop.port], Note: 'job=shop, team=web' }],
      })
      expect(ended?.CorrelID).toEqual(begun.CorrelID)
      expect(ended?.StartTime).toBe(begun.CreateTime)
      expect(Date.parse(ended?.EndTime ?? '')).toBeGreaterThan(Date.parse(begun.CreateTime))
      expect(Math.abs(Date.now() - Date.parse(begun.CreateTime))).toBeLessThan(120_000)
    }
    expect(seen('NobodyThere')[0]).toMatchObject({
      Priority: 'Unknown',
      Target: [{ Note: 'rule NobodyThere' }],
    })
  })

  test('through Alertmanager: what fires, and its end, with the labels of this Prometheus', async () => {
    const { messages, invalid, url } = await receiver<Message>()
    const shop = await Shop.start()
    const listen = await freePort()
    const watch = await Watch.start(shop, { webhook: listen })
    const conf = watch.configure(url, [
      'filetype = http',
      `listen = 127.0.0.1:${listen}`,
      'sender_login = alertmanager',
      `sender_password = ${PASSWORD}`,
    ])
    const DOWN = `ShopDown: 127.0.0.1:${shop.port} does not answer`
    const seen = (description: string) => messages.find((one) => one.Description === description)

    const program = new Program(['run', '-c', conf])
    await program.says('taking records')
    await shop.stop()
    const begun = await until('that it fires', () => seen(DOWN))
    await shop.listen()
    const ended = await until('its end', () => seen(`Resolved: ${DOWN}`))
    expect(await program.stop()).toBe(0)

    expect(invalid()).toBe(0)
    expect(watch.deadLetters).toBe('')
    expect(begun).toMatchObject({
      Priority: 'High',
      Target: [{ IP: '127.0.0.1', Port: [shop.port], Note: 'cluster=demo, job=shop, team=web' }],
      Ref: ['https://runbooks.example.test/shop', expect.stringContaining('/graph?g0.expr=up')],
    })
    expect(ended.CorrelID).toEqual(begun.CorrelID)
    expect(ended.ID).not.toBe(begun.ID)
    expect(Date.parse(ended.EndTime ?? '')).toBeGreaterThan(Date.parse(begun.StartTime))
  })
})

/** What is watched: it is up while it listens. */
class Shop {
  port = 0
  #server: Server | undefined

  static async start(): Promise<Shop> {
    const shop = new Shop()
    await shop.listen()
    onTestFinished(() => shop.stop())
    return shop
  }

  async listen(): Promise<void> {
    this.#server = createServer((_, response) => void response.end('sales_total 1\n'))
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (typeof address === 'object' && address) this.port = address.port
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server) return
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
}

interface WatchOptions {
  /** Serves its API with these and a password. */
  tls?: Pair
  ca?: string
  /** Tells an Alertmanager, which posts to this port. */
  webhook?: number
}

/** A Prometheus, and an Alertmanager where it is to tell one, in a folder of their own; they are stopped with the test. */
class Watch {
  readonly folder = mkdtempSync(join(tmpdir(), 'prometheus-'))
  readonly port: number
  readonly #ca: string | undefined
  readonly #children: ChildProcess[] = []

  private constructor(port: number, ca: string | undefined) {
    this.port = port
    this.#ca = ca
    onTestFinished(async () => {
      await Promise.all(
        this.#children.map((child) => {
          const exit = once(child, 'exit')
          child.kill('SIGTERM')
          return exit
        }),
      )
      rmSync(this.folder, { recursive: true, force: true })
    })
  }

  static async start(shop: Shop, { tls, ca, webhook }: WatchOptions): Promise<Watch> {
    const watch = new Watch(await freePort(), ca)
    const manager = webhook === undefined ? undefined : await watch.#manage(webhook)
    const prefix = tls ? '/metrics-of-us' : '/'
    watch.#write('rules.yml', RULES)
    watch.#write('prometheus.yml', configuration(shop.port, manager))
    watch.#write('web.yml', tls ? serving(tls) : '{}')
    watch.#run('prometheus', [
      '--config.file=prometheus.yml',
      '--storage.tsdb.path=data',
      '--web.config.file=web.yml',
      `--web.route-prefix=${prefix}`,
      `--web.listen-address=127.0.0.1:${watch.port}`,
    ])
    if (tls)
      await until('Prometheus', () =>
        watch.alerts().then(
          () => true,
          () => false,
        ),
      )
    return watch
  }

  /** As Prometheus answers them. */
  async alerts(): Promise<{ state: string }[]> {
    const request = https.request(`https://127.0.0.1:${this.port}/metrics-of-us/api/v1/alerts`, {
      auth: `me:${PASSWORD}`,
      ...(this.#ca && { ca: readFileSync(this.#ca) }),
      agent: false,
    })
    request.end()
    const [response] = await once(request, 'response')
    let text = ''
    for await (const chunk of response) text += chunk
    return JSON.parse(text).data.alerts
  }

  /** A configuration of the program, with these lines in its section. */
  configure(url: string, lines: readonly string[]): string {
    return settingsIn(
      this.folder,
      url,
      `[prometheus]
${lines.join('\n')}`,
    )
  }

  get deadLetters(): string {
    const file = join(this.folder, 'state/dead-letters.ndjson')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  async #manage(webhook: number): Promise<number> {
    const port = await freePort()
    this.#write('alertmanager.yml', managing(webhook))
    this.#run('prometheus-alertmanager', [
      '--config.file=alertmanager.yml',
      '--storage.path=manager',
      '--cluster.listen-address=',
      `--web.listen-address=127.0.0.1:${port}`,
    ])
    return port
  }

  #run(command: string, words: readonly string[]): void {
    this.#children.push(spawn(command, words, { cwd: this.folder, stdio: 'ignore' }))
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text, { mode: 0o600 })
  }
}

const RULES = `groups:
  - name: shop
    rules:
      - alert: ShopDown
        expr: up{job="shop"} == 0
        for: 2s
        labels: { severity: page, team: web }
        annotations:
          summary: '{{ $labels.instance }} does not answer'
          runbook_url: https://runbooks.example.test/shop
      - { alert: NobodyThere, expr: sum(up) == 0 }
      - { alert: Watchdog, expr: vector(1), labels: { severity: none } }
`

const configuration = (shop: number, manager: number | undefined) => `global:
  scrape_interval: 500ms
  scrape_timeout: 400ms
  evaluation_interval: 500ms
  external_labels: { cluster: demo }
rule_files: [ rules.yml ]
scrape_configs:
  - job_name: shop
    static_configs: [ { targets: ['127.0.0.1:${shop}'] } ]
${
  manager === undefined
    ? ''
    : `alerting:
  alertmanagers: [ { static_configs: [ { targets: ['127.0.0.1:${manager}'] } ] } ]
`
}`

const serving = ({ cert, key }: Pair) => `tls_server_config: { cert_file: ${cert}, key_file: ${key} }
basic_auth_users: { me: '${HASH}' }
`

/** With what the connector's page says. */
const managing = (webhook: number) => `route:
  receiver: idmefv2
  group_wait: 0s
  group_interval: 1s
receivers:
  - name: idmefv2
    webhook_configs:
      - url: http://127.0.0.1:${webhook}/
        send_resolved: true
        max_alerts: 0
        http_config:
          basic_auth: { username: alertmanager, password: ${PASSWORD} }
`
