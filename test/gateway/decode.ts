/** A value of the wire: an object with what is in it, or bytes. */
export interface Value {
  tag: number
  bytes: Buffer
  inner?: Value[]
}

const END = 254
/** Tags of classes lie below those of fields. */
const FIRST_FIELD = 29

/** Reads what `encode` wrote. @throws {Error} when something is left open or over */
export function decode(bytes: Buffer): Value {
  let at = 0
  const next = (): { tag: number; bytes: Buffer } => {
    const tag = bytes.readUInt8(at)
    const length = bytes.readUInt32BE(at + 1)
    const content = bytes.subarray(at + 5, at + 5 + length)
    if (content.length < length) throw new Error(`a value of ${length} bytes ends at ${content.length}`)
    at += 5 + length
    return { tag, bytes: content }
  }
  const object = (tag: number): Value => {
    const inner: Value[] = []
    for (;;) {
      const value = next()
      if (value.tag === END) return { tag, bytes: Buffer.alloc(0), inner }
      inner.push(value.tag < FIRST_FIELD ? object(value.tag) : value)
    }
  }
  const message = object(next().tag)
  if (next().tag !== END || at !== bytes.length) throw new Error('the message goes on behind its end')
  return message
}

/** The first text of that tag, without its NUL. */
export function textIn({ inner = [] }: Value, tag: number): string | undefined {
  return inner
    .find((value) => value.tag === tag)
    ?.bytes.toString('utf8')
    .replace(/\0$/, '')
}
