import { type Class, classOf, type Field } from '../../idmefv1/model.ts'
import type { Message } from '../../idmefv1/record.ts'
import { ntpIn, writtenInstantOf } from '../../idmefv1/time.ts'
import type { Json } from '../../types.ts'

// A message as Prelude writes it: every value is a tag, a length (32 bits, big endian) and its bytes.
//
//   class tag, 0 | field … | class tag, 0 | … | 254, 0 | … | 254, 0 | 254, 0
//                            └ an object in it, ended  ┘     └ of the message, and of all
//
// A text ends in a NUL, and is left out when it is empty: a manager refuses the whole message otherwise.

const END = 254

/** Of an AdditionalData or a buffer, before its bytes. */
const DATA_TEXT = 6
const DATA_INT64 = 4

/** The bytes of an Alert or Heartbeat, to go into frames. */
export function encode({ idmef, ...fields }: Message): Buffer {
  const writer = new Writer()
  writer.object(classOf(idmef), fields)
  writer.put(END, 0)
  return writer.bytes()
}

/** The values in what was encoded, one after another; of classes and ends without bytes. */
export function valuesIn(encoded: Buffer): { tag: number; value: Buffer }[] {
  const values: { tag: number; value: Buffer }[] = []
  for (let at = 0; at < encoded.length; ) {
    const start = at + HEAD_BYTES
    const end = start + encoded.readUInt32BE(at + 1)
    values.push({ tag: encoded.readUInt8(at), value: encoded.subarray(start, end) })
    at = end
  }
  return values
}

const FIRST_BYTES = 4096
const HEAD_BYTES = 5

type Fields = { [field: string]: Json }

class Writer {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES)
  #length = 0

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  object(owner: Class, fields: Fields): void {
    this.put(owner.tag, 0)
    for (const field of owner.fields.values()) this.#field(field, fields)
    // libprelude never writes a Linkage without its File.
    if (owner.name === 'linkage' && fields.file === undefined) this.object(classOf('file'), {})
    this.put(END, 0)
  }

  #field(field: Field, fields: Fields): void {
    const value = fields[field.name]
    if (field.form === 'enum') this.#word(field, value)
    else if (field.form === 'data') this.#data(field, value, fields.type)
    else if (Array.isArray(value)) for (const one of value) this.#value(field, one)
    else if (value !== undefined && value !== null) this.#value(field, value)
    // The number of a Confidence is there even where its rating says it all.
    else if (field.form === 'real') this.#value(field, 0)
  }

  #value({ form, tag, class: name }: Field, value: Json): void {
    switch (form) {
      case 'class':
        this.object(classOf(name), objectIn(value))
        return
      case 'text':
        this.#text(tag, String(value))
        return
      case 'time':
        this.#time(tag, objectIn(value))
        return
      case 'u8':
        this.#number(tag, 1, (buffer, at) => buffer.writeUInt8(Number(value), at))
        return
      case 'u16':
        this.#number(tag, 2, (buffer, at) => buffer.writeUInt16BE(Number(value), at))
        return
      case 'u64':
        this.#number(tag, 8, (buffer, at) => buffer.writeBigUInt64BE(BigInt(String(value)), at))
        return
      case 'i32':
        this.#number(tag, 4, (buffer, at) => buffer.writeInt32BE(Number(value), at))
        return
      case 'real':
        this.#number(tag, 4, (buffer, at) => buffer.writeFloatBE(Number(value), at))
        return
      default:
        this.#u32(tag, Number(value))
    }
  }

  /** Always written, unless its list says otherwise: 0 where it is not set. */
  #word({ tag, values }: Field, value: Json | undefined): void {
    if (!values || (value === undefined && values.optional)) return
    const at = values.words.indexOf(String(value))
    this.#u32(tag, at < 0 ? 0 : at + values.first)
  }

  /** A text as libprelude does it, whatever its type; but for NTP timestamps, of which libprelude makes a random number. */
  #data({ tag }: Field, value: Json | undefined, type: Json | undefined): void {
    if (typeof value !== 'string' || value === '') return
    const ntp = type === 'ntpstamp' ? ntpIn(value.trim()) : undefined
    this.#u32(tag, ntp === undefined ? DATA_TEXT : DATA_INT64)
    if (ntp === undefined) this.#text(tag, value)
    else this.#number(tag, 8, (buffer, at) => buffer.writeBigUInt64BE(ntp, at))
  }

  #time(tag: number, stamp: Fields): void {
    const instant = writtenInstantOf(stamp)
    if (!instant) return
    const at = this.put(tag, 12)
    // 1970 to 2106: what is beyond has no place on the wire.
    this.#buffer.writeUInt32BE(Math.min(Math.max(instant.seconds, 0), 0xffff_ffff), at)
    this.#buffer.writeUInt32BE(Math.floor(instant.nanos / 1000), at + 4)
    this.#buffer.writeInt32BE(instant.offset, at + 8)
  }

  #u32(tag: number, value: number): void {
    this.#number(tag, 4, (buffer, at) => buffer.writeUInt32BE(value, at))
  }

  /** The buffer is looked at when there is room: making it may have put another one in its place. */
  #number(tag: number, length: number, write: (buffer: Buffer, at: number) => void): void {
    const at = this.put(tag, length)
    write(this.#buffer, at)
  }

  /** C ends a text at its first NUL; XML has none. */
  #text(tag: number, text: string): void {
    if (text === '') return
    const length = Buffer.byteLength(text)
    const at = this.put(tag, length + 1)
    this.#buffer.write(text, at, 'utf8')
    this.#buffer[at + length] = 0
  }

  /** Writes tag and length, and gives where so many bytes have their place. */
  put(tag: number, length: number): number {
    const at = this.#length + HEAD_BYTES
    this.#reserve(at + length)
    this.#buffer[this.#length] = tag
    this.#buffer.writeUInt32BE(length, this.#length + 1)
    this.#length = at + length
    return at
  }

  #reserve(length: number): void {
    if (length <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#buffer.length))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

function objectIn(value: Json): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}
