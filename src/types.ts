// The words that several rooms share. A type that only one room uses lives in that room.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/**
 * One piece of work for the pool: bytes that hold whole records.
 *
 * `range`: the worker reads `[start, end)` of an open file descriptor itself. Every line that *starts* in the
 * range belongs to it; the source promises that each of them is complete (its newline, or the end of a file
 * that will not grow, lies before the end of the last range handed out). `file` is the persisted random
 * identity of the file, 16 hexadecimal digits; with the byte offset of a line it makes the ID of its alert.
 * `document`: the range is one record, whatever line ends are in it. `changed`: when it was written, ms since 1970.
 * `whole`: a line starts at `start`, whatever stands before it; otherwise one does only behind a newline.
 * `guard`: the bytes just before `end` as they were when the range was cut, where the file may be truncated under
 * the worker. While the file still has them, what was read of it before is what the source meant; when it has others,
 * nothing more of the range may be sent: it would be other lines under the IDs of these. The source will know.
 *
 * `bytes`: records that cannot be read again by position (socket, standard input, poll, push). The buffer is
 * given away (transferred) to the worker. `origin` names where they came from, for the dead-letter file.
 */
export type Work =
  | {
      kind: 'range'
      fd: number
      start: number
      end: number
      file: string
      path: string
      whole?: boolean
      document?: boolean
      changed?: number
      guard?: Uint8Array<ArrayBuffer>
    }
  | { kind: 'bytes'; bytes: Uint8Array<ArrayBuffer>; origin: string }

/**
 * The records inside one JSON value that a tool answers or sends, each completed with what the envelope says and its
 * mapping needs. `undefined`: the value is itself a record, or a list of them. Pure; never throws.
 */
export type Unfold = (document: unknown) => readonly unknown[] | undefined

/** What was taken in or stands in a file, and was not delivered yet. */
export interface Lag {
  bytes: number
  /** Since the oldest of it. */
  seconds: number
  /** Bytes in the spool on disk, where the source has one; for a while it may hold delivered records too. */
  spooled?: number
}

/**
 * Takes records in from outside. `work` is pulled: the next piece is cut only when the consumer asks for it,
 * so a slow receiver slows the reading. It ends when `signal` aborts or, for a finite source, after the last piece.
 * `commit` is called once per piece, in the order `work` yielded them, after everything in the piece was
 * delivered or dead-lettered.
 */
export interface Source {
  work(signal: AbortSignal): AsyncIterable<Work>
  commit(work: Work): void
  /** Read at every scrape. */
  lag(): Lag
  /** Why nothing can be taken in at the moment, if so: an address or socket that cannot be listened on. */
  notReady?(): string | undefined
  close(): Promise<void>
}

/** Why a record did not become a delivered message; a bounded set, because it is a metric label. */
export const REJECT_REASONS = [
  'invalid_json',
  'not_an_object',
  'line_too_long',
  'missing_required',
  'invalid_message',
  'converter_failed',
  'refused',
  'too_large',
  'incomplete',
] as const
export type RejectReason = (typeof REJECT_REASONS)[number]

/** Why a request that was to bring records was refused; a bounded set, because it is a metric label. */
export const DENIALS = [
  'unauthorised',
  'browser',
  'not_found',
  'method',
  'media_type',
  'coding',
  'malformed',
  'invalid',
  'too_large',
  'too_slow',
  'busy',
  'spool_full',
  'stopping',
] as const
export type Denial = (typeof DENIALS)[number]

/** Why a tool that is polled gave no usable answer; a bounded set, because it is a metric label. */
export const POLL_FAULTS = [
  'unreachable',
  'untrusted',
  'timeout',
  'unauthorised',
  'status',
  'too_large',
  'malformed',
  'failed',
] as const
export type PollFault = (typeof POLL_FAULTS)[number]

/** Messages of one batch, serialised back to back: message `i` is `bytes.subarray(i ? ends[i - 1] : 0, ends[i])`. */
export interface Messages {
  bytes: Uint8Array
  ends: readonly number[]
}

/** A message the receiver will never take: by its index in the batch, with what the receiver said. */
export interface Refusal {
  index: number
  reason: RejectReason
  status?: number
  /** The head of the receiver's answer, at most 1 KiB of text. */
  answer?: string
  attempts: number
}

/**
 * Where messages go. `send` resolves when every message was acknowledged or refused for good; it retries what
 * can be retried for as long as that takes, and rejects only when `signal` aborts (nothing is then known about
 * the messages that are still out). The caller may reuse the buffer after it settles.
 */
export interface Destination {
  send(messages: Messages, signal: AbortSignal): Promise<readonly Refusal[]>
  close(): Promise<void>
}

/** What goes into the dead-letter file for one record. */
export interface DeadLetter {
  time: string
  connector: string
  reason: RejectReason
  detail: string
  /** File path or origin, and the byte offset of the record where there is one. */
  origin: string
  file?: string
  offset?: number
  /** Bytes of the record; `raw` holds its head only when it was over the limit. */
  length: number
  /** The record as UTF-8 text, or base64 of its bytes when it is not valid UTF-8 (`encoding` says which). */
  raw: string
  encoding: 'utf8' | 'base64'
  message?: string
  status?: number
  answer?: string
  attempts?: number
}
