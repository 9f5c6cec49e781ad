import { type ChildProcess, execFileSync, fork, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Line, openLine } from '../../src/gateway/prelude/line.ts'

/** A connection to a manager in a process of its own, which reads and forgets. */
export class Manager implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #line: Line
  /** What `openLine` says first: a head of 16 bytes and an empty value. */
  #sent = 21
  #read = 0

  private constructor(child: ChildProcess, line: Line) {
    this.#child = child
    this.#line = line
    child.on('message', ({ read }: { read: number }) => {
      this.#read = read
    })
  }

  /** Undefined without openssl, which makes its certificate. */
  static async start(): Promise<Manager | undefined> {
    if (spawnSync('openssl', ['version']).status !== 0) return undefined
    const folder = mkdtempSync(join(tmpdir(), 'manager-'))
    try {
      const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
      const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=manager']
      execFileSync('openssl', ['req', '-x509', ...made, '-keyout', key, '-out', cert], { stdio: 'ignore' })
      const child = fork(new URL('./sink.ts', import.meta.url), [key, cert], { stdio: 'inherit' })
      const [{ port }] = await once(child, 'message')
      const own = { key: readFileSync(key, 'utf8'), certificate: readFileSync(cert, 'utf8') }
      const line = await openLine(
        {
          name: 'bench',
          analyzerid: '1',
          key: own.key,
          certificates: [own.certificate],
          trusted: [new X509Certificate(own.certificate)],
          addresses: [],
        },
        own.certificate,
        { host: '127.0.0.1', port },
        new AbortController().signal,
      )
      return new Manager(child, line)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  async send(frames: readonly Buffer[]): Promise<void> {
    for (const frame of frames) this.#sent += frame.length
    await this.#line.write(frames)
  }

  /** Resolves when the manager has read all that was sent. */
  async hasAll(): Promise<void> {
    while (this.#read < this.#sent) await once(this.#child, 'message')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#line.end()
    this.#child.disconnect()
    await once(this.#child, 'exit')
  }
}
