import { PassThrough, Writable } from 'node:stream'
import { parseArgs } from 'node:util'
import type { Verb } from '../../src/cli/verb.ts'

export interface Invoked {
  code: number
  out: string
  err: string
}

/** Runs a verb in this process. With `typed`, standard input is a terminal at which that is typed, and then its end. */
export async function invoke(verb: Verb, args: readonly string[], typed?: string): Promise<Invoked> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: verb.options,
    allowPositionals: true,
  })
  const stdin = Object.assign(new PassThrough(), typed === undefined ? {} : { isTTY: true })
  stdin.end(typed)
  const [stdout, stderr] = [collector(), collector()]
  const code = await verb.run({
    values,
    positionals,
    streams: { stdin, stdout: stdout.stream, stderr: stderr.stream },
  })
  return { code, out: stdout.text(), err: stderr.text() }
}

function collector() {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk, _, done) {
      chunks.push(Buffer.from(chunk))
      done()
    },
  })
  return { stream, text: () => Buffer.concat(chunks).toString() }
}
