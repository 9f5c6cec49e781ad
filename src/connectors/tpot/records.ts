/**
 * The events in the answer of Elasticsearch to a search: the source of each hit, with the ID of the hit and its index. Undefined: it is
 * an event itself, as Logstash stores it or as the honeypot wrote it.
 */
export function unfold(document: unknown): readonly unknown[] | undefined {
  if (Array.isArray(document)) return document.map((hit) => eventOf(hit) ?? hit)
  const hits = hitsOf(document)
  if (hits) return hits.map((hit) => eventOf(hit) ?? hit)
  const event = eventOf(document)
  return event && [event]
}

/** The hits of an answer, in its order; undefined when it is none. */
export function hitsOf(answer: unknown): readonly unknown[] | undefined {
  const hits = own(own(answer, 'hits'), 'hits')
  return Array.isArray(hits) ? hits : undefined
}

/** Fields of a source cannot have these names: Elasticsearch keeps them for itself. */
export function eventOf(hit: unknown): object | undefined {
  const source = own(hit, '_source')
  if (typeof source !== 'object' || source === null) return undefined
  return { ...source, _id: own(hit, '_id'), _index: own(hit, '_index') }
}

/** What Elasticsearch calls an event; the line of a log has no name but its place. */
export function identity(event: unknown): string[] | undefined {
  const id = own(event, '_id')
  const index = own(event, '_index')
  return typeof id === 'string' ? [typeof index === 'string' ? index : '', id] : undefined
}

export function own(holder: unknown, key: string): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key)) return undefined
  return Reflect.get(holder, key)
}
