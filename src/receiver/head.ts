import type { IncomingHttpHeaders } from 'node:http'
import { MIMEType } from 'node:util'

// What the head of a request says: pure.

export interface Head {
  method: string
  path: string
  headers: IncomingHttpHeaders
}

/** The path of a request target, in any of its forms (RFC 9112 §3.2), without the query. */
export function pathOf(target: string): string {
  if (!target.startsWith('/')) return URL.parse(target)?.pathname ?? target
  const query = target.indexOf('?')
  return query < 0 ? target : target.slice(0, query)
}

/** `type/subtype` of a Content-Type and its charset, where it says one, both in small letters. */
export function mediaType(contentType: string | undefined): { type: string; charset?: string } | undefined {
  const read = contentType === undefined ? undefined : parsed(contentType)
  const charset = read?.params.get('charset')?.toLowerCase()
  return read && { type: read.essence, ...(charset !== undefined && { charset }) }
}

/** `type/subtype` of a Content-Type in small letters, if what it announces is in UTF-8: that is so unless it says otherwise. */
export function typeInUtf8(contentType: string | undefined): string | undefined {
  const { type, charset = 'utf-8' } = mediaType(contentType) ?? {}
  return charset === 'utf-8' ? type : undefined
}

function parsed(contentType: string): MIMEType | undefined {
  try {
    return new MIMEType(contentType)
  } catch {
    return undefined // not a media type at all, so not ours
  }
}
