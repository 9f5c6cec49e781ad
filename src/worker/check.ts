import type { DeliveryOptions } from '../config/options.ts'
import type { Version } from '../idmefv2/profiles.ts'
import { validator } from '../idmefv2/validate.ts'
import { mayGenerate } from '../mapping/compile.ts'
import type { Check } from './records.ts'

/** With `validate = sample`, one message in this many is checked. */
const SAMPLE = 1000

/** How finished messages are held against the schema; nothing where they are not. */
export function checkOf(policy: DeliveryOptions['validate'], version: Version): Check | undefined {
  // ajv makes code from strings too. `always` is refused at the start then; messages are valid as they are made.
  if (policy === 'never' || !mayGenerate()) return undefined
  return policy === 'always' ? unlessProven(whole(version)) : sampled(whole(version))
}

/**
 * Parses the message and looks at all of it. The schema is compiled for the first message: that takes longer than all
 * else at the start, and the first alert need not wait for it.
 */
export function whole(version: Version): Check {
  let validate: ReturnType<typeof validator> | undefined
  return (bytes, from, to) => {
    validate ??= validator(version)
    const [fault] = validate(JSON.parse(bytes.toString('utf8', from, to)))
    return fault && `${fault.pointer}: ${fault.reason}`
  }
}

function unlessProven(check: Check): Check {
  return (bytes, from, to, isProven) => (isProven ? undefined : check(bytes, from, to, isProven))
}

function sampled(check: Check): Check {
  let seen = 0
  return (bytes, from, to, isProven) => (++seen % SAMPLE === 0 ? check(bytes, from, to, isProven) : undefined)
}
