import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A configuration of the program in a folder, with these sections in it, and its path: every message validated, state beside it, looked at
 * often enough that nobody waits.
 */
export function settingsIn(folder: string, url: string, sections: string): string {
  const file = join(folder, 'idmefv2.conf')
  const text = `[idmefv2]
url = ${url}
validate = always
${sections.trim()}
[state]
directory = ${join(folder, 'state')}
checkpoint_interval = 50ms
[metrics]
listen = 127.0.0.1:0
[workers]
count = 1
poll_interval = 50ms
`
  writeFileSync(file, text, { mode: 0o600 })
  return file
}
