import { timestamp } from '../../idmefv2/time.ts'
import { changesIn, checksum, utc } from './changes.ts'
import { kindOf } from './kinds.ts'
import { type Fields, fieldsOf, isFilling } from './record.ts'

/** What a mapping finds: the fields of the record under Samhain's own names, and what is told by them. */
export type Translated = Fields | { [name: string]: unknown }

/** One line of the log; nothing for one that is there for the chain of signatures. @throws when it is neither that nor a record. */
export const translate = (line: string): Translated | undefined => {
  if (isFilling(line)) return undefined
  const fields = fieldsOf(line)
  if (fields === undefined) throw new Error('neither a record nor a signature')
  const { msg = '', path } = fields
  const event = kindOf(fields)
  const [, policy, rest = ''] = /^POLICY \[([^\]]*)\]? *(.*)$/s.exec(msg) ?? []
  const of = fields.chksum_new === undefined || event === 'missing' ? 'old' : 'new'
  return {
    ...fields,
    event,
    policy,
    flags: /^[CLIDHMUGTS-]{5,}$/.test(rest) ? rest : undefined,
    ...changesIn(fields),
    others: othersIn(fields),
    subject: subjectOf(event, fields, rest),
    checksum: checksum(fields[`chksum_${of}`] ?? ''),
    bytes: path === undefined ? undefined : fields[event === 'missing' ? 'size_old' : 'size_new'],
    since: sinceOf(event, fields),
    service: serviceIn(rest),
  }
}

/** Said elsewhere in the message, or part of a change. */
const TOLD = /^(?:sev|tstamp|msg|path|client|.+_(?:old|new))$/

/** `userid 0`, `status Terminated`: whatever else the record says. */
function othersIn(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([key, value]) =>
    TOLD.test(key) || value === '' ? [] : [`${key} ${value}`],
  )
}

/** The file, or what the message says of something else. */
function subjectOf(event: string, { msg, path, status }: Fields, rest: string): string | undefined {
  if (event === 'stop') return status ?? msg
  if (event === 'trouble') return [msg, path].filter((part) => part !== undefined).join(': ')
  return FILES.has(event) ? (path ?? msg) : rest || msg
}

const FILES = new Set(['added', 'missing', 'setuid', 'modified', 'quarantine', 'weird', 'tampered'])

/** The change of the inode, which nobody can set to another time as they can the other two; unless the clock was turned. */
function sinceOf(event: string, { ctime_new, tstamp }: Fields): string | undefined {
  if (!FILES.has(event) || ctime_new === undefined) return undefined
  const since = utc(ctime_new)
  const now = timestamp(tstamp)
  if (since === undefined || now === undefined) return undefined
  return Date.parse(since) <= Date.parse(now) ? since : undefined
}

/** `port: 127.0.0.1:8080/tcp (http-alt)`, or without the address (sh_portcheck.c). */
function serviceIn(rest: string): { [name: string]: string | undefined } | undefined {
  const [, address, port, protocol, name] = /^port: (?:(\S+):)?(\d+)\/(\w+)(?: \(([^)]*)\))?/.exec(rest) ?? []
  return port === undefined ? undefined : { address, port, protocol, name }
}
