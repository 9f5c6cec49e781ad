import type { Unfold } from '../types.ts'
import { cutJson, type Malformed } from './cut.ts'

/** The records of a body that is one JSON value, one a line. What is no envelope is cut as it is. */
export function unfoldJson(body: Buffer, unfold: Unfold): Buffer | Malformed {
  try {
    return unfoldText(body.toString(), unfold) ?? cutJson(body)
  } catch (error) {
    return { at: 0, what: error instanceof Error ? error.message : String(error) }
  }
}

/** Of lines, those that are envelopes become their records, one a line; all others stay as they are. */
export function unfoldLines(lines: Buffer, unfold: Unfold): Buffer {
  const unfolded: Buffer[] = []
  for (let start = 0, end = 0; start < lines.length; start = end) {
    end = lines.indexOf('\n', start) + 1 || lines.length
    const line = lines.subarray(start, end)
    unfolded.push(unfoldLine(line, unfold) ?? line)
  }
  return Buffer.concat(unfolded)
}

function unfoldLine(line: Buffer, unfold: Unfold): Buffer | undefined {
  try {
    return unfoldText(line.toString(), unfold)
  } catch {
    // No JSON: whoever converts it has the reason told.
    return undefined
  }
}

function unfoldText(text: string, unfold: Unfold): Buffer | undefined {
  const records = unfold(JSON.parse(text.replace(BYTE_ORDER_MARK, '')))
  return records && Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''))
}

const BYTE_ORDER_MARK = /^\ufeff/
