import { spawn } from 'node:child_process'
import { buffer } from 'node:stream/consumers'

/** How many lines `grep -c` finds. Piped: GNU grep stops at the first match when its output is /dev/null. */
export async function grep(path: string): Promise<number> {
  return Number.parseInt(await output('grep', ['-c', '"event_type":"alert"', path]), 10)
}

export async function output(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LC_ALL: 'C' },
  })
  return (await buffer(child.stdout)).toString()
}
