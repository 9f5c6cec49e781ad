// The text of Samhain's log, after its catalogue of messages (sh_cat.c) and what writes them (sh_error.c, sh_err_log.c):
//
//     CRIT   :  [2026-11-22T04:21:58+0100] msg=<POLICY [ReadOnly] C-------TS>, path=</srv/x>, size_old=<16>, …,
//     2F9B24F5D00BF0861B36D762493B12D2F9374E320E67A9DF
//
// The second line signs the first one. A server (yule) logs what its clients send as a record inside a record.

/** What one record says, in the order of the log. A key that comes twice has the names that the XML form gives the second. */
export interface Fields {
  /** As printed: `CRIT`, `ALERT` …; `<TCP>` of a server for what a client sent. */
  sev: string
  /** As printed, without brackets. */
  tstamp: string
  [key: string]: string
}

const HEAD =
  /^\s*(DEBUG|INFO|NOTICE|WARN|MARK|ERROR|CRIT|ALERT|<TCP>|<NET>|\?\?\?)\s*:\s+\[([^\]]*)\]\s+(?:\([^)]*\)\s+)?(?=\w+=<)/

/**
 * Where one value ends and the next key begins: `>, key=<`, in some messages `> key=<`. `<` and `>` stand in values as they
 * are; blanks of names do not, they have a backslash before them, so that no name of a file can look like this.
 */
const NEXT = />,? +(?=\w+=<)/g

/**
 * The one message with text of others: a line of a log that Samhain watches, or how often there were some. Its blanks are
 * blanks, so only what comes last is a key.
 */
const LOGGED = /^msg=<(POLICY \[Logfile\] .*)>,? +time=<([^<>]*)>,? +host=<([^<>]*)>,? +path=<([^<>]*)>[, ]*$/
const COUNTED = /^msg=<(POLICY \[Logfile\] .*)>,? +host=<([^<>]*)>(?:,? +path=<([^<>]*)>)?[, ]*$/

/** The record in a line, or nothing where there is none. */
export function fieldsOf(line: string): Fields | undefined {
  const [head, sev = '', tstamp = ''] = HEAD.exec(line) ?? []
  if (head === undefined) return undefined
  const said = valuesIn(line.slice(head.length).trimEnd())
  const { client, msg, ...others } = said
  const inner = client === undefined || msg === undefined ? undefined : fieldsOf(msg)
  if (inner !== undefined && client !== undefined) return { ...inner, client: plain(client) }
  const shown = Object.entries({
    ...(client !== undefined && { client }),
    ...(msg !== undefined && { msg }),
    ...others,
  })
  return { sev, tstamp, ...Object.fromEntries(shown.map(([key, value]) => [key, plain(value)])) }
}

/** Blank lines, the mark of a beginning, signatures (of which the first has a time behind it) and keys: nothing is lost by them. */
const FILLING = /^(?:\[[SE]OF\]|[\dA-F]{48}(?:\[[^\]]*\])?|-----(?:BEGIN|END) [A-Z]+-----)?\s*$/i

export function isFilling(line: string): boolean {
  return FILLING.test(line)
}

type Values = { [key: string]: string }

function valuesIn(text: string): Values {
  const [, line, time, host = '', path = ''] = LOGGED.exec(text) ?? []
  if (line !== undefined && time !== undefined) return { msg: line, time, host, path }
  const [, counted, by = '', of = ''] = COUNTED.exec(text) ?? []
  if (counted !== undefined) return { msg: counted, host: by, path: of }
  const server = /^client=<([^<>]*)>, +msg=<(.*)>[, ]*$/.exec(text)
  if (server) return { client: server[1] ?? '', msg: server[2] ?? '' }
  const found = new Map<string, string>()
  const parts = text.split(NEXT)
  for (const [index, part] of parts.entries()) {
    const [, key = '', rest = ''] = /^(\w+)=<(.*)$/s.exec(part) ?? []
    // A record whose end is missing keeps what there is of its last value.
    const value = index === parts.length - 1 ? rest.replace(/>[, ]*$/, '') : rest
    const name = found.has(key) ? `${key}_data` : key
    if (key !== '' && key !== 'sev' && key !== 'tstamp' && !found.has(name)) found.set(name, value)
  }
  return Object.fromEntries(found)
}

const ESCAPED = /(?:\\[0-3][0-7]{2})+|\\[^0-7]/g
const NAMED: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}
const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** Without the escapes of C: `with\ space`, `\"`, `\t`, `\303\251` for é. Bytes that are no UTF-8 stay escaped. */
function plain(value: string): string {
  if (!value.includes('\\')) return value
  return value.replace(ESCAPED, unescaped)
}

function unescaped(sequence: string): string {
  const letter = sequence[1] ?? ''
  if (!/[0-7]/.test(letter)) return NAMED[letter] ?? letter
  const bytes = sequence
    .split('\\')
    .slice(1)
    .map((digits) => Number.parseInt(digits, 8))
  try {
    return UTF8.decode(Uint8Array.from(bytes))
  } catch {
    return sequence
  }
}
