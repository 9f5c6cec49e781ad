import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

const decompress = promisify(gunzip)

/** A body may grow by this factor when decompressed; alerts compress some 10 to 30 times. */
const MAX_RATIO = 100

/** Small bodies of one repeated message compress better still; below this the ratio does not matter. */
const MIN_GUARDED_BYTES = 1024 ** 2

export interface Body {
  content: Buffer | 'too large' | 'not gzip'
  /** Bytes taken from the wire. */
  received: number
}

/**
 * The body of a request, decompressed when it is gzip. It is given up as soon as it exceeds `maxBytes`, before or after
 * decompression and whatever Content-Length claims; the rest of it may then still be unread. Rejects when the client
 * leaves before the end.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Body> {
  if (isTooLong(request, maxBytes)) return { content: 'too large', received: 0 }
  const { content, received } = await collect(request, maxBytes)
  if (content === 'too large' || request.headers['content-encoding'] !== 'gzip') return { content, received }
  return { content: await inflate(content, maxBytes), received }
}

/** Whether the request itself says that its body is over the limit. */
export function isTooLong({ headers }: IncomingMessage, maxBytes: number): boolean {
  return Number(headers['content-length']) > maxBytes
}

function collect(request: IncomingMessage, maxBytes: number) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    content: Buffer | 'too large'
    received: number
  }>()
  const chunks: Buffer[] = []
  let received = 0
  const take = (chunk: Buffer): void => {
    received += chunk.length
    chunks.push(chunk)
    if (received <= maxBytes) return
    request.off('data', take).pause()
    chunks.length = 0
    resolve({ content: 'too large', received })
  }
  request.on('data', take)
  request.once('end', () => {
    const [only] = chunks
    resolve({ content: only && chunks.length === 1 ? only : Buffer.concat(chunks, received), received })
  })
  request.once('error', reject)
  request.once('close', () => {
    if (!request.complete) reject(new Error('the client left before the end of its request'))
  })
  return promise
}

async function inflate(bytes: Buffer, maxBytes: number): Promise<Body['content']> {
  const maxOutputLength = Math.min(maxBytes, Math.max(MIN_GUARDED_BYTES, bytes.length * MAX_RATIO))
  try {
    return await decompress(bytes, { maxOutputLength })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException // zlib and buffer errors always carry one
    return code === 'ERR_BUFFER_TOO_LARGE' ? 'too large' : 'not gzip'
  }
}
