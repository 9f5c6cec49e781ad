import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DeadLetter } from '../../src/types.ts'
import { onTestFinished } from './ending.ts'
import { Program, type ProgramOptions } from './program.ts'

type Sections = Record<string, Record<string, string | number>>

/** Short pauses, so that a test need not wait. What is sent is checked by the receiver alone: nothing else may be in the way. */
const QUICK: Sections = {
  idmefv2: { retry_min: '20ms', retry_max: '200ms', probe_interval: '100ms', validate: 'never' },
  state: { checkpoint_interval: '50ms' },
  metrics: { listen: '127.0.0.1:0' },
  workers: { count: 2, poll_interval: '20ms' },
}

/** A folder with a log that grows, a configuration, and the state of the program; it goes with the test. */
export class Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'idmefv2-e2e-'))
  readonly eve = this.path('eve.json')
  readonly conf = this.path('idmefv2.conf')

  constructor() {
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }))
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  /** Writes a file and gives its path. */
  file(name: string, text: string | Buffer): string {
    writeFileSync(this.path(name), text, { mode: 0o600 })
    return this.path(name)
  }

  append(text: string | Buffer): void {
    appendFileSync(this.eve, text)
  }

  /** Writes the configuration: what is given, over what makes tests quick. */
  configure(url: string | undefined, sections: Sections = {}): void {
    const named = Object.keys(sections).some((name) => name.startsWith('suricata'))
    const all: Sections = {
      ...QUICK,
      ...(named ? {} : { suricata: {} }),
      ...sections,
      idmefv2: { ...QUICK.idmefv2, ...(url && { url }), ...sections.idmefv2 },
      state: { ...QUICK.state, directory: this.path('state'), ...sections.state },
      workers: { ...QUICK.workers, ...sections.workers },
    }
    for (const [name, section] of Object.entries(all)) {
      if (name.startsWith('suricata')) all[name] = { filename: this.eve, start: 'beginning', ...section }
    }
    this.file('idmefv2.conf', ini(all))
  }

  run(args: readonly string[] = [], options: ProgramOptions = {}): Program {
    return new Program(['run', '-c', this.conf, ...args], options)
  }

  get deadLetters(): DeadLetter[] {
    const path = this.path('state/dead-letters.ndjson')
    if (!existsSync(path)) return []
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  }
}

function ini(sections: Sections): string {
  return Object.entries(sections)
    .map(([name, section]) => {
      const options = Object.entries(section).map(([key, value]) => `${key} = ${value}\n`)
      return `[${name}]\n${options.join('')}`
    })
    .join('\n')
}
