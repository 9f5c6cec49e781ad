import { parse } from 'ini'
import type { Problem } from '../errors.ts'

export interface Entry {
  value: string
  /** 0 where it stands in no file. */
  line: number
  file: string
  /** As it is written, `[section] key`, where its option has another name. */
  written?: string
}

/** Section name → key → value. Section names keep their case, keys are in lower case. */
export type Sections = Map<string, Map<string, Entry>>

export interface Ini {
  sections: Sections
  /** The line on which each section begins. */
  headers: Map<string, number>
  problems: Problem[]
}

/**
 * Reads INI text as Python's `ConfigParser()` does (3.11, default arguments), up to but without interpolation,
 * which needs every file first (`expand.ts`). Nothing is thrown: what Python refuses is a problem with its line,
 * and reading goes on. No message repeats what stands right of a `=`, nor a line without one: it may be a secret.
 *
 * `ini` reads another dialect. A first pass therefore finds the logical lines as Python does and hands each to
 * `ini` in the one form that both understand, `"name@line"="value"` with JSON quotes:
 *
 * | written                        | `ini` alone gives           | Python, and this    | made up for by              |
 * |--------------------------------|-----------------------------|---------------------|-----------------------------|
 * | `key: value`                   | key `key: value`, true      | `value`             | both separators, first wins |
 * | `KEY = v`                      | key `KEY`                   | key `key`           | lower case                  |
 * | `key = a` then indented `b`    | two keys                    | `a\nb`              | lines joined                |
 * | `key = a ; b`, `key = a # b`   | `a`                         | all of it           | JSON quotes                 |
 * | `key = "v"`, `key = 'v'`       | `v`                         | the quotes stay     | JSON quotes                 |
 * | `key = a\;b`                   | `a;b`                       | the backslash stays | JSON quotes                 |
 * | `key = true`, `null`           | a boolean, null             | text                | back to text                |
 * | `[a.b]`                        | b inside a                  | section `a.b`       | `\.` in the name            |
 * | `[a]b]`                        | not a section               | section `a]b`       | `\u005d` in the name        |
 * | `key[] = v`                    | a list                      | key `key[]`         | the line number ends it     |
 * | a section or key given twice   | the last value              | an error            | the line number tells apart |
 * | `__proto__`                    | left out                    | an ordinary name    | the line number ends it     |
 * | `key`, `= v`, a key outside of | a key with the value true,  | an error            | found by the first pass     |
 * | any section                    | nothing, a key at the root  |                     |                             |
 *
 * A byte order mark and `\r\n` or `\r` line ends are accepted. Blanks are those of JavaScript's `trim`.
 */
export function readIni(text: string, file: string): Ini {
  const problems: Problem[] = []
  const lines = logicalLines(text, (line, what) => problems.push({ where: `${file}:${line}`, what }))
  const sections: Sections = new Map()
  const headers = new Map<string, number>()

  for (const { name, line, options } of byIni(lines)) {
    const first = headers.get(name)
    if (first === undefined) headers.set(name, line)
    // Python lets [DEFAULT], and only that, begin again.
    else if (name !== 'DEFAULT')
      problems.push({ where: `${file}:${line}`, what: `[${name}] begins again, first on line ${first}` })

    const section = sections.get(name) ?? new Map<string, Entry>()
    sections.set(name, section)
    for (const option of options) {
      const twin = section.get(option.name)
      if (!twin) section.set(option.name, { value: option.value, line: option.line, file })
      else
        problems.push({
          where: `${file}:${option.line}`,
          what: `[${name}] ${option.name}: given twice, first on line ${twin.line}`,
        })
    }
  }
  return { sections, headers, problems }
}

type Line = { line: number } & ({ section: string } | { key: string; values: string[] })

/** The order of the questions (comment, blank, continuation, header, option) is that of Python's `_read`. */
function logicalLines(text: string, fault: (line: number, what: string) => void): Line[] {
  const lines: Line[] = []
  let indent = 0
  let values: string[] | undefined
  let outside = true
  let isOutsideTold = false

  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = index + 1
    const content = raw.trim()
    if (content.startsWith('#') || content.startsWith(';')) continue
    if (content === '') {
      values?.push('')
      continue
    }
    const depth = raw.search(/\S/)
    if (values && depth > indent) {
      values.push(content)
      continue
    }
    indent = depth

    const section = /^\[(.+)\]/s.exec(content)?.[1]
    if (section !== undefined) {
      lines.push({ line, section })
      values = undefined
      outside = false
      continue
    }
    if (outside) {
      if (!isOutsideTold) fault(line, 'stands before the first [section]')
      isOutsideTold = true
      continue
    }
    const split = content.search(/[=:]/)
    if (split > 0) {
      values = [content.slice(split + 1).trim()]
      lines.push({ line, key: content.slice(0, split).trim().toLowerCase(), values })
    } else if (split === 0) fault(line, 'no key before the separator')
    else if (content.startsWith('[')) fault(line, 'a section header without its name or closing bracket')
    else fault(line, 'neither [section] nor key = value; a value continues on an indented line only')
  }
  return lines
}

interface Decoded {
  name: string
  line: number
  options: { name: string; line: number; value: string }[]
}

/** Sections and options as `ini` reads them back from their neutral form, in the order of the file. */
function byIni(lines: readonly Line[]): Decoded[] {
  const sections: Record<string, Record<string, unknown>> = parse(lines.map(neutral).join('\n'))
  return Object.entries(sections)
    .map(([tag, options]) => ({
      ...untagged(tag),
      // ini makes true, false and null of the words; in text they are the words again.
      options: Object.entries(options).map(([tag, value]) => ({ ...untagged(tag), value: String(value) })),
    }))
    .sort((a, b) => a.line - b.line)
}

function neutral(line: Line): string {
  if ('section' in line) return `[${quoted(`${line.section}@${line.line}`.replaceAll('.', '\\.'))}]`
  return `${quoted(`${line.key}@${line.line}`)}=${quoted(line.values.join('\n').trimEnd())}`
}

/** A JSON string without the characters that end a name or a line for `ini`, quotes or not. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[=\]\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function untagged(tag: string): { name: string; line: number } {
  const end = tag.lastIndexOf('@')
  return { name: tag.slice(0, end), line: Number(tag.slice(end + 1)) }
}
