import type { IncomingHttpHeaders } from 'node:http'
import { isOwnHost } from '../reach.ts'
import type { Answer } from '../receiver/answer.ts'
import { codingOf } from '../receiver/coding.ts'
import { type Head, typeInUtf8 } from '../receiver/head.ts'

// What a request says of itself, judged by its method, path and headers alone: pure.

/** What this server goes by: the one path for messages, if there is one, and the host name it was told to listen on. */
export interface Rules {
  path: string | undefined
  host: string
}

/** The answer to a request that is ruled out before its body is read (transport draft §4.3), or nothing. */
export function refuse({ method, path, headers }: Head, rules: Rules): Answer | undefined {
  const takesPost = rules.path === undefined || path === rules.path
  const allowed = [...(path === '/' ? ['GET', 'HEAD'] : []), ...(takesPost ? ['POST'] : [])]
  if (allowed.length === 0) return { status: 404, error: `messages are taken at ${rules.path}` }
  if (!allowed.includes(method)) {
    return { status: 405, headers: { allow: allowed.join(', ') }, error: 'messages are taken by POST' }
  }
  return method === 'POST' ? refusePost(headers) : refusePage(headers, rules.host)
}

function refusePost(headers: IncomingHttpHeaders): Answer | undefined {
  if (!isJson(headers['content-type']))
    return { status: 415, error: 'messages are taken as application/json, in UTF-8' }
  if (!acceptsJson(headers.accept)) return { status: 406, error: 'answers are given as application/json' }
  if (codingOf(headers, ['gzip']) === null) {
    return {
      status: 415,
      headers: { 'accept-encoding': 'gzip' },
      error: 'the only content encoding taken is gzip',
    }
  }
  return undefined
}

function refusePage(headers: IncomingHttpHeaders, host: string): Answer | undefined {
  if (isOwnHost(headers.host ?? headers[':authority']?.toString(), host)) return undefined
  return { status: 421, error: 'the page is shown under the addresses and names of this host only' }
}

/** `application/json`, in UTF-8 if it says so; RFC 8259 knows no other encoding. */
export function isJson(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true
  return typeInUtf8(contentType) === 'application/json'
}

/** RFC 9110 §12.5.1: the most specific range that matches decides, and a weight of 0 refuses. */
export function acceptsJson(accept: string | undefined): boolean {
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return true
  const ranges = accept
    .toLowerCase()
    .split(',')
    .map((range) => range.split(';').map((part) => part.trim()))
  for (const wanted of ['application/json', 'application/*', '*/*']) {
    const range = ranges.find(([name]) => name === wanted)
    if (range) return !range.some((part) => /^q=0(\.0*)?$/.test(part))
  }
  return false
}
