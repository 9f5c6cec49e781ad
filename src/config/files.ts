import { open } from 'node:fs/promises'
import { getSystemErrorMessage } from 'node:util'
import type { Findings } from './findings.ts'
import { type Entry, readIni } from './ini.ts'
import { Section } from './section.ts'

/** Whose a file is; `mode` holds the permission bits alone. */
export interface Access {
  mode: number
  uid: number
  gid: number
}

/** `fault` is fit for the operator and holds nothing of the content. */
export type TextFile = (Access & { text: string; fault?: undefined }) | { fault: string }

/** Reads a whole file of UTF-8 text; at most `maxBytes`, as a device or a pipe may have no end. Never rejects. */
export async function readText(path: string, maxBytes: number): Promise<TextFile> {
  try {
    await using handle = await open(path)
    const { mode, uid, gid } = await handle.stat()
    const chunks: Buffer[] = []
    for await (const chunk of handle.createReadStream({ end: maxBytes, autoClose: false })) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    if (bytes.length > maxBytes) return { fault: `is larger than ${maxBytes} bytes` }
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), mode: mode & 0o777, uid, gid }
  } catch (error) {
    return { fault: faultOf(error) }
  }
}

/** More than any password or token; a device named by mistake has no end. */
const MAX_SECRET_BYTES = 4096

/** The first line of a file, as passwords stand in files. Never empty, never rejects. */
export async function readFirstLine(path: string): Promise<TextFile> {
  const read = await readText(path, MAX_SECRET_BYTES)
  if (read.fault !== undefined) return read
  const [text] = read.text.split(/\r?\n/, 1)
  return text ? { ...read, text } : { fault: 'has an empty first line' }
}

/** Why a file cannot be read, in words that follow its name. */
export function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return 'cannot be read'
  if ('errno' in error && typeof error.errno === 'number')
    return `cannot be read: ${getSystemErrorMessage(error.errno)}`
  if ('code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'is not UTF-8 text'
  return `cannot be read: ${error.message}`
}

export interface Layers {
  /** In the order of their first appearance, `[DEFAULT]` excepted. */
  sections: Section[]
  /** The section of that name; one without keys of its own when no file has it. */
  section(name: string): Section
  /** Of each file that was read. */
  access: ReadonlyMap<string, Access>
}

/** What the command line says of sections; those it only names are there even when no file has them. */
export type Given = { section: string; entry?: { flag: string; key: string; value: string } }[]

/** A configuration is some hundred lines; more than this is another file named by mistake. */
const MAX_BYTES = 1024 ** 2

/** Lays the files over each other, key by key; of two values the later file's counts, and what is given before all of them. */
export async function readLayers(
  files: readonly string[],
  findings: Findings,
  given: Readonly<Given> = [],
): Promise<Layers> {
  const merged = new Map<string, Map<string, Entry>>()
  const headers = new Map<string, string>()
  const access = new Map<string, Access>()
  for (const file of files) {
    const read = await readText(file, MAX_BYTES)
    if (read.fault !== undefined) {
      findings.error(file, read.fault)
      continue
    }
    access.set(file, read)
    const ini = readIni(read.text, file)
    for (const { where, what } of ini.problems) findings.error(where, what)
    for (const [name, line] of ini.headers) headers.set(name, headers.get(name) ?? `${file}:${line}`)
    for (const [name, entries] of ini.sections)
      merged.set(name, new Map([...(merged.get(name) ?? []), ...entries]))
  }
  for (const { section, entry } of given) {
    const entries = merged.get(section) ?? new Map<string, Entry>()
    merged.set(section, entries)
    if (!entry) continue
    // A per cent sign refers to nothing there.
    const value = entry.value.replaceAll('%', '%%').replaceAll('${', () => '$${')
    entries.set(entry.key, { value, line: 0, file: 'command line', written: entry.flag })
  }
  const lent = merged.get('DEFAULT') ?? new Map<string, Entry>()
  const section = (name: string) =>
    new Section(name, headers.get(name) ?? files.at(-1) ?? '', merged.get(name) ?? new Map(), lent, findings)
  const sections = [...merged.keys()].filter((name) => name !== 'DEFAULT').map(section)
  return { sections, section, access }
}
