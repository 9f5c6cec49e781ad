import { createHash, randomFillSync } from 'node:crypto'

// A UUID has 122 bits that are ours (RFC 9562 section 5.8, version 8). They hold, before mixing:
//
//     w0 (32)          w1 (32)          w2 (32)          w3 (26)
//     file identity, 64 bits            byte offset, 50 bits   name of the ID, 8 bits
//
// which is unique by itself. Mixing makes it look random all over: Concerto matches PredID against the parts of an
// ID between the hyphens, so two alerts of one file must not share such a part by construction. Each mixing step
// changes one word by a function of the other three, so it can be undone: distinct inputs stay distinct.

const LOW26 = 0x3ffffff

function scramble(a: number, b: number, c: number, key: number): number {
  let h = Math.imul(a ^ key, 0x85ebca6b)
  h ^= h >>> 15
  h = Math.imul(h ^ b, 0xc2b2ae35)
  h ^= h >>> 13
  h = Math.imul(h ^ c, 0x27d4eb2f)
  return h ^ (h >>> 16)
}

const HEX = Uint8Array.from({ length: 512 }, (_, i) =>
  '0123456789abcdef'.charCodeAt(i & 1 ? (i >> 1) & 15 : i >> 5),
)

/**
 * Makes the IDs of one message at a time: `at`, `ofContent`, `ofNames` or `random` sets which record, then `write` or `text`
 * gives the ID of the message (index 0) or of a part of it (index 1 to 255). The same record gives the same IDs.
 */
export class Ids {
  #w0 = 0
  #w1 = 0
  #w2 = 0
  #w3 = 0
  readonly #scratch = Buffer.alloc(36)

  /** By position: the identity of the file (16 hexadecimal digits) and the byte offset of the record, below 2^50. */
  at(fileHigh: number, fileLow: number, offset: number): void {
    this.#w0 = fileHigh | 0
    this.#w1 = fileLow | 0
    this.#w2 = Math.floor(offset / 0x40000) | 0
    this.#w3 = (offset % 0x40000) * 256
  }

  /** By the bytes of the record: equal records have equal IDs. */
  ofContent(record: Uint8Array): void {
    this.#set(createHash('sha256').update(record).digest())
  }

  /** By what names the record: equal names, equal IDs. */
  ofNames(names: readonly (string | number)[]): void {
    this.ofContent(Buffer.from(JSON.stringify(names)))
  }

  random(): void {
    this.#set(randomFillSync(Buffer.allocUnsafe(16)))
  }

  #set(bytes: Buffer): void {
    this.#w0 = bytes.readInt32LE(0)
    this.#w1 = bytes.readInt32LE(4)
    this.#w2 = bytes.readInt32LE(8)
    this.#w3 = bytes.readUInt32LE(12) & LOW26 & ~0xff
  }

  /** Writes 36 ASCII bytes at `position`, which must fit. */
  write(out: Uint8Array, position: number, index: number): number {
    let [a, b, c, d] = [this.#w0, this.#w1, this.#w2, this.#w3 | index]
    d ^= scramble(a, b, c, 0x9e3779b9) & LOW26
    a ^= scramble(b, c, d, 0x7f4a7c15)
    b ^= scramble(c, d, a, 0x94d049bb)
    c ^= scramble(d, a, b, 0xbf58476d)
    d ^= scramble(a, b, c, 0x1ce4e5b9) & LOW26
    a ^= scramble(b, c, d, 0x133111eb)
    b ^= scramble(c, d, a, 0x2545f491)
    c ^= scramble(d, a, b, 0x369dea0f)
    // 48 bits, version 8, 12 bits, variant 10, 62 bits
    let p = hex16(out, position, a >>> 16)
    p = hex16(out, p, a & 0xffff)
    out[p++] = 45
    p = hex16(out, p, b >>> 16)
    out[p++] = 45
    p = hex16(out, p, 0x8000 | (b & 0xfff))
    out[p++] = 45
    p = hex16(out, p, 0x8000 | (((b >>> 12) & 0xf) << 10) | (d >>> 16))
    out[p++] = 45
    p = hex16(out, p, d & 0xffff)
    p = hex16(out, p, c >>> 16)
    return hex16(out, p, c & 0xffff)
  }

  text(index: number): string {
    this.write(this.#scratch, 0, index)
    return this.#scratch.toString('latin1', 0, 36)
  }
}

function hex16(out: Uint8Array, position: number, value: number): number {
  const high = (value >>> 8) << 1
  const low = (value & 0xff) << 1
  out[position] = HEX[high] as number // the table has an entry for every byte
  out[position + 1] = HEX[high + 1] as number
  out[position + 2] = HEX[low] as number
  out[position + 3] = HEX[low + 1] as number
  return position + 4
}

/** A name-based UUID, version 5 (RFC 9562 section 5.5) in a namespace of this program: the same parts, the same UUID. */
export function nameUuid(parts: readonly string[]): string {
  const bytes = createHash('sha1')
    .update('idmefv2-stream\0')
    .update(parts.join('\0'))
    .digest()
    .subarray(0, 16)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50 // a SHA-1 digest has 20 bytes
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
