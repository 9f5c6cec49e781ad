import type { Mapping } from '../../mapping/rules.ts'

// Attachments, each only where it was asked for and the event has it. The end that sent the bytes refers to them.

const asked = (word: string): Mapping => ({ $in: [word, { $option: 'attach' }] })
export const filled = (path: string): Mapping => ({
  $all: [{ $exists: path }, { $not: { $equals: [path, ''] } }],
})

interface Body {
  name: string
  option: string
  path: string
  /** The same as text with everything unprintable replaced; for configurations that write only that. */
  printable?: string
  contentType?: Mapping
  fileName?: Mapping
}

const PAYLOAD: Body = {
  name: 'Payload',
  option: 'payload',
  path: '$.payload',
  printable: '$.payload_printable',
}
const PACKET: Body = { name: 'Packet', option: 'packet', path: '$.packet' }
const REQUEST: Body = {
  name: 'HttpRequestBody',
  option: 'http',
  path: '$.http.http_request_body',
  printable: '$.http.http_request_body_printable',
}
const RESPONSE: Body = {
  name: 'HttpResponseBody',
  option: 'http',
  path: '$.http.http_response_body',
  printable: '$.http.http_response_body_printable',
  contentType: { $first: ['$.http.http_content_type', 'application/octet-stream'] },
  // An upload is a file too, but then it is the body of the request.
  fileName: { $if: [{ $equals: ['$.http.http_method', 'GET'] }, '$.files[0].filename'] },
}
const BODIES = [PAYLOAD, PACKET, REQUEST, RESPONSE]

const attachment = ({ name, option, path, printable, contentType, fileName }: Body): Mapping => {
  const type = contentType ?? 'application/octet-stream'
  const raw: Mapping = { $attachment: [name, path, 'base64', type, fileName ?? null] }
  const text: Mapping = printable
    ? { $attachment: [name, printable, 'text', 'text/plain', fileName ?? null] }
    : null
  return { $if: [asked(option), { $first: [raw, text] }] }
}

const link = ({ name, option, path, printable }: Body): Mapping => {
  const present = printable ? { $any: [filled(path), filled(printable)] } : filled(path)
  return { $if: [{ $all: [asked(option), present] }, name] }
}

export const sentBySender = [link(PAYLOAD), link(PACKET)]
export const sentByClient = [link(REQUEST)]
export const sentByServer = [link(RESPONSE)]
export const wholeEvent = [{ $if: [asked('raw'), 'Raw'] }]

export const attachments: readonly Mapping[] = [
  ...BODIES.map(attachment),
  { $if: [asked('raw'), { $attachment: ['Raw', '$', 'json', 'application/json'] }] },
]
