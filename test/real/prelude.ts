import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort } from '../e2e/port.ts'
import { until } from '../e2e/wait.ts'

/** Packages, and a file of each. */
const NEEDED: readonly (readonly [name: string, file: string])[] = [
  ['prelude-utils', '/usr/bin/prelude-admin'],
  ['prelude-manager', '/usr/bin/prelude-manager'],
]
const missing = NEEDED.filter(([, file]) => !existsSync(file)).map(([name]) => name)
/** Profiles are where Debian's build has them. */
const mayRegister = process.getuid?.() === 0
/** Why no manager can be started here. */
export const why =
  missing.length > 0
    ? ` (not installed: ${missing.join(', ')})`
    : mayRegister
      ? ''
      : ' (profiles can be registered by root only)'

let count = 0

/** A Prelude manager as Debian has it, on loopback, with a profile registered at it. */
export class PreludeManager {
  readonly profile: string
  readonly address: string
  readonly #name: string
  readonly #port: number
  readonly #folder: string
  #child: ChildProcess | undefined

  private constructor(name: string, port: number, folder: string) {
    this.#name = name
    this.#port = port
    this.#folder = folder
    this.profile = `gw-${name}`
    this.address = `127.0.0.1:${port}`
  }

  static async register(): Promise<PreludeManager> {
    count += 1
    const name = `test-${process.pid}-${count}`
    const folder = mkdtempSync(join(tmpdir(), 'prelude-'))
    const manager = new PreludeManager(name, await freePort(), folder)
    onTestFinished(() => manager.#remove())
    await manager.#register()
    return manager
  }

  async start(): Promise<void> {
    const settings = join(this.#folder, 'manager.conf')
    writeFileSync(
      settings,
      `include = /etc/prelude/default/global.conf
listen = ${this.address}
[xmlmod]
logfile = ${this.#folder}/out/alerts.xml
disable-buffering
[debug]
logfile = ${this.#folder}/out/alerts.debug
`,
    )
    const words = ['--reuid', 'prelude', '--regid', 'prelude', '--clear-groups', 'prelude-manager']
    const own = ['--config', settings, '--prelude', `--profile=pm-${this.#name}`]
    this.#child = spawn('setpriv', [...words, ...own], { stdio: 'ignore' })
    await until('the manager listens', () => listens(this.#port))
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child || child.exitCode !== null) return
    const ended = once(child, 'close')
    child.kill(signal)
    await ended
  }

  /** libprelude goes where the profile says, and nowhere else. */
  point(): void {
    const config = `/etc/prelude/profile/${this.profile}/config`
    const others = readFileSync(config, 'utf8')
      .split('\n')
      .filter((line) => !line.includes('client.conf'))
    writeFileSync(config, `${others.join('\n')}\n[prelude]\nserver-addr = ${this.address}\n`)
  }

  /** messageids, as they came. */
  get seen(): string[] {
    return [...this.#out('alerts.xml').matchAll(/<(?:\w+:)?(?:Alert|Heartbeat) messageid="([^"]*)"/g)].map(
      ([, id = '']) => id,
    )
  }

  /** Everything it tells of every message; complete when it has stopped. */
  get told(): string {
    return this.#out('alerts.debug')
  }

  #out(file: string): string {
    const path = join(this.#folder, 'out', file)
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }

  async #register(): Promise<void> {
    const out = join(this.#folder, 'out')
    chmodSync(this.#folder, 0o755)
    mkdirSync(out)
    for (const path of [out, '/run/prelude-manager'])
      execFileSync('install', ['-d', '-o', 'prelude', '-g', 'prelude', path])
    const password = join(this.#folder, 'password')
    writeFileSync(password, 'only for this test, on loopback', { mode: 0o600 })
    const manager = `pm-${this.#name}`
    const ids = ['--uid', 'prelude', '--gid', 'prelude']
    execFileSync('prelude-admin', ['add', manager, ...ids], { stdio: 'ignore' })
    const at = `127.0.0.1:${await freePort()}`
    const words = [
      'registration-server',
      manager,
      ...ids,
      `--passwd-file=${password}`,
      '--no-confirm',
      '--listen',
      at,
    ]
    const server = spawn('prelude-admin', words)
    let said = ''
    for (const stream of [server.stdout, server.stderr])
      stream.on('data', (text) => {
        said += text
      })
    const ended = once(server, 'close')
    await until('the registration', () => said.includes('Waiting for peers'))
    const own = ['--uid', String(process.getuid?.()), '--gid', String(process.getgid?.())]
    const client = ['register', this.profile, 'idmef:w', at, ...own, `--passwd-file=${password}`]
    execFileSync('prelude-admin', client, { stdio: 'ignore', timeout: 60_000 })
    await ended
  }

  async #remove(): Promise<void> {
    await this.stop('SIGKILL')
    for (const profile of [this.profile, `pm-${this.#name}`]) {
      execFileSync('prelude-admin', ['del', profile], { stdio: 'ignore' })
      rmSync(`/var/spool/prelude/${profile}`, { recursive: true, force: true })
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
