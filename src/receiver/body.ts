import type { IncomingMessage } from 'node:http'
import { codingOf, decode } from './coding.ts'
import type { Hold, Room } from './room.ts'

export interface Body {
  content: Buffer | 'too large' | 'too slow' | 'no room' | 'damaged'
  /** Bytes taken from the wire. */
  received: number
  /** Gives back the room that the content takes; to be called once, when it is no longer needed. */
  release(): void
}

export interface Limits {
  /** Before and after decompression. */
  maxBytes: number
  /** From the end of the headers to that of the body. */
  maxMs: number
  room: Room
}

/**
 * The body of a request, its content coding undone. It is given up as soon as it exceeds a limit, whatever Content-Length
 * claims; the rest of it may then still be unread.
 * Rejects when the client leaves before the end.
 */
export async function readBody(request: IncomingMessage, limits: Limits): Promise<Body> {
  const { maxBytes } = limits
  if (isTooLong(request, maxBytes)) return { content: 'too large', received: 0, release: () => undefined }
  const body = await collect(request, limits)
  const coding = codingOf(request.headers)
  if (typeof body.content === 'string' || !coding) return body
  return { ...body, content: decode(body.content, coding, maxBytes) }
}

/** Whether the request itself says that its body is over the limit. */
export function isTooLong({ headers }: IncomingMessage, maxBytes: number): boolean {
  return Number(headers['content-length']) > maxBytes
}

function collect(request: IncomingMessage, { maxBytes, maxMs, room }: Limits): Promise<Body> {
  const { promise, resolve, reject } = Promise.withResolvers<Body>()
  const chunks: Buffer[] = []
  let received = 0
  const hold: Hold = room.enter(() => giveUp('no room'))
  const release = () => hold.release()
  // Node has such a limit for HTTP/1 only.
  const late = setTimeout(() => giveUp('too slow'), maxMs)

  function giveUp(content: 'too large' | 'too slow' | 'no room'): void {
    request.off('data', take).pause()
    chunks.length = 0
    clearTimeout(late)
    release()
    resolve({ content, received, release })
  }
  function take(chunk: Buffer): void {
    received += chunk.length
    chunks.push(chunk)
    if (received > maxBytes) giveUp('too large')
    else hold.add(chunk.length)
  }
  request.on('data', take)
  request.once('end', () => {
    hold.settle()
    clearTimeout(late)
    const [only] = chunks
    const content = only && chunks.length === 1 ? only : Buffer.concat(chunks, received)
    resolve({ content, received, release })
  })
  const fail = (error: Error) => {
    clearTimeout(late)
    release()
    reject(error)
  }
  const leave = () => fail(new Error('the client left before the end of its request'))
  request.once('error', fail)
  // HTTP/2 tells a stream that is broken off as ended and complete, and only by this that it is not.
  request.once('aborted', leave)
  request.once('close', () => {
    if (!request.complete) leave()
  })
  return promise
}
