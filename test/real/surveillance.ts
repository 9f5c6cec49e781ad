import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Camera } from './camera.ts'
import { lacking } from './packages.ts'
import { settingsIn } from './settings.ts'

const SCRIPT = fileURLToPath(new URL('../../scripts/motion-event.sh', import.meta.url))
const PAGE = new URL('../../src/connectors/motion/README.md', import.meta.url)

const MOTION = '/usr/bin/motion'

/** Why Motion cannot be started here. */
export const whyNot = () => lacking([['motion', MOTION]])

/** A Motion with its configuration, pictures and log in a folder of its own; it is stopped with the test. */
export class Surveillance {
  readonly folder = mkdtempSync(join(tmpdir(), 'motion-'))
  readonly #child: ChildProcess

  constructor(camera: Camera, name: string, env: NodeJS.ProcessEnv = {}) {
    mkdirSync(join(this.folder, 'pictures'))
    const file = join(this.folder, 'motion.conf')
    writeFileSync(file, `${settings(this.folder, camera.url, name)}\n${this.#commands()}`)
    this.#child = spawn(MOTION, ['-n', '-c', file], {
      cwd: this.folder,
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

  /** What was told of an event. */
  told(event: string): Record<string, string>[] {
    const text = existsSync(this.log) ? readFileSync(this.log, 'utf8') : ''
    const lines = text.split('\n').slice(0, -1)
    return lines.map((line) => JSON.parse(line)).filter(({ event_name }) => event_name === event)
  }

  get log(): string {
    return join(this.folder, 'events.json')
  }

  get pictures(): string {
    return join(this.folder, 'pictures')
  }

  get deadLetters(): string {
    const file = join(this.folder, 'state/dead-letters.ndjson')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  /** A configuration of the program for this log. */
  configure(url: string, more = ''): string {
    return settingsIn(
      this.folder,
      url,
      `[motion]
logfile = ${this.log}
start = beginning
attach = picture
directory = ${this.pictures}
${more}`,
    )
  }

  /** As they stand on the page of the connector, with the paths of here. */
  #commands(): string {
    const [, lines = ''] = /```motion\n([\s\S]*?)```/.exec(readFileSync(PAGE, 'utf8')) ?? []
    return lines
      .replaceAll('/usr/local/bin/motion-event.sh', SCRIPT)
      .replaceAll('/var/log/motion/events.json', this.log)
  }
}

const settings = (folder: string, url: string, name: string) => `
daemon off
setup_mode off
log_file ${join(folder, 'motion.log')}
target_dir ${join(folder, 'pictures')}
netcam_url ${url}
camera_id 7
camera_name ${name}
width 160
height 120
framerate 10
threshold 300
event_gap 1
picture_output first
movie_output on
movie_codec mkv
snapshot_interval 2
webcontrol_port 0
stream_port 0
`
