import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { faultOf } from '../config/files.ts'
import { EXIT } from '../errors.ts'
import type { Version } from '../idmefv2/profiles.ts'
import { printable } from '../idmefv2/text.ts'
import { advise, type Fault, validate, validator } from '../idmefv2/validate.ts'
import { type Call, type Streams, type Verb, versionOf } from './verb.ts'

export const validateVerb: Verb = {
  summary: 'check messages against the schema',
  usage: `idmefv2 validate [FILE|-] [options]

Checks IDMEFv2 messages (one JSON object, an array of them, or one a line) and prints the JSON pointer and the reason of
each fault.

      --idmefv2-version V   check against this version, not the one each message names: 2.D.V04 to 2.D.V08, or V04 to V08

Exit codes: 0 all are valid, 1 one is not, or there was none
`,
  options: { 'idmefv2-version': { type: 'string' } },
  operands: 1,
  run(call: Call): Promise<number> {
    const [file = '-'] = call.positionals
    const version = versionOf(call)
    return validateCommand({ file, ...(version && { version }) }, call.streams)
  },
}

export interface ValidateArgs {
  /** Path of the messages; `-` is standard input. */
  file: string
  /** Hold every message against this version instead of the one it names. */
  version?: Version
}

/** A message as it was found, or why there is none in that place. Lines count from 1. */
export type Found = { line: number; message: unknown } | { line: number; error: string }

// For a line, or a document of many lines: more than any receiver takes, and half of what V8 holds in a string.
const MAX_CHARS = 256 * 1024 ** 2

/**
 * Checks IDMEFv2 messages: one JSON object, an array of them, or one message a line. Writes a line for each fault
 * to `stdout`, and the count last; what only the text of the draft asks for goes to `stderr` as a warning.
 * Resolves to the exit code: 0 when there was a message and all of them are valid, else 1.
 */
export async function validateCommand(args: ValidateArgs, streams: Streams): Promise<number> {
  const { stdin, stdout, stderr } = streams
  const origin = args.file === '-' ? 'stdin' : args.file
  const check = args.version ? validator(args.version) : (message: unknown) => validate(message).faults
  let valid = 0
  let invalid = 0
  try {
    const input = args.file === '-' ? stdin : createReadStream(args.file)
    for await (const found of messages(linesOf(input))) {
      const { faults, warnings } = judge(found, check)
      if (faults.length === 0) valid++
      else invalid++
      const place = `${origin}:${found.line} (message ${valid + invalid}):`
      for (const fault of faults) await print(stdout, `${place} ${told(fault)}`)
      for (const warning of warnings) await print(stderr, `${place} warning: ${told(warning)}`)
    }
  } catch (error) {
    await print(stderr, `${origin}: ${faultOf(error)}`)
    invalid++
  }
  await print(stdout, `${valid} valid, ${invalid} invalid`)
  return valid > 0 && invalid === 0 ? EXIT.ok : EXIT.failed
}

/**
 * The messages in a text that comes line by line. Where the first line that is not blank is JSON by itself, every
 * line is, and each message is given as soon as it was read. Otherwise the whole text is one document; or, where it
 * is no JSON either, lines after all, so that a broken line spoils no other.
 */
export async function* messages(lines: AsyncIterable<string>): AsyncGenerator<Found> {
  const kept: string[] = []
  let chars = 0
  let count = 0
  let begun = false
  let streaming = false
  for await (const line of lines) {
    count++
    streaming ||= !begun && 'json' in parse(line)
    if (streaming) {
      yield* inLine(line, count)
      continue
    }
    kept.push(line)
    begun ||= line.trim() !== ''
    chars += line.length + 1
    if (chars > MAX_CHARS) throw new Error(`a document of more than ${MAX_CHARS} characters`)
  }
  if (begun) yield* inDocument(kept)
}

async function* linesOf(input: Readable): AsyncGenerator<string> {
  let rest = ''
  let first = true
  for await (const chunk of input.setEncoding('utf8')) {
    const text: string = first && chunk.startsWith('\ufeff') ? chunk.slice(1) : chunk
    first = false
    const [head = '', ...others] = text.split('\n')
    rest += head
    if (rest.length > MAX_CHARS) throw new Error(`a line of more than ${MAX_CHARS} characters`)
    if (others.length === 0) continue
    yield rest
    rest = others.pop() ?? ''
    yield* others
  }
  if (rest !== '') yield rest
}

function* inLine(text: string, line: number): Generator<Found> {
  if (text.trim() === '') return
  const parsed = parse(text)
  if ('error' in parsed) yield { line, error: parsed.error }
  else for (const message of [parsed.json].flat()) yield { line, message }
}

function* inDocument(lines: readonly string[]): Generator<Found> {
  const text = lines.join('\n')
  const parsed = parse(text)
  if ('json' in parsed) {
    const starts = startLines(text)
    for (const [index, message] of [parsed.json].flat().entries()) yield { line: starts[index] ?? 1, message }
  } else if (lines.some((line) => 'json' in parse(line))) {
    for (const [index, line] of lines.entries()) yield* inLine(line, index + 1)
  } else {
    yield { line: 1, error: parsed.error }
  }
}

/** The line on which each message of a well-formed document begins: its elements if it is an array, or itself. */
function startLines(text: string): number[] {
  const starts: number[] = []
  const level = text.trimStart().startsWith('[') ? 1 : 0
  let line = 1
  let depth = 0
  let due = level === 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === '\n') line++
    if (char.trim() === '') continue
    if (due) starts.push(line)
    due = depth === level && char === ','
    if (char === '"') at = stringEnd(text, at)
    else if (char === '}' || char === ']') depth--
    else if (char === '{' || char === '[') due = ++depth === level
  }
  return starts
}

function stringEnd(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}

function judge(found: Found, check: (message: unknown) => Fault[]): { faults: Fault[]; warnings: Fault[] } {
  if ('error' in found) return { faults: [{ pointer: '', reason: found.error }], warnings: [] }
  const faults = check(found.message)
  return { faults, warnings: faults.length === 0 ? advise(found.message) : [] }
}

function parse(text: string): { json: unknown } | { error: string } {
  try {
    return { json: JSON.parse(text) }
  } catch (error) {
    return { error: `is not JSON: ${messageOf(error)}` }
  }
}

/** On one line, and without anything that a terminal would obey: names and texts come from the message. */
const told = ({ pointer, reason }: Fault) => printable(`${pointer} ${reason}`).trim().replace(/\s/g, ' ')

async function print(out: Writable, line: string): Promise<void> {
  if (!out.write(`${line}\n`)) await once(out, 'drain')
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
