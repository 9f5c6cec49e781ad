import type { Checkpoints } from '../state/checkpoint.ts'
import type { Log } from '../state/edges.ts'
import type { Denial, PollFault } from '../types.ts'

/** What a source is given besides its own options. */
export interface TailContext {
  /** The name of the connector instance; positions are kept under it. */
  connector: string
  checkpoints: Checkpoints
  /** Worker threads: a backlog is cut so that each has something to do. */
  workers: number
  /** Smallest and largest range of a backlog, bytes. */
  range_min: number
  range_max: number
  /** Bytes of the longest record that is taken whole. */
  max_line: number
  /** Milliseconds between looks where no notification comes. */
  poll_interval: number
  /** What tells whether a document is whole; `json` where nothing is said. */
  document_check?: 'json' | 'simdjson'
  /** End when everything that is there now was handed out. */
  once: boolean
  /** Read files without a position from their beginning, whatever `start` says. */
  fromStart: boolean
  /** Where else state is kept, and how much of it; without it, beside the positions. */
  ledger?: { directory: string; spool_max: number; dead_letter_max: number }
  log: Log
  onEvent?: (event: SourceEvent) => void
}

/** What an operator may want counted. Bytes are those concerned. */
export type SourceEvent =
  /** Bytes of a file that were not read, or of a spool that were not delivered, and cannot be any more. */
  | { kind: 'lost'; path: string; bytes: number; reason: 'truncated' | 'removed' | 'damaged' }
  /** A file lost its end, and is followed from its new end on. */
  | { kind: 'shortened'; path: string; bytes: number }
  /** A path names another file now. */
  | { kind: 'rotated'; path: string }
  /** A record of a stream went over the limit; its head was passed on. */
  | { kind: 'over_long'; origin: string; bytes: number }
  /** Taken from a stream, which cannot be read again, and neither spooled nor delivered when the source was closed. */
  | { kind: 'abandoned'; origin: string; bytes: number }
  /** A request that was to bring records was refused; whoever sent it knows. */
  | { kind: 'refused'; origin: string; reason: Denial }
  /** A tool was asked; with why it gave no usable answer, if so. */
  | { kind: 'polled'; origin: string; fault?: PollFault }
