import type { Readable, Writable } from 'node:stream'
import type { ParseArgsOptionsConfig } from 'node:util'
import { idmefv2 } from '../config/options.ts'
import { UsageError } from '../errors.ts'
import { VERSIONS, type Version } from '../idmefv2/profiles.ts'

export interface Streams {
  stdin: Readable
  stdout: Writable & { isTTY?: boolean }
  stderr: Writable
}

export interface Call {
  /** What parseArgs made of the verb's options. */
  values: Record<string, string | boolean | (string | boolean)[] | undefined>
  positionals: string[]
  streams: Streams
}

/** A word of the command line: `idmefv2 VERB …`. `run` resolves to the exit code. */
export interface Verb {
  /** One line for the list of verbs. */
  summary: string
  usage: string
  options: ParseArgsOptionsConfig
  /** Most words it takes beside its options; none where it does not say. */
  operands?: number
  run(call: Call): Promise<number>
}

export function textOf({ values }: Call, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

export function textsOf({ values }: Call, name: string): string[] {
  const value = values[name]
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string')
}

export function isSet({ values }: Call, name: string): boolean {
  return values[name] === true
}

/** What `--idmefv2-version` says, if it was given. @throws {UsageError} */
export function versionOf(call: Call): Version | undefined {
  const text = textOf(call, 'idmefv2-version')
  if (text === undefined) return undefined
  const parsed = idmefv2.shape.version.safeParse(text)
  if (parsed.success) return parsed.data
  throw new UsageError(`--idmefv2-version: expected one of ${VERSIONS.join(', ')}`)
}
