import { type Comparer, textComparer } from './comparer.ts'
import { skipBlanks, skipString, skipValue } from './lexer.ts'
import type { Recall } from './recall.ts'
import type { Place } from './slots.ts'

/** What a scan found: the slots are filled, the record is not wanted, or it needs a real parser. */
export const FOUND = 1
export const DISMISSED = -2
export const UNUSUAL = -1

/**
 * Walks over one record once and notes where the wanted values lie: `spans[2 * slot]` is the first byte of a value,
 * `spans[2 * slot + 1]` the byte after it, 0 when the value is absent. The byte at `end` must be a newline.
 * Escaped keys, repeated keys and anything that is not plainly JSON are left to a parser: UNUSUAL.
 */
export type Scan = (bytes: Uint8Array, start: number, end: number, spans: Int32Array) => number

/** The member of the root whose objects are recalled. */
export interface Rule {
  name: string
  recall: Recall
}

/**
 * Generates the scanner for a tree of places. The code is printed from the tree alone: keys enter as numbers (their
 * bytes), everything else by index into a table.
 */
export function generateScanner(root: Place, rule?: Rule): Scan {
  const printer = new ScannerPrinter(rule && root.names.get(rule.name))
  const entry = printer.value(root)
  const source = `"use strict";
${printer.functions.join('\n')}
return function scan(b, start, end, S) {
  let p = skipBlanks(b, start);
  if (b[p] !== 0x7b) return ${UNUSUAL};
  S.fill(0);
  if (K) K.known = undefined;
  p = ${entry}(b, p, end, S);
  if (p < 0) return p;
  return skipBlanks(b, p) === end ? ${FOUND} : ${UNUSUAL};
}`
  const make = new Function('skipBlanks', 'skipString', 'skipValue', 'T', 'K', source)
  return make(skipBlanks, skipString, skipValue, printer.table, rule?.recall) as Scan // printed above with this signature
}

class ScannerPrinter {
  readonly functions: string[] = []
  readonly table: Comparer[] = []
  readonly #recalled: Place | undefined

  constructor(recalled: Place | undefined) {
    this.#recalled = recalled
  }

  /** The name of a function that passes over the value of a place, whatever it is. */
  value(place: Place): string {
    return this.#function('v', (name) => {
      const { slot } = place
      const lines = [`function ${name}(b, p, end, S) {`]
      if (slot !== undefined)
        lines.push(`  if (S[${2 * slot + 1}] !== 0) return ${UNUSUAL};`, '  const s = p;')
      lines.push('  const c = b[p];')
      lines.push(`  if (c === 0x7b) ${this.#ofObject(place)}`)
      lines.push(`  else if (c === 0x5b) ${this.#ofList(place)}`)
      lines.push('  else p = skipValue(b, p, end);', '  if (p < 0) return p;')
      if (slot !== undefined) lines.push(`  S[${2 * slot}] = s; S[${2 * slot + 1}] = p;`)
      if (slot !== undefined && place.mustBe)
        lines.push(
          `  if (!T[${this.table.push(textComparer(place.mustBe)) - 1}](b, s, p)) return ${DISMISSED};`,
        )
      if (place === this.#recalled) lines.push('  if (c === 0x7b) K.learn(s, p, S);')
      return [...lines, '  return p;', '}']
    })
  }

  /** An index of an object is a name of it, too; that is rare enough to leave to the parser. */
  #ofObject(place: Place): string {
    const { names, indices } = place
    if (names.size > 0) {
      const walk = `${this.#object(names, [...indices.keys()].map(String))}(b, p + 1, end, S)`
      if (place !== this.#recalled) return `p = ${walk};`
      // What is known was found before: it passed all that is asked of it.
      return `{
    const f = K.find(b, p, end, S);
    if (f > 0) return f;
    p = ${walk};
  }`
    }
    return indices.size > 0 ? `return ${UNUSUAL};` : 'p = skipValue(b, p, end);'
  }

  /** The other way round: `length` and the items are what a list has by name. */
  #ofList({ names, indices }: Place): string {
    if ([...names.keys()].some(isNameOfList)) return `return ${UNUSUAL};`
    return indices.size > 0 ? `p = ${this.#list(indices)}(b, p + 1, end, S);` : 'p = skipValue(b, p, end);'
  }

  /** Passes over the members of an object from after its brace. A key of `unusual` leaves the record to the parser. */
  #object(names: ReadonlyMap<string, Place>, unusual: readonly string[]): string {
    return this.#function('o', (name) => [
      `function ${name}(b, p, end, S) {
  p = skipBlanks(b, p);
  if (b[p] === 0x7d) return p + 1;
  for (;;) {
    if (b[p] !== 0x22) return ${UNUSUAL};
    const k = p + 1;
    p = k;
    let c = b[p];
    while (c !== 0x22) {
      if (c === 0x5c || p >= end) return ${UNUSUAL};
      c = b[++p];
    }
    const length = p - k;
    p = skipBlanks(b, p + 1);
    if (b[p] !== 0x3a) return ${UNUSUAL};
    p = skipBlanks(b, p + 1);
    let q;
    switch (length) {
${this.#keys(names, unusual).join('\n')}
      default: q = skipValue(b, p, end);
    }
    if (q < 0) return q;
    p = skipBlanks(b, q);
    if (b[p] === 0x2c) { p = skipBlanks(b, p + 1); continue; }
    return b[p] === 0x7d ? p + 1 : ${UNUSUAL};
  }
}`,
    ])
  }

  /** One case for each length of a key, in it a comparison for each key of that length. */
  #keys(names: ReadonlyMap<string, Place>, unusual: readonly string[]): string[] {
    const byLength = new Map<number, string[]>()
    const add = (key: string, action: string) => {
      const bytes = Buffer.from(JSON.stringify(key).slice(1, -1)) // with an escape it is never found, as it should be
      const tests = byLength.get(bytes.length) ?? []
      byLength.set(bytes.length, [...tests, `if (${sameBytes(bytes)}) ${action}`])
    }
    for (const key of unusual) add(key, `return ${UNUSUAL};`)
    for (const [key, place] of names) add(key, `q = ${this.value(place)}(b, p, end, S);`)
    return [...byLength].map(
      ([length, tests]) =>
        `      case ${length}: ${[...tests, 'q = skipValue(b, p, end);'].join(' else ')} break;`,
    )
  }

  /** Passes over the items of a list from after its bracket. */
  #list(indices: ReadonlyMap<number, Place>): string {
    return this.#function('l', (name) => {
      const cases = [...indices].map(
        ([index, place]) => `      case ${index}: q = ${this.value(place)}(b, p, end, S); break;`,
      )
      return [
        `function ${name}(b, p, end, S) {
  p = skipBlanks(b, p);
  if (b[p] === 0x5d) return p + 1;
  for (let i = 0; ; i++) {
    let q;
    switch (i) {
${cases.join('\n')}
      default: q = skipValue(b, p, end);
    }
    if (q < 0) return q;
    p = skipBlanks(b, q);
    if (b[p] === 0x2c) { p = skipBlanks(b, p + 1); continue; }
    return b[p] === 0x5d ? p + 1 : ${UNUSUAL};
  }
}`,
      ]
    })
  }

  /** Prints a function under a name of its own; it may print others on the way. */
  #function(letter: string, print: (name: string) => string[]): string {
    const index = this.functions.push('') - 1
    const name = `${letter}${index}`
    this.functions[index] = print(name).join('\n')
    return name
  }
}

function isNameOfList(name: string): boolean {
  return name === 'length' || /^(?:0|[1-9]\d*)$/.test(name)
}

function sameBytes(bytes: Buffer): string {
  return [...bytes].map((byte, i) => `b[k + ${i}] === ${byte}`).join(' && ') || 'true'
}
