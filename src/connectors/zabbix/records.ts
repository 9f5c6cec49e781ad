import { idOf, isTold, type Told, textOf } from './told.ts'
import { fromWebhook, isWebhook } from './webhook.ts'

// What Zabbix tells, as records that all have one shape: that of an element of `event.get`, completed with its recovery and the
// interfaces of its hosts.

/**
 * A problem as it began, or as it ended: then `r_eventid` is that of the recovery, and not `"0"`. A problem that a document shows
 * ended gives both, since whoever reads it may have seen neither.
 *
 * Takes the answer of `problem.get` or `event.get`, its `result` alone, and the body of a webhook. Answers that hold no problems give
 * none; what is neither is a record itself.
 */
export function unfold(document: unknown): readonly unknown[] | undefined {
  if (Array.isArray(document)) return listed(document)
  if (!isTold(document)) return undefined
  const { jsonrpc, result } = document
  if (jsonrpc !== undefined && result !== undefined) {
    return Array.isArray(result) && result.some(hasEvent) ? listed(result) : []
  }
  return hasEvent(document) ? listed([document]) : undefined
}

/** What the tool itself knows a message by: the event, its end, or an update of it. */
export function identity(record: unknown): readonly (string | number)[] | undefined {
  if (!isTold(record)) return undefined
  const end = endOf(record.r_eventid)
  const event = idOf(record.eventid)
  if (event === undefined) return end === undefined ? undefined : ['recovery', end]
  if (isTold(record.update))
    return [event, 'update', textOf(record.update.clock) ?? textOf(record.update.local) ?? '']
  return end === undefined ? [event] : [event, end]
}

/**
 * Problems and recoveries, in the order of their events. `known` are problems that the recoveries may belong to; they give no
 * record for themselves. A recovery of which no problem is known is a record of its own.
 */
export function joined(events: readonly Told[], known: readonly Told[] = []): Told[] {
  const ended = Map.groupBy([...known, ...events].filter(isProblem), ({ r_eventid }) => idOf(r_eventid) ?? '')
  return events.flatMap((event) => {
    if (isProblem(event)) return begun(event)
    const problems = distinct(ended.get(idOf(event.eventid) ?? ' ') ?? [])
    if (problems.length === 0) return [lone(event)]
    return problems.map((problem) => ({ ...problem, r_clock: event.clock, r_ns: event.ns }))
  })
}

/** Elements of `problem.get` know when they ended, those of `event.get` do not: there the recovery is an event beside them. */
function begun(event: Told): Told[] {
  if (endOf(event.r_eventid) === undefined) return [event]
  const beginning = { ...event, r_eventid: '0', r_clock: '0', r_ns: '0' }
  return idOf(event.r_clock) === undefined ? [beginning] : [beginning, event]
}

/** All that is known is that something ended. */
function lone({ eventid, clock, ns, severity, ...event }: Told): Told {
  return { ...event, r_eventid: eventid, r_clock: clock, r_ns: ns }
}

function distinct(events: readonly Told[]): Told[] {
  return [...new Map(events.map((event) => [event.eventid, event])).values()]
}

function listed(elements: readonly unknown[]): readonly unknown[] {
  const [bodies, events] = [elements.filter(isBody), elements.filter(isEvent)]
  const others = elements.filter((element) => !isBody(element) && !isEvent(element))
  return [...joined(events), ...bodies.map(fromWebhook), ...others]
}

const hasEvent = (element: unknown): element is Told => isTold(element) && 'eventid' in element
const isBody = (element: unknown): element is Told => hasEvent(element) && isWebhook(element)
const isEvent = (element: unknown): element is Told => hasEvent(element) && !isWebhook(element)

/** An event of `problem.get` has no value: it is a problem. */
export function isProblem({ value }: Told): boolean {
  return textOf(value) !== '0'
}

/** What names the end of a problem; undefined of one that goes on. */
export function endOf(recovery: unknown): string | undefined {
  const text = textOf(recovery)
  return text === '0' ? undefined : text
}
