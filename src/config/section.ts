import type { Findings } from './findings.ts'
import type { Entry } from './ini.ts'

/** What one says of a section, by the names of its keys. */
export type Teller = Pick<Section, 'error' | 'warn'>

/** A section as all files together give it, with what `[DEFAULT]` lends it. */
export class Section {
  readonly name: string
  readonly own: ReadonlyMap<string, Entry>
  readonly #header: string
  readonly #lent: ReadonlyMap<string, Entry>
  readonly #findings: Findings

  /** `header` is where the section begins, `file:line`, or the file that could have had it. */
  constructor(
    name: string,
    header: string,
    own: ReadonlyMap<string, Entry>,
    lent: ReadonlyMap<string, Entry>,
    findings: Findings,
  ) {
    this.name = name
    this.own = own
    this.#header = header
    this.#lent = lent
    this.#findings = findings
  }

  get(key: string): Entry | undefined {
    return this.own.get(key) ?? this.#lent.get(key)
  }

  /** Says something of `key` (of the whole section when it is empty), at its line or that of another key involved. */
  error(key: string, what: string, ...others: readonly string[]): void {
    this.#findings.error(this.place(key, ...others), this.#titled(key, what))
  }

  warn(key: string, what: string, ...others: readonly string[]): void {
    this.#findings.warn(this.place(key, ...others), this.#titled(key, what))
  }

  /** The same place in the files with other keys of its own, and perhaps another name. */
  holding(own: ReadonlyMap<string, Entry>, name = this.name): Section {
    return new Section(name, this.#header, own, this.#lent, this.#findings)
  }

  /** Where the first of the keys that is given stands, `file:line`; where the section begins when none is. */
  place(...keys: readonly string[]): string {
    const entry = keys.map((key) => this.get(key)).find((entry) => entry !== undefined)
    if (!entry) return this.#header
    return entry.line > 0 ? `${entry.file}:${entry.line}` : entry.file
  }

  #titled(key: string, what: string): string {
    if (key === '') return `[${this.name}] ${what}`
    return `${this.get(key)?.written ?? `[${this.name}] ${key}`}: ${what}`
  }
}
