import { texts } from '../../idmefv2/text.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { type Kind, kindOf } from './events.ts'
import { excerpt } from './values.ts'

/** A description is read in a list; the note has more of it. */
const SHORT_CHARACTERS = 200

/** What a sentence may need besides the facts that the kind is judged by. */
interface Details {
  id: string
  message: string | undefined
  user: string | undefined
  /** Absent unless the operator wants passwords to be sent. */
  password: string | undefined
  input: string | undefined
  url: string | undefined
  file: string | undefined
  /** Where a tunnel was to lead. */
  there: string | undefined
  port: string | undefined
  bytes: unknown
}

/** `[sensor, message, password, url, file, there, port, …facts]` → what happened, in a sentence of ours: those of Cowrie tell passwords. */
export const description: MappingFunction = (sensor, message, password, url, file, there, port, ...facts) => {
  const [eventid, user, , input, bytes] = facts
  const [id = ''] = texts(eventid)
  const details: Details = {
    id: id.slice(id.indexOf('.') + 1),
    // Whoever writes no eventid may write anything into a message, the password too.
    message: id === '' ? undefined : short(message),
    user: short(user),
    password: short(password),
    input: short(input),
    url: short(url),
    file: short(file),
    there: short(there),
    port: portOf(port),
    bytes,
  }
  return `${short(sensor) ?? 'Honeypot'}: ${SENTENCES[kindOf(...facts)](details)}`
}

const connected = ({ port }: Details) => (port ? `connection to port ${port}` : 'connection')
const who = ({ user, password }: Details) =>
  [
    user === undefined ? undefined : `as ${user}`,
    password === undefined ? undefined : `with password ${password}`,
  ]
    .filter(Boolean)
    .join(' ')
const login = (details: Details) => ['login', who(details)].filter(Boolean).join(' ')
const said = ({ message, id }: Details) => message ?? id

const SENTENCES: Readonly<Record<Kind, (details: Details) => string>> = {
  connection: (details) => (details.id.startsWith('client.') ? said(details) : connected(details)),
  attempt: (details) => {
    if (details.id === 'client.fingerprint') return `${login(details)} tried with a public key`
    return `${login(details)} ${details.id === 'login.failed' ? 'failed' : 'tried'}`
  },
  login: (details) => `${login(details)} succeeded`,
  root: (details) => `${login(details)} succeeded`,
  command: ({ id, input }) =>
    `${id === 'command.failed' ? 'unknown command' : 'command'}: ${input ?? '(empty)'}`,
  file: ({ id, url, file, message }) => {
    if (id === 'session.file_download.failed') return `download failed: ${url ?? message ?? '(unknown)'}`
    if (id === 'session.file_download') return `file downloaded: ${url ?? file ?? '(unknown)'}`
    if (id === 'session.file_upload') return `file uploaded: ${file ?? '(unknown)'}`
    return message ?? 'file downloaded'
  },
  tunnel: (details) => (details.there ? `tunnel asked for to ${details.there}` : said(details)),
  exploit: ({ bytes, port }) => {
    const what = typeof bytes === 'number' ? `${bytes} bytes sent to` : 'attack on'
    return `${what} ${port ? `port ${port}` : 'a port'}`
  },
  ending: said,
  other: said,
}

function short(value: unknown): string | undefined {
  const text = excerpt(value, SHORT_CHARACTERS)
  return typeof text === 'string' ? text : undefined
}

function portOf(value: unknown): string | undefined {
  const port = Number(typeof value === 'string' || typeof value === 'number' ? value : Number.NaN)
  return Number.isInteger(port) && port > 0 && port <= 65535 ? String(port) : undefined
}
