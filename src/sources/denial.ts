import type { Answer } from '../receiver/answer.ts'
import { CODINGS, codingOf } from '../receiver/coding.ts'
import { type Head, mediaType } from '../receiver/head.ts'
import type { Denial } from '../types.ts'
import type { Malformed } from './cut.ts'

// Every answer to a request that is not taken, with why it is counted: pure.

export interface Denied extends Answer {
  reason: Denial
}

/** Room is made as the receiver behind us takes what lies here: seconds, not moments. */
const SOON = { 'retry-after': '5' }

const METHODS = ['POST', 'PUT']

/** The answer to a request that is ruled out before its body is read, or nothing. */
export function denialOf(
  { method, path, headers }: Head,
  rules: { path?: string | undefined; types: readonly string[]; charsets?: (charset: string) => boolean },
): Denied | undefined {
  if (rules.path !== undefined && path !== rules.path)
    return { reason: 'not_found', status: 404, error: `records are taken at ${rules.path}` }
  if (!METHODS.includes(method)) {
    const allow = METHODS.join(', ')
    return { reason: 'method', status: 405, headers: { allow }, error: 'records are taken by POST or PUT' }
  }
  const { type = '', charset = 'utf-8' } = mediaType(headers['content-type']) ?? {}
  const isReadable = rules.charsets ?? ((name) => name === 'utf-8')
  if (!rules.types.includes(type) || !isReadable(charset)) {
    const words = rules.charsets ? 'in a charset that is known' : 'in UTF-8'
    const error = `records are taken as ${rules.types.join(', ')} (Content-Type), ${words}`
    return { reason: 'media_type', status: 415, headers: { accept: rules.types.join(', ') }, error }
  }
  if (codingOf(headers) === null) {
    const codings = CODINGS.join(', ')
    const error = `content codings that are taken, one at a time: ${codings}`
    return { reason: 'coding', status: 415, headers: { 'accept-encoding': codings }, error }
  }
  return undefined
}

/** Browsers name the page that a request comes from; no page is to send what we take for alerts, with whatever rights its reader has here. */
export const FROM_A_PAGE: Denied = {
  reason: 'browser',
  status: 403,
  error: 'nothing is taken from web pages (Origin)',
}

export const STOPPING: Denied = {
  reason: 'stopping',
  status: 503,
  headers: SOON,
  error: 'this receiver is being stopped',
}

export const SPOOL_FULL: Denied = {
  reason: 'spool_full',
  status: 429,
  headers: SOON,
  error: 'there is no room on the disk now',
}

export const BUSY: Denied = {
  reason: 'busy',
  status: 429,
  headers: { 'retry-after': '1' },
  error: 'too much is being sent at the same time',
}

export const TOO_SLOW: Denied = { reason: 'too_slow', status: 408, error: 'the body took too long' }

export const DAMAGED: Denied = {
  reason: 'coding',
  status: 400,
  error: 'the body is not what its content coding says',
}

export const tooLarge = (maxBytes: number): Denied => ({
  reason: 'too_large',
  status: 413,
  error: `a body may have ${maxBytes} bytes, also when it is decompressed`,
})

export const malformed = ({ at, what }: Malformed): Denied => ({
  reason: 'malformed',
  status: 400,
  error: `the body is no JSON, at byte ${at}: ${what}`,
})
