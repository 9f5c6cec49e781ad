import type { ServerResponse } from 'node:http'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { pollOptions, poll as pollSchema } from '../../src/config/poll.ts'
import type { SourceEvent, TailContext } from '../../src/sources/context.ts'
import { type Look, type PollOptions, poll } from '../../src/sources/poll.ts'
import { Receiver } from '../delivery/receiver.ts'
import { consume, contextIn, folder } from './consumer.ts'

export const MIB = 1024 ** 2

/** A tool that numbers its alerts, and answers those after a number, so many a page. */
export class Tool {
  readonly server: Receiver
  alerts: number
  page = 10
  /** What the next questions meet instead of an answer, one each. */
  readonly mishaps: ((response: ServerResponse, path: string) => void)[] = []

  private constructor(alerts: number, create?: ConstructorParameters<typeof Receiver>[0]) {
    this.alerts = alerts
    this.server = new Receiver(create)
    this.server.reply = ({ path }, response) => {
      const mishap = this.mishaps.shift()
      if (mishap) return mishap(response, path)
      const after = Number(new URL(path, 'http://tool').searchParams.get('after') ?? 0)
      const count = Math.min(this.page, this.alerts - after)
      const alerts = Array.from({ length: Math.max(0, count) }, (_, i) => ({ n: after + i + 1 }))
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ alerts }))
    }
  }

  static async start(alerts: number, create?: ConstructorParameters<typeof Receiver>[0]): Promise<Tool> {
    const tool = new Tool(alerts, create)
    await tool.server.listen()
    onTestFinished(() => tool.server.close())
    return tool
  }

  get url(): string {
    return `http://127.0.0.1:${this.server.port}`
  }

  get questions(): string[] {
    return this.server.received.map(({ path }) => path)
  }
}

interface Answer {
  alerts: { n: number }[]
}

/** Page after page until one is empty; `past` is the last number. */
export const numbers: Look = async function* (past, ask) {
  let last = Number(past ?? 0)
  for (;;) {
    const { body } = await ask({ path: 'alerts', query: { after: last } })
    const { alerts } = body as Answer // what the tool above answers
    if (alerts.length === 0) return
    last = alerts.at(-1)?.n ?? last
    yield { records: alerts, past: last }
  }
}

export interface Changes {
  url: string
  look?: Look
  /** As written in the INI. */
  settings?: Record<string, string>
  options?: Partial<PollOptions>
  context?: Partial<TailContext>
  state?: string
  commit?: boolean
}

/** A source that asks, every 5 ms, and what comes out of it. */
export function polling({
  url,
  look = numbers,
  settings,
  options,
  context,
  state = folder(),
  commit,
}: Changes) {
  const events: SourceEvent[] = []
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'debug' }, { write: (line) => void lines.push(JSON.parse(line)) })
  const surroundings = contextIn(state, { log, onEvent: (event) => events.push(event), ...context })
  const schema = z.strictObject(pollSchema({ url, interval: '1s' }))
  const source = poll(
    look,
    {
      ...pollOptions(schema.parse({ start: 'all', ...settings })),
      intervalMs: 5,
      maxPauseMs: 20,
      ...options,
    },
    surroundings,
  )
  const run = consume(source, events, commit, () => surroundings.checkpoints.close())
  const found = () => run.records.map(({ text }): unknown => JSON.parse(text))
  const faults = () => events.flatMap((event) => (event.kind === 'polled' ? [event.fault ?? 'ok'] : []))
  const told = (level: number) => lines.filter((line) => Number(line.level) >= level)
  return { source, run, found, faults, told, lines, state, events }
}

export const counted = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ n: from + i }))
