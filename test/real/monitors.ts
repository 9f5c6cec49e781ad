import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { until } from '../e2e/wait.ts'
import type { Camera } from './camera.ts'
import { lacking, type Needed } from './packages.ts'
import { settingsIn } from './settings.ts'

const run = promisify(execFile)
const SCRIPT = fileURLToPath(new URL('../../scripts/zoneminder-event.sh', import.meta.url))
const SCHEMA = '/usr/share/zoneminder/db/zm_create.sql'

/** Where ZoneMinder was compiled to look, and nowhere else: ours is laid over it, for its own eyes. */
const SETTINGS = '/etc/zm'
const NEEDED: Needed = [
  ['zoneminder', '/usr/bin/zmc'],
  ['mariadb-server', '/usr/sbin/mariadbd'],
]

/** Why ZoneMinder cannot be started here. */
export function whyNot(): string {
  const mayMount = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0
  return lacking(NEEDED) || (mayMount ? '' : ' (needs root and unshare)')
}

export interface Monitor {
  name: string
  zone: string
}

/** A ZoneMinder with its database, settings and events in a folder of its own; it is stopped with the test. */
export class Monitors {
  readonly folder = mkdtempSync(join(tmpdir(), 'zoneminder-'))
  readonly #env: NodeJS.ProcessEnv
  readonly #children: ChildProcess[] = []

  private constructor(env: NodeJS.ProcessEnv) {
    this.#env = { ...process.env, ...env }
    for (const name of ['zm', 'zm/conf.d', 'events', 'map', 'run', 'log', 'swap']) mkdirSync(this.path(name))
    onTestFinished(() => this.#stop())
  }

  static async start(
    camera: Camera,
    monitors: readonly Monitor[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<Monitors> {
    const zoneminder = new Monitors(env)
    await zoneminder.#prepare()
    await zoneminder.sql(settings(camera.url, monitors, `${SCRIPT} ${zoneminder.log} %EI%`))
    for (const index of monitors.keys()) zoneminder.#spawn('zmc', ['-m', String(index + 1)])
    await until(
      'the monitors',
      () => camera.viewers === monitors.length,
      () => zoneminder.told,
    )
    return zoneminder
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  get log(): string {
    return this.path('events.json')
  }

  get lines(): string[] {
    return existsSync(this.log) ? readFileSync(this.log, 'utf8').split('\n').slice(0, -1) : []
  }

  /** What its programs said. */
  get told(): string {
    return readFileSync(this.path('told'), 'utf8')
  }

  /** As zmdc.pl lets it run again and again. */
  async filter(): Promise<void> {
    const [command, args] = this.#inside('zmfilter.pl', ['--filter=idmefv2'])
    await run(command, args, { env: this.#env, cwd: this.folder })
  }

  async sql(text: string): Promise<string> {
    const client = [
      '--no-defaults',
      `--socket=${this.path('db.sock')}`,
      '--user=root',
      '--batch',
      '--skip-column-names',
      '--default-character-set=utf8mb4',
    ]
    const child = run('mysql', [...client, 'zm'], { env: this.#env })
    child.child.stdin?.end(text)
    return (await child).stdout
  }

  /** A configuration of the program for this log. */
  configure(url: string): string {
    return settingsIn(
      this.folder,
      url,
      `[zoneminder]
logfile = ${this.log}
start = beginning
attach = picture
directory = ${this.path('events')}
guarded = 2`,
    )
  }

  get deadLetters(): string {
    const file = this.path('state/dead-letters.ndjson')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  async #prepare(): Promise<void> {
    const data = this.path('db')
    await run('mariadb-install-db', [
      '--no-defaults',
      '--user=root',
      `--datadir=${data}`,
      '--skip-test-db',
      '--auth-root-authentication-method=normal',
    ])
    const server = ['--no-defaults', '--user=root', `--datadir=${data}`, '--skip-networking']
    this.#start('mariadbd', [...server, `--socket=${this.path('db.sock')}`, '--innodb-buffer-pool-size=16M'])
    await until(
      'the database',
      () => existsSync(this.path('db.sock')),
      () => this.told,
    )
    const client = ['--no-defaults', `--socket=${this.path('db.sock')}`, '--user=root']
    const schema = run('mysql', client)
    schema.child.stdin?.end(readFileSync(SCHEMA))
    await schema
    await this.sql(
      `CREATE USER zmuser@localhost IDENTIFIED BY '${PASSWORD}'; GRANT ALL ON zm.* TO zmuser@localhost;`,
    )
    writeFileSync(this.path('zm/zm.conf'), configuration(this.folder))
    const [command, args] = this.#inside('zmupdate.pl', ['-f'])
    await run(command, args, { env: this.#env })
  }

  #spawn(program: string, args: readonly string[]): void {
    this.#start(...this.#inside(program, args))
  }

  #start(command: string, args: readonly string[]): void {
    const told = openSync(this.path('told'), 'a')
    this.#children.push(
      spawn(command, args, { cwd: this.folder, env: this.#env, stdio: ['ignore', told, told] }),
    )
  }

  #inside(program: string, args: readonly string[]): [command: string, args: string[]] {
    const within = `mount --bind '${this.path('zm')}' ${SETTINGS} && exec "$@"`
    return ['unshare', ['--mount', 'sh', '-c', within, 'sh', program, ...args]]
  }

  /** The monitors before the database. */
  async #stop(): Promise<void> {
    for (const child of this.#children.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** With what an option file of MySQL would take for something else. */
const PASSWORD = 'zm#p"a;ss'

const configuration = (folder: string) => `
ZM_PATH_DATA=/usr/share/zoneminder
ZM_PATH_BIN=/usr/bin
ZM_PATH_LIB=/usr/lib
ZM_PATH_CONF=/etc/zm
ZM_PATH_WEB=/usr/share/zoneminder/www
ZM_PATH_CGI=/usr/lib/zoneminder/cgi-bin
ZM_WEB_USER=root
ZM_WEB_GROUP=root
ZM_DB_TYPE=mysql
ZM_DB_HOST=localhost:${folder}/db.sock
ZM_DB_NAME=zm
ZM_DB_USER=zmuser
ZM_DB_PASS=${PASSWORD}
ZM_SERVER_HOST=
ZM_DIR_EVENTS=${folder}/events
ZM_DIR_SOUNDS=sounds
ZM_DIR_EXPORTS=${folder}/swap
ZM_PATH_MAP=${folder}/map
ZM_PATH_SOCKS=${folder}/run
ZM_PATH_LOGS=${folder}/log
ZM_PATH_SWAP=${folder}/swap
`

const TERMS = {
  terms: [
    { attr: 'AlarmFrames', op: '>=', val: '1' },
    { cnj: 'and', attr: 'EndDateTime', op: 'IS NOT', val: 'NULL' },
  ],
  limit: '100',
  sort_asc: '1',
  sort_field: 'Id',
}

/** Monitors that look at the same camera, each with one zone, and the filter of the page. */
function settings(url: string, monitors: readonly Monitor[], command: string): string {
  const rows = monitors.map(({ name, zone }, index) => {
    const id = index + 1
    return `INSERT INTO Monitors SET Id=${id}, Name=${text(name)}, StorageId=0, Type='Ffmpeg', \`Function\`='Modect', Enabled=1,
      Path=${text(url)}, Method='rtpRtsp', Width=160, Height=120, Colours=4, SaveJPEGs=3, VideoWriter=0, EventPrefix='Event-',
      LabelFormat='%N', ImageBufferCount=10, WarmupCount=0, PreEventCount=2, PostEventCount=4, AlarmFrameCount=1,
      SectionLength=600, MaxFPS=5, AlarmMaxFPS=5, RefBlendPerc=6, AlarmRefBlendPerc=6, Deinterlacing=0;
    INSERT INTO Zones SET MonitorId=${id}, Name=${text(zone)}, Type='Active', Units='Pixels', NumCoords=4,
      Coords='0,0 159,0 159,119 0,119', Area=19200, AlarmRGB=16711680, CheckMethod='Blobs', MinPixelThreshold=25,
      MaxPixelThreshold=0, MinAlarmPixels=100, MaxAlarmPixels=0, FilterX=3, FilterY=3, MinFilterPixels=80, MaxFilterPixels=0,
      MinBlobPixels=60, MaxBlobPixels=0, MinBlobs=1, MaxBlobs=0;`
  })
  return `${rows.join('\n')}
    INSERT INTO Filters SET Name='idmefv2', UserId=1, Query_json=${text(JSON.stringify(TERMS))}, AutoExecute=1,
      AutoExecuteCmd=${text(command)}, Background=1;`
}

const text = (value: string) => `'${value.replace(/[\\']/g, '\\$&')}'`
