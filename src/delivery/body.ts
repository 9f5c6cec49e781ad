import type { Messages } from '../types.ts'

const OPEN = 0x5b
const COMMA = 0x2c
const CLOSE = 0x5d

export const startOf = ({ ends }: Messages, index: number): number =>
  index === 0 ? 0 : (ends[index - 1] ?? 0)

/** The bytes of one message; a view, no copy. */
export const single = (messages: Messages, index: number): Uint8Array =>
  messages.bytes.subarray(startOf(messages, index), messages.ends[index])

/** Where an array that starts at message `from` must end, so as to keep both limits. At least one message. */
export function arrayEnd(messages: Messages, from: number, maxMessages: number, maxBytes: number): number {
  const { ends } = messages
  const last = Math.min(ends.length, from + maxMessages)
  const start = startOf(messages, from)
  let to = from + 1
  // Each message brings its bytes and a comma; the brackets around take the place of the first comma and one more.
  while (to < last && (ends[to] ?? 0) - start + (to + 1 - from) + 1 <= maxBytes) to += 1
  return to
}

/** Messages `[from, to)` as one JSON array, in a buffer that `room` gives. */
export function array(
  messages: Messages,
  from: number,
  to: number,
  room: (length: number) => Buffer = Buffer.allocUnsafe,
): Uint8Array {
  const { bytes, ends } = messages
  const start = startOf(messages, from)
  const body = room((ends[to - 1] ?? start) - start + (to - from) + 1)
  let at = 0
  for (let index = from; index < to; index++) {
    body[at] = index === from ? OPEN : COMMA
    const begin = startOf(messages, index)
    const end = ends[index] ?? begin
    body.set(bytes.subarray(begin, end), at + 1)
    at += 1 + end - begin
  }
  body[at] = CLOSE
  return body
}
