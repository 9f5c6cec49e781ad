import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Program } from '../e2e/program.ts'
import { until } from '../e2e/wait.ts'
import { lacking } from './packages.ts'
import { receiver } from './receiver.ts'
import { settingsIn } from './settings.ts'

// clamd as Debian has it, with signatures of our own: it scans files, and what it leaves or logs is followed by the program and
// received by the testserver, which validates.

const why = lacking([
  ['clamav-daemon', '/usr/sbin/clamd'],
  ['clamdscan', '/usr/bin/clamdscan'],
])

interface Message {
  Category: string[]
  Priority: string
  Description: string
  CreateTime: string
  Target: [{ Note: string }]
  Attachment: { FileName: string; Hash?: string[]; Size?: number }[]
}

const MARKER = 'a marker that no other file has'
/** In two parts, so that this file is none. */
const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-', 'STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('')

describe.skipIf(why !== '')(`ClamAV${why}`, () => {
  test('what a scan finds is seen at the receiver, valid, once, also over a restart; clean files are not', async () => {
    const { messages, invalid, url } = await receiver<Message>()
    const scanner = await Scanner.start({ TZ: 'Asia/Kathmandu' })
    const conf = scanner.configure(url, 'filetype = directory', `tempdir = ${scanner.path('temp')}`)
    const seen = (text: string) => messages.find(({ Description }) => Description.includes(text))

    const first = new Program(['run', '-c', conf])
    await first.says('started')
    scanner.put('a/invoice.exe', `MZ ${MARKER}`)
    execFileSync('tar', ['-cf', scanner.path('files/invoice.tar'), '-C', scanner.path('files'), 'a'])
    scanner.put('clean.txt', 'nothing')
    scanner.put('eicar.com', EICAR)
    scanner.put('caf\xe9.exe', MARKER)
    scanner.put('two\nlines.exe', MARKER)
    scanner.scan('invoice.tar', 'clean.txt', 'eicar.com', 'caf\xe9.exe', 'two\nlines.exe')
    await until('what was found', () => messages.length >= 4)
    expect(await first.stop()).toBe(0)

    scanner.put('late.exe', MARKER)
    scanner.scan('late.exe')
    const second = new Program(['run', '-c', conf])
    await until('what was found meanwhile', () => seen('late.exe'))
    scanner.scan('clean.txt', 'eicar.com')
    await until('the second scan', () => messages.length >= 6)
    expect(await second.stop()).toBe(0)

    expect(invalid()).toBe(0)
    expect(messages).toHaveLength(6)
    expect(seen('eicar.com')).toMatchObject({ Category: ['Other.Test'], Priority: 'Info' })
    expect(seen('invoice.tar')).toMatchObject({ Category: ['Malware.Trojan'], Priority: 'High' })
    expect(seen('invoice.tar')?.Attachment.at(-1)).toMatchObject({
      FileName: expect.stringContaining('invoice.exe'),
      Hash: [expect.stringMatching(/^(?:md5:[\da-f]{32}|sha-256:[\da-f]{64})$/)],
      Size: MARKER.length + 3,
    })
    expect(seen('caf\ufffd.exe')).toBeDefined()
    expect(seen('two\nlines.exe')).toBeDefined()
    for (const { CreateTime } of messages) {
      expect(CreateTime).toMatch(/\+05:45$/)
      expect(Math.abs(Date.now() - Date.parse(CreateTime))).toBeLessThan(120_000)
    }
    expect(scanner.deadLetters).toBe('')
  })

  test('the log tells of the same files, with their paths', async () => {
    const { messages, invalid, url } = await receiver<Message>()
    const scanner = await Scanner.start({ TZ: 'Asia/Kathmandu' })
    const conf = scanner.configure(
      url,
      'filetype = regular',
      `filename = ${scanner.path('clamd.log')}`,
      'timezone = Asia/Kathmandu',
    )
    const program = new Program(['run', '-c', conf])
    await program.says('started')
    scanner.put('clean.txt', 'nothing')
    scanner.put('a b: c.exe', MARKER)
    scanner.put('two\nlines.exe', MARKER)
    scanner.scan('clean.txt', 'a b: c.exe', 'two\nlines.exe')
    await until('what was found', () => messages.length > 0 && scanner.deadLetters !== '')
    expect(await program.stop()).toBe(0)

    expect(invalid()).toBe(0)
    expect(messages).toMatchObject([
      {
        Category: ['Malware.Trojan'],
        CreateTime: expect.stringMatching(/\+05:45$/),
        Target: [{ Note: scanner.path('files/a b: c.exe') }],
        Attachment: [{ Hash: [expect.stringMatching(/^(?:md5|sha-256):/)], Size: MARKER.length }],
      },
    ])
    // The line with the name was cut in two by whoever named the file.
    expect(JSON.parse(scanner.deadLetters)).toMatchObject({
      reason: 'missing_required',
      raw: expect.stringMatching(/^lines\.exe: Win\.Trojan\.Local-1\.UNOFFICIAL/),
    })
  })
})

/** A clamd with its signatures, files and what it leaves in a folder of its own; it is stopped with the test. */
class Scanner {
  readonly folder = mkdtempSync(join(tmpdir(), 'clamav-'))
  readonly #child: ChildProcess

  private constructor(env: NodeJS.ProcessEnv) {
    for (const name of ['db', 'temp', 'files', 'files/a']) mkdirSync(this.path(name))
    const hex = (text: string) => Buffer.from(text).toString('hex')
    const signatures = [`Win.Trojan.Local-1:0:*:${hex(MARKER)}`, `Eicar-Signature:0:*:${hex(EICAR)}`]
    writeFileSync(this.path('db/local.ndb'), `${signatures.join('\n')}\n`)
    writeFileSync(this.path('clamd.conf'), this.#settings())
    this.#child = spawn('/usr/sbin/clamd', ['-c', this.path('clamd.conf')], {
      env: { ...process.env, ...env },
      stdio: 'ignore',
    })
    const exit = once(this.#child, 'exit')
    onTestFinished(async () => {
      this.#child.kill('SIGTERM')
      await exit
      rmSync(this.folder, { recursive: true, force: true })
    })
  }

  static async start(env: NodeJS.ProcessEnv): Promise<Scanner> {
    const scanner = new Scanner(env)
    await until('clamd', () => scanner.log.includes('Self checking every'))
    return scanner
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  /** A file to be scanned; its name is bytes, one a character. */
  put(name: string, text: string): void {
    writeFileSync(this.#file(name), text)
  }

  /** Returns when all are scanned. */
  scan(...names: string[]): void {
    // A name that is no UTF-8 cannot be an argument here, but a line of a file; one with a line end can be no line.
    const words = ['--config-file', this.path('clamd.conf'), '--no-summary']
    const [lines, others] = [names.filter(isLine), names.filter((name) => !isLine(name))]
    writeFileSync(
      this.path('list'),
      Buffer.concat(lines.map((name) => Buffer.concat([this.#file(name), END]))),
    )
    for (const more of [
      ['--file-list', this.path('list')],
      ...others.map((name) => [this.path(`files/${name}`)]),
    ]) {
      const { status, stdout } = spawnSync('/usr/bin/clamdscan', [...words, ...more])
      expect([0, 1], String(stdout)).toContain(status)
    }
  }

  /** A configuration of the program with these lines. */
  configure(url: string, ...lines: string[]): string {
    return settingsIn(
      this.folder,
      url,
      `[clamav]
${lines.join('\n')}
start = beginning`,
    )
  }

  get log(): string {
    return read(this.path('clamd.log'))
  }

  get deadLetters(): string {
    return read(this.path('state/dead-letters.ndjson'))
  }

  #file(name: string): Buffer {
    return Buffer.concat([Buffer.from(this.path('files/')), Buffer.from(name, 'latin1')])
  }

  /** What the connector's page says, and what keeps it to itself. */
  #settings(): string {
    return `GenerateMetadataJson yes
LeaveTemporaryFiles yes
TemporaryDirectory ${this.path('temp')}
LogFile ${this.path('clamd.log')}
LogTime yes
LogClean yes
ExtendedDetectionInfo yes
Foreground yes
LocalSocket ${this.path('clamd.sock')}
DatabaseDirectory ${this.path('db')}
`
  }
}

const END = Buffer.from('\n')
const isLine = (name: string) => !name.includes('\n')

function read(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}
