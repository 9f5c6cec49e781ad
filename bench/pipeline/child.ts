import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/**
 * What a program of ours prints, run in a process group of its own: when its time is up, or we are told to end, all that it
 * started ends with it. Rejects when it fails.
 */
export async function printed(args: readonly string[], limitMs: number): Promise<string> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  const { pid } = child
  if (pid === undefined) throw new Error(`${process.execPath} did not start`)
  const end = () => process.kill(-pid, 'SIGTERM')
  const interrupted = () => {
    end()
    process.exit(130)
  }
  const timer = setTimeout(end, limitMs)
  process.once('SIGINT', interrupted)
  try {
    const [output, [code, signal]] = await Promise.all([text(child.stdout), once(child, 'close')])
    if (code !== 0)
      throw new Error(signal === null ? `it ended with ${code}` : `ended by ${signal}, after ${limitMs} ms`)
    return output
  } finally {
    clearTimeout(timer)
    process.off('SIGINT', interrupted)
  }
}
