import { expect } from 'vitest'
import { common } from '../../src/config/options.ts'
import { loadConnector, loadRules } from '../../src/connectors/load.ts'
import { profile } from '../../src/idmefv2/profiles.ts'
import { compile } from '../../src/mapping/compile.ts'
import { Ids } from '../../src/mapping/ids.ts'
import { contextOf } from '../../src/setup.ts'
import { alert, numberOf } from '../e2e/events.ts'
import type { Oracle } from '../e2e/oracle.ts'

const [rules, { options }] = await Promise.all([loadRules('suricata', {}), loadConnector('suricata')])
const delivery = common.idmefv2.parse({})
const section = { probe: 'suricata', instance: 'suricata', options: options.parse({}) }
/** By JSON.parse and closures, where the program has a scanner and an emitter of generated code. */
const converter = compile(rules, profile(delivery.version), contextOf(section, delivery), {
  code: 'closures',
})

/** IDs that the program makes from where a record stands. */
const OWN_ID = /\b[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[\da-f]{4}-[\da-f]{12}\b/g

/** The message that a record has to become, as `plain` text. */
export function reference(record: string): string {
  const ids = new Ids()
  ids.random()
  const conversion = converter.convertEvent(JSON.parse(record), ids)
  if (conversion.kind !== 'message') throw new Error(`no message of ${record}`)
  return plain(conversion.message)
}

/** A message as text, its IDs numbered as they come. */
export function plain(message: object): string {
  const names = new Map<string, string>()
  return JSON.stringify(message).replaceAll(OWN_ID, (id) => {
    const name = names.get(id) ?? `ID ${names.size}`
    names.set(id, name)
    return name
  })
}

/** Every message received is, byte for byte, the one that its record has to become. */
export function expectEqual(oracle: Oracle, recordOf: (number: number) => string = alert): void {
  for (const message of oracle.messages)
    expect(plain(message)).toBe(reference(recordOf(numberOf(message) ?? -1)))
}
