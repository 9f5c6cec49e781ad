import { isIPv6 } from 'node:net'
import { z } from 'zod'
import { isZone } from '../idmefv2/zone.ts'
import { Secret } from './secret.ts'

// Building blocks for options: each takes the text of an INI value and gives a checked, typed one. Their messages
// say what was expected; the reader adds the value, unless it is a secret.

/** What the dump, the samples and the reader must know of an option beside its type. */
export interface Marks {
  /** The value must never be shown, nor any message that could contain a part of it. */
  secret?: true
  /** What a number counts, so that it can be written back with its unit. */
  unit?: 'ms' | 'bytes'
  /** Other names, as `section.key`. */
  also?: readonly string[]
  /** Of an address to ask at: whatever the `filetype` is. */
  always?: true
}

export const marks = z.registry<Marks>()

/**
 * An option that files of the Python connectors have under other names, each `section.key`: the section may be the
 * probe's own or one that has another name there. Two probes cannot have the same one. An `ADDRESS:PORT` that stands there in two keys
 * is named `section.key:key`.
 */
export const also = <S extends z.ZodType>(option: S, ...names: readonly string[]): S => {
  marks.add(option, { ...marks.get(option), also: names })
  return option
}

/** An address that is asked at with every `filetype`, since what comes otherwise may lack something. */
export const always = <S extends z.ZodType>(option: S): S => {
  marks.add(option, { ...marks.get(option), always: true })
  return option
}

const TRUE = new Set(['1', 'yes', 'true', 'on'])
const FALSE = new Set(['0', 'no', 'false', 'off'])

/** The words Python's configparser takes for a boolean, in any case. */
export const boolean = () =>
  z.string().transform((text, context) => {
    const word = text.trim().toLowerCase()
    if (TRUE.has(word)) return true
    if (FALSE.has(word)) return false
    context.addIssue({ code: 'custom', message: 'expected yes or no' })
    return z.NEVER
  })

const isOneLine = (value: string) => !['\n', '\r', '\0'].some((end) => value.includes(end))

export const text = () =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .refine(isOneLine, 'must be one line; an indented line continues the value above it')

/** Text that is never shown: it is wrapped as soon as it is read. */
export const secret = () =>
  z
    .string()
    .transform((value) => new Secret(value))
    .register(marks, { secret: true })

export const choice = <const T extends readonly [string, ...string[]]>(...words: T) =>
  z
    .string()
    .trim()
    .transform((value) => value.toLowerCase())
    .pipe(z.enum(words, { error: `expected one of: ${words.join(', ')}` }))

export const integer = (min: number, max: number) =>
  z.string().transform((value, context) => {
    const number = /^[+-]?\d+$/.test(value.trim()) ? Number(value) : Number.NaN
    if (number >= min && number <= max) return number
    context.addIssue({ code: 'custom', message: `expected a whole number from ${min} to ${max}` })
    return z.NEVER
  })

/** Factors by unit, largest first among those that `written` may choose. */
type Units = ReadonlyMap<string, number>

const SIZES: Units = new Map([
  ['gib', 1024 ** 3],
  ['mib', 1024 ** 2],
  ['kib', 1024],
  ['', 1],
  ['b', 1],
  ['k', 1024],
  ['kb', 1000],
  ['m', 1024 ** 2],
  ['mb', 1e6],
  ['g', 1024 ** 3],
  ['gb', 1e9],
])

const DURATIONS: Units = new Map([
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
  ['ms', 1],
  ['', 1000],
  ['m', 60_000],
])

/** A number with a unit, given in the base unit and held between two bounds, which are told in that unit's words. */
const quantity = (units: Units, unit: 'ms' | 'bytes', what: string, min: number, max: number) =>
  z
    .string()
    .transform((value, context) => {
      const [, digits, suffix] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value.trim()) ?? []
      const factor = suffix === undefined ? undefined : units.get(suffix.toLowerCase())
      const amount = factor === undefined ? Number.NaN : Math.round(Number(digits) * factor)
      if (amount >= min && amount <= max) return amount
      const bounds = `from ${written(min, unit)} to ${written(max, unit)}`
      context.addIssue({ code: 'custom', message: `expected ${what}, ${bounds}` })
      return z.NEVER
    })
    .register(marks, { unit })

/** `16MiB`, `64k`, `1048576` → bytes. */
export const bytes = (min = 1, max = 2 ** 40) => quantity(SIZES, 'bytes', 'a size such as 16MiB', min, max)

/** `30s`, `250ms`, `5min`, a bare number is seconds → milliseconds. */
export const duration = (min = 0, max = 7 * 86_400_000) =>
  quantity(DURATIONS, 'ms', 'a duration such as 30s', min, max)

/** Values separated by commas or line ends; blanks around them and empty ones are dropped. */
export const list = () =>
  z.string().transform((value) =>
    value
      .split(/[,\n]/)
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  )

/** Where local times are read: an IANA name, an offset, `local`, or one of the words the connector adds. */
export const zone = (...words: readonly string[]) =>
  z.string().transform((value, context) => {
    const name = value.trim()
    if (words.includes(name.toLowerCase()) || name.toLowerCase() === 'local') return name.toLowerCase()
    if (isZone(name)) return name
    const others = ['local', ...words].join(', ')
    context.addIssue({
      code: 'custom',
      message: `expected a zone such as Europe/Paris or +02:00, or ${others}`,
    })
    return z.NEVER
  })

/** `ADDRESS:PORT`, `[IPV6]:PORT`, or `off`, which gives undefined. */
export const listen = () =>
  z.string().transform((value, context) => {
    const word = value.trim()
    if (FALSE.has(word.toLowerCase())) return undefined
    const parsed = addressIn(word)
    if (parsed) return parsed
    context.addIssue({ code: 'custom', message: 'expected ADDRESS:PORT or off' })
    return z.NEVER
  })

/** `ADDRESS:PORT`, `[IPV6]:PORT`, or a port of the loopback address; with a usual port also an address alone. */
export const address = (usual?: number) =>
  z.string().transform((value, context) => {
    const word = value.trim()
    const parsed = addressIn(/^\d+$/.test(word) ? `:${word}` : word)
    if (parsed) return parsed
    const host = isIPv6(word) ? `[${word}]` : word
    const alone = usual !== undefined && host !== '' ? addressIn(`${host}:${usual}`) : undefined
    if (alone) return alone
    context.addIssue({ code: 'custom', message: 'expected ADDRESS:PORT or a port' })
    return z.NEVER
  })

function addressIn(word: string): { host: string; port: number } | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]*)):(\d+)$/i.exec(word) ?? []
  const port = Number(digits)
  if (digits === undefined || port > 65535) return undefined
  return { host: bracketed ?? (plain || '127.0.0.1'), port }
}

/**
 * A parsed value as an operator would write it; the same option reads it back as the same value. Secrets give
 * `***`. Undefined is what `off` reads as: whoever writes an absent option leaves its line out instead.
 */
export function written(value: unknown, unit?: Marks['unit']): string {
  if (value === undefined) return 'off'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number')
    return unit ? withUnit(value, unit === 'ms' ? DURATIONS : SIZES) : String(value)
  if (Array.isArray(value)) return value.map((item) => written(item)).join(', ')
  if (isAddress(value)) return `${value.host.includes(':') ? `[${value.host}]` : value.host}:${value.port}`
  return String(value)
}

const SHOWN: Readonly<Record<string, string>> = { gib: 'GiB', mib: 'MiB', kib: 'KiB' }

function withUnit(amount: number, units: Units): string {
  if (amount === 0) return '0'
  for (const [suffix, factor] of units) {
    if (amount % factor === 0) return `${amount / factor}${SHOWN[suffix] ?? suffix}`
  }
  return String(amount)
}

function isAddress(value: unknown): value is { host: string; port: number } {
  return typeof value === 'object' && value !== null && 'host' in value && 'port' in value
}
