import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Message } from '../../src/idmefv1/record.ts'
import type { Json } from '../../src/types.ts'

/** Each field as Prelude's paths name it. */
export function pathsOf({ idmef, unknown: _, ...fields }: Message): [path: string, value: string][] {
  const paths: [string, string][] = []
  const walk = (value: Json | undefined, path: string): void => {
    if (Array.isArray(value)) for (const [i, one] of value.entries()) walk(one, `${path}(${i})`)
    else if (typeof value !== 'object' || value === null) paths.push([path, String(value)])
    else if ('time' in value || 'ntpstamp' in value) walk(value.time ?? '', path)
    else for (const [name, member] of Object.entries(value)) walk(member, `${path}.${name}`)
  }
  for (const [name, value] of Object.entries(fields)) walk(value, `${idmef}.${name}`)
  return paths
}

const PYTHON = '/usr/bin/python3'
const SCRIPT = `
import json, sys, prelude
for line in sys.stdin:
    job = json.loads(line)
    message = prelude.IDMEF()
    for path, value in job['paths']:
        message.set(path, value)
    with open(job['file'], 'wb') as file:
        message.write(file)
`

export function hasLibprelude(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import prelude'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** What libprelude itself writes for messages, each in a file of that folder. */
export function writtenByLibprelude(messages: readonly Message[], folder: string): string[] {
  const files = messages.map((_, i) => `${folder}/theirs-${i}`)
  const jobs = messages.map((message, i) => JSON.stringify({ file: files[i], paths: pathsOf(message) }))
  execFileSync(PYTHON, ['-c', SCRIPT], { input: `${jobs.join('\n')}\n` })
  return files
}

/** The content of frames, without their heads, in which the time stands; and their priority. */
export function contentOf(frames: Uint8Array): { priority: number; content: Buffer } {
  const bytes = Buffer.from(frames)
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at + 4)
    parts.push(bytes.subarray(at + 16, at + 16 + length))
    at += 16 + length
  }
  return { priority: bytes[2] ?? -1, content: Buffer.concat(parts) }
}

/** As `prelude-admin print` tells it. */
export function printed(file: string): string {
  return execFileSync('prelude-admin', ['print', file], { encoding: 'utf8' })
}

export const fileContent = (file: string) => contentOf(readFileSync(file))
