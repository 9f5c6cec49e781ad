import type { Mapping } from '../../mapping/rules.ts'
import { request, response } from './paths.ts'

// Attachments, each only where it was asked for and the record has it. The end that sent the bytes refers to them.

const asked = (word: string): Mapping => ({ $in: [word, { $option: 'attach' }] })

interface Body {
  name: string
  option: string
  body: Mapping
  headers: Mapping
}

const REQUEST: Body = { name: 'RequestBody', option: 'request', ...request }
const RESPONSE: Body = { name: 'ResponseBody', option: 'response', ...response }

const attachment = ({ name, option, body, headers }: Body): Mapping => {
  const type: Mapping = { $first: [{ $header: [headers, 'Content-Type'] }, 'application/octet-stream'] }
  return { $if: [asked(option), { $attachment: [name, body, 'text', type] }] }
}

const link = ({ name, option, body }: Body): Mapping => ({
  $if: [{ $all: [asked(option), { $exists: body }] }, name],
})

export const sentByClient = [link(REQUEST)]
export const sentByServer = [link(RESPONSE)]
export const wholeRecord = [{ $if: [asked('raw'), 'Raw'] }]

export const attachments: readonly Mapping[] = [
  attachment(REQUEST),
  attachment(RESPONSE),
  { $if: [asked('raw'), { $attachment: ['Raw', '$', 'json', 'application/json'] }] },
]
