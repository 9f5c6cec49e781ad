/** One key of a simple path: a property name or an array index. */
export type Segment = string | number

/**
 * A JSONPath taken apart: `prefix` is what leads to one value by plain property access; `rest`, where there is
 * one, selects from that value and gives a list.
 */
export interface Path {
  text: string
  prefix: readonly Segment[]
  rest?: readonly Step[]
}

/** What is taken from each value that the step before it gave. */
export type Step =
  | { kind: 'keys'; keys: readonly Segment[] }
  | { kind: 'filter'; test: FilterTest }
  /** `[*]`, `..` or a slice such as `[0:2]`: the text that jsonpath-plus takes after `$`. */
  | { kind: 'pattern'; pattern: string }

/** The value at `path` is there, or compares with the literal as the operator says. */
export interface FilterTest {
  path: readonly Segment[]
  compare?: { operator: Operator; literal: string | number | boolean | null }
}

/** Longer ones first, so that `<=` is not taken for `<`. */
const OPERATORS = ['==', '!=', '<=', '>=', '<', '>'] as const
export type Operator = (typeof OPERATORS)[number]

/** The text is not a path of the mapping language. `message` says what is wrong, and where in the text. */
export class PathError extends Error {
  readonly code = 'PATH'
}

/**
 * Parses `$`, `.name`, `['name']`, `[0]`, `[*]`, `.*`, `[a:b:c]`, `['a','b']`, `..name`, `[?(@.name == 'x')]`; `..` once.
 * Script expressions and the parent and type operators of jsonpath-plus are refused: a mapping is data.
 * @throws {PathError}
 */
export function parsePath(text: string): Path {
  const reader = new PathReader(text)
  const prefix: Segment[] = []
  const rest: Step[] = []
  reader.expect('$')
  while (!reader.atEnd()) {
    const step = reader.step()
    const key = rest.length === 0 ? soleKey(step) : undefined
    if (key === undefined) rest.push(step)
    else prefix.push(key)
  }
  return rest.length === 0 ? { text, prefix } : { text, prefix, rest }
}

function soleKey(step: Step): Segment | undefined {
  return step.kind === 'keys' && step.keys.length === 1 ? step.keys[0] : undefined
}

class PathReader {
  readonly #text: string
  #at = 0
  #descended = false

  constructor(text: string) {
    this.#text = text
  }

  atEnd(): boolean {
    return this.#at === this.#text.length
  }

  expect(token: string): void {
    if (!this.#take(token)) throw this.#fault(`expected ${JSON.stringify(token)}`)
  }

  step(): Step {
    if (this.#take('..')) return this.#descent()
    if (this.#take('.')) return this.#dotted()
    if (this.#take('[')) return this.#bracketed()
    throw this.#fault('expected ".", "[" or the end of the path')
  }

  /** After `..`; the name or bracket behind it is a step of its own, and a name then stands without its dot. */
  #descent(): Step {
    const next = this.#text[this.#at]
    if (next === undefined || next === '.') throw this.#fault('expected a name, * or [ after ..')
    // Each one multiplies what is found by the depth of the event, which is up to whoever writes the log.
    if (this.#descended) throw this.#fault('.. may stand in a path only once')
    this.#descended = true
    if (next !== '[') this.#at-- // the second dot is that of the name
    return { kind: 'pattern', pattern: '..' }
  }

  #dotted(): Step {
    if (this.#take('*')) return { kind: 'pattern', pattern: '[*]' }
    const name = this.#match(/[^.[\]'"()*?@^~`,\s$!<=>&|]+/y)
    if (name === undefined) throw this.#fault("expected a name; other names are written ['like this']")
    return { kind: 'keys', keys: [name] }
  }

  #bracketed(): Step {
    const step = this.#selector()
    this.expect(']')
    return step
  }

  #selector(): Step {
    if (this.#take('*')) return { kind: 'pattern', pattern: '[*]' }
    if (this.#take('?')) return { kind: 'filter', test: this.#filter() }
    if (this.#text[this.#at] === '(') throw this.#fault('script expressions are not allowed')
    const slice = this.#match(/(?:-?\d+)?:(?:-?\d+)?(?::(?:-?\d+)?)?(?=\])/y)
    if (slice !== undefined) return { kind: 'pattern', pattern: `[${slice}]` }
    const keys = [this.#key()]
    while (this.#take(',')) keys.push(this.#key())
    return { kind: 'keys', keys }
  }

  #key(): Segment {
    this.#skipBlanks()
    const index = this.#match(/\d+/y)
    const key = index === undefined ? this.#quoted() : Number(index)
    this.#skipBlanks()
    return key
  }

  #quoted(): string {
    const token = this.#match(/'(?:[^'\\]|\\['"\\])*'|"(?:[^"\\]|\\['"\\])*"/y)
    if (token === undefined) {
      const quote = /['"]/.test(this.#text[this.#at] ?? '')
      throw this.#fault(
        quote
          ? 'the quoted text has no end, or a backslash before something else than a quote or a backslash'
          : 'expected an index, a quoted name, *, a slice or a filter',
      )
    }
    return token.slice(1, -1).replace(/\\(.)/g, '$1')
  }

  #filter(): FilterTest {
    const parenthesised = this.#take('(')
    this.#skipBlanks()
    this.expect('@')
    const path = this.#filterPath()
    this.#skipBlanks()
    const operator = OPERATORS.find((candidate) => this.#take(candidate))
    const test: FilterTest =
      operator === undefined ? { path } : { path, compare: { operator, literal: this.#literal() } }
    this.#skipBlanks()
    if (parenthesised) this.expect(')')
    return test
  }

  #filterPath(): Segment[] {
    const path: Segment[] = []
    while (/[.[]/.test(this.#text[this.#at] ?? '')) {
      const key = soleKey(this.step())
      if (key === undefined) throw this.#fault('a filter compares one plain path')
      path.push(key)
    }
    return path
  }

  #literal(): string | number | boolean | null {
    this.#skipBlanks()
    const word = this.#match(/-?(?:0|[1-9]\d*)(?:\.\d+)?|true|false|null/y)
    if (word !== undefined) return JSON.parse(word) as number | boolean | null // one of the words above
    if (/['"]/.test(this.#text[this.#at] ?? '')) return this.#quoted()
    throw this.#fault('expected a quoted text, a number, true, false or null')
  }

  #skipBlanks(): void {
    this.#match(/\s+/y)
  }

  #take(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false
    this.#at += token.length
    return true
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  #fault(what: string): PathError {
    return new PathError(`${JSON.stringify(this.#text)}, character ${this.#at + 1}: ${what}`)
  }
}
