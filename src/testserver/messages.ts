import { isUtf8 } from 'node:buffer'
import type { Version } from '../idmefv2/profiles.ts'
import { type Fault, validate } from '../idmefv2/validate.ts'

export interface Accepted {
  /** The body as text. */
  text: string
  messages: readonly { message: Record<string, unknown>; version: Version }[]
}

export interface Refused {
  error: string
  /** Pointers are into the body: in an array they begin with the index of the message. */
  faults: readonly Fault[]
  /** How many messages were in the body, as far as that can be told. */
  count: number
}

/** An answer need not tell more than a person would read; checking stops there too. */
const MAX_FAULTS = 100

/**
 * What a body holds: one message, or an array of them in which all must be valid. The transport draft (§4.3) wants one
 * message a request; receivers in use take arrays. Each message is held against the version that it names.
 */
export function readMessages(body: Buffer): Accepted | Refused {
  if (!isUtf8(body)) return refused('the body is not UTF-8', 'is not UTF-8')
  const text = body.toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return refused('the body is not JSON', (error as SyntaxError).message) // JSON.parse throws nothing else
  }
  if (Array.isArray(value)) return readArray(value, text)
  const { version, faults } = validate(value)
  if (version === undefined || faults.length > 0) return { error: 'invalid message', faults, count: 1 }
  return { text, messages: [{ message: value as Record<string, unknown>, version }] } // an object, since it is valid
}

function readArray(values: readonly unknown[], text: string): Accepted | Refused {
  if (values.length === 0) return refused('the array is empty', 'must hold at least one message')
  const messages: Accepted['messages'][number][] = []
  const faults: Fault[] = []
  for (const [index, value] of values.entries()) {
    const verdict = validate(value)
    faults.push(...verdict.faults.map(({ pointer, reason }) => ({ pointer: `/${index}${pointer}`, reason })))
    if (faults.length >= MAX_FAULTS) break
    // An object, since it is valid; if not, nothing of this list is used.
    if (verdict.version)
      messages.push({ message: value as Record<string, unknown>, version: verdict.version })
  }
  if (faults.length === 0) return { text, messages }
  return { error: 'invalid message in the array', faults: faults.slice(0, MAX_FAULTS), count: values.length }
}

function refused(error: string, reason: string): Refused {
  return { error, faults: [{ pointer: '', reason }], count: 1 }
}
