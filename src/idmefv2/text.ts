const TAB = 0x09
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const REPLACEMENT = '\ufffd'

/**
 * Text that is safe to show and to send: control characters become their Unicode pictures (`␀` for NUL, `␡` for
 * DEL), C1 controls and lone surrogates U+FFFD. Tab, line feed and carriage return stay. Clean text, the common
 * case, is returned as it is after one pass over it.
 */
export function printable(text: string): string {
  let out = ''
  let done = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 0x20 && code < 0x7f) continue
    const picture = pictureOf(code)
    if (picture === undefined) continue
    out += text.slice(done, at) + picture
    done = at + 1
  }
  return (done === 0 ? text : out + text.slice(done)).toWellFormed()
}

function pictureOf(code: number): string | undefined {
  if (code === LINE_FEED || code === TAB || code === CARRIAGE_RETURN) return undefined
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  if (code === 0x7f) return '\u2421'
  return code >= 0x80 && code <= 0x9f ? REPLACEMENT : undefined
}

/** The texts in a value that is a text or a list, however deep. */
export function texts(value: unknown): string[] {
  const items: unknown[] = Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value]
  return items.filter((item) => typeof item === 'string')
}
