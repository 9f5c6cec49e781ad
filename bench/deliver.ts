import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fetch, Pool } from 'undici'
import { idmefv2 } from '../src/config/options.ts'
import { array, single } from '../src/delivery/body.ts'
import { Gate } from '../src/delivery/gate.ts'
import { httpDestination } from '../src/delivery/http.ts'
import type { Destination, Messages } from '../src/types.ts'
import { alertsOf, linesOf, type Sample } from './data.ts'
import { Pipe } from './deliver/pipe.ts'
import { measure, type Variant } from './measure.ts'
import type { Question } from './question.ts'
import { messagesOf } from './suricata.ts'

/** As the sample of the configuration has it: connections of one worker, messages of one array. */
const CONNECTIONS = 4
const ARRAY = 500
/** Batches of a worker that wait for the receiver at a time. */
const BATCHES = 6
const { signal } = new AbortController()
const HEADERS = { 'content-type': 'application/json' }

const deliver: Question = {
  asks: 'How fast do messages reach a receiver on loopback?',
  async *answer({ sample, pace }) {
    const messages = manyMessages(sample, 2 * ARRAY)
    const receiver = fork(new URL('./deliver/receiver.ts', import.meta.url), { stdio: 'inherit' })
    try {
      const [{ port }] = await once(receiver, 'message')
      yield await each(messages, port, pace)
      yield await arrays(messages, port, pace)
      yield {
        title: 'the receiver',
        findings: [{ name: 'requests it counted', found: String(await counted(receiver)) }],
      }
    } finally {
      receiver.disconnect()
      await once(receiver, 'exit')
    }
  },
}

export default deliver

async function each(messages: Messages, port: number, pace: Parameters<typeof measure>[3]) {
  const url = `http://127.0.0.1:${port}/`
  const items = messages.ends.length
  const count = { items, bytes: messages.bytes.length, async: true }
  const bodies = messages.ends.map((_, i) => single(messages, i))
  const pipe = await Pipe.open(port, bodies[0] ?? Buffer.alloc(0))
  const pool = new Pool(url, { connections: CONNECTIONS })
  const ours = destination({ url })
  const take = lanes(bodies)
  const variants: Variant[] = [
    { name: 'ceiling of the receiver: ready requests, pipelined', ...count, run: () => pipe.send(items) },
    { name: 'ready requests, one after another', ...count, run: () => pipe.send(items, 1) },
    {
      name: 'undici fetch, 16 at a time',
      ...count,
      run: () =>
        take(
          16,
          async (body) => void (await fetch(url, { method: 'POST', body, headers: HEADERS })).body?.cancel(),
        ),
    },
    {
      name: `undici Pool.request, ${CONNECTIONS} connections, 16 at a time`,
      ...count,
      run: () =>
        take(16, async (body) => {
          const answer = await pool.request({ path: '/', method: 'POST', body, headers: HEADERS })
          await answer.body.dump()
        }),
    },
    {
      name: `ours, delivery = each, ${CONNECTIONS} connections`,
      ...count,
      run: () => ours.send(messages, signal),
    },
  ]
  try {
    return await measure(
      `one message a request, ${meanBytes(messages)} bytes each`,
      'messages',
      variants,
      pace,
    )
  } finally {
    pipe.close()
    await Promise.all([pool.close(), ours.close()])
  }
}

async function arrays(messages: Messages, port: number, pace: Parameters<typeof measure>[3]) {
  const url = `http://127.0.0.1:${port}/`
  const items = messages.ends.length
  const count = { items: BATCHES * items, bytes: BATCHES * messages.bytes.length, async: true }
  const batches = Array.from({ length: BATCHES }, () => messages)
  const sendAll = (to: Destination) => Promise.all(batches.map((batch) => to.send(batch, signal)))
  const pipe = await Pipe.open(port, array(messages, 0, ARRAY))
  const plain = destination({ url, delivery: 'array' })
  const packed = destination({ url, delivery: 'array', gzip: 'yes' })
  try {
    return await measure(
      `arrays of up to ${ARRAY} messages or 512 KiB`,
      'messages',
      [
        {
          name: 'ceiling of the receiver: ready requests, pipelined',
          ...count,
          run: () => pipe.send((BATCHES * items) / ARRAY),
        },
        { name: 'ours, delivery = array', ...count, run: () => sendAll(plain) },
        { name: 'ours, delivery = array, gzip = yes', ...count, run: () => sendAll(packed) },
      ],
      pace,
    )
  } finally {
    pipe.close()
    await Promise.all([plain.close(), packed.close()])
  }
}

function destination(options: Record<string, string>): Destination {
  const parsed = idmefv2.parse({ connections: String(CONNECTIONS), ...options })
  return httpDestination(parsed, new Gate(Gate.allocate(1), 0))
}

/** Runs `post` on every body, some at a time. */
function lanes(bodies: readonly Uint8Array[]) {
  return async (width: number, post: (body: Uint8Array) => Promise<void>): Promise<void> => {
    let next = 0
    const lane = async () => {
      for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) await post(body)
    }
    await Promise.all(Array.from({ length: width }, lane))
  }
}

function manyMessages(sample: Sample, count: number): Messages {
  const lines: string[] = []
  for (let seed = 1; lines.length < count; seed++) lines.push(...alertsOf(sample, seed))
  return messagesOf(linesOf(lines.slice(0, count)))
}

function meanBytes({ bytes, ends }: Messages): number {
  return Math.round(bytes.length / ends.length)
}

async function counted(receiver: ChildProcess): Promise<number> {
  receiver.send('count')
  const [{ requests }] = await once(receiver, 'message')
  return requests
}
