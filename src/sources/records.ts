import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import split2 from 'split2'
import { isJson } from './whole.ts'

/** What every line of Suricata begins with; inside a broken line it is where the next event was glued on. */
const EVENT_START = '{"timestamp":"'

/** Markers tried in one line, so that a line full of them costs no more than a few attempts to parse it. */
const MAX_RESTARTS = 8

const EVENTS = ['readable', 'end', 'close', 'error']

/** Called with whole records, each with its newline, as Latin-1 text: one character a byte. */
export type Deliver = (records: string) => Promise<void>

/**
 * What a stream gives, as Latin-1 text, until it ends or `signal` aborts; what it holds in its buffer then is given
 * before. Throws what the stream failed with. The stream is left to the caller to close.
 */
export async function* chunks(input: Readable, signal: AbortSignal): AsyncGenerator<string, void, void> {
  let changed = () => {}
  const tell = () => changed()
  input.setEncoding('latin1')
  for (const event of EVENTS) input.on(event, tell)
  signal.addEventListener('abort', tell)
  try {
    for (let over = false; !over; ) {
      over = signal.aborted
      const text: string | null = input.read()
      if (text !== null) yield text
      else if (input.readableEnded || input.destroyed) over = true
      else if (!over) {
        await new Promise<void>((resolve) => {
          changed = resolve
        })
      }
    }
  } finally {
    for (const event of EVENTS) input.off(event, tell)
    signal.removeEventListener('abort', tell)
  }
  if (input.errored) throw input.errored
}

/**
 * Cuts a stream of bytes into lines, byte for byte: `chunks` is Latin-1 text. What arrived together is delivered
 * together, and nothing more is taken before `deliver` resolved. At the end of the stream, also when it broke off, a
 * last line without newline is a record too.
 *
 * A line longer than `maxLine` is cut to `maxLine + 1` bytes, which is enough for the worker to reject it as too long;
 * `onOverLong` is told how long it was. No more than that of an unfinished line is held in memory.
 */
export async function streamRecords(
  chunks: AsyncIterable<string>,
  maxLine: number,
  deliver: Deliver,
  onOverLong: (bytes: number) => void,
): Promise<void> {
  let whole = ''
  const take = (line: string) => {
    whole += mend(line)
  }
  const lines = split2('\n', take, { decodeStrings: false })
  // The mapper takes every line, so nothing is ever to be read; without a reader the stream would not end.
  lines.resume()
  const shorten = shortener(maxLine, onOverLong)
  const pass = async () => {
    const records = whole
    whole = ''
    if (records !== '') await deliver(records)
  }
  try {
    for await (const chunk of chunks) {
      const text = shorten.take(chunk)
      if (text !== '') lines.write(text, 'latin1')
      await pass()
    }
  } finally {
    lines.end(shorten.rest(), 'latin1')
    await finished(lines)
    await pass()
  }
}

/**
 * Hands text on up to its last newline and keeps the unfinished line, so that split2 does not search a long one again
 * with every chunk; drops what exceeds `maxLine + 1` bytes of a line.
 */
function shortener(maxLine: number, onOverLong: (bytes: number) => void) {
  let kept = ''
  let length = 0
  const extend = (text: string) => {
    length += text.length
    if (kept.length <= maxLine) kept += text.slice(0, maxLine + 1 - kept.length)
  }
  const finish = () => {
    if (length > maxLine) onOverLong(length)
    const line = kept
    kept = ''
    length = 0
    return line
  }
  return {
    take(chunk: string): string {
      const last = chunk.lastIndexOf('\n') + 1
      if (last > 0 && kept.length + chunk.length <= maxLine) {
        const lines = kept + chunk.slice(0, last)
        kept = chunk.slice(last)
        length = kept.length
        return lines
      }
      let text = ''
      let start = 0
      for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', start)) {
        extend(chunk.slice(start, end))
        text += `${finish()}\n`
        start = end + 1
      }
      extend(chunk.slice(start))
      return text
    },
    rest: finish,
  }
}

/**
 * A full socket buffer makes Suricata cut a line short and go on with the next event (`MSG_DONTWAIT`, source): the
 * fragment becomes a record of its own, to be rejected, and the event behind it is saved. Only lines that are not JSON
 * are looked at that way: one event may well contain another.
 */
export function mend(line: string): string {
  for (let start = line.indexOf(EVENT_START, 1), tries = 0; start > 0 && tries < MAX_RESTARTS; tries++) {
    if (tries === 0 && isJson(line)) break
    if (isJson(line.slice(start))) return `${line.slice(0, start)}\n${line.slice(start)}\n`
    start = line.indexOf(EVENT_START, start + 1)
  }
  return `${line}\n`
}
