/** Names the field in which a line broke off, in what is read of it. */
export const TORN = 'torn'

/**
 * Reads a JSON object as a shell script's `echo` prints it: `keys` in their order, each a text with nothing escaped in it. What is
 * JSON is read as JSON. Then a control character stands for itself. Then every byte between the texts' own quotes does, a
 * backslash and a quote too: provided that no other reading is possible, because what stands between two texts
 * (`","key":"`) is there exactly once for each key. Of a line that breaks off in a text, which is what a line end in it
 * does, the texts before it are read, the beginning of that one, and its key as `torn`.
 * @throws {SyntaxError} what JSON says of it, where there is no such reading.
 */
export function unescaped(text: string, keys: readonly string[]): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const read = withControls(text) ?? literal(text, keys)
    if (read !== undefined) return read
    throw isRest(text, keys) ? new SyntaxError('the rest of a record that a line end broke off') : error
  }
}

function isRest(text: string, keys: readonly string[]): boolean {
  return !text.startsWith('{') && keys.some((key) => separator(key).test(text)) && CLOSING.test(text)
}

function withControls(text: string): unknown {
  try {
    return JSON.parse(text.replace(CONTROL, (one) => JSON.stringify(one).slice(1, -1)))
  } catch {
    // Something else is wrong, too.
    return undefined
  }
}
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what JSON forbids in a text
const CONTROL = /[\u0000-\u001f]/g

const opening = (key: string) => new RegExp(`^\\{\\s*"${key}"\\s*:\\s*"`)
const separator = (key: string) => new RegExp(`"\\s*,\\s*"${key}"\\s*:\\s*"`, 'g')
const CLOSING = /"\s*\}$/

function literal(text: string, [first = '', ...others]: readonly string[]): unknown {
  const start = opening(first).exec(text)?.[0].length
  if (start === undefined) return undefined
  const fields: [key: string, from: number, to: number][] = []
  let [key, from] = [first, start]
  for (const next of others) {
    const [found, another] = text.matchAll(separator(next))
    if (another !== undefined || (found !== undefined && found.index < from)) return undefined
    if (found === undefined) continue
    fields.push([key, from, found.index])
    key = next
    from = found.index + found[0].length
  }
  const end = CLOSING.exec(text.slice(from))?.index
  // The first text says what or when; alone it would not be worth a message.
  if (end === undefined && fields.length === 0) return undefined
  fields.push([key, from, end === undefined ? text.length : from + end])
  const entries = fields.map(([name, low, high]) => [name, text.slice(low, high)])
  return Object.fromEntries(end === undefined ? [...entries, [TORN, key]] : entries)
}
