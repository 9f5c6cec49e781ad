import type { Json } from '../types.ts'
import type { Field, Form } from './model.ts'

const MOST: Partial<Record<Form, bigint>> = {
  u8: 0xffn,
  u16: 0xffffn,
  u32: 0xffff_ffffn,
  u64: 0xffff_ffff_ffff_ffffn,
}

/** RFC 4765 section 3.2.1: decimal, or hexadecimal behind `0x`. */
const WHOLE = /^(?:\d{1,20}|0x[\da-f]{1,16})$/i
/** Section 3.2.2: the sign between is a point or a comma. */
const REAL = /^[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[+-]?\d{1,3})?$/i

/**
 * The value of a field from its text; undefined when it is none. Numbers stay exact: those that JSON numbers cannot hold are texts
 * of decimal digits. A word of a list is given as the list spells it.
 */
export function valueIn({ form, values }: Field, text: string): Json | undefined {
  switch (form) {
    case 'u8':
    case 'u16':
    case 'u32':
    case 'u64':
      return whole(text, MOST[form] ?? 0n)
    case 'i32':
      return /^[+-]?\d{1,10}$/.test(text) && Number(text) === (Number(text) | 0) ? Number(text) : undefined
    case 'real':
      return REAL.test(text) ? Number(text.replace(',', '.')) : undefined
    case 'enum':
      return values?.words.find((word) => word.toLowerCase() === text.toLowerCase())
    default:
      return text
  }
}

function whole(text: string, most: bigint): Json | undefined {
  if (!WHOLE.test(text)) return undefined
  const number = BigInt(text)
  if (number > most) return undefined
  return number <= Number.MAX_SAFE_INTEGER ? Number(number) : String(number)
}
