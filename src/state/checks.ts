import { crc32 } from 'node:zlib'

// What tells damage of a segment: beside it lies a file with one check a line, in order.
//
//   | end: uint32 | CRC-32 of the line | CRC-32 of these eight bytes |     little endian
//
// The line runs from the `end` before to this one, its newline included. A check that does not fit itself is
// passed over: it accuses no line.

export const CHECK_BYTES = 12

const NEWLINE = 10

export interface Span {
  start: number
  end: number
}

/** What became of a segment's lines; spans are offsets in it. */
export interface Examination {
  /** Stretches of whole lines that may be delivered. Those that have no check are among them. */
  sound: Span[]
  /** Lines whose bytes are not those that were written. */
  damaged: Span[]
  /** Where a line begins although no newline is before it any more. */
  unended: number[]
  /** Bytes of lines that were written and are not there. */
  missing: number
  /** Bytes behind the last newline: their write was cut short, so nobody was told that they are safe. */
  torn: number
}

/** Bytes that the checks of whole lines take. */
export function checkBytes(lines: Buffer): number {
  let count = 0
  for (let end = lines.indexOf(NEWLINE); end >= 0; end = lines.indexOf(NEWLINE, end + 1)) count += 1
  return count * CHECK_BYTES
}

/** The checks of whole lines that begin at `offset`. */
export function checksOf(lines: Buffer, offset: number): Buffer {
  const checks = Buffer.alloc(checkBytes(lines))
  let start = 0
  for (let at = 0; at < checks.length; at += CHECK_BYTES) {
    const end = lines.indexOf(NEWLINE, start) + 1
    checks.writeUInt32LE(offset + end, at)
    checks.writeUInt32LE(crc32(lines.subarray(start, end)), at + 4)
    checks.writeUInt32LE(crc32(checks.subarray(at, at + 8)), at + 8)
    start = end
  }
  return checks
}

/**
 * Holds the lines that begin at `from` or behind it against their checks. A line that began before belongs to those
 * that were delivered.
 */
export function examine(bytes: Buffer, checks: Buffer, from: number): Examination {
  const { damaged, covered, first } = accuse(bytes, checks, from)
  const start = first ?? from
  const end = Math.max(start, Math.min(covered, bytes.length), bytes.lastIndexOf(NEWLINE) + 1)
  const ends = [first ?? 0, ...damaged.map((span) => span.end)]
  return {
    sound: between(damaged, start, end),
    damaged,
    unended: ends.filter((at) => at > 0 && at < end && bytes[at - 1] !== NEWLINE),
    missing: Math.max(0, covered - Math.max(start, bytes.length)),
    torn: Math.max(0, bytes.length - end),
  }
}

/** The lines that are others than their checks say; where the checks end; and the first line start that is not before `from`. */
function accuse(bytes: Buffer, checks: Buffer, from: number) {
  const damaged: Span[] = []
  let first = from === 0 ? 0 : undefined
  let start = 0
  let exact = true
  for (let at = 0; at + CHECK_BYTES <= checks.length; at += CHECK_BYTES) {
    const end = checks.readUInt32LE(at)
    const fits = end > start && checks.readUInt32LE(at + 8) === crc32(checks.subarray(at, at + 8))
    if (!fits) {
      // Then it is not known where, in what follows, the line of the next check begins.
      exact = false
      continue
    }
    const crc = checks.readUInt32LE(at + 4)
    if (exact && start >= from && start < bytes.length && crc32(bytes.subarray(start, end)) !== crc) {
      damaged.push({ start, end: Math.min(end, bytes.length) })
    }
    if (end === from || (exact && start < from && end > from)) first = Math.min(end, bytes.length)
    start = end
    exact = true
  }
  return { damaged, covered: start, first }
}

/** What lies between spans, from `from` to `end`. */
function between(spans: readonly Span[], from: number, end: number): Span[] {
  const starts = [from, ...spans.map((span) => span.end)]
  const ends = [...spans.map((span) => span.start), end]
  return starts.map((start, i) => ({ start, end: ends[i] ?? end })).filter((span) => span.end > span.start)
}
