import type { Message } from '../../idmefv1/record.ts'
import type { Json } from '../../types.ts'

// What goes over the line: frames of 16 bytes and their content, big endian.
//
//   version 1 | tag | priority | more follow | length, 32 bits | seconds, 32 bits | microseconds, 32 bits | …

export const HEAD_BYTES = 16
const VERSION = 1

/** Where libprelude cuts. */
const MAX_FRAGMENT_BYTES = 8192

/** What a frame is about. */
export const TAG = { idmef: 0, auth: 4, capability: 6 } as const

/** In an answer to a peer that comes. */
export const AUTH = { accepted: 6, refused: 7 } as const

/** `idmef:w` */
export const MAY_WRITE = 4

/** Alerts by the severity of their impact; a heartbeat overtakes them, as it does with libprelude. */
export function priorityOf({ idmef, assessment }: Message): number {
  if (idmef === 'heartbeat') return 3
  switch (member(member(assessment, 'impact'), 'severity')) {
    case 'high':
      return 3
    case 'medium':
      return 2
    case 'low':
    case 'info':
      return 1
    default:
      return 0
  }
}

function member(value: Json | undefined, name: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined
}

/** The content in as many frames as it takes. The time becomes the AnalyzerTime of a message that has none. */
export function framed(
  tag: number,
  priority: number,
  content: Buffer,
  nowMs = Date.now(),
): readonly Buffer[] {
  const fragments = Math.max(1, Math.ceil(content.length / MAX_FRAGMENT_BYTES))
  return Array.from({ length: fragments }, (_, i) => {
    const part = content.subarray(i * MAX_FRAGMENT_BYTES, (i + 1) * MAX_FRAGMENT_BYTES)
    const frame = Buffer.allocUnsafe(HEAD_BYTES + part.length)
    frame.set([VERSION, tag, priority, i < fragments - 1 ? 1 : 0])
    frame.writeUInt32BE(part.length, 4)
    frame.writeUInt32BE(Math.floor(nowMs / 1000), 8)
    frame.writeUInt32BE((nowMs % 1000) * 1000, 12)
    part.copy(frame, HEAD_BYTES)
    return frame
  })
}

export interface Frame {
  tag: number
  /** Tags of the values in it. */
  values: readonly number[]
}

/** More than any frame that a manager sends before messages go the other way. */
const MAX_FRAME_BYTES = 64 * 1024

/** The first frame in what was received so far; undefined while it is not whole. @throws {Error} when it is none */
export function frameIn(received: Buffer): Frame | undefined {
  if (received.length < HEAD_BYTES) return undefined
  const length = received.readUInt32BE(4)
  if (received[0] !== VERSION || length > MAX_FRAME_BYTES) throw new Error('this is not a Prelude manager')
  if (received.length < HEAD_BYTES + length) return undefined
  const values: number[] = []
  const end = HEAD_BYTES + length
  for (let at = HEAD_BYTES; at + 5 <= end; at += 5 + received.readUInt32BE(at + 1))
    values.push(received[at] ?? 0)
  return { tag: received[1] ?? 0, values }
}
