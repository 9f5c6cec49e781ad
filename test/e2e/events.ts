import { readFileSync } from 'node:fs'

interface Event {
  event_type: string
  flow_id?: number
  alert?: { signature: string; category: string; severity: number }
  [field: string]: unknown
}

const sample = readFileSync(new URL('../../config/demo/eve.json', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): Event => JSON.parse(line))
const alerts = sample.filter(({ event_type }) => event_type === 'alert')
const others = sample.filter(({ event_type }) => event_type !== 'alert').map((event) => JSON.stringify(event))

const pick = <T>(all: readonly T[], index: number): T => all[index % all.length] as T // none of them is empty

/** A real alert, one of many kinds, that carries its number so that the message made of it can be told; without newline. */
export function alert(number: number, changes: Partial<NonNullable<Event['alert']>> = {}): string {
  const event = pick(alerts, number)
  const signature = `${event.alert?.signature} #${number}`
  return JSON.stringify({ ...event, flow_id: number + 1, alert: { ...event.alert, ...changes, signature } })
}

/** The number that `alert` gave, out of a message. */
export function numberOf(message: { Description?: unknown }): number | undefined {
  const [, number] = / #(\d+)$/.exec(String(message.Description)) ?? []
  return number === undefined ? undefined : Number(number)
}

/** An event that is no alert; without newline. */
export const other = (index: number): string => pick(others, index)

/** The lines of alerts `from` to `to` (not included), each behind an event that is none, as sensors write them. */
export function lines(from: number, to: number): string {
  let text = ''
  for (let number = from; number < to; number++) text += `${other(number)}\n${alert(number)}\n`
  return text
}

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)
