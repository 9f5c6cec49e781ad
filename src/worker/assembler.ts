// Just enough of an assembler for WebAssembly with SIMD: instructions as functions that give bytes, so that a module
// can be read and changed like any other code. Opcodes are those of the core specification, sections 5.4 and 5.5.

/** Instructions, encoded. */
export type Code = readonly number[]
/** Index of a parameter or local variable. */
export type Local = number

const I32 = 0x7f
const V128 = 0x7b
const VOID = 0x40

export const get = (local: Local): Code => [0x20, ...unsigned(local)]
export const set = (local: Local, value: Code): Code => [...value, 0x21, ...unsigned(local)]
export const i32 = (value: number): Code => [0x41, ...signed(value)]

const binary =
  (...opcode: number[]) =>
  (a: Code, b: Code): Code => [...a, ...b, ...opcode]

export const add = binary(0x6a)
export const subtract = binary(0x6b)
export const and = binary(0x71)
export const or = binary(0x72)
export const shiftLeft = binary(0x74)
export const shiftRight = binary(0x76)
export const equal = binary(0x46)
export const differ = binary(0x47)
export const below = binary(0x49)
export const isZero = (value: Code): Code => [...value, 0x45]
export const trailingZeros = (value: Code): Code => [...value, 0x68]

/** One byte, at a constant distance behind an address. */
export const byteAt = (address: Code, offset = 0): Code => [...address, 0x2d, 0, ...unsigned(offset)]
export const store = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  0x36,
  0,
  ...unsigned(offset),
]

/** Sixteen bytes, at a constant distance behind an address. */
export const bytesAt = (address: Code, offset = 0): Code => [...address, 0xfd, 0, 0, ...unsigned(offset)]
/** Sixteen times the same byte. */
export const sixteen = (byte: number): Code => [0xfd, 0x0c, ...Array<number>(16).fill(byte)]
export const equalBytes = binary(0xfd, 0x23)
export const andBytes = binary(0xfd, 0x4e)
export const orBytes = binary(0xfd, 0x50)
export const isAnySet = (bytes: Code): Code => [...bytes, 0xfd, 0x53]
/** The highest bit of each of sixteen bytes. */
export const highBits = (bytes: Code): Code => [...bytes, 0xfd, 0x64]

export const when = (condition: Code, then: Code, otherwise: Code = []): Code => [
  ...condition,
  0x04,
  VOID,
  ...then,
  ...(otherwise.length > 0 ? [0x05, ...otherwise] : []),
  0x0b,
]
/** Repeats while the condition holds. */
export const repeat = (condition: Code, body: Code): Code => [
  0x02,
  VOID,
  0x03,
  VOID,
  ...isZero(condition),
  0x0d,
  1,
  ...body,
  0x0c,
  0,
  0x0b,
  0x0b,
]
export const giveBack = (value: Code): Code => [...value, 0x0f]

/** A function that takes `parameters` and gives one 32-bit number; locals are numbered after the parameters. */
export interface Routine {
  name: string
  parameters: number
  /** Numbers, then vectors of sixteen bytes. */
  numbers: number
  vectors: number
  body: Code
}

/** A module of one routine that works on the memory it is given as `memory.memory`. */
export function moduleOf({ name, parameters, numbers, vectors, body }: Routine): Uint8Array<ArrayBuffer> {
  const type = [0x60, ...list(Array(parameters).fill([I32])), ...list([[I32]])]
  const locals = [
    [...unsigned(numbers), I32],
    [...unsigned(vectors), V128],
  ]
  const code = [...list(locals), ...body, 0x0b]
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [type]),
    ...section(2, [[...text('memory'), ...text('memory'), 2, 0, 1]]),
    ...section(3, [[0]]),
    ...section(7, [[...text(name), 0, 0]]),
    ...section(10, [[...unsigned(code.length), ...code]]),
  ])
}

function section(id: number, items: readonly Code[]): Code {
  const content = list(items)
  return [id, ...unsigned(content.length), ...content]
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()]
}

function text(value: string): Code {
  return list([...Buffer.from(value)].map((byte) => [byte]))
}

/** LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}

function signed(value: number): Code {
  const rest = value >> 7
  const isLast = (rest === 0 && (value & 0x40) === 0) || (rest === -1 && (value & 0x40) !== 0)
  return isLast ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(rest)]
}
