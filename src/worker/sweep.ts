import type { Needle } from '../mapping/needle.ts'
import {
  add,
  and,
  andBytes,
  below,
  byteAt,
  bytesAt,
  type Code,
  differ,
  equal,
  equalBytes,
  get,
  giveBack,
  highBits,
  i32,
  isAnySet,
  isZero,
  type Local,
  moduleOf,
  or,
  orBytes,
  repeat,
  set,
  shiftLeft,
  shiftRight,
  sixteen,
  store,
  subtract,
  trailingZeros,
  when,
} from './assembler.ts'

// One pass over a block of lines, 32 bytes at a time, counts the lines that cannot match and notes the others. It
// works in a memory laid out so, offsets in bytes:
//
//     0         4             8            64                                          65536
//     passed    not ASCII     stopped at   notes: start, end, is candidate (i32 each)  the block

/** Indices of 32-bit words. */
export const PASSED = 0
export const NOT_ASCII = 1
export const STOPPED = 2
export const NOTES = 16
export const NOTE_WORDS = 3
/** As many as fit before the block. */
const MAX_NOTES = 5000
/** Where the block begins. */
export const BLOCK = 65_536
/** The pass reads so far behind the block, and makes nothing of it. */
export const SLACK = 1024

/**
 * `(from, to)`, addresses in memory with a newline before `to`, gives the word behind the last note. It stops early, at
 * the beginning of a line, when there is no room for more notes.
 */
export type Sweep = (from: number, to: number) => number

const NEWLINE = 0x0a
const BACKSLASH = 0x5c
const OPEN = 0x7b
const CLOSE = 0x7d
const LETTER_U = 0x75

const [FROM, TO, AT, LINE, WANTED, NOTE, COUNT, BITS, PLACE, BYTE] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const
const [LOW, HIGH, LOW_HITS, HIGH_HITS, SEEN, SPLATS] = [10, 11, 12, 13, 14, 15] as const

/** The WebAssembly module of the pass for one needle, whose texts are compiled in. */
export function sweepFor({ texts }: Needle): Uint8Array<ArrayBuffer> {
  const probes = texts.map(probeOf)
  const wanted = [NEWLINE, BACKSLASH, LETTER_U, ...probes.flatMap(({ bytes }) => bytes)]
  const splats: Splats = new Map([...new Set(wanted)].map((byte, i) => [byte, SPLATS + i]))
  const body = [
    ...set(AT, get(FROM)),
    ...set(LINE, get(FROM)),
    ...set(NOTE, i32(4 * NOTES)),
    // Held in variables: as constants inside the loop V8 makes them anew in every round (measured 2.5 times slower).
    ...[...splats].flatMap(([byte, local]) => set(local, sixteen(byte))),
    ...repeat(below(get(AT), get(TO)), [
      ...set(LOW, bytesAt(get(AT))),
      ...set(HIGH, bytesAt(get(AT), 16)),
      ...set(SEEN, orBytes(get(SEEN), orBytes(get(LOW), get(HIGH)))),
      ...set(LOW_HITS, hits(probes, splats, LOW, 0)),
      ...set(HIGH_HITS, hits(probes, splats, HIGH, 16)),
      ...when(isAnySet(orBytes(get(LOW_HITS), get(HIGH_HITS))), eachHit(texts)),
      ...set(AT, add(get(AT), i32(32))),
    ]),
    ...finish(get(TO)),
  ]
  return moduleOf({ name: 'sweep', parameters: 2, numbers: 8, vectors: 5 + splats.size, body })
}

/** The variable that holds sixteen times a byte. */
type Splats = ReadonlyMap<number, Local>

/** Two bytes of a text, and where in it they stand: only where both are is the whole text compared. */
interface Probe {
  bytes: readonly [number, number]
  places: readonly [number, number]
}

/** From frequent to rare in lines of JSON: quotes and the letters of words. What is not named is rarer still. */
const FREQUENT = '"etaonisrhdlcumpgfybwvkxjqz,:0123456789_.-'

/** The rarer the bytes, the fewer the places that are looked at for nothing. */
function probeOf(text: Buffer): Probe {
  const rarity = (place: number) => {
    const rank = FREQUENT.indexOf(String.fromCharCode(text[place] ?? 0))
    return rank < 0 ? FREQUENT.length : rank
  }
  const [first = 0, second = first] = [...text.keys()].sort((a, b) => rarity(b) - rarity(a))
  return { bytes: [text[first] ?? 0, text[second] ?? 0], places: [first, second] }
}

/** Where a line ends, or a text or an escape may begin. */
function hits(probes: readonly Probe[], splats: Splats, chunk: Local, offset: number): Code {
  const chunkAt = (place: number) => (place === 0 ? get(chunk) : bytesAt(get(AT), offset + place))
  const is = (place: number, byte: number) => equalBytes(chunkAt(place), get(splats.get(byte) ?? SPLATS))
  return [
    ...probes.map(({ bytes: [a, b], places: [i, j] }) => andBytes(is(i, a), is(j, b))),
    andBytes(is(0, BACKSLASH), is(1, LETTER_U)),
  ].reduce(orBytes, is(0, NEWLINE))
}

function eachHit(texts: readonly Buffer[]): Code {
  return [
    ...set(BITS, or(highBits(get(LOW_HITS)), shiftLeft(highBits(get(HIGH_HITS)), i32(16)))),
    ...repeat(get(BITS), [
      ...set(PLACE, add(get(AT), trailingZeros(get(BITS)))),
      ...set(BITS, and(get(BITS), subtract(get(BITS), i32(1)))),
      ...set(BYTE, byteAt(get(PLACE))),
      ...when(
        equal(get(BYTE), i32(NEWLINE)),
        when(below(get(PLACE), get(TO)), endOfLine()),
        when(isZero(get(WANTED)), set(WANTED, texts.map(isText).reduce(or, isEscape()))),
      ),
    ]),
  ]
}

function isText(text: Buffer): Code {
  return [...text].map((byte, i) => equal(byteAt(get(PLACE), i), i32(byte))).reduce((a, b) => and(a, b))
}

/** `\u002` to `\u007`: an escape of an ASCII character that can be printed, which could hide the needle. */
function isEscape(): Code {
  const digit = subtract(byteAt(get(PLACE), 4), i32(0x32))
  return and(isText(Buffer.from('\\u00')), below(digit, i32(6)))
}

/** A line is passed when it cannot match and is plainly an object. */
function endOfLine(): Code {
  const opens = equal(byteAt(get(LINE)), i32(OPEN))
  const closes = equal(byteAt(subtract(get(PLACE), i32(1))), i32(CLOSE))
  return [
    ...when(or(get(WANTED), isZero(and(opens, closes))), note(), set(COUNT, add(get(COUNT), i32(1)))),
    ...set(WANTED, i32(0)),
    ...set(LINE, add(get(PLACE), i32(1))),
    ...when(equal(get(NOTE), i32(4 * (NOTES + NOTE_WORDS * MAX_NOTES))), finish(get(LINE))),
  ]
}

function note(): Code {
  return [
    ...store(get(NOTE), get(LINE), 0),
    ...store(get(NOTE), get(PLACE), 4),
    ...store(get(NOTE), get(WANTED), 8),
    ...set(NOTE, add(get(NOTE), i32(4 * NOTE_WORDS))),
  ]
}

function finish(stopped: Code): Code {
  return [
    ...store(i32(4 * PASSED), get(COUNT)),
    ...store(i32(4 * NOT_ASCII), differ(highBits(get(SEEN)), i32(0))),
    ...store(i32(4 * STOPPED), stopped),
    ...giveBack(shiftRight(get(NOTE), i32(2))),
  ]
}
