import { TextDecoder } from 'node:util'
import { DocumentError } from './fault.ts'

/** An XML declaration stands in the first bytes, in ASCII whatever comes behind it. */
const DECLARATION_BYTES = 256
const ENCODING = /^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.:-]*)["']/

/**
 * The text of a document: in the encoding that its byte order mark says, else the charset of its Content-Type, else its
 * XML declaration, else UTF-8 (RFC 7303 section 3). Bytes that are none of its characters are not replaced but refused.
 *
 * @throws {DocumentError}
 */
export function textOf(bytes: Uint8Array, charset?: string): string {
  const encoding = markOf(bytes) ?? charset ?? declared(bytes) ?? 'utf-8'
  const decoder = decoderOf(encoding)
  if (decoder === undefined)
    throw new DocumentError('charset', `the encoding ${JSON.stringify(encoding)} is not known`)
  try {
    return decoder.decode(bytes)
  } catch {
    throw new DocumentError('charset', `there are bytes that are no characters of ${encoding}`)
  }
}

/** Whether there are documents in it that we can read. */
export function isKnownCharset(charset: string): boolean {
  return decoderOf(charset) !== undefined
}

function decoderOf(encoding: string): TextDecoder | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true })
  } catch {
    return undefined // not a label of the Encoding Standard
  }
}

/** By a byte order mark, or by how `<` is written where each character has two bytes. */
function markOf([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8'
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  if (first === 0x3c && second === 0) return 'utf-16le'
  if (first === 0 && second === 0x3c) return 'utf-16be'
  return undefined
}

function declared(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, DECLARATION_BYTES))
  return ENCODING.exec(head.toString('latin1'))?.[1]
}
