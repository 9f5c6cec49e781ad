import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { Pool } from 'undici'
import { drawn, type Sample } from './data.ts'
import { measure, type Variant } from './measure.ts'
import type { Question } from './question.ts'

/** Of real eve output: a whole one, which has few alerts. */
const DRAW = { seed: 1, share: 0.02 }
const LINES = 4000
const CONNECTIONS = [1, 32, 256]
const LARGE_BYTES = 1024 ** 2

const push: Question = {
  asks: 'How fast are pushed records taken, that is, made durable and acknowledged?',
  async *answer({ sample, pace }) {
    // Beside the repository and not in the temporary folder, which is often no disk.
    const data = fileURLToPath(new URL('data/', import.meta.url))
    mkdirSync(data, { recursive: true })
    const folder = mkdtempSync(join(data, 'push-'))
    const taker = fork(new URL('./push/taker.ts', import.meta.url), [folder], { stdio: 'inherit' })
    try {
      const [{ url }] = await once(taker, 'message')
      const lines = linesOf(sample)
      yield await measure(
        'records pushed, one a request',
        'requests',
        CONNECTIONS.map((count) => singly(url, lines, count)),
        pace,
      )
      yield await measure(
        'records pushed, 1 MiB a request, 4 connections',
        'records',
        inBulk(url, lines),
        pace,
      )
    } finally {
      taker.disconnect()
      await once(taker, 'exit')
      rmSync(folder, { recursive: true })
    }
  },
}

export default push

function linesOf(sample: Sample): Buffer[] {
  const draw = drawn(sample, DRAW)
  return Array.from({ length: LINES }, () => Buffer.from(`${draw.next().value}\n`, 'latin1'))
}

function singly(url: string, lines: readonly Buffer[], connections: number): Variant {
  const some = lines.slice(0, Math.max(50, 10 * connections))
  const bytes = some.reduce((sum, { length }) => sum + length, 0)
  const send = sender(url, connections)
  const run = () => Promise.all(some.map((line) => send(line, { 'content-type': 'application/x-ndjson' })))
  return { name: `${connections} connections`, items: some.length, bytes, run, async: true }
}

function inBulk(url: string, lines: readonly Buffer[]): Variant[] {
  const records: Buffer[] = []
  for (let size = 0, at = 0; size < LARGE_BYTES && at < lines.length; at++) {
    const line = lines[at] ?? Buffer.alloc(0)
    records.push(line)
    size += line.length
  }
  const text = Buffer.concat(records)
  const array = Buffer.from(
    `[${records.map((line) => line.toString('latin1').trimEnd()).join(',')}]`,
    'latin1',
  )
  const send = sender(url, 4)
  const variant = (name: string, body: Buffer, headers: Record<string, string>): Variant => ({
    name,
    items: 8 * records.length,
    bytes: 8 * text.length,
    run: () => Promise.all(Array.from({ length: 8 }, () => send(body, headers))),
    async: true,
  })
  return [
    variant('one a line', text, { 'content-type': 'application/x-ndjson' }),
    variant('one a line, gzip', gzipSync(text), {
      'content-type': 'application/x-ndjson',
      'content-encoding': 'gzip',
    }),
    variant('an array', array, { 'content-type': 'application/json' }),
  ]
}

/** Sends a body until it is taken: what is told to come again comes again. */
function sender(url: string, connections: number) {
  const pool = new Pool(url, { connections })
  return async (body: Buffer, headers: Record<string, string>): Promise<void> => {
    for (let status = 429; status === 429; ) {
      const answer = await pool.request({ path: '/', method: 'POST', body, headers })
      await answer.body.dump()
      status = answer.statusCode
      if (status !== 204 && status !== 429) throw new Error(`answered ${status}`)
    }
  }
}
