import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The version that is installed, or nothing. Its http destination is a package of its own. */
export function syslogNgVersion(): string | undefined {
  try {
    const text = execFileSync('syslog-ng', ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return /http/.test(text) ? /\(([\d.]+)\)/.exec(text)?.[1] : undefined
  } catch {
    return undefined
  }
}

export interface Job {
  url: string
  file: string
  delivery: 'each' | 'array'
}

/** syslog-ng at work on one file, from its beginning. */
export class SyslogNg {
  readonly #folder = mkdtempSync(join(tmpdir(), 'idmefv2-syslog-ng-'))
  #child: ChildProcess | undefined

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  start({ url, file, delivery }: Job): void {
    const batch =
      'batch-lines(500) batch-bytes(512Kb) batch-timeout(100) delimiter(",") body-prefix("[") body-suffix("]")'
    const config = readFileSync(new URL('./syslog-ng.conf', import.meta.url), 'utf8')
      .replace('FILE', file)
      .replace('URL', url)
      .replace('WORKERS', '4')
      .replace('BATCH', delivery === 'array' ? batch : '')
    const path = (name: string) => join(this.#folder, name)
    writeFileSync(path('conf'), config)
    const files = ['-f', path('conf'), '-R', path('persist'), '-c', path('control'), '-p', path('pid')]
    this.#child = spawn('syslog-ng', ['--foreground', '--no-caps', '--stderr', ...files], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
  }

  async close(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    child?.kill('SIGTERM')
    if (child?.exitCode === null) await once(child, 'exit')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
