import type { IncomingHttpHeaders } from 'node:http'
import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateSync,
  type Zlib,
  zstdDecompressSync,
} from 'node:zlib'

/** Content codings (RFC 9110 §8.4.1, RFC 7932, RFC 8878) that can be undone; what a receiver takes it says itself. */
export const CODINGS = ['gzip', 'deflate', 'zstd', 'br'] as const
export type Coding = (typeof CODINGS)[number]

/** A body may grow by this factor when decompressed; alerts compress some 10 to 30 times. */
const MAX_RATIO = 100

/** Small bodies of one repeated message compress better still; below this the ratio does not matter. */
const MIN_GUARDED_BYTES = 1024 ** 2

/** 8 MiB (RFC 9659 §3): a frame says itself how much memory it wants to be undone in. */
const ZSTD_WINDOW = { [constants.ZSTD_d_windowLogMax]: 23 }

type Undo = (bytes: Buffer, maxOutputLength: number) => Buffer | { buffer: Buffer; engine: Zlib }

const UNDO: Record<Coding, Undo> = {
  gzip: (bytes, maxOutputLength) => gunzipSync(bytes, { maxOutputLength, info: true }),
  deflate: (bytes, maxOutputLength) => inflateSync(bytes, { maxOutputLength, info: true }),
  zstd: (bytes, maxOutputLength) =>
    zstdDecompressSync(bytes, { maxOutputLength, info: true, params: ZSTD_WINDOW }),
  br: (bytes, maxOutputLength) => brotliDecompressSync(bytes, { maxOutputLength, info: true }),
}

/** The coding of a body; undefined when it has none or `identity`, null when it is not among `taken`. */
export function codingOf(
  headers: IncomingHttpHeaders,
  taken: readonly Coding[] = CODINGS,
): Coding | undefined | null {
  const word = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (word === 'identity') return undefined
  return taken.find((coding) => coding === word) ?? null
}

/**
 * Undoes a coding at once, one body after another: a thousand bombs that are decompressed side by side would be in memory
 * together. A body that goes on behind its end is damaged: Node leaves out what follows there, a second frame of zstd too.
 */
export function decode(bytes: Buffer, coding: Coding, maxBytes: number): Buffer | 'too large' | 'damaged' {
  const most = Math.min(maxBytes, Math.max(MIN_GUARDED_BYTES, bytes.length * MAX_RATIO))
  try {
    // With `info` it is always this; Node's types do not know.
    const { buffer, engine } = UNDO[coding](bytes, most) as { buffer: Buffer; engine: Zlib }
    return engine.bytesWritten === bytes.length ? buffer : 'damaged'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException // zlib and buffer errors always carry one
    return code === 'ERR_BUFFER_TOO_LARGE' ? 'too large' : 'damaged'
  }
}
