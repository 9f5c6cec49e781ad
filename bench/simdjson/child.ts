import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The child came to an end of its own; `message` says which. */
export class Ended extends Error {}

/**
 * What a script of this folder writes to standard output. The addon is only let loose in processes of its own,
 * because it may be the end of them.
 * @throws {Ended}
 */
export async function child(script: string, ...args: readonly (string | number)[]): Promise<string> {
  const path = fileURLToPath(new URL(`./${script}.ts`, import.meta.url))
  try {
    return (await run(process.execPath, [path, ...args.map(String)])).stdout
  } catch (error) {
    const { signal, code, stderr = '' } = error as { signal?: string; code?: number; stderr?: string } // what execFile rejects with
    const [, reason = ''] = /(?:what\(\)|Error): *(.*)/.exec(stderr) ?? []
    throw new Ended(`ended by ${signal ?? `exit code ${code}`} ${reason}`.trim(), { cause: error })
  }
}
