import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Program } from '../e2e/program.ts'
import { until } from '../e2e/wait.ts'
import { receiver } from './receiver.ts'
import { settingsIn } from './settings.ts'

// Samhain as Debian has it, watching a folder: files in it are changed, and what it logs is followed by the program and received
// by the testserver, which validates.

const SAMHAIN = '/usr/sbin/samhain'
/** Where it was compiled to look, and nowhere else: ours is laid over it, for its own eyes. */
const SETTINGS = '/etc/samhain/samhainrc'
const isRoot = process.getuid?.() === 0
const mayMount = isRoot && spawnSync('unshare', ['--mount', '--uts', 'true']).status === 0
const why = !existsSync(SAMHAIN) ? ' (samhain is not installed)' : mayMount ? '' : ' (needs root and unshare)'

interface Message {
  Category: string[]
  Priority: string
  Description: string
  CreateTime: string
  StartTime?: string
  Attachment?: [{ FileName: string; Hash: string[] }]
}

describe.skipIf(why !== '')(`Samhain${why}`, () => {
  test('a changed file is seen at the receiver, valid, also over a rotation, and that it was stopped', async () => {
    const { messages, invalid, url } = await receiver<Message>()
    const guard = new Guard()
    guard.init()
    const program = new Program(['run', '-c', guard.configure(url)])
    await program.says('started')
    const daemon = guard.start()
    const seen = (description: string) =>
      messages.find((message) => message.Description.startsWith(description))
    await until('Samhain', () => guard.log.includes('File check completed.'))

    const passwd = guard.path('watched/passwd')
    appendFileSync(passwd, 'toor\n')
    await until('the change', () => seen(`Modified: ${passwd} (checksum, size, `))

    const odd = guard.path('watched/a <b>.txt')
    writeFileSync(odd, 'x')
    await until('the new file', () => seen(`Added: ${odd}`))

    daemon.kill('SIGTTIN')
    renameSync(guard.path('log/samhain.log'), guard.path('log/samhain.log.1'))
    chmodSync(guard.path('watched/tool'), 0o4755)
    await until('the program with another right', () =>
      seen(`Set-user-ID program: ${guard.path('watched/tool')}`),
    )
    rmSync(passwd)
    await until('the missing file', () => seen(`Missing: ${passwd}`))

    daemon.kill('SIGTERM')
    await until('the stop', () => seen('Samhain stopped: Terminated'))
    expect(await program.stop()).toBe(0)

    expect(invalid()).toBe(0)
    expect(guard.deadLetters).toBe('')
    expect(seen('Modified: ')).toMatchObject({ Category: ['Sabotage.Data'], Priority: 'High' })
    expect(seen('Modified: ')?.Attachment?.[0].Hash[0]).toMatch(/^tiger:[\da-f]{48}$/)
    for (const { CreateTime, StartTime } of messages) {
      expect(CreateTime).toMatch(/\+05:45$/)
      for (const time of [CreateTime, StartTime ?? CreateTime])
        expect(Math.abs(Date.now() - Date.parse(time))).toBeLessThan(120_000)
    }
    const files = messages.map(({ Description }) => Description).filter((text) => text.includes('watched/'))
    expect(new Set(files).size).toBe(files.length)
  })
})

/** A Samhain with its settings, database and log in a folder of its own; it is stopped with the test. */
class Guard {
  readonly folder = mkdtempSync(join(tmpdir(), 'samhain-'))

  constructor() {
    // Samhain trusts no path that others can write.
    chmodSync(this.folder, 0o755)
    for (const name of ['log', 'watched']) mkdirSync(this.path(name))
    for (const name of ['passwd', 'tool']) writeFileSync(this.path(`watched/${name}`), 'one\n')
    writeFileSync(this.path('samhainrc'), settings(this.folder), { mode: 0o600 })
    writeFileSync(this.path('hosts'), '127.0.0.1 localhost\n127.0.1.1 sensor.example.org sensor\n')
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }))
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  get log(): string {
    return existsSync(this.path('log/samhain.log')) ? readFileSync(this.path('log/samhain.log'), 'utf8') : ''
  }

  get deadLetters(): string {
    const file = this.path('state/dead-letters.ndjson')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  init(): void {
    const [command, ...words] = this.#command(['-t', 'init', '--foreground'])
    expect(spawnSync(command, words, { env: this.#env }).status).toBe(0)
  }

  start(): ChildProcess {
    const [command, ...words] = this.#command(['-t', 'check', '--foreground', '-f'])
    const child = spawn(command, words, { env: this.#env, stdio: 'ignore' })
    const exit = once(child, 'exit')
    onTestFinished(async () => {
      child.kill('SIGKILL')
      await exit
    })
    return child
  }

  /** A configuration of the program for this log. */
  configure(url: string): string {
    return settingsIn(
      this.folder,
      url,
      `[samhain]
logfile = ${this.path('log/samhain.log')}
start = beginning`,
    )
  }

  readonly #env = { ...process.env, TZ: 'Asia/Kathmandu' }

  /** In a view of the file system of its own, in which the settings are ours and the host has a name that can be resolved. */
  #command(words: readonly string[]): [string, ...string[]] {
    const steps = [
      `mount --bind ${this.path('samhainrc')} ${SETTINGS}`,
      `mount --bind ${this.path('hosts')} /etc/hosts`,
      'hostname sensor',
      'exec "$@"',
    ]
    return ['unshare', '--mount', '--uts', 'sh', '-c', steps.join(' && '), 'sh', SAMHAIN, ...words]
  }
}

function settings(folder: string): string {
  return `[ReadOnly]
dir = 3${folder}/watched
[SuidCheck]
SuidCheckActive = no
[ProcessCheck]
ProcessCheckActive = no
[PortCheck]
PortCheckActive = no
[EventSeverity]
SeverityReadOnly = crit
SeverityFiles = err
[Log]
LogSeverity = notice
PrintSeverity = none
MailSeverity = none
SyslogSeverity = none
ExportSeverity = none
ExternalSeverity = none
[Misc]
Daemon = no
ChecksumTest = check
SetLoopTime = 1
SetFileCheckTime = 1
SetDatabasePath = ${folder}/database
SetLogfilePath = ${folder}/log/samhain.log
SetLockfilePath = ${folder}/samhain.pid
[EOF]
`
}
