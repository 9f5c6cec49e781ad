import { oneOf, type Random } from './target.ts'

/** Inputs grow by mutation; what is found with longer ones is nearly always found with shorter ones. */
const MAX_BYTES = 16 * 1024

const MAX_CHANGES = 4

/** Numbers at which arithmetic and limits turn, as text. */
const NUMBERS = ['0', '-1', '1e999', '255', '65536', '4294967296', '9007199254740993', '00', '-0', '1.5e-300']

/** Bytes that end, open or hide something in most formats, and those that are not UTF-8. */
const BYTES = [
  0x00, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x27, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x7f, 0xc3, 0xed, 0xef, 0xff,
]

type Change = (input: Buffer, other: Buffer, tokens: readonly string[], random: Random) => Buffer

const CHANGES: readonly Change[] = [
  (input, _other, _tokens, random) => replaced(input, random(input.length), 1, [1 << random(8)], xor),
  (input, _other, _tokens, random) => replaced(input, random(input.length), 1, [oneOf(BYTES, random)]),
  (input, _other, _tokens, random) => replaced(input, random(input.length + 1), 0, [oneOf(BYTES, random)]),
  (input, _other, _tokens, random) => replaced(input, ...span(input, random), []),
  (input, _other, _tokens, random) => input.subarray(0, random(input.length)),
  (input, _other, _tokens, random) => {
    const [at, length] = span(input, random)
    return replaced(input, random(input.length + 1), 0, input.subarray(at, at + length))
  },
  (input, _other, _tokens, random) => {
    const [at, length] = span(input, random)
    const piece = input.subarray(at, at + length)
    return replaced(input, at, 0, Buffer.concat(Array.from({ length: 1 + random(64) }, () => piece)))
  },
  (input, other, _tokens, random) =>
    Buffer.concat([input.subarray(0, random(input.length)), other.subarray(random(other.length))]),
  (input, other, _tokens, random) => {
    const [at, length] = span(other, random)
    return replaced(input, random(input.length + 1), 0, other.subarray(at, at + length))
  },
  (input, _other, _tokens, random) =>
    replaced(input, ...span(input, random), Buffer.from(oneOf(NUMBERS, random))),
  (input, _other, tokens, random) =>
    replaced(input, random(input.length + 1), 0, Buffer.from(oneOf(tokens, random))),
  (input, _other, tokens, random) =>
    replaced(input, ...span(input, random), Buffer.from(oneOf(tokens, random))),
]

/** The input with some changes; `other` is another one that parts may come from. */
export function mutate(input: Buffer, other: Buffer, tokens: readonly string[], random: Random): Buffer {
  let changed = input
  for (let count = 1 + random(MAX_CHANGES); count > 0; count--) {
    // Every change but an insertion needs a byte to change.
    const begun = changed.length === 0 ? Buffer.from(oneOf(tokens, random)) : changed
    changed = oneOf(CHANGES, random)(begun, other.length === 0 ? begun : other, tokens, random)
  }
  return Buffer.from(changed.subarray(0, MAX_BYTES))
}

/** Most spans are short: a field, a token. */
function span(input: Buffer, random: Random): [at: number, length: number] {
  const at = random(input.length)
  const most = random(4) === 0 ? input.length - at : Math.min(16, input.length - at)
  return [at, 1 + random(Math.max(1, most))]
}

const xor = (before: number, after: number) => before ^ after
const instead = (_before: number, after: number) => after

function replaced(
  input: Buffer,
  at: number,
  length: number,
  bytes: ArrayLike<number>,
  combine: (before: number, after: number) => number = instead,
): Buffer {
  const put = Array.from(bytes, (byte, index) => combine(input[at + index] ?? 0, byte))
  return Buffer.concat([input.subarray(0, at), Buffer.from(put), input.subarray(at + length)])
}

/** A change of one value in JSON: taken from somewhere else in it, removed, repeated, or put in from `pieces`. */
export function mutateJson(text: string, pieces: readonly string[], random: Random): string {
  let root: unknown
  try {
    root = JSON.parse(text)
  } catch {
    return text // a mutation of bytes made it something else
  }
  const places = placesIn(root, [])
  const place = places[random(places.length)]
  if (place === undefined) return text
  const { holder, key } = place
  const donor = random(3) === 0 ? oneOf(pieces, random) : JSON.stringify(valueAt(oneOf(places, random)))
  const value: unknown = JSON.parse(donor ?? 'null')
  if (Array.isArray(holder)) {
    if (random(4) === 0) holder.splice(Number(key), 1)
    else if (random(3) === 0) holder.splice(Number(key), 0, value)
    else holder[Number(key)] = value
  } else if (random(4) === 0) Reflect.deleteProperty(holder, key)
  // Not by assignment: __proto__ is to become a member.
  else
    Object.defineProperty(holder, random(4) === 0 ? keyIn(value, key) : key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  return JSON.stringify(root)
}

interface Place {
  holder: Record<string, unknown> | unknown[]
  key: string
}

function placesIn(value: unknown, found: Place[]): Place[] {
  if (typeof value !== 'object' || value === null) return found
  const holder = value as Place['holder'] // what JSON.parse makes is a list or a plain object
  for (const [key, inner] of Object.entries(value)) {
    found.push({ holder, key })
    placesIn(inner, found)
  }
  return found
}

function valueAt({ holder, key }: Place): unknown {
  return Object.entries(holder).find(([name]) => name === key)?.[1]
}

function keyIn(value: unknown, key: string): string {
  return typeof value === 'string' && value.length < 40 ? value : `${key}2`
}
