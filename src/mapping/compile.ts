import type { Profile } from '../idmefv2/profiles.ts'
import type { RejectReason } from '../types.ts'
import { generateAccessors } from './accessor.ts'
import { type Convert, closures } from './closures.ts'
import { type Emitter, FILTERED, FULL, generateEmitter, MISSING } from './emitter.ts'
import type { Ids } from './ids.ts'
import type { Program } from './ir.ts'
import { type Needle, needleOf } from './needle.ts'
import type { Parse } from './parser.ts'
import { readMapping } from './read.ts'
import { recallFor } from './recall.ts'
import type { Context, Place, Rules } from './rules.ts'
import { DISMISSED, FOUND, generateScanner, type Scan, UNUSUAL } from './scanner.ts'
import { layOut } from './slots.ts'

export { FILTERED, FULL }
/** The record cannot become a message; `Converter.reason` and `detail` say why. */
export const REJECTED = -4

/** Combinations of members that are remembered; real records have a few hundred. */
const MAX_SHAPES = 10_000

export interface CompileOptions {
  /** For the records that are too unusual for the scanner. */
  parse?: Parse
  /** `closures` is what runs where code generation from strings is not allowed; `auto` finds out. */
  code?: 'auto' | 'generated' | 'closures'
  /** `record`: what names it for its tool decides its ID, where the rules know that. `place`: always how `Ids` was set. */
  identity?: 'record' | 'place'
}

/** Compiles a probe's rules for one version. @throws {MappingError} with every fault of the mapping. */
export function compile(
  rules: Rules,
  profile: Profile,
  context: Context,
  options: CompileOptions = {},
): Converter {
  const program = readMapping(rules, profile, context)
  const generate = options.code === 'generated' || (options.code !== 'closures' && mayGenerate())
  const { translate, identity } = rules
  const isNamed = identity !== undefined && options.identity !== 'place'
  const { values } = context
  return new Converter(program, generate, options.parse ?? JSON.parse, {
    ...(translate && { translate }),
    ...(isNamed && { identity }),
    names: [values.instance ?? '', values['analyzer.hostname'] ?? ''],
  })
}

/** Both need the record as a value: its bytes cannot go the short way. */
interface Seams extends Pick<Rules, 'translate' | 'identity'> {
  /** What two sources of equal identities differ in. */
  names: readonly string[]
}

/** Whether code may be made from strings: Node's --disallow-code-generation-from-strings makes `new Function` throw. */
export function mayGenerate(): boolean {
  try {
    return new Function('return true')() === true
  } catch {
    return false
  }
}

/** Turns the bytes of records into the bytes of messages, one at a time. Belongs to one thread. */
export class Converter {
  /** What the raw bytes of a record must hold; without it every record has to be converted to be filtered. */
  readonly needle: Needle | undefined
  /** Records are text, in which a brace is nothing special. */
  readonly isText: boolean
  /** Of the records that follow, for those who are told. */
  place: Place = {}
  /** From a parsed event to a message object. */
  readonly convertEvent: Convert
  /** After REJECTED. */
  reason: RejectReason = 'invalid_json'
  detail = ''

  /** Names of the message's members, as MISSING counts them. */
  readonly #fields: readonly string[]
  readonly #parse: Parse
  readonly #seams: Seams
  readonly #generated: { scan: Scan; emitter: Emitter } | undefined
  readonly #spans: Int32Array
  /** Of messages that were accepted. */
  readonly #shapes = new Set<number>()
  #isParsed = false

  constructor(program: Program, generate: boolean, parse: Parse, seams: Seams = { names: [] }) {
    const layout = layOut(program)
    this.#fields = program.message.members.map(({ name }) => name)
    this.#parse = parse
    this.#seams = seams
    this.isText = seams.translate !== undefined
    this.needle = this.isText ? undefined : needleOf(program.filter)
    this.convertEvent = generate ? generateAccessors(program) : closures(program)
    const rule = recallFor(program, layout)
    const isPlain = !this.isText && seams.identity === undefined
    this.#generated =
      generate && isPlain
        ? { scan: generateScanner(layout.root, rule), emitter: generateEmitter(program, layout, rule) }
        : undefined
    this.#spans = new Int32Array(2 * layout.slots)
  }

  /**
   * Converts the record in `bytes[start, end)`, which must be valid UTF-8 with a newline at `end`, and writes the
   * message at `position`. Returns the position after it, FILTERED, FULL (nothing usable was written: call again with
   * more room) or REJECTED. `ids` was set to the record. Never throws.
   */
  convert(bytes: Buffer, start: number, end: number, ids: Ids, out: Buffer, position: number): number {
    const result = this.#convertBytes(bytes, start, end, ids, out, position)
    this.#isParsed = result === UNUSUAL
    if (result === UNUSUAL) return this.#convertParsed(bytes, start, end, ids, out, position)
    return result <= MISSING ? this.#missing(this.#fields[MISSING - result]) : result
  }

  /**
   * Of the message that was written last: whether its validity follows from that of others. Its members are those of
   * a message that was accepted, and each value is a constant, or was copied by a writer that takes nothing else, or
   * was held against the schema when it was made.
   */
  get isProven(): boolean {
    if (this.#isParsed || this.#generated === undefined) return false
    const { isProven, shape } = this.#generated.emitter.message
    return isProven && this.#shapes.has(shape)
  }

  /** To be called when the message that was written last was found valid. */
  accept(): void {
    if (this.#isParsed || this.#generated === undefined || this.#shapes.size >= MAX_SHAPES) return
    this.#shapes.add(this.#generated.emitter.message.shape)
  }

  #convertBytes(bytes: Buffer, start: number, end: number, ids: Ids, out: Buffer, position: number): number {
    if (this.#generated === undefined) return UNUSUAL
    const { scan, emitter } = this.#generated
    try {
      const found = scan(bytes, start, end, this.#spans)
      if (found === DISMISSED) return FILTERED
      return found === FOUND ? emitter.emit(bytes, this.#spans, ids, out, position) : UNUSUAL
    } catch {
      // Decoding a value can find what the scanner did not look for, such as a bad escape; a parser then decides.
      return UNUSUAL
    }
  }

  #convertParsed(bytes: Buffer, start: number, end: number, ids: Ids, out: Buffer, position: number): number {
    let event: unknown
    // A stack trace, which nobody would see, costs more than all the rest of a record that is garbage.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    try {
      event = this.#read(bytes.toString('utf8', start, end))
    } catch (error) {
      return this.#reject('invalid_json', error)
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
    if (event === undefined) return FILTERED
    if (typeof event !== 'object' || event === null || Array.isArray(event))
      return this.#reject('not_an_object', 'a record is one JSON object')
    try {
      this.#name(event, ids)
      const conversion = this.convertEvent(event, ids)
      if (conversion.kind === 'filtered') return FILTERED
      if (conversion.kind === 'missing') return this.#missing(conversion.field)
      return writeText(JSON.stringify(conversion.message), out, position)
    } catch (error) {
      return this.#reject('converter_failed', error)
    }
  }

  #read(text: string): unknown {
    const { translate } = this.#seams
    return translate ? translate(text.trim(), this.place) : this.#parse(text)
  }

  #name(event: object, ids: Ids): void {
    const identity = this.#seams.identity?.(event)
    if (identity !== undefined) ids.ofNames([...this.#seams.names, ...identity])
  }

  #missing(field: string | undefined): number {
    return this.#reject('missing_required', `the record has nothing usable for ${field}`)
  }

  #reject(reason: RejectReason, detail: unknown): number {
    this.reason = reason
    this.detail = detail instanceof Error ? detail.message : String(detail)
    return REJECTED
  }
}

function writeText(text: string, out: Buffer, position: number): number {
  if (position + Buffer.byteLength(text) > out.length) return FULL
  return position + out.write(text, position)
}
