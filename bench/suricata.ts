import { JSONPath } from 'jsonpath-plus'
import rules from '../src/connectors/suricata/mapping.ts'
import { profile } from '../src/idmefv2/profiles.ts'
import type { Find } from '../src/mapping/closures.ts'
import { compile } from '../src/mapping/compile.ts'
import { Ids } from '../src/mapping/ids.ts'
import { readMapping } from '../src/mapping/read.ts'
import type { Context } from '../src/mapping/rules.ts'
import type { Lines } from './data.ts'

// What every question about conversion uses: the complete Suricata mapping, as an operator with a filled in
// configuration would run it.

export const VERSION = '2.D.V08'

const CONTEXT: Context = {
  values: {
    'analyzer.name': 'Suricata',
    'analyzer.ip': '192.0.2.10',
    'analyzer.hostname': 'sensor.example.org',
    location: 'Rack 4',
    instance: 'suricata',
  },
  options: { attach: [] },
}

export const program = readMapping(rules, profile(VERSION), CONTEXT)

export const converter = () => compile(rules, profile(VERSION), CONTEXT, { code: 'generated' })

/** Every value of an event looked up by jsonpath-plus: what a converter costs that interprets its mapping. */
export const byJsonpath: Find = (event, path) => {
  // With `wrap` the answer is always a list. An event is an object, which `json` asks for.
  const found = JSONPath({ path: path.text, json: event as object, eval: false, wrap: true }) as unknown[]
  if (found.length === 0) return undefined
  return path.rest === undefined ? found[0] : found
}

export const ids = new Ids()
ids.at(0x01234567, 0x89abcdef, 0)

/** Room for one message: larger than any of the sample. */
export const out = Buffer.alloc(4 * 1024 * 1024)

/** The messages of some alerts, and where each one ends. */
export function messagesOf({ bytes, starts, ends }: Lines) {
  const convert = converter()
  const room = Buffer.alloc(2 * bytes.length + out.length)
  const messageEnds: number[] = []
  for (const [i, end] of ends.entries()) {
    ids.at(1, 2, starts[i] ?? 0)
    const to = convert.convert(bytes, starts[i] ?? 0, end, ids, room, messageEnds.at(-1) ?? 0)
    if (to < 0) throw new Error(`alert ${i} was not converted: ${convert.reason} ${convert.detail}`)
    messageEnds.push(to)
  }
  return { bytes: room.subarray(0, messageEnds.at(-1)), ends: messageEnds }
}
