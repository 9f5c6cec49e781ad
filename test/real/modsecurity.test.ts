import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../e2e/port.ts'
import { Program } from '../e2e/program.ts'
import { until } from '../e2e/wait.ts'
import { lacking } from './packages.ts'
import { receiver } from './receiver.ts'
import { settingsIn } from './settings.ts'

// nginx with libmodsecurity and the OWASP Core Rule Set, as Debian has them: attacked over loopback, and what it logs is
// followed by the program and received by the testserver, which validates.

const MODULES = '/usr/lib/nginx/modules'
const SETTINGS = '/etc/nginx/modsecurity.conf'
const RULES = '/usr/share/modsecurity-crs/rules'

const why = lacking([
  ['nginx-light', '/usr/sbin/nginx'],
  ['libnginx-mod-http-modsecurity', `${MODULES}/ngx_http_modsecurity_module.so`],
  ['modsecurity-crs', RULES],
])

interface Message {
  Version: string
  Category: string[]
  Priority: string
  Description: string
  Note: string
  CreateTime: string
  Source: [{ IP: string; Port: number[] }]
  Target: [{ IP: string; Port: number[]; Hostname?: string; Note: string }]
}

describe.skipIf(why !== '')(`nginx with ModSecurity and the Core Rule Set${why}`, () => {
  test.each(['Serial', 'Concurrent'] as const)(
    '%s: every attack is seen at the receiver, valid, once, also over a restart',
    async (type) => {
      const { messages, invalid, url } = await receiver<Message>()
      const wall = await Wall.start({ type, engine: 'On' })
      const conf = wall.configure(url)
      const first = new Program(['run', '-c', conf])
      await first.says('started')
      const attacks = [
        '/?id=1%27%20OR%20%271%27=%271',
        '/search?q=<script>alert(1)</script>',
        '/x?f=../../../../etc/passwd',
      ]
      for (const path of attacks) expect(await wall.get(path)).toBe(403)
      expect(await wall.get('/', { 'User-Agent': 'sqlmap/1.5' })).toBe(403)
      await until('the alerts', () => messages.length >= 4)
      expect(await first.stop()).toBe(0)

      expect(await wall.get('/?a=\xe9\xff%27+or+1=1--+')).toBe(403)
      const second = new Program(['run', '-c', conf])
      await until('what was logged meanwhile', () => messages.length >= 5)
      expect(await wall.get('/?cmd=$(cat+/etc/passwd)')).toBe(403)
      await until('what is logged now', () => messages.length >= 6)
      expect(await second.stop()).toBe(0)

      expect(invalid()).toBe(0)
      expect(messages).toHaveLength(6)
      for (const message of messages) {
        expect(message.Priority).toBe('High')
        expect(message.Note).toMatch(/^action blocked, HTTP 403; rule /)
        expect(message.Source[0]).toMatchObject({ IP: '127.0.0.1' })
        expect(message.Target[0]).toMatchObject({
          IP: '127.0.0.1',
          Port: [wall.port],
          Hostname: 'shop.example.test',
        })
        expect(Math.abs(Date.now() - Date.parse(message.CreateTime))).toBeLessThan(120_000)
      }
      const seen = messages.map(({ Target, Category }) => `${Target[0].Note} ${Category}`)
      expect(seen).toContain(`GET ${attacks[0]} Access.Other`)
      expect(seen).toContain('GET / Recon.Network')
      expect(wall.deadLetters).toBe('')
    },
  )

  test('the local time of a web server elsewhere is told with its offset', async () => {
    const { messages, url } = await receiver<Message>()
    const wall = await Wall.start({ type: 'Serial', engine: 'DetectionOnly', env: { TZ: 'Asia/Kathmandu' } })
    const program = new Program(['run', '-c', wall.configure(url)])
    expect(await wall.get('/?id=1%27%20OR%20%271%27=%271')).toBe(200)
    await until('the alert', () => messages.length > 0)
    expect(await program.stop()).toBe(0)
    const [message] = messages
    expect(message?.CreateTime).toMatch(/\+05:45$/)
    expect(Math.abs(Date.now() - Date.parse(message?.CreateTime ?? ''))).toBeLessThan(120_000)
    expect(message?.Note).toMatch(/^action allowed \(DetectionOnly\), HTTP 200; /)
  })
})

interface WallOptions {
  type: 'Serial' | 'Concurrent'
  engine: 'On' | 'DetectionOnly'
  env?: NodeJS.ProcessEnv
}

/** An nginx with its configuration and logs in a folder of its own; it is stopped with the test. */
class Wall {
  readonly folder = mkdtempSync(join(tmpdir(), 'modsecurity-'))
  readonly port: number
  readonly #type: WallOptions['type']
  readonly #child: ChildProcess

  private constructor({ type, engine, env }: WallOptions, port: number) {
    this.port = port
    this.#type = type
    for (const name of ['log', 'log/audit', 'run', 'html'])
      mkdirSync(join(this.folder, name), { mode: 0o777 })
    this.#write('html/index.html', '<h1>shop</h1>\n')
    this.#write('modsecurity.conf', settings(type, engine))
    this.#write('main.conf', MAIN)
    this.#write('nginx.conf', configuration(port))
    const words = ['-p', `${this.folder}/`, '-e', 'log/error.log', '-c', join(this.folder, 'nginx.conf')]
    // ModSecurity's own paths are relative to where nginx was started.
    this.#child = spawn('nginx', words, {
      cwd: this.folder,
      env: { ...process.env, ...env },
      stdio: 'inherit',
    })
    const exit = once(this.#child, 'exit')
    onTestFinished(async () => {
      this.#child.kill('SIGTERM')
      await exit
      rmSync(this.folder, { recursive: true, force: true })
    })
  }

  static async start(options: WallOptions): Promise<Wall> {
    const wall = new Wall(options, await freePort())
    await until('nginx', () =>
      wall.get('/').then(
        () => true,
        () => false,
      ),
    )
    return wall
  }

  /** The status of the answer; the path goes as it is, byte by byte. */
  async get(path: string, headers: Record<string, string> = {}): Promise<number> {
    const call = request({
      host: '127.0.0.1',
      port: this.port,
      path,
      headers: { Host: 'shop.example.test', 'User-Agent': 'test/1', Accept: '*/*', ...headers },
    })
    call.end()
    const [answer] = await once(call, 'response')
    answer.resume()
    await once(answer, 'end')
    return answer.statusCode
  }

  /** A configuration of the program for this log. */
  configure(url: string): string {
    const log = this.#type === 'Serial' ? 'filename = log/audit.json' : 'directory = log/audit'
    return settingsIn(
      this.folder,
      url,
      `[modsecurity]
${log.replace('log/', `${this.folder}/log/`)}
start = beginning`,
    )
  }

  get deadLetters(): string {
    const file = join(this.folder, 'state/dead-letters.ndjson')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  #write(name: string, text: string): void {
    appendFileSync(join(this.folder, name), text)
  }
}

/** Debian's, with what the connector's page says. */
function settings(type: string, engine: string): string {
  const own = readFileSync(SETTINGS, 'utf8')
    .replace(/^SecRuleEngine .*$/m, `SecRuleEngine ${engine}`)
    .replace(/^SecAuditLogType .*$/m, `SecAuditLogType ${type}`)
    .replace(/^SecAuditLog .*$/m, `SecAuditLog log/${type === 'Serial' ? 'audit.json' : 'index.log'}`)
    .replace(/^SecUnicodeMapFile \S+/m, 'SecUnicodeMapFile /etc/nginx/unicode.mapping')
  return `${own}\nSecAuditLogFormat JSON\nSecAuditLogStorageDir log/audit\n`
}

/** Debian's owasp-crs.load has a directive that only Apache knows. */
const MAIN = `Include modsecurity.conf
Include /etc/modsecurity/crs/crs-setup.conf
Include ${RULES}/*.conf
`

function configuration(port: number): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
load_module ${MODULES}/ngx_http_modsecurity_module.so;
daemon off;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
env TZ;
pid run/nginx.pid;
events { worker_connections 64; }
http {
  access_log off;
  ${kinds.map((kind) => `${kind}_temp_path run/${kind};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    modsecurity on;
    modsecurity_rules_file main.conf;
    location / { root html; try_files $uri /index.html; }
  }
}
`
}
