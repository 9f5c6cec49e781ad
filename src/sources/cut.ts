// A body of JSON, cut into records of one line each: pure.

/** It is no JSON; `at` is the byte where that shows. */
export interface Malformed {
  at: number
  what: string
}

const [TAB, NEWLINE, RETURN, SPACE] = [0x09, 0x0a, 0x0d, 0x20]
const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

const NEWLINES = Buffer.of(NEWLINE)
const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf)

/**
 * Newline-delimited JSON is taken as it is, with a newline at its end; what is in a line is for whoever reads the records. Where
 * the first line shows that it is an array, or one object over several lines, it is cut as `cutJson` does.
 */
export function cutLines(body: Buffer): Buffer | Malformed {
  const start = skipBlanks(body, 0)
  if (start === body.length) return { at: start, what: 'the body is empty' }
  if (body[start] === OPEN_LIST) return cutJson(body)
  if (body[start] !== OPEN_OBJECT && !body.includes('\n{'))
    return { at: start, what: 'no line begins with {' }
  if (body[start] === OPEN_OBJECT && !isWhole(body, start)) {
    const cut = cutJson(body)
    if (Buffer.isBuffer(cut) || newlineIn(body, start) === body.length) return cut
  }
  return body.at(-1) === NEWLINE ? body : Buffer.concat([body, NEWLINES])
}

/** Whether the line ends as an object does. */
function isWhole(body: Buffer, start: number): boolean {
  let end = newlineIn(body, start)
  while (isBlank(body[end - 1])) end -= 1
  return body[end - 1] === CLOSE_OBJECT
}

/**
 * One object, or several in a row with or without blanks between them, or arrays, of which each element is a record. Only the
 * outline is looked at: strings, brackets and commas. What is wrong inside a record is its own affair, and costs that one alone.
 *
 * A record keeps its bytes, except for line ends, which become blanks: outside of strings they mean the same, inside of them JSON
 * has none.
 */
export function cutJson(body: Buffer): Buffer | Malformed {
  // The worst there is: objects of two bytes, each of which gets a newline.
  const lines = Buffer.allocUnsafe(body.length + (body.length >> 1) + 1)
  let length = 0
  let newline = newlineIn(body, 0)
  const take = (start: number, end: number) => {
    if (newline < start) newline = newlineIn(body, start)
    if (newline >= end && end - start >= WORTH_A_CALL) length += body.copy(lines, length, start, end)
    else for (let at = start; at < end; at++, length++) lines[length] = lineless(body[at])
    lines[length] = NEWLINE
    length += 1
  }

  let at = skipBlanks(body, 0)
  if (at === body.length) return { at, what: 'the body is empty' }
  for (; at < body.length; at = skipBlanks(body, at)) {
    const end =
      body[at] === OPEN_LIST
        ? cutList(body, at, take)
        : body[at] === OPEN_OBJECT
          ? cutValue(body, at, take)
          : { at, what: 'expected { or [' }
    if (typeof end === 'object') return end
    at = end
  }
  return lines.subarray(0, length)
}

/** Bytes; fewer are copied sooner one by one. */
const WORTH_A_CALL = 64

function newlineIn(body: Buffer, start: number): number {
  const found = body.indexOf(NEWLINE, start)
  return found < 0 ? body.length : found
}

const lineless = (byte = SPACE) => (byte === NEWLINE ? SPACE : byte)

type Take = (start: number, end: number) => void

/** Gives where the array ends. */
function cutList(body: Buffer, start: number, take: Take): number | Malformed {
  let at = skipBlanks(body, start + 1)
  if (body[at] === CLOSE_LIST) return at + 1
  for (;;) {
    const end = cutValue(body, at, take)
    if (typeof end === 'object') return end
    at = skipBlanks(body, end)
    if (body[at] === CLOSE_LIST) return at + 1
    if (at === body.length) return { at: start, what: 'the array has no end' }
    if (body[at] !== COMMA) return { at, what: 'expected , or ]' }
    at = skipBlanks(body, at + 1)
  }
}

function cutValue(body: Buffer, start: number, take: Take): number | Malformed {
  const end = valueEnd(body, start)
  if (end === undefined) return { at: start, what: 'the value has no end' }
  if (end === start) return { at: start, what: 'expected a value' }
  take(start, end)
  return end
}

function valueEnd(body: Buffer, start: number): number | undefined {
  let depth = 0
  let at = start
  for (; at < body.length; at++) {
    switch (body[at]) {
      case QUOTE:
        at = stringEnd(body, at)
        break
      case OPEN_OBJECT:
      case OPEN_LIST:
        depth += 1
        continue
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        // Of a number, or of nothing, what closes is the array around it.
        if (depth === 0) return at
        depth -= 1
        break
      case COMMA:
      case SPACE:
      case NEWLINE:
      case RETURN:
      case TAB:
        if (depth === 0) return at
        continue
      default:
        continue
    }
    if (depth === 0) break
  }
  if (depth > 0 || at > body.length) return undefined
  return Math.min(at + 1, body.length)
}

/** Of its closing quote; beyond the body where there is none. */
function stringEnd(body: Buffer, start: number): number {
  let at = start + 1
  while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1
  return at < body.length ? at : body.length + 1
}

function skipBlanks(body: Buffer, start: number): number {
  let at = start
  if (at === 0 && body.subarray(0, 3).equals(BYTE_ORDER_MARK)) at = 3
  while (isBlank(body[at])) at += 1
  return at
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === NEWLINE || byte === RETURN || byte === TAB
}
