import { randomUUID } from 'node:crypto'
import { isKnownCharset } from '../idmefv1/charset.ts'
import { type Document, isFault, readDocument } from '../idmefv1/document.ts'
import type { Fault } from '../idmefv1/fault.ts'
import type { Message } from '../idmefv1/record.ts'
import type { Denied } from './denial.ts'
import type { Form } from './push.ts'

export interface XmlOptions {
  /** What else is wrong with a document, in words. */
  validate?: ((document: Document) => string | undefined) | undefined
  /** Documents are judged, and nothing is taken. */
  dryRun?: boolean
  /** Told of every document that was taken. */
  onDocument?: (messages: number) => void
}

/**
 * IDMEFv1 documents: each message becomes a record of one line. A document is taken whole or not at all. Where a sender gave no
 * messageid or CreateTime, they are given here, so that the message has one identity from now on.
 */
export function xmlForm({ validate, dryRun = false, onDocument }: XmlOptions = {}): Form {
  return {
    types: ['application/xml', 'text/xml'],
    charsets: isKnownCharset,
    taken: { status: 200, text: 'OK\n' },
    full: 503,
    records(body, _type, charset) {
      const read = readDocument(body, charset)
      if (isFault(read)) return denied(read)
      const invalid = validate?.(read)
      if (invalid !== undefined) return denied({ kind: 'invalid', what: invalid })
      onDocument?.(read.messages.length)
      return dryRun ? NOTHING : Buffer.from(read.messages.map((one) => line(one)).join(''))
    },
  }
}

const NOTHING = Buffer.alloc(0)

function line(message: Message): string {
  const { messageid = randomUUID(), create_time = { time: new Date().toISOString() } } = message
  // When it came: a manager that is away for long must not take the time of its sending for that.
  return `${JSON.stringify({ ...message, messageid, create_time, taken: Date.now() })}\n`
}

const STATUS: Readonly<Record<Fault['kind'], number>> = { malformed: 400, charset: 415, invalid: 422 }

function denied({ kind, what }: Fault): Denied {
  const reason = kind === 'charset' ? 'media_type' : kind
  return { reason, status: STATUS[kind], error: what }
}
