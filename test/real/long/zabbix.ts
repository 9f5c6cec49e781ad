import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../e2e/port.ts'
import { until } from '../../e2e/wait.ts'
import type { Needed } from '../packages.ts'

// A Zabbix server with its database and the API of its frontend, as Debian has them, on loopback and in a folder of its own: nothing of
// what may be installed and configured on the host is used but the programs.

const FRONTEND = '/usr/share/zabbix'
const SCHEMA = '/usr/share/zabbix-server-pgsql'
const [POSTGRES = ''] = globSync('/usr/lib/postgresql/*/bin').toSorted().toReversed()

export const NEEDED: Needed = [
  ['postgresql', `${POSTGRES}/initdb`],
  ['zabbix-server-pgsql', '/usr/sbin/zabbix_server'],
  ['zabbix-frontend-php', `${FRONTEND}/api_jsonrpc.php`],
  ['php-pgsql', '/usr/share/doc/php-pgsql'],
  ['php-cli', '/usr/bin/php'],
  ['zabbix-sender', '/usr/bin/zabbix_sender'],
]

/** Programs that refuse to run as root, and whom they are run as. */
const idOf = (user: string) => Number(execFileSync('id', ['-u', user], { encoding: 'utf8' }))
const as = (user: string) => (process.getuid?.() === 0 ? { uid: idOf(user), gid: idOf(user) } : {})

export class Zabbix {
  readonly folder = mkdtempSync(join(tmpdir(), 'zabbix-'))
  readonly #children: ChildProcess[] = []
  #ports = { database: 0, server: 0, frontend: 0 }
  #session = ''
  #said = ''

  static async start(): Promise<Zabbix> {
    const zabbix = new Zabbix()
    try {
      await zabbix.#start()
      return zabbix
    } catch (error) {
      await zabbix.stop()
      throw error
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.#ports.frontend}/api_jsonrpc.php`
  }

  /** Asks the API, with the session of its administrator. */
  async call<T = unknown>(method: string, params: unknown): Promise<T> {
    const isOpen = method === 'user.login' || method === 'apiinfo.version'
    const body = { jsonrpc: '2.0', id: 1, method, params, ...(!isOpen && { auth: this.#session }) }
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(this.url, { method: 'POST', headers, body: JSON.stringify(body) })
    const { result, error } = JSON.parse(await answer.text())
    if (error) throw new Error(`${method}: ${error.data}`)
    return result
  }

  /** As an agent would. */
  send(host: string, key: string, value: string | number): void {
    const words = [
      '-z',
      '127.0.0.1',
      '-p',
      String(this.#ports.server),
      '-s',
      host,
      '-k',
      key,
      '-o',
      String(value),
    ]
    execFileSync('zabbix_sender', words, { stdio: 'pipe' })
  }

  /** What was made by the API, the server takes up by and by. */
  reload(): void {
    execFileSync('/usr/sbin/zabbix_server', ['-c', this.#file('server.conf'), '-R', 'config_cache_reload'], {
      stdio: 'pipe',
    })
  }

  /** What the server logged, after what all programs said. */
  get log(): string {
    const log = this.#file('server.log')
    return this.#said + (existsSync(log) ? readFileSync(log, 'utf8') : '')
  }

  async stop(): Promise<void> {
    for (const child of this.#children.toReversed()) {
      const exit = child.exitCode === null ? once(child, 'exit') : undefined
      child.kill('SIGINT')
      await exit
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #start(): Promise<void> {
    // Other users write in it.
    chmodSync(this.folder, 0o777)
    this.#ports = { database: await freePort(), server: await lowPort(), frontend: await freePort() }
    await this.#startDatabase()
    this.#startServer()
    this.#startFrontend()
    await until('the API', () => this.call('apiinfo.version', []).catch(() => false))
    this.#session = await this.call('user.login', { username: 'Admin', password: 'zabbix' })
    await until(
      'the server',
      () => this.log.includes('server #0 started'),
      () => this.log,
    )
  }

  async #startDatabase(): Promise<void> {
    const data = this.#file('data')
    const user = as('postgres')
    mkdirSync(data, { mode: 0o777 })
    chmodSync(data, 0o777)
    const cluster = join(data, 'db')
    execFileSync(
      `${POSTGRES}/initdb`,
      ['-D', cluster, '-U', 'zabbix', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
      { ...user, cwd: '/', stdio: 'pipe' },
    )
    const port = String(this.#ports.database)
    const settings = [
      'fsync=off',
      'full_page_writes=off',
      'synchronous_commit=off',
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${data}`,
    ]
    this.#run(
      `${POSTGRES}/postgres`,
      ['-D', cluster, '-p', port, ...settings.flatMap((setting) => ['-c', setting])],
      user,
    )
    const connection = ['-h', '127.0.0.1', '-p', port, '-U', 'zabbix']
    await until('the database', () => succeeds(`${POSTGRES}/pg_isready`, connection))
    execFileSync(`${POSTGRES}/createdb`, [...connection, 'zabbix'])
    for (const part of ['schema', 'images', 'data'])
      execFileSync(
        'sh',
        ['-c', `zcat ${SCHEMA}/${part}.sql.gz | ${POSTGRES}/psql ${connection.join(' ')} -q -1 zabbix`],
        { stdio: 'pipe' },
      )
  }

  #startServer(): void {
    mkdirSync(this.#file('run'), { mode: 0o777 })
    chmodSync(this.#file('run'), 0o777)
    const settings = [
      'DBHost=127.0.0.1',
      `DBPort=${this.#ports.database}`,
      'DBName=zabbix',
      'DBUser=zabbix',
      'ListenIP=127.0.0.1',
      `ListenPort=${this.#ports.server}`,
      `SocketDir=${this.#file('run')}`,
      `PidFile=${this.#file('run/server.pid')}`,
      'LogType=file',
      `LogFile=${this.#file('server.log')}`,
      // A host of its own size is not needed.
      'StartPollers=1',
      'StartPreprocessors=1',
      'StartDiscoverers=0',
      'StartHTTPPollers=0',
      'StartPingers=0',
      'StartTrappers=2',
      'CacheSize=16M',
    ]
    writeFileSync(this.#file('server.conf'), `${settings.join('\n')}\n`)
    this.#run('/usr/sbin/zabbix_server', ['-f', '-c', this.#file('server.conf')], as('zabbix'))
  }

  /** Debian's frontend reads one file in /etc: a copy of it reads one here. */
  #startFrontend(): void {
    const copy = this.#file('frontend')
    cpSync(FRONTEND, copy, { recursive: true, dereference: true, filter: (path) => existsSync(path) })
    const reader = join(copy, 'include/classes/core/CConfigFile.php')
    const text = readFileSync(reader, 'utf8').replace(
      /CONFIG_FILE_PATH = '[^']*'/,
      `CONFIG_FILE_PATH = '${this.#file('frontend.conf.php')}'`,
    )
    writeFileSync(reader, text)
    writeFileSync(
      this.#file('frontend.conf.php'),
      `<?php
$DB = ['TYPE' => 'POSTGRESQL', 'SERVER' => '127.0.0.1', 'PORT' => '${this.#ports.database}', 'DATABASE' => 'zabbix', 'USER' => 'zabbix', 'PASSWORD' => '', 'SCHEMA' => '', 'ENCRYPTION' => false, 'DOUBLE_IEEE754' => true];
$ZBX_SERVER_NAME = 'test';
$IMAGE_FORMAT_DEFAULT = IMAGE_FORMAT_PNG;
`,
    )
    const settings = [
      '-d',
      'max_execution_time=300',
      '-d',
      'post_max_size=16M',
      '-d',
      'display_errors=stderr',
    ]
    this.#run('php', [...settings, '-S', `127.0.0.1:${this.#ports.frontend}`, '-t', copy], {})
  }

  #run(command: string, words: readonly string[], user: { uid?: number; gid?: number }): void {
    const child = spawn(command, words, { ...user, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      // Enough to see why something does not start.
      this.#said = (this.#said + text).slice(-4000)
    })
    this.#children.push(child)
  }

  #file(name: string): string {
    return join(this.folder, name)
  }
}

/** Zabbix takes no port above 32767, where most systems find those that are free. */
async function lowPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ])
    server.close()
    if (isFree) return port
  }
}

function succeeds(command: string, words: readonly string[]): boolean {
  try {
    execFileSync(command, words, { stdio: 'pipe' })
    return true
  } catch {
    // It says no: that is the answer.
    return false
  }
}
